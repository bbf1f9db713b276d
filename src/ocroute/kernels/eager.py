"""Attention written out: scores, softmax in float32, product. The yardstick, and what runs where nothing else does."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from ocroute.kernels.admission import admit, find
from ocroute.kernels.base import KernelInfo, Presence
from ocroute.kernels.packed import by_sequence, expanded, lower_right

if TYPE_CHECKING:
    from torch import Tensor


class Eager:
    """Plain matrix products in the inputs' dtype, as transformers' ``eager``; memory grows with the square of the length."""

    info: ClassVar = KernelInfo(
        "torch",
        others=("rocm", "mps"),
        dtypes=("float16", "bfloat16", "float32"),
        materialises=True,
        rounds_scores=("cpu", "cuda"),
        install="pip install 'ocroute[vlm]'",
        source="this module",
    )

    @classmethod
    def presence(cls) -> Presence:
        """Whether torch can be imported."""
        return find("torch", partial(import_module, "torch"))

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

        def plain(q: Tensor, k: Tensor, v: Tensor, *, square: bool = False) -> Tensor:
            import torch

            k, v = expanded(k, q.shape[1]), expanded(v, q.shape[1])
            # the scale within the product, in float32: unscaled scores can be beyond float16
            scores = torch.baddbmm(q.new_zeros(1, 1, 1), q.flatten(0, 1), k.flatten(0, 1).mT, beta=0, alpha=scale)
            scores = scores.view(*q.shape[:3], k.shape[2])
            if square:
                later = torch.ones(scores.shape[2:], dtype=torch.bool, device=q.device).triu(1)
                scores = scores.masked_fill(later, float("-inf"))
            return torch.softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype) @ v

        def aligned(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return lower_right(lambda *square: plain(*square, square=True), q, k, v)

        return by_sequence(aligned if causal else plain, q, k, v, cu_q=cu_q, cu_k=cu_k, max_q=max_q, max_k=max_k)
