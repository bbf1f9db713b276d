"""Attention written out, in blocks of query rows, so that no whole score matrix is kept.

With each value comes its noise: how far roundings that nobody can avoid may carry it. From the exact weights p it is known for
each row by itself, so that a row of small values is held to a small limit:

- an exact kernel rounds each weight to the inputs' dtype before the product with v, and the result: ``u * p`` and ``u * |o|``,
  with ``u`` half the spacing of the dtype at 1;
- all else it does in float32: products of q and k, exponentials, sums;
- where it says that it rounds scores (``KernelInfo.rounds_scores``), each of them is off by ``u * |s|``, twice with the scale,
  and so is the exponential of it, in proportion; and its weights add up to 1 before they are rounded, not after, so that equal
  ones are all off to the same side: ``u * |o|`` once more.

Errors of many keys add up as their squares do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from ocroute.kernels.probe.case_inputs import Call

_CELLS = 1 << 26  # scores of one block, in values
_CELLS_ON_CPU = 1 << 20  # of float64: so many stay in its cache, which makes it twice as fast
_EXACT_CELLS = 1 << 31  # above so many multiplications, and on a GPU, float32 instead of float64
_ALL_ROWS = 8192
_STEP, _TAIL = 7, 256
_FLOAT32 = 2.0**-24
_NEARLY_ONE_KEY = 1.0  # scores off by more let another key win: their effect is no longer in proportion


@dataclass(frozen=True)
class Reference:
    """``values``: ``(rows, Hq, D)`` in float64 or float32; ``noise``: the same shape, float32, never zero."""

    values: Tensor
    noise: Tensor


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


def precision_for(call: Call, rows: list[Tensor]) -> torch.dtype:
    """float64, or float32 where the inputs have fewer bits, and the problem is a large one on a GPU."""
    work = sum(row.numel() * m for row, m in zip(rows, call.keys, strict=True)) * call.q.shape[1] * call.q.shape[2]
    small = work <= _EXACT_CELLS or call.q.dtype == torch.float32 or call.q.device.type == "cpu"
    return torch.float64 if small else torch.float32


def exact(call: Call, rows: list[Tensor], *, rounds_scores: bool = False) -> Reference:
    """The result for ``rows``, in the precision that `precision_for` chooses.

    Args:
        rounds_scores: whether the kernel that is judged by it rounds scores to the inputs' dtype.
    """
    with full_products():
        return _exact(call, rows, precision_for(call, rows), rounds_scores)


@contextmanager
def full_products() -> Iterator[None]:
    """float32 matrix products without TF32, whatever the process has set, which is put back afterwards.

    A kernel's package may set it when it is imported. Older names for the setting and newer ones are kept apart by torch, and
    it raises at the next product where they disagree.
    """
    matmul = torch.backends.cuda.matmul
    newer = matmul.fp32_precision
    try:
        older = torch.get_float32_matmul_precision()
    except RuntimeError:  # the two disagree, so that the older one is what the newer one is not
        older = "highest" if newer == "tf32" else "high"
    torch.set_float32_matmul_precision("highest")  # sets both
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(older)
        matmul.fp32_precision = newer


def _exact(call: Call, rows: list[Tensor], precision: torch.dtype, rounds_scores: bool) -> Reference:
    empty = call.q.new_empty((0, *call.q.shape[1:]))
    values, noise = [empty.to(precision)], [empty.float()]
    for (q0, n, k0, m), chosen in zip(call.spans(), rows, strict=True):
        sequence = _Sequence(call.k[k0 : k0 + m], call.v[k0 : k0 + m], call.scale, precision, rounds_scores)
        cells = _CELLS_ON_CPU if call.q.device.type == "cpu" else _CELLS
        for block in torch.split(chosen, max(1, cells // (call.q.shape[1] * max(1, m)))):
            last = block + (m - n) if call.causal else torch.full_like(block, m - 1)
            right, off = sequence.rows(call.q[q0 + block], last)
            values.append(right)
            noise.append(off)
    return Reference(torch.cat(values), torch.cat(noise).clamp_(min=torch.finfo(torch.float32).tiny))


class _Sequence:
    """Keys ``(m, Hkv, D)`` and values of one sequence."""

    def __init__(self, k: Tensor, v: Tensor, scale: float, precision: torch.dtype, rounds_scores: bool) -> None:
        info = torch.finfo(v.dtype)
        self.unit = info.eps / 2
        self.least = info.tiny * info.eps / 2  # what a number too small for the dtype is off by
        self.scale, self.rounds_scores = scale, rounds_scores
        self.k = k.to(precision).permute(1, 2, 0)  # (Hkv, D, m)
        self.v = v.to(precision).transpose(0, 1)  # (Hkv, m, D)
        self.longest_k = self.k.norm(dim=1).amax(-1).view(-1, 1, 1) if k.shape[0] else k.new_zeros(())
        self.v_squared = self.v.float().square()  # not in place: of float32, float() gives the tensor itself

    def rows(self, q: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        """Values and noise of rows ``q`` (b, Hq, D), of which row i sees the keys up to ``last[i]``."""
        rows, heads, dim = q.shape
        kv_heads, _, m = self.k.shape
        if m == 0:
            return torch.zeros_like(q, dtype=self.k.dtype), torch.zeros_like(q, dtype=torch.float32)
        group = heads // kv_heads
        q = q.to(self.k.dtype).view(rows, kv_heads, group, dim).permute(1, 2, 0, 3).reshape(kv_heads, group * rows, dim)
        hidden, seen = None, m
        if not bool((last >= m - 1).all()):
            seen = max(1, int(last.max()) + 1)  # no row of the block sees a later key
            hidden = (torch.arange(seen, device=q.device) > last.unsqueeze(1)).repeat(group, 1)
        scores = (q @ self.k[..., :seen]).mul_(self.scale)
        if hidden is not None:
            scores.masked_fill_(hidden, -torch.inf)
        weights = torch.softmax(scores, -1)
        out = weights @ self.v[:, :seen]
        off = self._weights_off(q, weights, scores, hidden).square_()
        roundings = self.unit * (2**0.5 if self.rounds_scores else 1) + _FLOAT32 * (8 + m**0.5)
        noise = (
            (off @ self.v_squared[:, :seen])
            .add_(out.float().square() * (off.sum(-1, keepdim=True) + roundings**2))
            .sqrt_()
        )

        def ordered(block: Tensor) -> Tensor:
            block = block.view(kv_heads, group, rows, dim).permute(2, 0, 1, 3).reshape(rows, heads, dim)
            return block.masked_fill((last < 0).view(-1, 1, 1), 0)

        return ordered(out), ordered(noise.add_(self.least))

    def _weights_off(self, q: Tensor, weights: Tensor, scores: Tensor, hidden: Tensor | None) -> Tensor:
        """By how much each weight may be off, float32, of the shape of ``weights``."""
        largest = q.norm(dim=-1, keepdim=True) * self.longest_k * self.scale
        relative = self.unit + _FLOAT32 * (8 + self.k.shape[-1] ** 0.5 + 4 * largest)
        if self.rounds_scores:
            sizes = scores.abs() if hidden is None else scores.abs().masked_fill_(hidden, 0)
            relative = relative + 2**0.5 * self.unit * sizes
        off = (weights * relative).add_(self.least)
        if self.rounds_scores:
            shift = 4 * self.unit * sizes.amax(-1, keepdim=True)
            other = (scores - scores.amax(-1, keepdim=True) + shift).clamp_(max=0).exp_()
            off = torch.where(shift > _NEARLY_ONE_KEY, torch.maximum(off, other), off)
        narrow: Tensor = off.float()
        return narrow if hidden is None else narrow.masked_fill_(hidden, 0).nan_to_num_(0)
