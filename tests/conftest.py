"""For all tests."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Two processes share the tests (see pyproject.toml), often on two cores: more threads would only get in one another's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long hypothesis takes to make an example tells of the machine, not of the code.
settings.register_profile("ocroute", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("ocroute")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """What ocroute learns about a machine is kept apart: from test to test, and from the user's own."""
    monkeypatch.setenv("OCROUTE_HOME", str(tmp_path_factory.mktemp("home")))
