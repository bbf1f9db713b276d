"""FlashAttention-3: the distribution ``flash_attn_3``, built from the ``hopper`` folder of flash-attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ocroute.kernels.base import NEWEST, KernelInfo
from ocroute.kernels.flash import FlashKernel


class Flash3(FlashKernel):
    """For Hopper, with code for Ampere and Ada; its own check lets newer cards pass, where it ends the process."""

    info: ClassVar = KernelInfo(
        "flash-attn-3",
        capabilities=(((8, 0), NEWEST),),  # facts.toml knows better
        max_head_dim=256,
        head_dim_multiple=8,
        packed=True,
        install="ocroute build flash3 --source FLASH_ATTENTION",
        source="flash-attention hopper/setup.py, hopper/static_switch.h",
    )
    sizes = (64, 96, 128, 192, 256)
    rebuild = "its own setup.py compiles {dims} where no FLASH_ATTENTION_DISABLE_HDIM... is set for them"

    @staticmethod
    def load() -> Callable[..., Any]:
        """Import the entry point."""
        from flash_attn_interface import flash_attn_varlen_func

        function: Callable[..., Any] = flash_attn_varlen_func
        return function
