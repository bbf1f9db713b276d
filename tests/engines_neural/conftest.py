"""Tiny checkpoints on disk, in the layout of the published ones, with random or overfitted weights."""

import pytest

pytest.importorskip("torch", reason="the neural engines need the extra: pip install 'ocroute[vlm]'")
pytest.importorskip("transformers", reason="the neural engines need the extra: pip install 'ocroute[vlm]'")
