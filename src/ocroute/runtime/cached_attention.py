"""Attention of one new token a sequence over a cache of fixed shape, as long as each sequence is.

``attend(queries, keys, values, lengths, scale)``: queries ``(batch, heads, head_dim)``; keys and values ``(slots, kv_heads, span,
head_dim)``, the beginning of each slot, of which sequence ``i`` of the batch has slot ``i``; lengths int32 ``(batch,)``: the
tokens of each so far, on the device. Gives ``(batch, heads, head_dim)``. No shape and no address depends on the lengths, so a
step can be captured.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

_log = logging.getLogger(__name__)
Heads = tuple[int, int, int]
Attend = Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]
_TOLERANCE = 2.0**-6


def attention_for(device: torch.device, dtype: torch.dtype, heads: Heads) -> Attend:
    """The fastest attention that has given on this device what float32 arithmetic gives.

    Args:
        heads: query heads, key heads, head dimension.
    """
    if device.type == "cuda":
        if is_right("split_keys", device.index or 0, dtype, heads):
            return _named("split_keys")
        if is_right("flash", device.index or 0, dtype, heads):
            return flash
    return split


def _named(name: str) -> Attend:
    if name == "flash":
        return flash
    from ocroute.runtime.triton_decode import attend

    return attend


def flash(queries: Tensor, keys: Tensor, values: Tensor, lengths: Tensor, scale: float) -> Tensor:
    """PyTorch's own FlashAttention-2, which reads no more of a slot than its sequence has written."""
    batch, (_, kv_heads, span, head_dim) = len(lengths), keys.shape
    # As rows of tokens, sequences begin a slot's whole size apart, and the heads of a row stand a head's whole capacity apart.
    apart = keys.stride(0) // head_dim
    ones, starts = _boundaries(batch, apart, queries.device)
    shape, strides = ((batch - 1) * apart + span, kv_heads, head_dim), (head_dim, keys.stride(1), 1)
    out: Tensor = torch.ops.aten._flash_attention_forward(
        queries,
        keys.as_strided(shape, strides),
        values.as_strided(shape, strides),
        ones,
        starts,
        1,
        span,
        0.0,
        False,
        False,
        scale=scale,
        seqused_k=lengths,
    )[0]
    return out


@cache
def _boundaries(batch: int, apart: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Where queries begin, one a sequence, and where slots do."""
    count = torch.arange(batch + 1, dtype=torch.int32, device=device)
    return count, count * apart


def split(queries: Tensor, keys: Tensor, values: Tensor, lengths: Tensor, scale: float) -> Tensor:
    """In plain torch: over the whole span, the places beyond a sequence's end masked out.

    On a GPU the last product is cut into pieces along the span and added up: one long row would give it too little to do.
    """
    batch, (_, kv_heads, span, head_dim) = len(lengths), keys.shape
    grouped = queries.view(batch * kv_heads, -1, head_dim)
    keys, values = (states[:batch].flatten(0, 1) for states in (keys, values))
    scores = (grouped @ keys.transpose(1, 2)).float() * scale
    beyond = torch.arange(span, device=queries.device) >= lengths[:, None]
    scores = scores.view(batch, kv_heads, -1, span).masked_fill(beyond[:, None, None], -torch.inf)
    weights = scores.softmax(-1).to(queries.dtype).view(batch * kv_heads, -1, span)
    pieces = _pieces(span) if queries.is_cuda else 1
    if pieces == 1:
        return (weights @ values).view(batch, -1, head_dim)
    cut = weights.view(batch * kv_heads, -1, pieces, span // pieces).transpose(1, 2)
    parts: Tensor = cut @ values.view(batch * kv_heads, pieces, -1, head_dim)
    return parts.sum(1, dtype=torch.float32).to(queries.dtype).view(batch, -1, head_dim)


def _pieces(span: int) -> int:
    return next(pieces for pieces in (16, 8, 4, 2, 1) if span % pieces == 0)


@cache
def is_right(name: str, device: int, dtype: torch.dtype, heads: Heads) -> bool:
    """Whether an attention gives on this GPU what float32 arithmetic gives, for several lengths, one of a single token."""
    query_heads, kv_heads, head_dim = heads
    lengths = torch.tensor([1, 700, 333] * 4, dtype=torch.int32, device=f"cuda:{device}")
    draw = torch.Generator(lengths.device).manual_seed(0)
    queries, keys, values = (
        torch.randn(*shape, generator=draw, device=lengths.device).to(dtype)
        for shape in ((12, query_heads, head_dim), *[(13, kv_heads, 1024, head_dim)] * 2)
    )
    scale = head_dim**-0.5
    meant = split(queries.float(), keys.float(), values.float(), lengths, scale)
    try:  # few sequences and many may be computed differently
        alone = _named(name)(queries[1:2], keys[1:], values[1:], lengths[1:2], scale)
        found = torch.cat([alone, _named(name)(queries, keys, values, lengths, scale)]).float()
    except Exception as error:  # of whatever an older card, torch or build lacks
        _log.info("decoding does not use %s: %s: %s", name, type(error).__name__, error)
        return False
    meant = torch.cat([meant[1:2], meant])
    right = bool((found - meant).abs().max() <= _TOLERANCE * meant.abs().max())
    if not right:
        _log.warning("decoding does not use %s: it is wrong on this GPU", name)
    return right
