import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

pytest.importorskip("torch", reason="needs the extra vlm: pip install 'ocroute[vlm]'")
pytest.importorskip("transformers", reason="needs the extra vlm: pip install 'ocroute[vlm]'")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """What engines learn about a machine is kept apart, and memory is counted on pages that are quickly drawn."""
    monkeypatch.setenv("OCROUTE_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setattr("ocroute.engines.neural.budget.SMALL_PAGE", 210 * 297)
