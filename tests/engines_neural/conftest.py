"""Tiny checkpoints on disk, in the layout of the published ones, random or trained; machines with a described card."""

import pytest

pytest.importorskip("torch", reason="the neural engines need the extra: pip install 'ocroute[vlm]'")
pytest.importorskip("transformers", reason="the neural engines need the extra: pip install 'ocroute[vlm]'")

from dataclasses import replace
from pathlib import Path

import msgspec
import torch
from tests.support.checkpoints import trained
from tests.support.pages import ArrayPage

from ocroute.engines.base import ENGINES, Task
from ocroute.engines.neural import NeuralEngine, canary
from ocroute.engines.neural.canary.diagnosis import Sight
from ocroute.kernels.requirements import TorchBuild
from ocroute.kernels.this_machine import platform_here
from ocroute.machine import Gpu, inspect
from ocroute.route import machine_survey
from ocroute.testing import tiny_checkpoint


@pytest.fixture
def sheet():
    """The canary page, larger, as a page to read."""
    return ArrayPage(canary.page().resize((672, 448)))


@pytest.fixture(scope="session")
def random_checkpoint(tmp_path_factory):
    """A folder with a tiny checkpoint of random weights, made once a session."""
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            tiny_checkpoint(ENGINES.load(name), folder)
            made[name] = folder
        return made[name]

    return make


@pytest.fixture
def babbling(random_checkpoint):
    """An engine with random weights, let in although no such engine can read the canary page."""

    def make(name: str, **wishes):
        return _babbling(ENGINES.load(name), random_checkpoint(name), wishes)

    return make


@pytest.fixture(scope="module")
def shared_babbling(random_checkpoint):
    """As `babbling`, loaded once for all tests of a file: for those that ask an engine and change nothing of it."""
    made: dict[str, NeuralEngine] = {}

    def make(name: str):
        if name not in made:
            made[name] = _babbling(ENGINES.load(name), random_checkpoint(name), {})
        return made[name]

    return make


def _babbling(kind, folder, wishes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ocroute.engines.neural.base.canary.require", lambda *_: Sight("babble", "babble", "stop"))
        engine = kind(Task(model=str(folder), **wishes))
    short = {known: replace(mode, max_new_tokens=24) for known, mode in engine.facts.modes.items()}
    engine.facts = replace(engine.facts, modes=short)  # babble has no end
    return engine


@pytest.fixture(autouse=True, scope="session")
def counted_once():
    """The memory of a page is counted once for each kind of checkpoint and size: it takes longer than to load a tiny one.

    What is counted is a matter of the files beside the weights, the engine and the mode alone. Engines that are not loaded count
    as ever, as those of the counts' own tests.
    """
    known: dict[tuple[object, ...], object] = {}
    load, count = NeuralEngine._load, NeuralEngine.sample

    def loaded(engine, folder, task):
        engine.described = [(file.name, file.read_bytes()) for file in sorted(folder.glob("*config.json"))]
        load(engine, folder, task)

    def counted(engine, mode, pixels):
        if not hasattr(engine, "described"):
            return count(engine, mode, pixels)
        key = (type(engine), repr(engine.described), engine.where.dtype_name, engine._packed, repr(mode), pixels)
        known[key] = known.get(key) or count(engine, mode, pixels)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NeuralEngine, "_load", loaded)
        patch.setattr(NeuralEngine, "sample", counted)
        yield


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """The machine is shared: two threads would wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    """Memory is counted on pages that are quickly drawn."""
    monkeypatch.setattr("ocroute.engines.neural.pixel_budget.SMALL_PAGE", 210 * 297)


NEW_TORCH = TorchBuild("2.11.0", "13.0", ("sm_120",))


SERVING = TorchBuild("2.11.0", "13.0", ("sm_120",))


@pytest.fixture
def card(monkeypatch):
    """Has the planner see a card, and a torch with code for it. The rest is this machine, where the model then runs."""

    def describe(*, free_mb=15_000, torch=NEW_TORCH):
        gpu = Gpu("NVIDIA GeForce RTX 5070 Ti", 16_303, free_mb, (12, 0))
        machine = msgspec.structs.replace(inspect(), gpus=(gpu,), driver_cuda="13.0")
        monkeypatch.setattr(machine_survey, "inspect", lambda: machine)
        monkeypatch.setattr(machine_survey, "platform_here", lambda _: replace(platform_here(machine), torch=torch))

    return describe


@pytest.fixture
def weights_here(tmp_path, monkeypatch):
    """Puts trained checkpoints where those of the user lie; there are no others."""
    monkeypatch.setenv("OCROUTE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("ocroute.engines.neural.weights._cached", lambda _: None)

    def put(*names):
        (tmp_path / "models").mkdir()
        for name in names:
            (tmp_path / "models" / name).symlink_to(trained(name))

    return put
