"""The attention that each model asks for: heads, head dims, and the lengths of its pages on a card of some size.

A model's engine declares its shapes and limits, as published. Lengths are patches of an A4 page in the vision encoder, and image
tokens with the prompt in the decoder's prefill.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ocroute.engines.base import ENGINES
from ocroute.errors import PluginError, UsageError
from ocroute.kernels.base import DType, Problem, SubModel
from ocroute.machine import Gpu

PROMPT = 512
"""Tokens put before and after an image: more than any prompt of these models has."""

_A4 = {72: 2_520, 150: 11_088, 200: 19_824}
"""Patches of 14 x 14 pixels in an A4 page by dots per inch, sides rounded to multiples of 28."""

_SMALL_MB, _LARGE_MB = 10_000, 32_000


class AttentionShape(msgspec.Struct, frozen=True):
    """The attention of a model's vision encoder, or of its decoder.

    Attributes:
        patches: image patches that stand for one token here: 1 in a vision encoder, 4 behind a 2 x 2 merger; 0 where the
            length does not depend on the page's size, but is ``lengths``.
        cap: the most patches that the model's image processor lets through; 0 where it lets through any number.
    """

    head_dim: int
    heads: int
    kv_heads: int
    causal: bool
    patches: int = 0
    cap: int = 0
    lengths: tuple[int, ...] = ()


def shapes_of(model: str) -> Mapping[SubModel, AttentionShape]:
    """What a kernel can serve of ``model`` (``vision``, ``text``), as the engine of that name declares it.

    Empty for engines without a model, and for ones that cannot be imported: who asks for those is told why elsewhere.
    """
    try:
        engine = ENGINES.load(model) if model in ENGINES else None
    except PluginError:
        return {}
    shapes: Mapping[SubModel, AttentionShape] = getattr(getattr(engine, "facts", None), "attention", {})
    return shapes


def models() -> tuple[str, ...]:
    """The models that a kernel can serve, by the names of their engines."""
    return tuple(name for name in ENGINES if shapes_of(name))


def dtype_for(gpu: Gpu | None) -> DType:
    """In which dtype models run there: bfloat16 since Ampere and on others' GPUs, float16 before, float32 without a GPU."""
    if gpu is None:
        return "float32"
    return "bfloat16" if gpu.kind != "cuda" or gpu.compute_capability >= (8, 0) else "float16"


def problems_by_sub_model(model: str, gpu: Gpu | None) -> dict[SubModel, tuple[Problem, ...]]:
    """The problem classes that each sub-model of ``model`` needs at this card's page sizes, the longest last.

    Raises:
        UsageError: there is no such model.
    """
    shapes = shapes_of(model)
    if not shapes:
        raise UsageError(f"no model is named {model!r}", next_step=f"Choose from: {', '.join(models())}")
    return {
        sub_model: tuple(
            Problem(shape.head_dim, shape.heads, shape.kv_heads, shape.causal, dtype_for(gpu), lengths)
            for lengths in _lengths(shape, gpu)
        )
        for sub_model, shape in shapes.items()
    }


def problems_for(model: str, gpu: Gpu | None, weights: str = "") -> tuple[Problem, ...]:
    """The problem classes that ``model`` needs, at this card's page sizes.

    Args:
        weights: a folder or a hub id whose config.json says of how many heads its attention is; as published when empty.

    Raises:
        UsageError: there is no such model.
        EngineUnavailable: the weights are not here, or are of another model.
    """
    found = problems_by_sub_model(model, gpu)
    if weights:
        heads = _heads_in(model, weights)
        found = {
            name: tuple(msgspec.structs.replace(problem, **heads.get(name, {})) for problem in problems)
            for name, problems in found.items()
        }
    return tuple(problem for problems in found.values() for problem in problems)


def _heads_in(model: str, weights: str) -> dict[SubModel, dict[str, int]]:
    """Heads, key/value heads and head dim of the vision encoder and the decoder, by a checkpoint's config.json."""
    from ocroute.engines.neural.weights import check_kind, config, find

    facts = ENGINES.load(model).facts
    folder = find(facts, weights)
    check_kind(facts, folder)
    whole = config(facts, folder)
    text = whole.get("text_config") or whole.get("language_config") or whole
    parts: dict[SubModel, Any] = {"vision": whole.get("vision_config"), "text": text}
    return {name: found for name, part in parts.items() if isinstance(part, dict) and (found := _heads(part, name))}


def _heads(config: Mapping[str, Any], name: SubModel) -> dict[str, int]:
    """As they stand in one part of a config.json; empty where it does not say."""
    heads = config.get("num_attention_heads") or config.get("num_heads")
    width = (name == "vision" and config.get("embed_dim")) or config.get("hidden_size")
    if not isinstance(heads, int) or not isinstance(width, int):
        return {}
    kv_heads = config.get("num_key_value_heads") or heads
    return {"heads": heads, "kv_heads": kv_heads, "head_dim": config.get("head_dim") or width // heads}


def all_problems(gpu: Gpu | None) -> tuple[Problem, ...]:
    """Those of every model, each once."""
    return tuple(dict.fromkeys(problem for model in models() for problem in problems_for(model, gpu)))


def _page_patches(gpu: Gpu | None) -> tuple[int, ...]:
    """Patches of the pages that a card of this size is given: A4 at 72 dpi without a GPU, at 150 below 10 GB, at 200 else.

    From 32 GB on also the largest page that a model takes; 0 stands for it.
    """
    if gpu is None:
        return (_A4[72],)
    if gpu.memory_mb < _SMALL_MB:
        return (_A4[150],)
    return (_A4[200],) if gpu.memory_mb < _LARGE_MB else (_A4[200], 0)


def _lengths(shape: AttentionShape, gpu: Gpu | None) -> list[tuple[int, ...]]:
    if not shape.patches:
        return [shape.lengths]
    asked = [patches or shape.cap for patches in _page_patches(gpu)]
    pages = [min(patches, shape.cap) if shape.cap else patches for patches in asked if patches]
    return [(patches // shape.patches + (PROMPT if shape.causal else 0),) for patches in pages]
