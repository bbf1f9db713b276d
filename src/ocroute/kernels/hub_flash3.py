"""FlashAttention-3 as the Hugging Face hub carries it, ready built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ocroute.kernels.base import NEWEST, KernelInfo
from ocroute.kernels.flash import FlashKernel
from ocroute.kernels.hub import install_command, load_downloaded

REPOSITORY = "kernels-community/vllm-flash-attn3"
VERSIONS = (1,)  # as transformers asks them


class HubFlash3(FlashKernel):
    """Code for 8.0 and 9.0a only; what it does on newer cards stands in facts.toml."""

    info: ClassVar = KernelInfo(
        "kernels",
        rests_on=(REPOSITORY,),
        capabilities=(((8, 0), NEWEST),),
        max_head_dim=256,
        head_dim_multiple=8,
        packed=True,
        install=install_command(REPOSITORY, VERSIONS[0]),
        source="kernels-community, vllm-flash-attn3/build.toml",
    )

    @staticmethod
    def load() -> Callable[..., Any]:
        """Load what has been downloaded."""
        return load_downloaded(REPOSITORY, VERSIONS)
