"""Memory that runs out, a GPU that is lost, numbers that are none: what the page's record says."""

import weakref
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from tests.support.pages import ArrayPage

from ocroute.engines.base import Task
from ocroute.engines.neural import failures
from ocroute.engines.qwen2_vl import Qwen2Vl
from ocroute.errors import Declined, EngineCrashed, EngineError, EngineUnavailable
from ocroute.kernels.adaptor.layers import shape
from ocroute.kernels.binaries import runs_on


def limited(engine, most, error):
    """Have the model raise ``error`` for prompts of more than ``most`` tokens."""
    engine.single = None  # transformers' own loop writes, which can be led
    model = engine.loaded.model
    generate = type(model).generate

    def guarded(*args, **inputs):
        if inputs["input_ids"].shape[1] > most:
            raise error
        return generate(model, *args, **inputs)

    model.generate = guarded
    return engine


OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 8.80 GiB"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory"),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=["gpu", "cublas", "cudnn", "cpu"])
def test_a_page_that_does_not_fit_is_shown_smaller(error, babbling, sheet):
    engine = limited(babbling("qwen2_vl"), 330, error)
    reading = engine.read_page(sheet, Task())
    width, height = reading.settings["frame"]
    assert width * height <= 0.75 * 672 * 448
    assert reading.settings["out_of_memory"] == 1
    assert reading.settings["prompt_tokens"] <= 330


def test_a_page_that_never_fits_goes_to_the_next_route(babbling, sheet):
    engine = limited(babbling("qwen2_vl"), 10, OUT_OF_MEMORY[0])
    with pytest.raises(
        EngineError, match=r"qwen2_vl ran out of memory on .+, even with the page shown at \d+ x \d+ pixels"
    ) as caught:
        engine.read_page(sheet, Task())
    assert "GPU" not in str(caught.value.next_step), "it ran on the processor"


def seen(engine):
    """Has the engine's model note how many numbers of pixels it is shown."""
    shown = []
    engine.single = None
    generate = engine.loaded.model.generate

    def noted(**inputs):
        shown.append(sum(value.numel() for name, value in inputs.items() if name.startswith("pixel_values")))
        return generate(**inputs)

    engine.loaded.model.generate = noted
    return shown


def test_what_the_first_try_held_is_given_back_before_the_second(babbling, sheet):
    """Frames that an error leaves behind hold tensors, in reference cycles that only the collector undoes."""
    engine = babbling("qwen2_vl")
    engine.single = None
    generate, held = engine.loaded.model.generate, []

    def once(**inputs):
        if not held:
            tensor = torch.zeros(10)
            held.append(weakref.ref(tensor))
            circle = [tensor]
            circle.append(circle)
            raise torch.OutOfMemoryError("CUDA out of memory")
        assert held[0]() is None
        return generate(**inputs)

    engine.loaded.model.generate = once
    reading = engine.read_page(sheet, Task())
    assert reading.settings["out_of_memory"] == 1


def test_what_fitted_is_remembered(babbling, sheet):
    engine = limited(babbling("qwen2_vl"), 330, OUT_OF_MEMORY[0])
    shown = seen(engine)
    first, second = (engine.read_page(sheet, Task()) for _ in range(2))
    assert first.settings["out_of_memory"] == 1
    assert "out_of_memory" not in second.settings
    assert second.settings["frame"] == first.settings["frame"]
    assert len(shown) == 3, "the second page was shown once"


def test_a_small_page_in_tiles_is_shown_smaller_too(babbling):
    """The model sees more pixels of it than it has: the whole, enlarged, and tiles."""
    engine = limited(babbling("deepseek_ocr"), 0, OUT_OF_MEMORY[0])
    engine.budget = replace(engine.budget, pixels=engine.facts.max_pixels)
    shown = seen(engine)
    with pytest.raises(EngineError, match="even with the page shown at 512 x 512 pixels"):
        engine.read_page(ArrayPage(np.full((700, 700, 3), 255, np.uint8)), Task())
    assert len(shown) >= 3
    assert all(less < 0.76 * more for more, less in pairwise(shown)), shown


def test_a_repetition_loop_is_called_one(babbling, sheet, monkeypatch):
    engine = babbling("qwen2_vl")
    answer = engine._answer
    monkeypatch.setattr(engine, "_answer", lambda *a, **k: replace(answer(*a, **k), ending="loop"))
    reading = engine.read_page(sheet, Task())
    assert reading.finish == "loop"


@pytest.fixture
def lost(monkeypatch):
    monkeypatch.setattr(failures, "_lost_to", "")


