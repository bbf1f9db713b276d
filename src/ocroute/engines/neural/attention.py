"""Which attention kernel a model runs on: the fastest that is proven on this card for the model's own shapes."""

from __future__ import annotations

from typing import Any, get_args

from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.recipe import Facts, Part
from ocroute.kernels.base import DType, Problem
from ocroute.machine import inspect

DEFAULT = "sdpa"
"""PyTorch's own attention, which picks among its backends at every call."""

_PROMPT = 512  # tokens that stand around an image, at most
_PATCH = 14 * 14
_MERGED = 4  # patches behind one token of the text half


def plug_in(model: Any, facts: Facts, where: Place, *, quantised: bool) -> dict[str, str]:
    """Put proven kernels into the parts of ``model`` that can take one.

    Args:
        model: of transformers, on its device.
        facts: of the model.
        where: its device; on a processor nothing is replaced.
        quantised: whether kernels that compute in fewer bits may be used.

    Returns:
        Each part that can take a kernel, to the kernel that serves it now. Where none is proven, it stays with PyTorch's own.
    """
    kernels: dict[str, str] = dict.fromkeys(facts.kernels, DEFAULT)
    if not where.device.startswith("cuda"):
        return kernels
    from ocroute.kernels.adaptor import plug_into
    from ocroute.kernels.base import Refused
    from ocroute.kernels.here import choice_for

    machine = inspect()
    gpu = machine.gpus[0] if machine.gpus else None
    proven: dict[Part, str] = {}
    for part in facts.kernels:
        problem = shape(model.config, part, facts.max_pixels, where.numbers)
        choice = choice_for(problem, gpu=gpu, machine=machine, allow_quantised=quantised)
        if choice.kernel and choice.proven:
            proven[part] = choice.kernel
    if proven:
        try:
            plugged = plug_into(model, dict(proven))
        except Refused:  # proven on the card, yet this model's layers do not let it in
            return kernels
        kernels |= {part.role: part.kernel for part in plugged.parts}
    return kernels


def shape(config: Any, part: Part, pixels: int, numbers: str) -> Problem:
    """The problem class of one half of a model for an image of ``pixels``.

    Args:
        config: of the whole model, as transformers reads it.
        part: the half.
        pixels: of the largest image.
        numbers: the number format's name.
    """
    patches = pixels // _PATCH
    if part == "vision":
        half = config.vision_config
        width = getattr(half, "embed_dim", None) or half.hidden_size
        heads = kv_heads = getattr(half, "num_heads", None) or half.num_attention_heads
        length = patches
    else:
        half = config.get_text_config()
        width, heads = half.hidden_size, half.num_attention_heads
        kv_heads = getattr(half, "num_key_value_heads", None) or heads
        length = patches // _MERGED + _PROMPT
    head_dim = getattr(half, "head_dim", None) or width // heads
    dtype: DType = next(name for name in get_args(DType) if name == numbers)
    return Problem(head_dim, heads, kv_heads, part == "text", dtype, (length,))
