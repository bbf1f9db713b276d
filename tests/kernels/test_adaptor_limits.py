"""What a kernel cannot say goes to PyTorch's attention, with the reason kept; nothing is dropped."""

import pytest
import torch

from bench import adaptor_models as tiny
from ocroute.kernels.adaptor import plug_into
from ocroute.kernels.base import KERNELS, Refused

EAGER = KERNELS.load("eager")()


class Picky:
    """Refuses everything."""

    def attend(self, *_, **__):
        raise Refused("not today")


class Forward:
    """Right, but without a backward pass."""

    def attend(self, *args, **kwargs):
        with torch.no_grad():
            return EAGER.attend(*args, **kwargs)


def logits(model, inputs, **more):
    with torch.no_grad():
        return model(**inputs, **more).logits[inputs["attention_mask"].bool()]


def same(model, kernel, inputs, **more):
    """The handle, after a forward equal to the unplugged one; bit for bit, since PyTorch's attention computed both."""
    expected = logits(model, inputs, **more)
    with plug_into(model, kernel) as plugged:
        assert torch.equal(expected, logits(model, inputs, **more))
    return plugged


def test_sliding_windows():
    model = tiny.qwen2(use_sliding_window=True, sliding_window=4, max_window_layers=1)
    assert model.config.layer_types == ["full_attention", "sliding_attention"]
    inputs = tiny.words(9, 5, 13)
    expected = logits(model, inputs)
    with plug_into(model, "eager") as plugged:
        assert torch.allclose(expected, logits(model, inputs), atol=2e-5)
    assert plugged.served == {"text": 1}
    assert plugged.declined == {"text: sliding_window = 4 is asked for": 1}


def test_dropout_in_training():
    model = tiny.qwen2(attention_dropout=0.5).train()
    inputs = tiny.words(9, 5)
    with plug_into(model, "eager") as plugged:
        model(**inputs)
    assert plugged.declined == {"text: dropout = 0.5 is asked for": 2}
    assert not plugged.served


def test_gradients_that_do_not_flow_through_a_kernel():
    model, inputs = tiny.qwen2(), tiny.words(9, 5)

    def gradient():
        model.zero_grad()
        model(**inputs, labels=inputs["input_ids"]).loss.backward()
        return model.model.layers[0].self_attn.q_proj.weight.grad.clone()

    expected = gradient()
    with plug_into(model, Forward()) as plugged:
        assert torch.equal(expected, gradient())
    assert plugged.declined == {"text: gradients do not flow through this kernel": 2}
    with plug_into(model, EAGER) as plugged:
        assert torch.allclose(expected, gradient(), atol=1e-5)
    assert plugged.served == {"text": 2}


def test_a_mask_of_the_users_own():
    model, inputs = tiny.qwen2(), tiny.words(8, 8)
    blocks = torch.block_diag(torch.ones(3, 3), torch.ones(5, 5)).bool().tril().expand(2, 1, 8, 8)
    with torch.no_grad():
        expected = model(inputs["input_ids"], attention_mask=blocks).logits
        with plug_into(model, "eager") as plugged:
            assert torch.equal(expected, model(inputs["input_ids"], attention_mask=blocks).logits)
    assert plugged.declined == {"text: the mask hides more than padding": 2}


def test_sequences_that_only_positions_tell_apart():
    model, inputs = tiny.qwen2(), tiny.words(8)
    inputs["position_ids"] = torch.tensor([[0, 1, 2, 0, 1, 2, 3, 4]])
    ids, positions = inputs["input_ids"], inputs["position_ids"]
    with torch.no_grad():
        expected = model(ids, position_ids=positions, use_cache=False).logits
        alone = model(ids[:, 3:], use_cache=False).logits
        assert torch.allclose(expected[:, 3:], alone, atol=2e-5)
        with plug_into(model, "eager") as plugged:
            assert torch.equal(expected, model(ids, position_ids=positions, use_cache=False).logits)
    assert plugged.declined == {"text: the mask hides more than padding": 2}


@pytest.mark.parametrize("inputs", [tiny.words(9, 5, 13), tiny.words(9, 9)])
def test_a_kernel_that_refuses(inputs):
    plugged = same(tiny.qwen2(), Picky(), inputs)
    assert plugged.declined == {"text: not today": 2}


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_kernel_that_refuses_with_a_static_cache(side):
    model, inputs = tiny.qwen2(), tiny.words(9, 5, 13, side=side)
    expected = model.generate(**inputs, max_new_tokens=6, do_sample=False)
    with plug_into(model, Picky()) as plugged:
        found = model.generate(**inputs, max_new_tokens=6, do_sample=False, cache_implementation="static")
    assert torch.equal(expected, found)
    assert plugged.declined == {"text: not today": 2}


@pytest.mark.parametrize("build", [tiny.qwen2_vl, tiny.qwen2_5_vl])
def test_a_kernel_that_refuses_a_tower(build):
    plugged = same(build(), {"vision": Picky()}, tiny.images((8, 4), (4, 6)))
    assert plugged.declined == {"vision: not today": 2}


def test_boundaries_that_do_not_fit():
    model, inputs = tiny.qwen2_vl(), tiny.images((8, 4), (4, 6))
    tower, arguments = model.model.visual, (inputs["pixel_values"], inputs["image_grid_thw"])
    wrong = torch.tensor([0, 32, 50], dtype=torch.int32)
    with plug_into(model, "eager"), pytest.raises(Refused, match="end at 50 queries and 50 keys"):
        tower(*arguments, cu_seqlens=wrong, max_seqlen=32)


def call(plugged_model, **keywords):
    """One call of the attention function, as a layer of the model would make it."""
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    layer = plugged_model.model.layers[0].self_attn
    q, k = torch.randn(2, 4, 6, 64), torch.randn(2, 2, 6, 64)
    function = ALL_ATTENTION_FUNCTIONS[layer.config._attn_implementation]
    return function(layer, q, k, keywords.pop("value", k), None, scaling=0.125, **keywords)[0]


@pytest.mark.parametrize(
    ("keywords", "reason"),
    [
        ({"position_bias": torch.ones(1, 4, 6, 6)}, "position_bias is asked for"),
        ({"a_keyword_of_tomorrow": 3}, "a_keyword_of_tomorrow = 3 is asked for"),
        ({"output_attentions": True}, "output_attentions = True is asked for"),
        ({"value": torch.randn(2, 2, 6, 32)}, "values have 32 dimensions a head, queries 64"),
    ],
)
def test_keywords_with_values(keywords, reason):
    model = tiny.qwen2()
    with plug_into(model, "eager") as plugged:
        call(model, **keywords)
    assert plugged.declined == {f"text: {reason}": 1}


def test_keywords_without_values():
    model = tiny.qwen2()
    with plug_into(model, "eager") as plugged:
        call(model, sliding_window=None, softcap=None, s_aux=None, output_attentions=False, dropout=0.0, use_cache=True)
    assert plugged.served == {"text": 1}


def test_what_nobody_here_can_honour():
    model = tiny.qwen2()
    with plug_into(model, "eager"):
        with pytest.raises(Refused, match="s_aux"):
            call(model, s_aux=torch.zeros(4))
        with pytest.raises(ValueError, match="softcap"):
            call(model, softcap=30.0)
