"""SageAttention 2: queries and keys in 8 bits, values in fp8 or float16; the distribution ``sageattention`` from version 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.kernels.admission import find
from ocroute.kernels.base import NEWEST, KernelInfo, Presence, Refused
from ocroute.kernels.dense import DenseKernel
from ocroute.kernels.sage1 import load, major

if TYPE_CHECKING:
    from torch import Tensor


class Sage2(DenseKernel):
    """Its CUDA kernels are launched on the default stream whatever the current one is, so a call on another is refused."""

    info: ClassVar = KernelInfo(
        "sageattention",
        rests_on=("triton",),
        min_version="2.0",
        capabilities=(((8, 0), NEWEST),),
        max_head_dim=128,
        numerics="quantized",
        compiles=True,
        capturable=False,
        default_stream_only=True,
        install="ocroute build sage2 --source SAGEATTENTION",
        source="SageAttention sageattention/core.py at d1a57a5",
    )

    @classmethod
    def presence(cls) -> Presence:
        """Whether version 2 is there; version 1 has the same import name."""
        return find("sageattention", load, belongs=lambda version: "" if major(version) >= 2 else _other(version))

    def check(self, q: Tensor, *, scale: float) -> None:  # noqa: ARG002
        """See ``DenseKernel.check``."""
        import torch

        if torch.cuda.current_stream(q.device) != torch.cuda.default_stream(q.device):
            raise Refused(
                "SageAttention 2 works on the default stream only; on another one it would read inputs before they are written"
            )

    def square(self, q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> Tensor:
        """Its causal kernels are aligned top-left, which is the same for as many queries as keys."""
        from sageattention import sageattn

        out: Tensor = sageattn(q, k, v, tensor_layout="HND", is_causal=causal, sm_scale=scale)
        return out


def _other(version: str) -> str:
    return f"the installed sageattention {version} is SageAttention 1"
