"""A plugged model computes what it computed before: hidden states and generated tokens against PyTorch's own attention."""

import functools

import pytest
import torch

from bench import adaptor_models as tiny
from ocroute.kernels.adaptor import plug_into
from ocroute.kernels.base import KERNELS, Refused
from ocroute.kernels.packed import boundaries

CLOSE = 2e-5  # of hidden states of about 1 in float32


@functools.cache  # and asked by the tests, not while they are gathered: flex compiles for seconds
def why_not_here(name: str) -> str:
    """Why the kernel does not run on this device; empty if it does."""
    kind = KERNELS.load(name)
    if (presence := kind.presence()).state != "usable":
        return presence.reason
    q = torch.randn(3, 2, 64)
    cu = boundaries([3], "cpu")
    try:
        kind().attend(q, q, q, cu_q=cu, cu_k=cu, max_q=3, max_k=3, causal=True, scale=0.1)
    except Refused as refused:
        return str(refused)
    return ""


def may_run_here(kind) -> bool:
    return kind.presence().state == "usable" and (torch.cuda.is_available() or bool(kind.info.dtypes_on_cpu))


@pytest.fixture(params=sorted(name for name in KERNELS if may_run_here(KERNELS.load(name))))
def kernel(request):
    if reason := why_not_here(request.param):
        pytest.skip(reason)
    return request.param


def test_every_other_kernel_says_why_it_is_not_tried_here():
    reasons = {name: why_not_here(name) for name in KERNELS}
    assert not reasons["eager"]
    assert not reasons["sdpa_math"]
    assert all(reason.strip() for reason in reasons.values() if reason)


@functools.cache
def model(name: str, dtype: torch.dtype = torch.float32):
    return getattr(tiny, name)().to(dtype)


@torch.no_grad()
def states(model, inputs, **more):
    """Hidden states after every layer, and logits: (layers, tokens that are not padding, width) and (tokens, words)."""
    out = model(**inputs, output_hidden_states=True, **more)
    real = inputs["attention_mask"][:, -out.logits.shape[1] :].bool()
    return torch.stack([layer[real] for layer in out.hidden_states]), out.logits[real]


def tokens(model, inputs, **more):
    return model.generate(**inputs, max_new_tokens=10, do_sample=False, **more)


BATCHES = [
    pytest.param(tiny.words(12, 12, 12), id="no-padding"),
    pytest.param(tiny.words(9, 5, 13), id="left"),
    pytest.param(tiny.words(9, 1, 13, side="right"), id="right"),
    pytest.param(tiny.words(11), id="one"),
]


@pytest.mark.parametrize("inputs", BATCHES)
def test_language_model_hidden_states(kernel, inputs):
    expected = states(model("qwen2"), inputs)
    with plug_into(model("qwen2"), kernel) as plugged:
        found = states(model("qwen2"), inputs)
    for one, other in zip(expected, found, strict=True):
        assert torch.allclose(one, other, atol=CLOSE, rtol=1e-5)
    assert plugged.served == {"text": 2}
    assert not plugged.declined


def test_holes_in_a_mask(kernel):
    inputs = tiny.words(14, 10)
    inputs["attention_mask"][0, 4:7] = 0
    inputs["attention_mask"][1, 12] = 0
    expected, _ = states(model("qwen2"), inputs)
    with plug_into(model("qwen2"), kernel) as plugged:
        found, _ = states(model("qwen2"), inputs)
    assert torch.allclose(expected, found, atol=CLOSE)
    assert plugged.served == {"text": 2}


@pytest.mark.parametrize("cache", ["dynamic", "static"])
@pytest.mark.parametrize("inputs", BATCHES[:2])
def test_generated_tokens(kernel, inputs, cache):
    expected = tokens(model("qwen2"), inputs)
    with plug_into(model("qwen2"), kernel) as plugged:
        found = tokens(model("qwen2"), inputs, cache_implementation=cache)
    assert torch.equal(expected, found)
    assert plugged.served == {"text": 2}  # the prefill of two layers
    assert not plugged.declined


@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize("inputs", BATCHES[:2])
@torch.no_grad()
def test_queries_that_follow_a_cache(kernel, inputs, static):
    from transformers import DynamicCache, StaticCache

    def second_turn():
        config = model("qwen2").config
        cache = StaticCache(config=config, max_cache_len=32) if static else DynamicCache(config=config)
        first = {name: tensor[:, :8] for name, tensor in inputs.items()}
        positions = (inputs["attention_mask"].cumsum(-1) - 1).clamp(min=0)
        model("qwen2")(**first, **tiny.cached(model("qwen2"), cache), position_ids=positions[:, :8])
        return states(
            model("qwen2"),
            {**inputs, "input_ids": inputs["input_ids"][:, 8:]},
            **tiny.cached(model("qwen2"), cache),
            position_ids=positions[:, 8:],
        )[0]

    expected = second_turn()
    with plug_into(model("qwen2"), kernel) as plugged:
        found = second_turn()
    assert torch.allclose(expected, found, atol=CLOSE)
    assert plugged.served == {"text": 4}
    assert not plugged.declined


