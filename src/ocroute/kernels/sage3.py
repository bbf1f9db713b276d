"""SageAttention 3: 4 bits, for consumer Blackwell; the distribution ``sageattn3``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.kernels.admission import find, only_default_scale
from ocroute.kernels.base import KernelInfo, Presence
from ocroute.kernels.dense import DenseKernel
from ocroute.kernels.packed import expanded

if TYPE_CHECKING:
    from torch import Tensor


class Sage3(DenseKernel):
    """Its authors do not call it lossless. It takes no scale and needs as many key/value heads as query heads."""

    info: ClassVar = KernelInfo(
        "sageattn3",
        capabilities=(((12, 0), (12, 1)),),
        head_dims=(64, 128),
        numerics="quantized",
        install="ocroute build sage3 --source SAGEATTENTION/sageattention3_blackwell",
        source="SageAttention sageattention3_blackwell/sageattn3/api.py at d1a57a5",
    )

    @classmethod
    def presence(cls) -> Presence:
        """Whether it can be imported."""
        return find("sageattn3", _load)

    def check(self, q: Tensor, *, scale: float) -> None:
        """See ``DenseKernel.check``."""
        only_default_scale("SageAttention 3", q.shape[2], scale)

    def square(self, q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> Tensor:  # noqa: ARG002
        """Its call takes the mean off the keys in place: it gets a copy."""
        from sageattn3 import sageattn3_blackwell

        heads = q.shape[1]
        own = k.clone() if k.shape[1] == heads else expanded(k, heads)
        out: Tensor = sageattn3_blackwell(q, own, expanded(v, heads), is_causal=causal)
        return out


def _load() -> object:
    from sageattn3 import sageattn3_blackwell

    return sageattn3_blackwell
