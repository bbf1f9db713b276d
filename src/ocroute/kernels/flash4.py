"""FlashAttention-4: the distribution ``flash-attn-4``, Python that is compiled for the card at the first call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ocroute.kernels.admission import find
from ocroute.kernels.base import NEWEST, KernelInfo, Presence
from ocroute.kernels.flash import FlashKernel


class Flash4(FlashKernel):
    """Hopper and Blackwell first; consumer cards run it in the style of Ampere. No release yet, only betas."""

    info: ClassVar = KernelInfo(
        "flash-attn-4",
        min_version="4.0.0b3",
        rests_on=("nvidia-cutlass-dsl", "quack-kernels", "apache-tvm-ffi"),
        capabilities=(((8, 0), NEWEST),),
        max_head_dim=256,
        head_dim_multiple=8,
        packed=True,
        compiles=True,
        install="pip install --pre flash-attn-4",
        source="flash_attn/cute/interface.py of 4.0.0b36",
    )

    @classmethod
    def presence(cls) -> Presence:
        """As of any flash package, and a hint where flash-attn's own old copy of this module has taken its place."""
        found = super().presence()
        if found.state != "broken" or find("flash-attn", lambda: None).state == "absent":
            return found
        hint = "flash-attn brings an old copy of the same module; pip install --pre --force-reinstall --no-deps flash-attn-4"
        return Presence("broken", found.version, f"{found.reason}; {hint}")

    @staticmethod
    def load() -> Callable[..., Any]:
        """Import the entry point."""
        from flash_attn.cute import flash_attn_varlen_func

        function: Callable[..., Any] = flash_attn_varlen_func
        return function
