"""What the FlashAttention packages have in common: one packed entry point, called by keyword.

Their positional orders differ between versions, and some return the output alone, some with the log-sum-exp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.kernels.base import KernelInfo, Presence
from ocroute.kernels.rows import admit, find

if TYPE_CHECKING:
    from torch import Tensor


class FlashKernel:
    """A package with ``flash_attn_varlen_func``; a subclass says where."""

    info: ClassVar[KernelInfo]

    def __init__(self) -> None:
        self._function = self.load()

    @staticmethod
    def load() -> Callable[..., Any]:
        """Import ``flash_attn_varlen_func``."""
        raise NotImplementedError

    @classmethod
    def presence(cls) -> Presence:
        """Whether the package is there and its entry point can be imported."""
        return find(cls.info.distribution, cls.load)

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
        admit(self.info, q, k)
        if not q.shape[0] or not k.shape[0]:
            return q.new_zeros(q.shape)
        out = self._function(
            q,
            k,
            v,
            cu_seqlens_q=cu_q,
            cu_seqlens_k=cu_k,
            max_seqlen_q=max_q,
            max_seqlen_k=max_k,
            softmax_scale=scale,
            causal=causal,  # never a window: (-1, 0) is an empty band to some versions, which then write zeros
        )
        tensor: Tensor = out[0] if isinstance(out, tuple) else out
        return tensor