PAGES = tiny.images((8, 4), (4, 6), (10, 6))


@pytest.mark.parametrize(
    ("name", "pages"), [("qwen2_vl", PAGES), ("qwen2_5_vl", PAGES), ("dots_ocr", tiny.frames((8, 4), (4, 6), (10, 6)))]
)
def test_pages_of_different_sizes(kernel, name, pages):
    expected = states(model(name), pages)
    written = tokens(model(name), pages)
    with plug_into(model(name), kernel) as plugged:
        found = states(model(name), pages)
        assert plugged.served == {"vision": 2, "text": 2}  # all pages in one call a layer
        assert torch.equal(written, tokens(model(name), pages))
    for one, other in zip(expected, found, strict=True):
        assert torch.allclose(one, other, atol=CLOSE, rtol=1e-5)
    assert not plugged.declined


def test_only_the_tower(kernel):
    with torch.no_grad():
        expected = model("qwen2_vl").model.visual(PAGES["pixel_values"], PAGES["image_grid_thw"])
        with plug_into(model("qwen2_vl"), {"vision": kernel}) as plugged:
            found = model("qwen2_vl").model.visual(PAGES["pixel_values"], PAGES["image_grid_thw"])
    assert torch.allclose(expected.pooler_output, found.pooler_output, atol=CLOSE)
    assert plugged.served == {"vision": 2}
    assert [left.reason for left in plugged.left] == ["no kernel was given for text"]


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("got_ocr2", tiny.squares(2, tokens=4, size=128)),
        ("deepseek_ocr2", tiny.squares(2, tokens=145, size=1024)),
    ],
)
def test_models_whose_towers_keep_their_attention(kernel, name, inputs):
    expected = states(model(name), inputs)
    with plug_into(model(name), kernel) as plugged:
        found = states(model(name), inputs)
    for one, other in zip(expected, found, strict=True):
        assert torch.allclose(one, other, atol=CLOSE, rtol=1e-5)
    assert [part.sub_model for part in plugged.parts] == ["text"]
    assert plugged.served == {"text": 2}
    assert not plugged.declined


@pytest.mark.parametrize(("name", "inputs"), [("qwen2", tiny.words(9, 5, 13)), ("qwen2_vl", PAGES)])
def test_rounding_in_bfloat16(kernel, name, inputs):
    """No further from the same weights in float32 than PyTorch's own attention, twice over."""
    rounded = model(name, torch.bfloat16)
    exact = getattr(tiny, name)()
    exact.load_state_dict(rounded.state_dict())
    truth, _ = states(exact, inputs)
    usual = (states(rounded, inputs)[0] - truth).abs()
    with plug_into(rounded, kernel) as plugged:
        ours = (states(rounded, inputs)[0] - truth).abs()
    assert ours.max() <= 2 * usual.max()
    assert ours.mean() <= 1.25 * usual.mean()
    assert plugged.served["text"] == 2
    assert not plugged.declined


@torch.no_grad()
def test_decode_can_be_captured_whole():
    """One query token, compiled without a break; a graph break is an error here."""
    from transformers import StaticCache

    language_model = model("qwen2")
    prompt = tiny.words(6, 6)["input_ids"]

    def step(forward):
        cache = StaticCache(config=language_model.config, max_cache_len=16)
        language_model(prompt, **tiny.cached(language_model, cache))
        mask = torch.zeros(2, 1, 1, 16, dtype=torch.bool)
        mask[..., :7] = True
        more = {"attention_mask": mask, "position_ids": torch.tensor([[6]]), **tiny.cached(language_model, cache)}
        return forward(prompt[:, :1], **more).logits

    expected = step(language_model)
    with plug_into(language_model, "eager") as plugged:
        found = step(torch.compile(language_model, backend="eager", fullgraph=True))
    torch.compiler.reset()
    assert torch.allclose(expected, found, atol=CLOSE)
    assert plugged.served == {"text": 2}


@torch.no_grad()
def test_a_compiled_prefill_calls_the_kernel_between_its_graphs():
    language_model, inputs = model("qwen2"), tiny.words(7, 7)
    expected = language_model(**inputs, use_cache=False).logits
    with plug_into(language_model, "eager") as plugged:
        found = torch.compile(language_model, backend="eager")(inputs["input_ids"], use_cache=False).logits
    torch.compiler.reset()
    assert torch.allclose(expected, found, atol=CLOSE)
    assert plugged.served["text"] + sum(plugged.declined.values()) == 2
