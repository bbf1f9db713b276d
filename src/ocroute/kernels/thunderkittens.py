"""ThunderKittens' attention for H100: a module built from the project's ``mha_h100``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.kernels.admission import find, only_default_scale
from ocroute.kernels.base import KernelInfo, Presence, Refused
from ocroute.kernels.dense import DenseKernel

if TYPE_CHECKING:
    from torch import Tensor

# 3 tiles of 64 queries a block and 128 keys a step, both cut off without a word: what both divide is safe.
_STEP = 384


class ThunderKittens(DenseKernel):
    """Whole tiles only: causal calls are filled up at the end, where no query of ours sees it; others have no mask for that.

    It waits for the device by itself, so no CUDA graph can hold it.
    """

    info: ClassVar = KernelInfo(
        "thunderkittens",
        capabilities=(((9, 0), (9, 0)),),
        dtypes=("bfloat16",),
        head_dims=(64, 128),
        capturable=False,
        install="ocroute build thunderkittens --source THUNDERKITTENS",
        source="ThunderKittens kernels/attention/mha_h100/mha_h100.cu",
    )

    @classmethod
    def presence(cls) -> Presence:
        """Whether it can be imported."""
        return find("thunderkittens", _load)

    def check(self, q: Tensor, *, scale: float) -> None:
        """See ``DenseKernel.check``."""
        only_default_scale("ThunderKittens", q.shape[2], scale)

    def square(self, q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> Tensor:  # noqa: ARG002
        """Lengths are refused that its grid would cut and that cannot be filled up."""
        from torch.nn.functional import pad

        n, m = q.shape[2], k.shape[2]
        if not causal and (n != m or n % _STEP):
            raise Refused(
                f"ThunderKittens takes, unless causal, as many queries as keys, in multiples of {_STEP}; not {n} and {m}"
            )
        filled = (pad(x, (0, 0, 0, -n % _STEP)).contiguous() for x in (q, k, v))
        out: Tensor = _load()(*filled, causal)[0]
        return out[:, :, :n]


def _load() -> Callable[..., Any]:
    function: Callable[..., Any] = import_module("thunderkittens").mha_forward
    return function
