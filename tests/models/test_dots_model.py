"""dots.ocr computes what it should, sees the page once and at the start, and stops where it should."""

import copy
import functools

import numpy as np
import pytest
import torch
from bench.dots_generate import generate
from PIL import Image
from tests.support import tiny_dots as tiny
from torch import nn
from torch.nn import functional
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from ocroute.errors import EngineError
from ocroute.models.dots_ocr.load import load
from ocroute.models.dots_ocr.model_inputs import prepare
from ocroute.models.dots_ocr.modeling import not_finite
from ocroute.models.dots_ocr.prompts import PROMPTS

GRIDS = torch.tensor([[1, 4, 6], [1, 2, 8], [2, 2, 2]])
PATCHES = 24 + 16 + 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dots_ocr")
    tiny.write(folder)
    return folder


@pytest.fixture(scope="module")
def shared(folder):
    return load(folder)


@pytest.fixture
def loaded(shared):
    """A copy that a test may spoil."""
    return copy.deepcopy(shared)


def page(width=120, height=90, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def by_the_book(tower, pixels, grids):
    """The tower written down once more from its description, patch by patch and in float64, as an independent reference."""
    w = {name: weight.double() for name, weight in tower.state_dict().items()}
    config = tower.config
    heads, dim = config.num_attention_heads, config.embed_dim // config.num_attention_heads

    def rms(x, name):
        return x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt() * w[name]

    x = functional.linear(
        pixels.double(), w["patch_embed.patchifier.proj.weight"].flatten(1), w["patch_embed.patchifier.proj.bias"]
    )
    x = rms(x, "patch_embed.patchifier.norm.weight")
    frequencies = [10000.0 ** (-i / (dim // 4)) for i in range(dim // 4)]
    places, segment = [], []
    for times, rows, columns in grids.tolist():
        for _ in range(times):
            number = segment[-1] + 1 if segment else 0
            for block_row in range(0, rows, 2):
                for block_column in range(0, columns, 2):
                    for r in (0, 1):
                        for c in (0, 1):
                            places.append((block_row + r, block_column + c))
                            segment.append(number)
    angles = torch.tensor(
        [[r * f for f in frequencies] + [c * f for f in frequencies] for r, c in places], dtype=torch.float64
    )
    cos, sin = (torch.cat([part, part], -1)[:, None] for part in (angles.cos(), angles.sin()))
    same = torch.tensor(segment)[:, None] == torch.tensor(segment)[None]

    def turn(t):
        return t * cos + torch.cat([-t[..., dim // 2 :], t[..., : dim // 2]], -1) * sin

    for layer in range(config.num_hidden_layers):
        of = f"blocks.{layer}."
        q, k, v = functional.linear(rms(x, of + "norm1.weight"), w[of + "attn.qkv.weight"]).split(config.embed_dim, -1)
        q, k, v = (
            turn(q.unflatten(-1, (heads, dim))),
            turn(k.unflatten(-1, (heads, dim))),
            v.unflatten(-1, (heads, dim)),
        )
        scores = torch.einsum("qhd,khd->hqk", q, k) / dim**0.5
        weights = scores.masked_fill(~same, float("-inf")).softmax(-1)
        x = x + functional.linear(torch.einsum("hqk,khd->qhd", weights, v).flatten(1), w[of + "attn.proj.weight"])
        y = rms(x, of + "norm2.weight")
        gate, up = (functional.linear(y, w[of + f"mlp.{name}.weight"]) for name in ("fc1", "fc3"))
        x = x + functional.linear(gate * gate.sigmoid() * up, w[of + "mlp.fc2.weight"])
    x = rms(x, "post_trunk_norm.weight")
    x = functional.layer_norm(x, x.shape[-1:], w["merger.ln_q.weight"], w["merger.ln_q.bias"], 1e-6).view(
        len(x) // 4, -1
    )
    x = functional.gelu(functional.linear(x, w["merger.mlp.0.weight"], w["merger.mlp.0.bias"]))
    return functional.linear(x, w["merger.mlp.2.weight"], w["merger.mlp.2.bias"])


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_tower_computes_what_its_description_says(loaded, attention):
    tower = loaded.model.vision_tower
    tower.set_attn_implementation(attention)
    pixels = torch.randn(PATCHES, 588, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        ours = tower(pixels, GRIDS)
        reference = by_the_book(tower, pixels, GRIDS)
    assert ours.shape == (PATCHES // 4, 24)
    assert reference.std() > 0.1
    torch.testing.assert_close(ours.double(), reference, atol=1e-4, rtol=1e-4)


def test_images_do_not_see_each_other(loaded):
    tower = loaded.model.vision_tower
    pixels = torch.randn(PATCHES, 588)
    with torch.inference_mode():
        together = tower(pixels, GRIDS)
        alone = torch.cat(
            [tower(pixels[:24], GRIDS[:1]), tower(pixels[24:40], GRIDS[1:2]), tower(pixels[40:], GRIDS[2:])]
        )
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


class Seen:
    """An attention function that computes like sdpa and writes down how it was called."""

    def __init__(self):
        self.calls = []

    def __call__(self, module, q, k, v, attention_mask, **options):
        self.calls.append((q.shape, attention_mask, options))
        cu = options.get("cu_seq_lens_q")
        ends = [q.shape[2]] if cu is None else cu.tolist()[1:]
        starts = [0, *ends[:-1]]
        parts = [
            functional.scaled_dot_product_attention(*(t[:, :, a:b] for t in (q, k, v)), scale=options["scaling"])
            for a, b in zip(starts, ends, strict=True)
        ]
        return torch.cat(parts, dim=2).transpose(1, 2), None


@pytest.mark.parametrize(("name", "packed"), [("test_flash", True), ("test_neutral", False)])
def test_packed_functions_get_all_images_in_one_call(loaded, monkeypatch, name, packed):
    seen = Seen()
    monkeypatch.setitem(ALL_ATTENTION_FUNCTIONS._global_mapping, name, seen)
    tower, pixels = loaded.model.vision_tower, torch.randn(PATCHES, 588)
    with torch.inference_mode():
        expected = tower(pixels, GRIDS)
        loaded.model.set_attn_implementation({"vision_config": name})
        torch.testing.assert_close(tower(pixels, GRIDS), expected, atol=1e-5, rtol=1e-5)
    assert loaded.model.config._attn_implementation == "sdpa"
    assert all(mask is None and options["is_causal"] is False for _, mask, options in seen.calls)
    if packed:
        assert len(seen.calls) == 2  # layers
        shape, _, options = seen.calls[0]
        assert shape == (1, 2, PATCHES, 16)
        for side in "qk":
            assert options[f"cu_seq_lens_{side}"].tolist() == [0, 24, 40, 44, 48]
            assert options[f"cu_seq_lens_{side}"].dtype == torch.int32
            assert type(options[f"max_length_{side}"]) is int
            assert options[f"max_length_{side}"] == 24
    else:
        assert [shape[2] for shape, *_ in seen.calls] == [24, 16, 4, 4] * 2
        assert not any("cu_seq_lens_q" in options for *_, options in seen.calls)


def test_no_memory_grows_with_the_square_of_the_patches(loaded):
    """No tensor that a layer makes is nearly as large as one row of scores for each patch."""
    rows, columns = 64, 64
    pixels, grid = torch.randn(rows * columns, 588), torch.tensor([[1, rows, columns]])
    largest = 0

    class Largest(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            nonlocal largest
            out = func(*args, **(kwargs or {}))
            for tensor in out if isinstance(out, (tuple, list)) else [out]:
                if isinstance(tensor, torch.Tensor):
                    largest = max(largest, tensor.numel())
            return out

    with torch.inference_mode(), Largest():
        loaded.model.vision_tower(pixels, grid)
    assert pixels.numel() <= largest < (rows * columns) ** 2 / 4


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_pixels_are_cast_to_the_type_of_the_weights(folder, shared, dtype):
    """The published code casts to bfloat16 whatever the weights are, and dies in float16 and float32."""
    loaded = load(folder, dtype=dtype)
    inputs = prepare(loaded, page(), PROMPTS["text"])
    assert inputs.pixel_values.dtype == torch.float32
    with torch.inference_mode():
        logits = loaded.model(**tensors(inputs)).logits
        reference = shared.model(**tensors(inputs)).logits
    assert logits.dtype == dtype
    assert functional.cosine_similarity(logits.float().flatten(), reference.flatten(), dim=0) > (
        0.99 if dtype == torch.bfloat16 else 0.9999
    )


def tensors(inputs):
    return {"input_ids": inputs.input_ids, "pixel_values": inputs.pixel_values, "image_grid_thw": inputs.image_grid_thw}


def test_several_prompts_are_embedded_as_each_alone(loaded):
    prompts = [
        tensors(prepare(loaded, page(width, height, width), PROMPTS["text"])) for width, height in ((120, 90), (56, 84))
    ]
    with torch.inference_mode():
        together = loaded.model.embed(prompts)
        for prompt, embeddings in zip(prompts, together, strict=True):
            torch.testing.assert_close(
                loaded.model(inputs_embeds=embeddings).logits, loaded.model(**prompt).logits, atol=1e-4, rtol=1e-4
            )


def test_cast_and_moved_after_loading_it_still_runs(loaded):
    inputs = prepare(loaded, page(), PROMPTS["text"])
    with torch.inference_mode():
        before = loaded.model(**tensors(inputs)).logits
        loaded.model.to(torch.float64)
        after = loaded.model(**tensors(inputs)).logits
    torch.testing.assert_close(after.float(), before, atol=1e-3, rtol=1e-3)
    assert loaded.dtype == torch.float64


def test_pixels_go_in_once_and_at_the_start(loaded, monkeypatch):
    """With pixels at every step the placeholders of later steps do not match; with pixels at none the page is not seen."""
    steps = []
    tower = loaded.model.vision_tower
    forward = type(loaded.model).forward

    @functools.wraps(forward)
    def watched(self, *args, **kwargs):
        steps.append(
            (kwargs["input_ids"].shape[1], kwargs.get("pixel_values") is not None, kwargs.get("logits_to_keep"))
        )
        return forward(self, *args, **kwargs)

    looks, heads = [], []
    loaded.model.lm_head.register_forward_hook(lambda _, given, __: heads.append(given[0].shape[1]))
    tower.register_forward_hook(lambda *_: looks.append(1))
    monkeypatch.setattr(type(loaded.model), "forward", watched)
    inputs = prepare(loaded, page(), PROMPTS["text"])
    generate(loaded, inputs, 6)
    length = inputs.input_ids.shape[1]
    assert steps[0] == (length, True, 1)  # and only the last position goes through the head
    assert steps[1:] == [(1, False, 1)] * (len(steps) - 1)
    assert len(steps) > 1
    assert len(looks) == 1
    assert heads == [1] * len(steps)


def test_the_answer_depends_on_the_page(loaded):
    prompt = PROMPTS["text"]
    with torch.inference_mode():
        first, second = (
            loaded.model(**tensors(prepare(loaded, page(seed=seed), prompt))).logits[0, -1] for seed in (1, 2)
        )
    assert (first - second).abs().max() > 1e-2


def test_generation_with_the_cache_equals_generation_without(loaded):
    inputs = prepare(loaded, page(), PROMPTS["text"])
    ids = inputs.input_ids
    with torch.inference_mode():
        cached = loaded.model.generate(
            **tensors(inputs), max_new_tokens=8, do_sample=False, eos_token_id=-1, pad_token_id=0
        )
        for _ in range(8):
            logits = loaded.model(ids, inputs.pixel_values, inputs.image_grid_thw).logits
            ids = torch.cat([ids, logits[:, -1:].argmax(-1)], dim=1)
    assert torch.equal(cached, ids)


def test_a_prompt_whose_page_is_missing_is_refused(loaded):
    inputs = prepare(loaded, page(), PROMPTS["text"])
    with pytest.raises(EngineError, match="the page would not be seen"):
        loaded.model(input_ids=inputs.input_ids)
    with pytest.raises(EngineError, match="without their grids"):
        loaded.model(input_ids=inputs.input_ids, pixel_values=inputs.pixel_values)


@pytest.mark.parametrize("cut", [slice(3, None), slice(0, 0)])
def test_placeholders_must_match_the_patches(loaded, cut):
    inputs = prepare(loaded, page(), PROMPTS["text"])
    ids = inputs.input_ids if cut.start else inputs.input_ids[:, -5:]
    with pytest.raises(EngineError, match=r"image placeholders stand in the prompt for \d+ image embeddings"):
        loaded.model(ids[:, cut] if cut.start else ids, inputs.pixel_values, inputs.image_grid_thw)


def test_a_grid_that_is_not_the_patches_is_refused(loaded):
    """The length of one patch, 588, has been taken for the number of patches."""
    inputs = prepare(loaded, page(), PROMPTS["text"])
    with pytest.raises(ValueError, match="patches came for grids"):
        loaded.model(inputs.input_ids, inputs.pixel_values, torch.tensor([[1, 2, 294]]))


def test_embeddings_that_nobody_waited_for_are_the_same(loaded):
    """As on a GPU, where the checks of the plain way would make the host wait; NaN comes out in the scores."""
    inputs = prepare(loaded, page(), PROMPTS["text"])
    with torch.inference_mode():
        images = loaded.model.vision_tower(inputs.pixel_values, inputs.image_grid_thw)
        (checked,) = loaded.model.embed([tensors(inputs)])
        assert torch.equal(loaded.model._with_images(inputs.input_ids, images), checked)
        images[0] = float("nan")
        scores = loaded.model(inputs_embeds=loaded.model._with_images(inputs.input_ids, images)).logits[0, -1]
    assert scores.isnan().all()


def test_numbers_that_are_not_finite_are_refused(loaded):
    inputs = prepare(loaded, page(), PROMPTS["text"])
    with torch.no_grad():
        loaded.model.vision_tower.merger.mlp[0].bias[3] = float("inf")
    with pytest.raises(EngineError, match="not finite in float32") as caught:
        generate(loaded, inputs, 4)
    assert "damaged" in str(caught.value.next_step), "in float32 no other format would help"
    assert "in float32: CUDA_VISIBLE_DEVICES=-1 ocroute read" in str(not_finite(torch.float16).next_step)


class Head(nn.Module):
    """A language head that says the given tokens one after the other."""

    def __init__(self, size, tokens):
        super().__init__()
        self.size, self.tokens, self.step = size, tokens, 0

    def forward(self, hidden):
        logits = torch.zeros(*hidden.shape[:-1], self.size)
        logits[..., self.tokens[min(self.step, len(self.tokens) - 1)]] = 1
        self.step += 1
        return logits


def says(loaded, tokens):
    loaded.model.lm_head = Head(loaded.model.config.vocab_size, tokens)


@pytest.mark.parametrize("stop", ["<|endoftext|>", "<|endofassistant|>"])
def test_both_stop_tokens_end_the_answer(loaded, stop):
    words = loaded.tokenizer("The text.")["input_ids"]
    says(loaded, [*words, loaded.tokenizer.convert_tokens_to_ids(stop), *words])
    assert generate(loaded, prepare(loaded, page(), "x"), 50) == ("The text.", "stop")


def test_an_answer_cut_by_the_limit_says_so(loaded):
    says(loaded, loaded.tokenizer("abcdefgh" * 5)["input_ids"])
    text, finish = generate(loaded, prepare(loaded, page(), "x"), 3)
    assert finish == "length"
    assert text
    assert "abcdefgh".startswith(text[:3])


def test_the_end_at_the_very_limit_is_an_end(loaded):
    words = loaded.tokenizer("ab")["input_ids"]
    says(loaded, [*words, loaded.stop_ids[1]])
    assert generate(loaded, prepare(loaded, page(), "x"), len(words) + 1) == ("ab", "stop")


def test_our_kernels_serve_both_halves(loaded):
    """Packed in the tower, packed and causal in the prompt; every later step stays with PyTorch's own."""
    from ocroute.kernels.adaptor import plug_into

    inputs = prepare(loaded, page(), PROMPTS["text"])
    before = generate(loaded, inputs, 5)
    with torch.inference_mode():
        expected = loaded.model(**tensors(inputs)).logits
        with plug_into(loaded.model, {"vision": "eager", "text": "eager"}) as plugged:
            torch.testing.assert_close(loaded.model(**tensors(inputs)).logits, expected, atol=1e-4, rtol=1e-4)
            assert dict(plugged.served) == {"vision": 2, "text": 2}
            assert not plugged.declined
            assert generate(loaded, inputs, 5) == before
