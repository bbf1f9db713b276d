"""FlashAttention-2 as the Hugging Face hub carries it, ready built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ocroute.kernels.base import NEWEST, KernelInfo
from ocroute.kernels.flash import FlashKernel
from ocroute.kernels.hub import install_command, load_downloaded

REPOSITORY = "kernels-community/flash-attn2"
VERSIONS = (4, 3)  # as transformers asks them


class HubFlash2(FlashKernel):
    """Code for 8.0, 9.0, 10.0 and 12.0: FlashAttention-2 on a consumer Blackwell card without compiling."""

    info: ClassVar = KernelInfo(
        "kernels",
        rests_on=(REPOSITORY,),
        capabilities=(((8, 0), NEWEST),),
        max_head_dim=256,
        packed=True,
        install=install_command(REPOSITORY, VERSIONS[0]),
        source="kernels-community, flash-attn2/build.toml",
    )

    @staticmethod
    def load() -> Callable[..., Any]:
        """Load what has been downloaded."""
        return load_downloaded(REPOSITORY, VERSIONS)
