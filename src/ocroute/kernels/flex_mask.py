"""The block table of a packed call for FlexAttention, from lengths that the host knows: no mask over all cells is ever made.

Within its sequence a query sees keys from a first to a last one, whether causal or not, so two numbers a query say it all.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ocroute.kernels.stream_cache import per_stream, upload

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from torch.nn.attention.flex_attention import BlockMask

BLOCK = 128  # queries and keys a block: torch's own default

Ints = NDArray[np.int32]


@per_stream(16)  # the layers of a model share one
def block_mask(queries: tuple[int, ...], keys: tuple[int, ...], causal: bool, device: torch.device) -> BlockMask:
    """Which blocks of cells are seen in part or whole, and the function that decides within those seen in part.

    Args:
        queries, keys: lengths of the packed sequences.
        causal: aligned bottom-right.
        device: of the queries.
    """
    from torch.nn.attention.flex_attention import BlockMask

    low, high = seen_keys(queries, keys, causal)
    partly, wholly = seen_blocks(low, high, sum(keys))
    count, order = _table(partly, device)
    full_count, full_order = _table(wholly, device)
    return BlockMask.from_kv_blocks(
        count,
        order,
        full_count,
        full_order,
        BLOCK_SIZE=BLOCK,
        mask_mod=_between(_upload(low, device), _upload(high, device)),
        seq_lengths=(sum(queries), sum(keys)),
    )


def seen_keys(queries: tuple[int, ...], keys: tuple[int, ...], causal: bool) -> tuple[Ints, Ints]:
    """For each packed query the first packed key that it sees and the one after the last; equal where it sees none."""
    low, high = np.empty(sum(queries), np.int32), np.empty(sum(queries), np.int32)
    ends_q, ends_k = accumulate(queries), accumulate(keys)
    for n, m, end_q, end_k in zip(queries, keys, ends_q, ends_k, strict=True):
        low[end_q - n : end_q] = end_k - m
        high[end_q - n : end_q] = np.maximum(end_k - m, np.arange(end_k - n, end_k) + 1) if causal else end_k
    return low, high


def seen_blocks(low: Ints, high: Ints, total_keys: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """``(query blocks, key blocks)``: those seen in part, and those seen whole.

    A block may be listed as seen in part without a cell in it that is seen, which costs time and nothing else.
    """
    starts = np.arange(0, len(low), BLOCK)
    sees = high > low
    first = np.minimum.reduceat(np.where(sees, low, total_keys), starts)[:, None]
    last = np.maximum.reduceat(np.where(sees, high, 0), starts)[:, None]
    edges = np.arange(0, total_keys, BLOCK)[None, :]
    touched = (edges < last) & (edges + BLOCK > first)
    complete = (starts + BLOCK <= len(low))[:, None]
    inside = (edges >= np.maximum.reduceat(low, starts)[:, None]) & (
        edges + BLOCK <= np.minimum.reduceat(high, starts)[:, None]
    )
    wholly = touched & inside & complete
    return touched & ~wholly, wholly


def _table(blocks: NDArray[np.bool_], device: torch.device) -> tuple[Tensor, Tensor]:
    """torch's form of a block row: how many blocks, and their indices before the others'."""
    order = np.argsort(~blocks, axis=1, kind="stable").astype(np.int32)
    return _upload(blocks.sum(1, dtype=np.int32)[None, None], device), _upload(order[None, None], device)


def _upload(values: Ints, device: torch.device) -> Tensor:
    import torch

    return upload(torch.from_numpy(values), device)


def _between(low: Tensor, high: Tensor) -> Callable[..., Any]:
    def seen(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:  # noqa: ARG001
        return (key >= low[query]) & (key < high[query])

    return seen
