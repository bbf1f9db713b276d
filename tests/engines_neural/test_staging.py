"""The computer's own memory while weights go to a GPU."""

import subprocess
import sys

import pytest
import torch
from tests.support.waiting import PATIENCE

from ocroute.engines.neural import pixel_budget
from ocroute.engines.neural.devices import Place
from ocroute.engines.qwen2_vl import Qwen2Vl
from ocroute.errors import EngineUnavailable
from ocroute.machine import MIB, inspect
from ocroute.testing import tiny_checkpoint

CARD, OLD_CARD = (Place("cuda:0", dtype, "a described card") for dtype in (torch.bfloat16, torch.float16))
CPU = Place("cpu", torch.float32, "cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkpoint of about 80 MB in bfloat16."""
    made = tmp_path_factory.mktemp("qwen2_vl")
    text = {"hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 8}
    vision = {"depth": 8, "embed_dim": 512, "hidden_size": 512}
    made_model = tiny_checkpoint(Qwen2Vl, made, text_config=text, vision_config=vision)
    made_model.to(torch.bfloat16).save_pretrained(made)
    return made


def test_weights_that_are_converted_need_memory_and_others_do_not(folder, monkeypatch):
    size = (folder / "model.safetensors").stat().st_size
    assert pixel_budget.host_memory(folder, CARD) == pixel_budget.host_memory(folder, CPU) == 0
    assert pixel_budget.host_memory(folder, OLD_CARD) == pytest.approx(size, rel=0.01)
    monkeypatch.setattr(sys, "platform", "win32")
    assert pixel_budget.host_memory(folder, CARD) == pytest.approx(size, rel=0.01)


def test_too_little_memory_is_said_before_the_system_ends_the_process(folder, monkeypatch):
    here = inspect()
    wanted = pixel_budget.host_memory(folder, OLD_CARD) // MIB
    for free, enough in ((wanted - 1, False), (wanted, True)):
        monkeypatch.setattr(pixel_budget, "inspect", lambda free=free: type(here)(**{**_fields(here), "free_mb": free}))
        if enough:
            pixel_budget.require_host_memory(Qwen2Vl.facts, folder, OLD_CARD)
            continue
        with pytest.raises(
            EngineUnavailable, match=rf"needs {wanted} MiB of the computer's own memory .* and {free} MiB are"
        ):
            pixel_budget.require_host_memory(Qwen2Vl.facts, folder, OLD_CARD)
        pixel_budget.require_host_memory(Qwen2Vl.facts, folder, CARD)


def _fields(machine):
    return {name: getattr(machine, name) for name in machine.__struct_fields__}


@pytest.mark.skipif(sys.platform != "linux", reason="the system's account of memory is Linux's")
@pytest.mark.parametrize("numbers", ["bfloat16", "float16"])
def test_the_system_s_own_account_agrees(folder, numbers):
    """Memory that cannot be taken back, before and after loading, in a process of its own."""
    code = f"""
import torch, transformers
def taken():
    (line,) = [line for line in open("/proc/self/status") if line.startswith("RssAnon")]
    return int(line.split()[1]) // 1024
load = transformers.Qwen2VLForConditionalGeneration.from_pretrained
load({str(folder)!r}, dtype=torch.bfloat16)  # what the library itself takes when first used
before = taken()
model = load({str(folder)!r}, dtype=torch.{numbers})
print(taken() - before)
"""
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    where = CARD if numbers == "bfloat16" else OLD_CARD
    size = (folder / "model.safetensors").stat().st_size / MIB
    assert int(made.stdout) == pytest.approx(pixel_budget.host_memory(folder, where) / MIB, abs=0.2 * size)
