"""Packed sequences: boundaries, lengths known to the host, and kernels that take one dense batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from ocroute.kernels.base import Refused
from ocroute.kernels.stream_cache import upload

if TYPE_CHECKING:
    import torch
    from torch import Tensor

# Attribute under which the lengths stay on a tensor of boundaries: reading them from the device would make the host wait.
_LENGTHS = "_ocroute_lengths"


def boundaries(lengths: Sequence[int], device: torch.device | str) -> Tensor:
    """Where each sequence begins, and the total: int32 ``(len(lengths) + 1,)`` on ``device``; remembers ``lengths``."""
    import torch

    with torch.inference_mode(False):  # tensors made in that mode do not count how often they are written to
        cu = upload(torch.tensor([0, *accumulate(lengths)], dtype=torch.int32), torch.device(device))
    _remember(cu, tuple(map(int, lengths)))
    return cu


def host_lengths(cu: Tensor, total: int, longest: int | None = None) -> tuple[int, ...]:
    """The sequence lengths behind ``cu``; the device is asked once, and again when ``cu`` has been written to since.

    Args:
        cu: int32 ``(sequences + 1,)``.
        total: tokens in the pack.
        longest: the longest sequence, as the caller says.

    Raises:
        Refused: a sequence is longer than that, so one of the two is wrong.
    """
    version, lengths = getattr(cu, _LENGTHS, (None, ()))
    if version is None or version != cu._version:
        ends = [0, total] if cu.shape[0] == 2 else [int(end) for end in cu.tolist()]
        lengths = _remember(cu, tuple(end - start for start, end in pairwise(ends)))
    if longest is not None and longest < max(lengths, default=0):
        raise Refused(f"the longest sequence is said to have {longest} tokens, and one has {max(lengths)}")
    return lengths


def _remember(cu: Tensor, lengths: tuple[int, ...]) -> tuple[int, ...]:
    if not cu.is_inference():  # else there is no telling whether it is written to afterwards
        setattr(cu, _LENGTHS, (cu._version, lengths))
    return lengths


# (q, k, v) as (batch, heads, length, head_dim), causal as asked -> (batch, heads, length, head_dim)
Dense = Callable[["Tensor", "Tensor", "Tensor"], "Tensor"]


def by_sequence(
    dense: Dense, q: Tensor, k: Tensor, v: Tensor, *, cu_q: Tensor, cu_k: Tensor, max_q: int, max_k: int
) -> Tensor:
    """Run ``dense`` over a pack: one batched call where all sequences are equally long, else one call a sequence.

    Args:
        dense: gets ``(batch, heads, length, head_dim)`` views of q, k, v and returns that shape for q.
        q, k, v, cu_q, cu_k, max_q, max_k: as in ``Kernel.attend``.

    Returns:
        ``(Tq, Hq, D)``, new. A sequence without keys gives zeros.
    """
    import torch

    queries, keys = host_lengths(cu_q, q.shape[0], max_q), host_lengths(cu_k, k.shape[0], max_k)
    if len(set(queries)) == 1 and len(set(keys)) == 1 and queries[0] and keys[0]:
        out = dense(_batch(q, len(queries)), _batch(k, len(keys)), _batch(v, len(keys)))
        return out.transpose(1, 2).reshape(q.shape)
    parts: list[Tensor] = []
    first = start = 0
    for n, m in zip(
        queries, keys, strict=True
    ):  # cut one by one: the device works on the first while the second is cut
        own, seen = q.narrow(0, first, n), slice(start, start + m)
        if n and m:
            out = dense(_batch(own, 1), _batch(k[seen], 1), _batch(v[seen], 1))
            parts.append(out.squeeze(0).transpose(0, 1))
        elif n:
            parts.append(own.new_zeros(own.shape))
        first, start = first + n, start + m
    return torch.cat(parts) if parts else q.new_zeros(q.shape)


def lower_right(square: Dense, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention aligned bottom-right, from a kernel that is causal only where queries and keys are equally many.

    Queries before the first key see nothing: zeros. Where there are fewer queries than keys, dummy queries are put before them,
    which costs their share of the arithmetic but no mask.

    Args:
        square: causal attention over ``(batch, heads, length, head_dim)`` with as many queries as keys.
        q, k, v: ``(batch, heads, length, head_dim)``; at least one query and one key.
    """
    from torch.nn.functional import pad

    n, m = q.shape[2], k.shape[2]
    if n == m:
        return square(q, k, v)
    if n < m:
        return square(pad(q, (0, 0, m - n, 0)), k, v)[:, :, m - n :]
    return pad(square(q[:, :, n - m :], k, v), (0, 0, n - m, 0))


def expanded(k: Tensor, heads: int) -> Tensor:
    """``(batch, kv_heads, length, head_dim)`` with each head repeated, for kernels that need as many as queries have."""
    return k if k.shape[1] == heads else k.repeat_interleave(heads // k.shape[1], dim=1)


def _batch(packed: Tensor, count: int) -> Tensor:
    """``(count * length, heads, head_dim)`` as a view ``(count, heads, length, head_dim)``."""
    return packed.view(count, -1, *packed.shape[1:]).transpose(1, 2)
