"""Kernels without packed sequences of their own: called once a sequence, causal where queries and keys are equally many."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.kernels.admission import admit
from ocroute.kernels.base import KernelInfo
from ocroute.kernels.packed import by_sequence, lower_right

if TYPE_CHECKING:
    from torch import Tensor


class DenseKernel:
    """A subclass gives ``square``; packing and alignment are done here."""

    info: ClassVar[KernelInfo]

    def square(self, q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> Tensor:
        """Attention over ``(batch, heads, length, head_dim)``; if ``causal``, with as many queries as keys.

        Raises:
            Refused: an argument cannot be honoured.
        """
        raise NotImplementedError

    def attend(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        *,
        cu_q: Tensor,
        cu_k: Tensor,
        max_q: int,
        max_k: int,
        causal: bool,
        scale: float,
    ) -> Tensor:
        """See ``Kernel.attend``."""
        admit(self.info, q, k, cu_q, cu_k)
        self.check(q, scale=scale)

        def dense(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            if not causal:
                return self.square(q, k, v, causal=False, scale=scale)
            return lower_right(lambda q, k, v: self.square(q, k, v, causal=True, scale=scale), q, k, v)

        return by_sequence(dense, q, k, v, cu_q=cu_q, cu_k=cu_k, max_q=max_q, max_k=max_k)

    def check(self, q: Tensor, *, scale: float) -> None:
        """Refuse what the facts in ``info`` cannot say.

        Raises:
            Refused: this call cannot be honoured.
        """
