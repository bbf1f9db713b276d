"""Attention during training: FlashAttention inside PyTorch and nothing else, with one head that can be shown where to look."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel

NAME = "bench_flash"  # transformers packs images into one call for every name with "flash" in it
BACKEND = SDPBackend.FLASH_ATTENTION


class Guide:
    """Keeps queries and keys of one decoder layer, for a loss on where its first head looks.

    Attributes:
        layer: whose attention is kept; None keeps nothing.
        seen: queries ``(batch, heads, length, head_dim)`` and keys ``(batch, kv_heads, length, head_dim)``, rotated.
    """

    def __init__(self) -> None:
        self.layer: int | None = None
        self.seen: tuple[Tensor, Tensor] | None = None

    def loss(self, start: int, targets: Tensor, first_key: int, scale: float) -> Tensor:
        """How far the first head is from looking at the embedding that the next token is read from.

        Args:
            start: the position of the query that predicts the first token of the answer.
            targets: ``(batch, answer)``: which embedding of the image each token is read from; -1 for none.
            first_key: the position of the image's first embedding.
            scale: of the scores.
        """
        assert self.seen is not None
        queries, keys = self.seen
        length = targets.shape[1]
        asked = queries[:, 0, start : start + length].float()
        scores = asked @ keys[:, 0].float().transpose(1, 2) * scale
        here = torch.arange(start, start + length, device=scores.device)[:, None]
        future = torch.arange(keys.shape[2], device=scores.device)[None] > here
        scores = scores.masked_fill(future, float("-inf"))
        wanted = torch.where(targets >= 0, targets + first_key, -100)
        total = nn.functional.cross_entropy(scores.flatten(0, 1), wanted.flatten(), ignore_index=-100, reduction="sum")
        return total / (targets >= 0).sum().clamp(min=1)


GUIDE = Guide()


def flash(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    is_causal: bool | None = None,
    max_length_q: int | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """A transformers attention function: ``(batch, heads, length, head_dim)`` in, ``(batch, length, heads, head_dim)`` out.

    A pack of images (``max_length_q`` given) must be of equal lengths; there is never a mask: padding stands at the end, where
    causal attention does not see it.
    """
    if attention_mask is not None or dropout:
        raise ValueError("training attention takes neither masks nor dropout")
    if GUIDE.layer is not None and getattr(module, "layer_idx", None) == GUIDE.layer:
        GUIDE.seen = (query, key)
    causal = module.is_causal if is_causal is None else is_causal
    if group := query.shape[1] // key.shape[1] - 1:
        key, value = (states.repeat_interleave(group + 1, dim=1) for states in (key, value))
    packed = query.shape
    if max_length_q is not None:
        query, key, value = (_unpack(states, max_length_q) for states in (query, key, value))
    out = heads_of(query, key, value, scale=scaling, causal=bool(causal) and query.shape[2] > 1).transpose(1, 2)
    return (out.reshape(1, packed[2], packed[1], packed[3]) if max_length_q is not None else out), None


def heads_of(query: Tensor, key: Tensor, value: Tensor, *, scale: float, causal: bool) -> Tensor:
    """FlashAttention itself: ``(batch, heads, length, head_dim)`` each, and out; in bfloat16 on a GPU."""
    half = torch.bfloat16 if query.is_cuda else query.dtype
    query, key, value = (states.to(half) for states in (query, key, value))
    with sdpa_kernel(BACKEND):
        return scaled_dot_product_attention(query, key, value, is_causal=causal, scale=scale)


def _unpack(states: Tensor, length: int) -> Tensor:
    """``(1, heads, images * length, head_dim)`` as ``(images, heads, length, head_dim)``."""
    _, heads, total, head_dim = states.shape
    return states.view(heads, total // length, length, head_dim).transpose(0, 1)


def plug_into(model: PreTrainedModel) -> None:
    """Make every decoder and vision tower of ``model`` that can take an attention function use ``flash``."""
    AttentionInterface.register(NAME, flash)
    AttentionMaskInterface.register(NAME, lambda *_, **__: None)
    for module in model.modules():
        if isinstance(module, PreTrainedModel) and module._supports_sdpa:
            module.config._attn_implementation = NAME
