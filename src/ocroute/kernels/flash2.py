"""FlashAttention-2: the distribution ``flash-attn``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ocroute.kernels.base import NEWEST, KernelInfo
from ocroute.kernels.flash import FlashKernel


class Flash2(FlashKernel):
    """Compiled ahead for named architectures; one without code for the card fails at launch, which the probe sees."""

    info: ClassVar = KernelInfo(
        "flash-attn",
        min_version="2.3.3",  # causal is aligned bottom-right since 2.1; this is also what transformers asks
        capabilities=(((8, 0), NEWEST),),
        max_head_dim=256,
        packed=True,
        install="ocroute build flash2",
        source="flash-attention setup.py, csrc/flash_attn/flash_api.cpp",
    )
    sizes = (32, 64, 96, 128, 192, 256)
    rebuild = "ocroute build flash2 --forward-only --head-dims {dims}"

    @staticmethod
    def load() -> Callable[..., Any]:
        """Import the entry point; ``import flash_attn`` alone also succeeds where only FlashAttention-4 is installed."""
        from flash_attn import flash_attn_varlen_func

        function: Callable[..., Any] = flash_attn_varlen_func
        return function
