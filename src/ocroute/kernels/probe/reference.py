"""Attention written out, in blocks of query rows, so that no whole score matrix is kept.

Twice: as exactly as the device can be asked to, and plainly in the dtype of the inputs. The second's error is the yardstick
for a kernel's.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ocroute.kernels.probe.inputs import Call

_CELLS = 1 << 26  # scores of one block, in values
_EXACT_CELLS = 1 << 31  # above so many multiplications, and on a GPU, float32 instead of float64
_ALL_ROWS = 8192
_STEP, _TAIL = 7, 256


def checked_rows(length: int, device: torch.device) -> Tensor:
    """The rows of a sequence that are compared: all, or of a long one every 7th and the last 256.

    7 is prime to the size of every tile, so each tile is seen, and each place within tiles.
    """
    if length <= _ALL_ROWS:
        return torch.arange(length, device=device)
    return torch.cat(
        [
            torch.arange(0, length - _TAIL, _STEP, device=device),
            torch.arange(length - _TAIL, length, device=device),
        ]
    )


def rows_of(call: Call) -> list[Tensor]:
    """For each sequence the rows that are compared, counted from its beginning."""
    return [checked_rows(n, call.q.device) for n in call.queries]


def exact(call: Call, rows: list[Tensor]) -> Tensor:
    """``(sum of rows, Hq, D)`` in float64, or float32 where the inputs have fewer bits and the problem is large."""
    work = sum(row.numel() * m for row, m in zip(rows, call.keys, strict=True)) * call.q.shape[1] * call.q.shape[2]
    small = work <= _EXACT_CELLS or call.q.dtype == torch.float32 or call.q.device.type == "cpu"
    return _by_blocks(call, rows, torch.float64 if small else torch.float32)


def plain(call: Call, rows: list[Tensor]) -> Tensor:
    """The same in the dtype of the inputs: both products rounded to it, the softmax in float32."""
    return _by_blocks(call, rows, None)


def _by_blocks(call: Call, rows: list[Tensor], precision: torch.dtype | None) -> Tensor:
    parts = [call.q.new_empty((0, *call.q.shape[1:]), dtype=precision or call.q.dtype)]
    for (q0, n, k0, m), chosen in zip(call.spans(), rows, strict=True):
        k, v = call.k[k0 : k0 + m], call.v[k0 : k0 + m]
        if precision is not None:
            k, v = k.to(precision), v.to(precision)
        k, v = k.permute(1, 2, 0), v.transpose(0, 1)  # (Hkv, D, m), (Hkv, m, D)
        for block in torch.split(chosen, max(1, _CELLS // (call.q.shape[1] * max(1, m)))):
            q = call.q[q0 + block]
            q = q if precision is None else q.to(precision)
            last = block + (m - n) if call.causal else torch.full_like(block, m - 1)
            parts.append(_block(q, k, v, last, call.scale))
    return torch.cat(parts)


def _block(q: Tensor, k: Tensor, v: Tensor, last: Tensor, scale: float) -> Tensor:
    """Rows ``q`` (b, Hq, D), of which row i sees the keys up to ``last[i]``."""
    rows, heads, dim = q.shape
    kv_heads, _, m = k.shape
    if m == 0:
        return torch.zeros_like(q)
    group = heads // kv_heads
    grouped = q.view(rows, kv_heads, group, dim).permute(1, 2, 0, 3).reshape(kv_heads, group * rows, dim)
    scores = (grouped @ k) * scale
    if not bool((last >= m - 1).all()):
        hidden = torch.arange(m, device=q.device) > last.unsqueeze(1)
        scores = scores.view(kv_heads, group, rows, m).masked_fill_(hidden, -torch.inf).view_as(scores)
    weights = torch.softmax(scores, -1, dtype=torch.promote_types(scores.dtype, torch.float32))
    del scores
    out = (weights.to(v.dtype) @ v).view(kv_heads, group, rows, dim).permute(2, 0, 1, 3).reshape(rows, heads, dim)
    return out.masked_fill((last < 0).view(-1, 1, 1), 0)
