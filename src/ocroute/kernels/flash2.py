"""FlashAttention-2: the distribution ``flash-attn``."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.kernels.base import KernelInfo, Refused
from ocroute.kernels.flash import FlashKernel

if TYPE_CHECKING:
    from torch import Tensor

_COMPILED = (32, 64, 96, 128, 192, 256)  # head dims that have a kernel; others run on the next larger one


class Flash2(FlashKernel):
    """Compiled ahead for named architectures; one without code for the card fails at launch, which the probe sees."""

    info: ClassVar = KernelInfo(
        "flash-attn",
        min_version="2.3.3",  # causal is aligned bottom-right since 2.1; this is also what transformers asks
        capabilities=(((8, 0), (10, 3)), ((12, 0), (12, 1))),
        max_head_dim=256,
        packed=True,
        install="ocroute build flash2",
        source="flash-attention setup.py, csrc/flash_attn/flash_api.cpp",
    )

    @staticmethod
    def load() -> Callable[..., Any]:
        """Import the entry point; ``import flash_attn`` alone also succeeds where only FlashAttention-4 is installed."""
        from flash_attn import flash_attn_varlen_func

        function: Callable[..., Any] = flash_attn_varlen_func
        return function

    def __init__(self) -> None:
        super().__init__()
        self._version = version(self.info.distribution)

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
        if reason := left_out(self._version, q.shape[2]):
            raise Refused(reason)
        return super().attend(q, k, v, cu_q=cu_q, cu_k=cu_k, max_q=max_q, max_k=max_k, causal=causal, scale=scale)


def left_out(version: str, head_dim: int) -> str:
    """Why a build of chosen head dims cannot serve ``head_dim``; empty if it can.

    Args:
        version: as installed; `ocroute build` names what it compiled there, e.g. ``2.8.3+fwd.hd64.hd128``.
    """
    compiled = {int(dim) for dim in re.findall(r"\bhd(\d+)", version.partition("+")[2])}
    needed = min((dim for dim in _COMPILED if dim >= head_dim), default=head_dim)
    if not compiled or needed in compiled:
        return ""
    return (
        f"this flash-attn ({version}) was built without head dim {needed}, which {head_dim} runs on; "
        f"ocroute build flash2 --forward-only --head-dims {','.join(map(str, sorted(compiled | {needed})))}"
    )
