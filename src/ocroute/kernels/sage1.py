"""SageAttention 1: queries and keys in 8 bits, in Triton; the distribution ``sageattention`` below version 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.kernels.admission import find
from ocroute.kernels.base import NEWEST, KernelInfo, Presence
from ocroute.kernels.dense import DenseKernel

if TYPE_CHECKING:
    from torch import Tensor


class Sage1(DenseKernel):
    """Called once a sequence: its packed entry point asks the device for lengths and smooths keys over the whole pack."""

    info: ClassVar = KernelInfo(
        "sageattention",
        rests_on=("triton",),
        capabilities=(((8, 0), NEWEST),),
        dtypes=("float16", "bfloat16", "float32"),
        head_dims=(64, 96, 128),
        numerics="quantized",
        compiles=True,
        install="pip install sageattention==1.0.6",
        source="sageattention/core.py of 1.0.6",
    )

    @classmethod
    def presence(cls) -> Presence:
        """Whether version 1 is there; version 2 has the same import name."""
        return find("sageattention", load, belongs=lambda version: "" if major(version) < 2 else _other(version))

    def square(self, q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> Tensor:
        """Its own call takes the mean off the keys in place; here that is done before, into a new tensor."""
        from sageattention import sageattn

        smooth = k - k.mean(dim=2, keepdim=True)
        out: Tensor = sageattn(q, smooth, v, tensor_layout="HND", is_causal=causal, sm_scale=scale, smooth_k=False)
        return out


def load() -> object:
    """Import the entry point."""
    from sageattention import sageattn

    return sageattn


def major(version: str) -> int:
    """The first number of a version."""
    return int(version.partition(".")[0])


def _other(version: str) -> str:
    return f"the installed sageattention {version} is SageAttention 2"
