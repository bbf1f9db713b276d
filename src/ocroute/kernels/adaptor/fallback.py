"""PyTorch's own attention, for decode and for what a kernel declines, without the back ends that were seen wrong here."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from ocroute.errors import EngineUnavailable, NextStep
from ocroute.kernels.adaptor.packing import Packing
from ocroute.kernels.base import Refused

Output = tuple[Tensor, Tensor | None]

_BACK_ENDS = {
    "sdpa_flash": SDPBackend.FLASH_ATTENTION,
    "sdpa_cudnn": SDPBackend.CUDNN_ATTENTION,
    "sdpa_efficient": SDPBackend.EFFICIENT_ATTENTION,
    "sdpa_math": SDPBackend.MATH,
}


class PyTorch:
    """``scaled_dot_product_attention`` as transformers calls it.

    Args:
        condemned: kernels that a proof on this device speaks against; those that are back ends of PyTorch are not used.

    Raises:
        EngineUnavailable: that leaves none.
    """

    def __init__(self, condemned: Iterable[str] = ()) -> None:
        barred = set(condemned) & _BACK_ENDS.keys()
        self._allowed = [back_end for name, back_end in _BACK_ENDS.items() if name not in barred] if barred else None
        if self._allowed == []:
            raise EngineUnavailable(
                "every attention of PyTorch was seen wrong here", next_step=NextStep(command="ocroute prove")
            )

    def __call__(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **keywords: Any
    ) -> Output:
        """See `ocroute.kernels.adaptor.kernel_attention.KernelAttention`.

        Raises:
            Refused: a keyword is beyond it.
        """
        if keywords.get("s_aux") is not None:
            raise Refused(
                "this model's attention sinks (s_aux) are beyond our kernels and PyTorch's attention",
                next_step="Undo the plug and load it with the attention that its authors name",
            )
        with self._only_allowed():
            output: Output = ALL_ATTENTION_FUNCTIONS["sdpa"](module, query, key, value, mask, **keywords)
        return output

    def by_sequence(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, packing: Packing, **keywords: Any
    ) -> Output:
        """One call for each sequence of the single batch row."""
        parts = zip(
            torch.split(query, list(packing.queries), dim=2),
            torch.split(key, list(packing.keys), dim=2),
            torch.split(value, list(packing.keys), dim=2),
            strict=True,
        )
        return torch.cat([self(module, q, k, v, None, **keywords)[0] for q, k, v in parts], dim=1), None

    def _only_allowed(self) -> AbstractContextManager[None]:
        if self._allowed is None:
            return nullcontext()
        allowed: AbstractContextManager[None] = sdpa_kernel(self._allowed)
        return allowed
