"""Tiny checkpoints on disk, in the layout of the published ones, with random or overfitted weights."""

import pytest

pytest.importorskip("torch", reason="the neural engines need the extra: pip install 'ocroute[vlm]'")
pytest.importorskip("transformers", reason="the neural engines need the extra: pip install 'ocroute[vlm]'")

import sys
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "models"))  # for the tiny dots.ocr

import tiny
import torch
from sheets import Sheet

from ocroute.engines.base import ENGINES, Task
from ocroute.engines.neural import canary
from ocroute.engines.neural.canary.diagnosis import Sight


@pytest.fixture
def sheet():
    """The canary page, larger, as a page to read."""
    return Sheet(canary.page().resize((672, 448)))


@pytest.fixture(scope="session")
def random_checkpoint(tmp_path_factory):
    """A folder with a tiny checkpoint of random weights, made once a session."""
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            getattr(tiny, name)(folder)
            made[name] = folder
        return made[name]

    return make


@pytest.fixture
def babbling(random_checkpoint, monkeypatch):
    """An engine with random weights, let in although no such engine can read the canary page."""

    def make(name: str, **wishes):
        with monkeypatch.context() as patch:
            patch.setattr("ocroute.engines.neural.base.canary.require", lambda *_: Sight("babble", "babble", "stop"))
            engine = ENGINES.load(name)(Task(model=str(random_checkpoint(name)), **wishes))
        short = {known: replace(mode, max_new_tokens=24) for known, mode in engine.facts.modes.items()}
        engine.facts = replace(engine.facts, modes=short)  # babble has no end
        return engine

    return make


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """The machine is shared."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """What engines learn about a machine is kept apart, and memory is counted on pages that are quickly drawn."""
    monkeypatch.setenv("OCROUTE_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setattr("ocroute.engines.neural.budget.SMALL_PAGE", 210 * 297)
