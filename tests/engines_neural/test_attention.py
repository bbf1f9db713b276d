"""Proven kernels at work inside engines, and what becomes of a page when one fails. On the CPU, with real kernels."""

import pytest
import torch
from tests.support.pages import ArrayPage

from ocroute.engines.base import Task
from ocroute.engines.neural import attention, canary
from ocroute.kernels.base import KERNELS, Problem, Refused
from ocroute.kernels.ledger import Ledger
from ocroute.kernels.probe.proof import Measure, Proof
from ocroute.kernels.sdpa import Flash
from ocroute.kernels.this_machine import installed, place_of
from ocroute.machine import inspect

HEAD = 16  # of the tiny Qwen2-VL, four of them in encoder and decoder
VISION = Problem(HEAD, 4, 4, False, "float32", (80_000,))
TEXT = Problem(HEAD, 4, 2, True, "float32", (80_000,))


def prove(problem: Problem, kernel: str = "sdpa_flash", milliseconds: float = 1.0) -> None:
    """Put a proof into the ledger, as ``ocroute prove`` would."""
    place = place_of(inspect(), None)
    version = installed(kernel)[1].version
    measure = Measure(milliseconds, 1.0 / milliseconds, 0.0)
    Ledger().record(Proof(kernel, version, problem, place, "proven", "every case is right", measure=measure))


def read(engine, page):
    return engine.read_page(page, Task())


def parts(reading):
    return {part: (said["kernel"], said["proven"]) for part, said in reading.settings["kernels"].items()}


def test_without_a_proof_pytorch_s_attention_stays_and_the_record_says_unproven(babbling, sheet):
    reading = read(babbling("qwen2_vl"), sheet)
    assert parts(reading) == {"vision": ("sdpa", False), "text": ("sdpa", False)}
    assert "unproven" in reading.settings["kernels"]["vision"]["reason"]
    assert reading.kernel == "vision sdpa (unproven), text sdpa (unproven)"
    assert reading.device == "cpu"
    assert "declined" not in reading.settings


def test_proven_kernels_serve_encoder_and_decoder_and_the_text_is_the_same(babbling, sheet):
    plain = read(babbling("qwen2_vl"), sheet)
    prove(VISION)
    prove(TEXT, "flex")
    engine = babbling("qwen2_vl")
    reading = read(engine, sheet)
    assert parts(reading) == {"vision": ("sdpa_flash", True), "text": ("flex", True)}
    assert engine.kernels.handle.served == {"vision": 2, "text": 2}, "one call a layer"
    assert "declined" not in reading.settings
    assert reading.raw == plain.raw


def test_the_fastest_of_the_proven_is_taken(babbling):
    prove(VISION, "sdpa_flash", milliseconds=5.0)
    prove(VISION, "flex", milliseconds=2.0)
    engine = babbling("qwen2_vl")
    assert engine.kernels.used()["vision"]["kernel"] == "flex"
    assert engine.kernels.used()["text"]["kernel"] == attention.PYTORCH


def test_a_page_longer_than_the_proof_goes_to_pytorch(babbling):
    prove(Problem(HEAD, 4, 4, False, "float32", (2_520,)))  # the page for which kernels are proven on a CPU
    engine = babbling("qwen2_vl")
    assert engine.kernels.used()["vision"]["kernel"] == "sdpa_flash"
    small, large = ArrayPage(canary.page().resize((336, 224))), ArrayPage(canary.page().resize((1008, 896)))
    assert "declined" not in read(engine, small).settings
    (reason,) = (declined := read(engine, large).settings["declined"])
    assert reason == "vision: sdpa_flash is proven up to 2520 tokens only"
    assert declined[reason] == 2
    assert "declined" not in read(engine, small).settings, "each record tells of its own page"


@pytest.fixture
def failing(monkeypatch):
    """A proven kernel that begins to fail when told to."""
    real, told = Flash.attend, {}

    def attend(self, *args, **keywords):
        if error := told.get("error"):
            raise error
        return real(self, *args, **keywords)

    monkeypatch.setattr(KERNELS.load("sdpa_flash"), "attend", attend)
    return told


def test_a_kernel_that_raises_is_taken_out_and_the_page_is_read(babbling, sheet, failing):
    plain = read(babbling("qwen2_vl"), sheet)
    prove(VISION)
    engine = babbling("qwen2_vl")
    failing["error"] = RuntimeError("no kernel image is available for execution on the device")
    reading = read(engine, sheet)
    assert reading.raw == plain.raw
    said = reading.settings["kernels"]["vision"]
    assert (said["kernel"], said["proven"]) == ("sdpa", False)
    assert said["reason"] == "sdpa_flash raised RuntimeError: no kernel image is available for execution on the device"
    failing.clear()
    again = read(engine, sheet)
    assert list(again.settings["declined"]) == [
        "vision: sdpa_flash raised earlier: RuntimeError: no kernel image is available for execution on the device"
    ], "it is not trusted again"


def test_a_kernel_that_refuses_is_asked_again(babbling, sheet, failing):
    prove(VISION)
    engine = babbling("qwen2_vl")
    failing["error"] = Refused("not on a Sunday")
    assert read(engine, sheet).settings["declined"] == {"vision: not on a Sunday": 2}
    failing.clear()
    reading = read(engine, sheet)
    assert parts(reading)["vision"] == ("sdpa_flash", True)
    assert "declined" not in reading.settings


def test_memory_that_runs_out_inside_a_kernel_shrinks_the_page_and_keeps_the_kernel(
    babbling, sheet, failing, monkeypatch
):
    prove(VISION)
    engine = babbling("qwen2_vl")
    failing["error"] = torch.OutOfMemoryError("CUDA out of memory")
    monkeypatch.setattr("ocroute.engines.neural.devices.free_memory", failing.clear)
    reading = read(engine, sheet)
    assert reading.settings["out_of_memory"] == 1
    assert parts(reading)["vision"] == ("sdpa_flash", True)


def test_a_model_whose_tower_takes_no_kernel_says_so_for_the_text_only(babbling, sheet):
    engine = babbling("got_ocr2")
    assert set(parts(read(engine, sheet))) == {"text"}
