"""Whether a result is right, with the figure that says so."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ocroute.kernels.base import Numerics
from ocroute.kernels.probe import reference
from ocroute.kernels.probe.inputs import Call

QUANTISED_L1 = 0.10
QUANTISED_COSINE = 0.99
"""What a quantised kernel may be off, head by head: sum of errors over sum of values, and the cosine of the angle between them.

There is no official bound. These are ours: an 8-bit product of Gaussian values stays within a third of them, and a softmax
that counts keys which do not exist does not. Such a kernel is called proven within them, never exact.
"""


class Wrong(Exception):
    """A result is not what it must be.

    Args:
        reason: a sentence with place and values.
        error, limit: as in `ocroute.kernels.probe.values.Outcome`.
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
    """What ``call`` must give; computed once, compared as often as the kernel is called with it."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._rows = reference.rows_of(call)
        self._index = torch.cat([q0 + rows for (q0, *_), rows in zip(call.spans(), self._rows, strict=True)])
        self._right = reference.exact(call, self._rows)
        self._limit: float | None = None

    def compare(self, out: Tensor, numerics: Numerics) -> Figure:
        """The error of ``out``.

        Raises:
            Wrong: it is not ``attend``'s result for this call.
        """
        _shape(out, self.call)
        _finite(out)
        found = out[self._index].to(self._right.dtype)
        if found.numel() and not bool(found.any()) and float(self._right.abs().max()) > 1e-3:
            raise Wrong("the output is all zeros", float(self._right.abs().max()), 0.0)
        return self._exact(found) if numerics == "exact" else self._quantised(found)

    def limit(self) -> float:
        """Twice the error of plain attention in the inputs' dtype, and one rounding of the largest value.

        Eight roundings in float32: there is no wider type to add up in, so another order of the same sums costs some.
        """
        if self._limit is None:
            plain = reference.plain(self.call, self._rows).to(self._right.dtype)
            roundings = 8 if self.call.q.dtype == torch.float32 else 1
            rounding = torch.finfo(self.call.q.dtype).eps * _largest(self._right)
            self._limit = 2 * _largest(plain - self._right) + roundings * rounding
        return self._limit

    def _exact(self, found: Tensor) -> Figure:
        off = (found - self._right).abs()
        error, limit = _largest(off), self.limit()
        if error > limit:
            row, head, channel = _where(off)
            at = (row, head, channel)
            raise Wrong(
                f"{_place(self.call, int(self._index[row]))}, head {head}, channel {channel} is {float(found[at]):.4g} "
                f"and should be {float(self._right[at]):.4g}; the largest error is {error:.3g}, the limit {limit:.3g}",
                error,
                limit,
            )
        return Figure(error, limit)

    def _quantised(self, found: Tensor) -> Figure:
        right = self._right
        total = right.abs().sum((0, 2))
        l1 = torch.nan_to_num((found - right).abs().sum((0, 2)) / total, nan=0.0, posinf=1.0)
        cosine = torch.nn.functional.cosine_similarity(
            found.transpose(0, 1).flatten(1), right.transpose(0, 1).flatten(1), dim=1
        )
        cosine = torch.where(total == 0, 1.0, cosine)
        error, angle = _largest(l1), float(cosine.min()) if cosine.numel() else 1.0
        if error > QUANTISED_L1 or angle < QUANTISED_COSINE:
            raise Wrong(
                f"head {int(l1.argmax())} is off by {error:.1%} of its values (limit {QUANTISED_L1:.0%}), "
                f"the smallest cosine is {angle:.4f} (limit {QUANTISED_COSINE})",
                error,
                QUANTISED_L1,
            )
        return Figure(error, QUANTISED_L1)


def _shape(out: Tensor, call: Call) -> None:
    if not isinstance(out, Tensor):
        raise Wrong(f"the result is a {type(out).__name__}, not a tensor")
    wanted, got = (tuple(call.q.shape), call.q.dtype, call.q.device), (tuple(out.shape), out.dtype, out.device)
    if wanted != got:
        raise Wrong(f"the result is {got[0]} {got[1]} on {got[2]}, not {wanted[0]} {wanted[1]} on {wanted[2]}")
    for name, given in (("q", call.q), ("k", call.k), ("v", call.v)):
        if out.numel() and out.untyped_storage().data_ptr() == given.untyped_storage().data_ptr():
            raise Wrong(f"the result lies in the memory of {name}")


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


def _place(call: Call, token: int) -> str:
    for number, (first, n, _, _) in enumerate(call.spans()):
        if first <= token < first + n:
            return f"token {token - first} of {n} in sequence {number + 1} of {len(call.queries)}"
    return f"token {token}"
