"""Whether a result is right, with the figure that says so."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ocroute.kernels.base import KernelInfo
from ocroute.kernels.probe import reference
from ocroute.kernels.probe.case_inputs import Call

VALUE_LIMIT = 6.0
BLOCK_LIMIT = 1.0
_BLOCK = 64
"""What an exact kernel may be off, in units of the noise that rounding makes (`ocroute.kernels.probe.reference`).

No value by more than 6, which chance does not reach; and a head of 64 rows by no more than 1 in the root mean square. Rounding
to nearest gives 0.3 to 0.6 there: what is off a little everywhere (a scale, 8-bit keys, a sum in too few bits) shows only so.
"""

QUANTIZED_L1 = 0.10
QUANTIZED_COSINE = 0.99
"""What a quantized kernel may be off, head by head: sum of errors over sum of values, and the cosine of the angle between them.

There is no official bound. These are ours: an 8-bit product of Gaussian values stays within a third of them, and a softmax
that counts keys which do not exist does not. Such a kernel is called proven within them, never exact.
"""

_QUANTIZED_RANGE = 1.1  # a weighted mean lies within the values; so far beyond them may 8 bits carry it


class Wrong(Exception):
    """A result is not what it must be.

    Args:
        reason: a sentence with place and values.
        error, limit: as in `ocroute.kernels.probe.proof.Outcome`.
    """

    def __init__(self, reason: str, error: float | None = None, limit: float | None = None) -> None:
        super().__init__(reason)
        self.error = error
        self.limit = limit


@dataclass(frozen=True)
class Figure:
    """A measured error within its limit."""

    error: float
    limit: float


class Expected:
    """What ``call`` must give a kernel with ``info``; computed once, compared as often as the kernel is called with it."""

    def __init__(self, call: Call, info: KernelInfo) -> None:
        self.call = call
        self._quantized = info.numerics != "exact"
        self._rows = reference.rows_of(call)
        self._index = torch.cat([q0 + rows for (q0, *_), rows in zip(call.spans(), self._rows, strict=True)])
        rounds_scores = call.q.device.type in info.rounds_scores
        self._right = reference.exact(call, self._rows, rounds_scores=rounds_scores)
        self._largest_v = _largest(call.v)

    def compare(self, out: Tensor) -> Figure:
        """The error of ``out``, which has the form that ``formed`` asks for.

        Raises:
            Wrong: it is not ``attend``'s result for this call.
        """
        _finite(out)
        right = self._right.values
        found = out[self._index].to(right.dtype)
        if found.numel() and not bool(found.any()) and float(right.abs().max()) > 1e-3:
            raise Wrong("the output is all zeros", float(right.abs().max()), 0.0)
        if not self._quantized:
            return self._exact(found)
        return self._in_range(found) if self.call.beyond_8_bits else self._near(found)

    def _exact(self, found: Tensor) -> Figure:
        right = self._right.values
        off = (found - right).abs()
        if not off.numel():
            return Figure(0.0, 0.0)
        parts = off / self._right.noise  # of the noise, value by value
        row, head, channel = _where(parts)
        at = (row, head, channel)
        error, limit = float(off[at]), VALUE_LIMIT * float(self._right.noise[at])
        if error > limit:
            raise Wrong(
                f"{self._place(row)}, head {head}, channel {channel} is {float(found[at]):.4g} and should be "
                f"{float(right[at]):.4g}; the error is {error:.3g}, the limit {limit:.3g}",
                error,
                limit,
            )
        block, first, head = _worst_block(parts, off)
        if block.error > block.limit:
            raise Wrong(
                f"the {_BLOCK} rows from {self._place(first)} on, head {head}, are off by {block.error:.3g} in the root mean "
                f"square, {block.error / block.limit:.2g} times what rounding explains",
                block.error,
                block.limit,
            )
        return max(Figure(error, limit), block, key=lambda figure: figure.error / figure.limit)

    def _near(self, found: Tensor) -> Figure:
        right = self._right.values
        total = right.abs().sum((0, 2))
        l1 = torch.nan_to_num((found - right).abs().sum((0, 2)) / total, nan=0.0, posinf=1.0)
        cosine = torch.nn.functional.cosine_similarity(
            found.transpose(0, 1).flatten(1), right.transpose(0, 1).flatten(1), dim=1
        )
        cosine = torch.where(total == 0, 1.0, cosine)
        error, angle = _largest(l1), float(cosine.min()) if cosine.numel() else 1.0
        if error > QUANTIZED_L1 or angle < QUANTIZED_COSINE:
            raise Wrong(
                f"head {int(l1.argmax())} is off by {error:.1%} of its values (limit {QUANTIZED_L1:.0%}), "
                f"the smallest cosine is {angle:.4f} (limit {QUANTIZED_COSINE})",
                error,
                QUANTIZED_L1,
            )
        return Figure(error, QUANTIZED_L1)

    def _in_range(self, found: Tensor) -> Figure:
        beyond = max(0.0, _largest(found) / max(self._largest_v, 1e-30) - 1)
        limit = _QUANTIZED_RANGE - 1
        if beyond > limit:
            raise Wrong(f"a value is {1 + beyond:.3g} times the largest of v, of which it is a mean", beyond, limit)
        return Figure(beyond, limit)

    def _place(self, row: int) -> str:
        """Where the ``row``-th of the compared rows is."""
        token = int(self._index[row])
        for number, (first, n, _, _) in enumerate(self.call.spans()):
            if first <= token < first + n:
                return f"token {token - first} of {n} in sequence {number + 1} of {len(self.call.queries)}"
        return f"token {token}"


def formed(out: Tensor, call: Call) -> Tensor:
    """``out``, if it is a tensor of the right shape, dtype and device in memory of its own.

    Raises:
        Wrong: it is not.
    """
    if not isinstance(out, Tensor):
        raise Wrong(f"the result is a {type(out).__name__}, not a tensor")
    wanted, got = (tuple(call.q.shape), call.q.dtype, call.q.device), (tuple(out.shape), out.dtype, out.device)
    if wanted != got:
        raise Wrong(f"the result is {got[0]} {got[1]} on {got[2]}, not {wanted[0]} {wanted[1]} on {wanted[2]}")
    for name, given in (("q", call.q), ("k", call.k), ("v", call.v)):
        if out.numel() and out.untyped_storage().data_ptr() == given.untyped_storage().data_ptr():
            raise Wrong(f"the result lies in the memory of {name}")
    return out


def _worst_block(parts: Tensor, off: Tensor) -> tuple[Figure, int, int]:
    """Of the blocks of rows in ``parts`` (rows, heads, D) the worst, its first row and its head; errors from ``off``."""
    squares = parts.square().mean(2)
    means = torch.stack([block.mean(0) for block in torch.split(squares, _BLOCK)])
    worst = int(means.argmax())
    number, head = worst // means.shape[1], worst % means.shape[1]
    part = float(means[number, head]) ** 0.5
    error = float(off[number * _BLOCK : (number + 1) * _BLOCK, head].square().mean()) ** 0.5
    limit = BLOCK_LIMIT * error / part if part else 1.0
    return Figure(error, limit), number * _BLOCK, head


def _finite(out: Tensor) -> None:
    bad = ~torch.isfinite(out)
    if bool(bad.any()):
        row, head, channel = (int(i) for i in bad.nonzero()[0])
        value = float(out[row, head, channel])
        raise Wrong(
            f"{int(bad.sum())} of {out.numel()} values are not finite, the first ({value}) at token {row}, head {head}, "
            f"channel {channel}"
        )


def _largest(values: Tensor) -> float:
    return float(values.abs().max()) if values.numel() else 0.0


def _where(values: Tensor) -> tuple[int, int, int]:
    flat = int(values.argmax())
    _, heads, dim = values.shape
    return flat // (heads * dim), flat // dim % heads, flat % dim
