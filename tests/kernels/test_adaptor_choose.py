"""Plugging without naming a kernel: what proofs on this machine say decides, and what they speak against computes nothing."""

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from bench import adaptor_models as tiny
from ocroute.errors import EngineUnavailable
from ocroute.kernels.adaptor import plug_into
from ocroute.kernels.adaptor.layers import shape
from ocroute.kernels.base import Refused
from ocroute.kernels.ledger import Ledger
from ocroute.kernels.probe.proof import Measure, Proof
from ocroute.kernels.this_machine import build_of, installed, place_of
from ocroute.machine import inspect

FLASH = "aten::_scaled_dot_product_flash_attention_for_cpu"


def record(model, sub_model, kernel, verdict="proven", milliseconds=1.0, length=80_000, case=""):
    """A verdict for a sub-model of ``model``, as ``ocroute prove`` would put it into the ledger."""
    config = model.config.vision_config if sub_model == "vision" else model.config
    info, presence = installed(kernel)
    Ledger().record(
        Proof(
            kernel,
            build_of(info, presence.version),
            shape(config, sub_model, length, "float32"),
            place_of(inspect(), None),
            verdict,
            "seen in this test",
            case=case,
            measure=Measure(milliseconds, 1 / milliseconds, 0.0),
        )
    )


def ran(model, **options):
    """The answer, and which of torch's operations computed it."""
    with torch.no_grad(), profile(activities=[ProfilerActivity.CPU]) as seen:
        out = model.generate(**tiny.words(9, 5), max_new_tokens=4, do_sample=False, **options)
    return out, {event.key for event in seen.key_averages()}


def test_without_proofs_everything_stays_and_the_handle_says_why():
    model = tiny.qwen2()
    with plug_into(model) as plugged:
        assert plugged.parts == ()
        [left] = plugged.left
        assert left.reason.startswith("unproven: no kernel is proven here")
        assert model.config._attn_implementation == "sdpa"


def test_each_sub_model_gets_the_fastest_that_is_proven_for_it():
    model = tiny.qwen2_vl()
    record(model, "vision", "eager", milliseconds=3.0)
    record(model, "vision", "sdpa_math", milliseconds=2.0)
    record(model, "text", "eager")
    with plug_into(model, longest={"vision": 64, "text": 64}) as plugged, torch.no_grad():
        assert {part.sub_model: (part.kernel, part.proven) for part in plugged.parts} == {
            "vision": ("sdpa_math", True),
            "text": ("eager", True),
        }
        model(**tiny.images((8, 4), (4, 6)))
        assert plugged.served == {"vision": 2, "text": 2}
        assert not plugged.declined


def test_a_kernel_is_kept_to_the_lengths_of_its_proof():
    model = tiny.qwen2()
    record(model, "text", "eager", length=8)
    with plug_into(model, longest={"text": 8}) as plugged, torch.no_grad():
        model(**tiny.words(9, 5))
        assert plugged.declined == {"text: eager is proven up to 8 tokens only": 2}


def test_a_named_kernel_says_whether_it_is_proven():
    model = tiny.qwen2()
    with plug_into(model, "eager") as plugged:
        assert not plugged.parts[0].proven
        assert "ocroute prove eager" in plugged.parts[0].reason
        assert "eager (text, unproven)" in repr(plugged)
    record(model, "text", "eager")
    with plug_into(model, "eager") as plugged:
        assert plugged.parts[0].proven


def test_a_named_kernel_that_was_seen_wrong_is_refused():
    model = tiny.qwen2()
    record(model, "text", "eager", "wrong", case="scale")
    with pytest.raises(Refused, match="eager must not be used here: wrong: seen in this test"):
        plug_into(model, "eager")
    assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("proven", [False, True])
def test_pytorch_does_not_use_a_back_end_that_was_seen_wrong(proven):
    """Neither at prefill, nor for what the kernel declines, nor at decode."""
    model = tiny.qwen2()
    plain, operations = ran(model)
    assert FLASH in operations
    record(model, "text", "sdpa_flash", "wrong", case="scale")
    if proven:
        record(model, "text", "eager", length=8)  # which leaves it the longer of the two sequences
    with plug_into(model, longest={"text": 8}) as plugged:
        [part] = plugged.parts
        assert (part.kernel, part.proven) == (("eager", True) if proven else ("sdpa_math", False))
        out, operations = ran(model)
        assert bool(plugged.declined) is proven
    assert FLASH not in operations
    assert torch.equal(out, plain)


def test_where_proofs_speak_against_all_the_model_is_left_alone_and_the_sentence_says_so():
    model = tiny.qwen2()
    for kernel in ("sdpa_flash", "sdpa_math", "eager"):
        record(model, "text", kernel, "wrong", case="scale")
    with pytest.raises(EngineUnavailable, match="sdpa_math: wrong: seen in this test") as error:
        plug_into(model)
    assert str(error.value.next_step) == "Run: ocroute prove"
    assert model.config._attn_implementation == "sdpa"
