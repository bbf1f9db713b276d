"""Plugging in and out: which parts, whose, and nothing left behind."""

import copy
import gc

import pytest
import torch

from bench import adaptor_models as tiny
from ocroute.errors import UsageError
from ocroute.kernels.adaptor import packing, plug_into
from ocroute.kernels.base import KERNELS, Refused


class Counting:
    """A right kernel that remembers its calls."""

    def __init__(self):
        self.calls = 0

    def attend(self, *args, **kwargs):
        self.calls += 1
        return KERNELS.load("eager")().attend(*args, **kwargs)


def names():
    from transformers import AttentionInterface, AttentionMaskInterface

    tables = (AttentionInterface._global_mapping, AttentionMaskInterface._global_mapping)
    return [name for table in tables for name in table if name.startswith("ocroute")]


def implementations(model):
    return {id(part.config): part.config._attn_implementation for part in model.modules() if hasattr(part, "config")}


@pytest.mark.parametrize(
    "build", [tiny.qwen2, tiny.qwen2_vl, tiny.qwen2_5_vl, tiny.dots_ocr, tiny.got_ocr2, tiny.deepseek_ocr2]
)
def test_undo_leaves_nothing_behind(build):
    model = build()
    before, config = implementations(model), copy.deepcopy(model.config)
    plugged = plug_into(model, "eager")
    assert implementations(model) != before
    assert names()
    plugged.undo()
    plugged.undo()
    assert implementations(model) == before
    assert model.config.to_dict() == config.to_dict()
    assert not names()


def test_parts_and_what_is_left():
    with plug_into(tiny.qwen2_vl(), {"vision": "sdpa_math", "text": "eager"}) as plugged:
        assert [(part.path, part.sub_model, part.kernel, part.layers) for part in plugged.parts] == [
            ("model.visual", "vision", "sdpa_math", 2),
            ("model.language_model", "text", "eager", 2),
        ]
        assert not plugged.left
        assert "model.visual: sdpa_math (vision, unproven)" in repr(plugged)
    with plug_into(tiny.got_ocr2(), "eager") as plugged:
        assert [(left.path, left.attention, left.layers) for left in plugged.left] == [
            ("model.vision_tower", "GotOcr2VisionAttention", 2)
        ]
        assert "by itself" in plugged.left[0].reason
    with plug_into(tiny.deepseek_ocr2(), "eager") as plugged:
        assert [(left.attention, left.layers) for left in plugged.left] == [
            ("DeepseekOcr2SamVisionSdpaAttention", 2),
            ("DeepseekOcr2VisionAttention", 1),
        ]


def test_two_models_do_not_mix():
    one, other = tiny.qwen2(seed=1), tiny.qwen2(seed=2)
    first, second = Counting(), Counting()
    inputs = tiny.words(9, 5)
    with plug_into(one, first), torch.no_grad():
        other(**inputs)
        assert (first.calls, second.calls) == (0, 0)
        with plug_into(other, second):
            one(**inputs)
            assert (first.calls, second.calls) == (2, 0)
            other(**inputs)
            assert (first.calls, second.calls) == (2, 2)
        one(**inputs)
    assert (first.calls, second.calls) == (4, 2)


def test_a_model_that_shares_a_configuration_object():
    from transformers import Qwen2ForCausalLM

    model, kernel, inputs = tiny.qwen2(), Counting(), tiny.words(9, 5)
    twin = Qwen2ForCausalLM(model.config).eval()
    with torch.no_grad():
        expected = twin(**inputs).logits
        with plug_into(model, kernel) as plugged:
            assert torch.equal(expected, twin(**inputs).logits)
            with pytest.raises(UsageError, match="undo"):
                plug_into(twin, kernel)
    assert kernel.calls == 0
    assert plugged.declined == {"text: another model shares this configuration": 2}


def test_a_model_is_plugged_once():
    model = tiny.qwen2()
    with plug_into(model, "eager"), pytest.raises(UsageError, match="undo"):
        plug_into(model, "eager")
    with plug_into(model, "eager"):
        pass


def test_an_implementation_set_since_is_kept():
    model = tiny.qwen2()
    plugged = plug_into(model, "eager")
    model.set_attn_implementation("eager")
    plugged.undo()
    assert model.config._attn_implementation == "eager"


def test_a_model_that_goes_takes_its_names_along():
    model = tiny.qwen2()
    plug_into(model, "eager")
    assert names()
    del model
    gc.collect()
    assert not names()


def test_a_bound_kernel_will_do():
    kernel = Counting()
    model = tiny.qwen2()
    with plug_into(model, kernel.attend) as plugged, torch.no_grad():
        model(**tiny.words(5))
    assert kernel.calls == 2
    assert plugged.parts[0].kernel == "Counting"


def test_a_plugged_model_is_saved_as_it_was(tmp_path):
    from transformers import AutoModelForCausalLM

    model, inputs = tiny.qwen2(), tiny.words(9, 5)
    with plug_into(model, "eager"):
        model.save_pretrained(tmp_path)
    assert "ocroute" not in (tmp_path / "config.json").read_text()
    again = AutoModelForCausalLM.from_pretrained(tmp_path)
    with torch.no_grad():
        assert torch.equal(model(**inputs).logits, again(**inputs).logits)


@pytest.mark.parametrize("layers", [2, 5])
def test_lengths_are_looked_up_once_a_forward(monkeypatch, layers):
    looked_up = []
    for name in ("_padded", "host_lengths"):
        original = getattr(packing, name)
        monkeypatch.setattr(
            packing,
            name,
            lambda *args, _name=name, _original=original, **kwargs: (
                looked_up.append(_name) or _original(*args, **kwargs)
            ),
        )
    text, inputs = tiny.qwen2(num_hidden_layers=layers), tiny.words(9, 5)
    with plug_into(text, "eager"), torch.no_grad():
        text(**inputs)
        assert looked_up == ["_padded"]
    looked_up.clear()
    pages, inputs = tiny.qwen2_vl(), tiny.images((8, 4), (4, 6))
    with plug_into(pages, "eager"), torch.no_grad():
        pages(**inputs)
    assert sorted(looked_up) == ["_padded", "host_lengths"]


@pytest.mark.parametrize(
    ("kernel", "message"),
    [({"speech": "eager"}, "speech"), ({}, "none"), ("no_such_kernel", "no_such_kernel")],
)
def test_wrong_wishes(kernel, message):
    with pytest.raises(UsageError, match=message):
        plug_into(tiny.qwen2(), kernel)


def test_what_is_no_model():
    with pytest.raises(UsageError, match="Linear is not a transformers model"):
        plug_into(torch.nn.Linear(2, 2), "eager")


def test_a_model_in_which_nothing_can_take_the_kernel():
    with pytest.raises(Refused, match=r"GotOcr2VisionAttention.*by itself.*no kernel was given for text"):
        plug_into(tiny.got_ocr2(), {"vision": "eager"})


def test_a_kernel_that_is_not_here():
    absent = [name for name in KERNELS if KERNELS.load(name).presence().state != "usable"]
    assert absent
    with pytest.raises(Refused, match=absent[0]):
        plug_into(tiny.qwen2(), absent[0])
    assert not names()
