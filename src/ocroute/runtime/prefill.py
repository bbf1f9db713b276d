"""A prompt through the whole model, pictures and all: the model's own code, once a sequence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import torch
from torch import Tensor

from ocroute.runtime.batch import Prompt
from ocroute.runtime.decoder import text_model


@torch.inference_mode()
def prefill(model: Any, inputs: Mapping[str, Any]) -> Prompt:
    """Let ``model`` see one prompt.

    Args:
        model: of transformers' form, on its device, with whatever attention it has been given. One with a method ``embed``
            makes a prompt's embeddings without anybody waiting for the device.
        inputs: keyword arguments of its ``forward``, on its device, for one sequence without padding.
    """
    from transformers import DynamicCache

    kept: Any = DynamicCache()
    if embed := getattr(model, "embed", None):
        inputs = {"inputs_embeds": embed([inputs])[0]}
    out = model(**inputs, **{_cache_keyword(text_model(model).forward): kept}, use_cache=True, logits_to_keep=1)
    layers = [(layer.keys[0], layer.values[0]) for layer in kept.layers]
    turn: Tensor | None = getattr(getattr(model, "model", None), "rope_deltas", None)
    return Prompt(layers, out.logits[:, -1], 0 if turn is None else turn)


def _cache_keyword(forward: Callable[..., Any]) -> str:
    """What ``forward`` calls the cache: ``cache`` since transformers 5.21, ``past_key_values`` before."""
    return "cache" if "cache" in signature(forward).parameters else "past_key_values"