@pytest.mark.usefixtures("lost")
def test_after_a_fault_on_the_gpu_nothing_more_is_asked_of_it(babbling, sheet):
    engine = limited(babbling("qwen2_vl"), 0, RuntimeError("CUDA error: device-side assert triggered"))
    with pytest.raises(EngineCrashed, match="broke the GPU's context: CUDA error: device-side assert triggered"):
        engine.read_page(sheet, Task())
    engine.loaded.model.generate = lambda **_: pytest.fail("asked")
    with pytest.raises(EngineCrashed, match="lost the GPU to an earlier fault"):
        engine.read_page(sheet, Task())
    with pytest.raises(EngineCrashed, match="lost the GPU"):
        Qwen2Vl(Task(model="/nowhere"))


HARMLESS = [
    "CUDA error: no kernel image is available for execution on the device",
    "CUDA error: CUBLAS_STATUS_NOT_SUPPORTED when calling `cublasGemmEx( handle, opa, opb)`",
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "CUDA error: invalid configuration argument",
    "CUDA error: out of memory",
]
SEVERE = [
    "CUDA error: an illegal memory access was encountered",
    "CUDA error: unspecified launch failure",
    "CUDA error: misaligned address",
    "Triton Error [CUDA]: an illegal instruction was encountered",
    "CUDA error: uncorrectable ECC error encountered",
    "CUDA error: the launch timed out and was terminated",
]


@pytest.mark.usefixtures("lost")
@pytest.mark.parametrize(("text", "gone"), [*((one, False) for one in HARMLESS), *((one, True) for one in SEVERE)])
def test_only_errors_that_stay_take_the_gpu_away(text, gone):
    error = failures.translated(RuntimeError(text), "dots_ocr")
    assert isinstance(error, EngineCrashed) is gone
    assert text in error.message
    if not gone:
        failures.check_device("dots_ocr")
        return
    with pytest.raises(EngineCrashed, match="lost the GPU"):
        failures.check_device("dots_ocr")


def test_scores_that_are_no_numbers_fail_the_page(babbling, sheet):
    engine = babbling("qwen2_vl")
    with torch.no_grad():
        engine.loaded.model.get_input_embeddings().weight.mul_(float("nan"))
    with pytest.raises(EngineError, match=r"^qwen2_vl gave NaN or Inf logits after 1 tokens in "):
        engine.read_page(sheet, Task())


@pytest.mark.parametrize("error", [Declined("a strip"), EngineError("the tower broke", next_step="Mend it")], ids=str)
def test_errors_of_our_own_come_out_as_they_are(error, babbling, sheet):
    engine = limited(babbling("qwen2_vl"), 0, error)
    with pytest.raises(EngineError) as caught:
        engine.read_page(sheet, Task())
    assert caught.value is error


def test_a_strip_of_paper_is_declined(babbling):
    with pytest.raises(Declined, match=r"^the page is 6000 x 20 pixels: more than 200 times as long as wide"):
        babbling("qwen2_vl").read_page(ArrayPage(np.full((20, 6000, 3), 255, np.uint8)), Task())


def test_errors_of_our_own_while_loading_keep_their_words(random_checkpoint, monkeypatch):
    def refuse(*_, **__):
        raise EngineError("the prompt holds no image", next_step="Fetch the tokenizer again")

    monkeypatch.setattr(Qwen2Vl, "prepare", refuse)
    with pytest.raises(EngineUnavailable, match=r"^the prompt holds no image\. Fetch the tokenizer again$"):
        Qwen2Vl(Task(model=str(random_checkpoint("qwen2_vl"))))


@pytest.mark.parametrize(
    ("listed", "capability", "runs"),
    [
        (["sm_80", "sm_86", "sm_90"], (8, 9), True),
        (["sm_80", "sm_90"], (12, 0), False),
        (["sm_80", "sm_90", "compute_90"], (12, 0), True),
        (["sm_90a"], (9, 0), True),
        (["sm_90a"], (10, 0), False),
        (["sm_120"], (12, 1), True),
        (["sm_120"], (10, 0), False),
        ([], (8, 0), False),
    ],
)
def test_which_cards_a_build_of_torch_has_code_for(listed, capability, runs):
    assert any(runs_on(code, capability) for code in listed) is runs


def test_the_shapes_that_kernels_are_chosen_for_are_the_model_s_own(babbling):
    config = babbling("qwen2_vl").loaded.model.config
    vision = shape(config.vision_config, "vision", 1000, "bfloat16")
    assert (vision.head_dim, vision.heads, vision.kv_heads, vision.causal, vision.lengths) == (16, 4, 4, False, (1000,))
    text = shape(config, "text", 762, "float16")
    assert (text.head_dim, text.heads, text.kv_heads, text.causal, text.dtype) == (16, 4, 2, True, "float16")
    assert text.lengths == (762,)
