"""For all tests."""

import os

# Two processes share the tests (see pyproject.toml), often on two cores: more threads would only get in one another's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
