"""Where a model runs: on the first GPU, or, where there is none and only there, on the processor. One model at a time."""

import gc
import subprocess
import sys
import threading
import weakref
from contextlib import nullcontext

import msgspec
import pytest
import torch

from ocroute import machine
from ocroute.engines.base import Task
from ocroute.engines.dots_ocr import DotsOcr
from ocroute.engines.neural import devices, loading
from ocroute.engines.neural.canary.diagnosis import Sight
from ocroute.errors import EngineUnavailable
from ocroute.kernels.requirements import TorchBuild
from ocroute.machine import Gpu
from ocroute.route.loaded_engines import LoadedEngines

CARD = Gpu("NVIDIA GeForce RTX 5070 Ti", 16_303, 15_000, (12, 0))


@pytest.fixture
def described(monkeypatch):
    """This machine with these GPUs and this torch, which cannot reach any."""

    def make(*gpus, torch):
        here = msgspec.structs.replace(machine.inspect(), gpus=gpus, driver="580.82", driver_cuda="13.0")
        monkeypatch.setattr(devices, "inspect", lambda: here)
        monkeypatch.setattr(devices, "torch_build", lambda: torch)
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    return make


@pytest.mark.parametrize(
    ("torch", "said"),
    [
        (
            TorchBuild("2.13.0+cpu"),
            r"2\.13\.0\+cpu is a build for the CPU; to install: pip install torch==2\.15\.0\+cu130 torchvision --index-url",
        ),
        (TorchBuild("2.5.1+cu124", "12.4", ("sm_80",)), "has no code for NVIDIA GeForce RTX 5070 Ti"),
        (
            TorchBuild("2.13.0+cu130", "13.0", ("sm_120",)),
            "finds no GPU, and the system lists NVIDIA GeForce RTX 5070 Ti",
        ),
    ],
)
def test_a_card_that_torch_cannot_use_is_said_and_not_passed_over(torch, said, described):
    described(CARD, torch=torch)
    with pytest.raises(EngineUnavailable, match=said) as caught:
        devices.place()
    assert "CUDA_VISIBLE_DEVICES=-1" in str(caught.value.next_step)


def test_without_a_card_it_is_the_processor(described):
    described(torch=TorchBuild("2.13.0+cpu"))
    place = devices.place()
    assert (place.device, place.dtype_name) == ("cpu", "float32")


def test_the_model_before_is_gone_when_the_next_is_loaded(random_checkpoint, monkeypatch):
    folders = {name: random_checkpoint(name) for name in ("qwen2_vl", "got_ocr2")}
    monkeypatch.setattr("ocroute.engines.neural.weights.find", lambda facts, *_, **__: folders[facts.name])
    monkeypatch.setattr("ocroute.engines.neural.base.canary.require", lambda *_: Sight("babble", "babble", "stop"))
    engines, loads = LoadedEngines(), []
    first = weakref.ref(engines.get("qwen2_vl", Task(), loads.append).loaded.model)
    assert first() is not None
    engines.get("qwen2_vl", Task(), loads.append)
    engines.get("got_ocr2", Task(), loads.append)
    assert first() is None
    assert loads == ["qwen2_vl", "got_ocr2"]


def test_transformers_takes_a_process_of_our_own_for_one_alone_and_torch_is_left_as_it_is():
    script = (
        "from ocroute.engines.neural import loading\n"
        "loading.without_distributed()\n"
        "import torch, transformers.utils\n"
        "print(transformers.utils.is_torch_distributed_available(), torch.distributed.is_available())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    there = torch.distributed.is_available()
    assert done.stdout.split() == ["False", str(there)]


@pytest.mark.parametrize("error", [None, ImportError("no such class")])
def test_nothing_is_collected_while_a_process_imports_and_all_is_afterwards(error, monkeypatch):
    collecting = []

    class Engine(DotsOcr):
        @classmethod
        def model_class(cls):
            collecting.append(gc.isenabled())
            if error:
                raise error

    for module, name in ((devices, "warm_up"), (loading, "without_distributed")):
        monkeypatch.setattr(module, name, lambda: collecting.append(gc.isenabled()))
    with pytest.raises(ImportError) if error else nullcontext():
        Engine.prepare_process()
    assert collecting == [False] * 3
    assert gc.isenabled()


def test_a_gpu_that_cannot_be_taken_is_no_error_until_the_model_is_loaded(monkeypatch):
    failed = []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    before = set(threading.enumerate())
    devices.warm_up()
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert failed == []
