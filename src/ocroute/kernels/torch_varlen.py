"""FlashAttention-2 inside PyTorch, on packed sequences: ``torch.nn.attention.varlen``, on any card that torch supports."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.kernels.admission import admit, find
from ocroute.kernels.base import NEWEST, KernelInfo, Presence

if TYPE_CHECKING:
    from torch import Tensor


class TorchVarlen:
    """``varlen_attn``: exact, packed, aligned bottom-right, no package beside torch."""

    info: ClassVar = KernelInfo(
        "torch",
        min_version="2.11",
        capabilities=(((8, 0), NEWEST),),
        max_head_dim=256,
        head_dim_multiple=8,
        packed=True,
        install="pip install 'ocroute[vlm]'",
        source="torch/nn/attention/varlen.py of torch 2.11 and 2.13",
    )

    def __init__(self) -> None:
        from torch.nn.attention.varlen import varlen_attn

        self._function: Callable[..., Any] = varlen_attn

    @classmethod
    def presence(cls) -> Presence:
        """Whether this torch has ``varlen_attn`` with a scale."""
        return find("torch", lambda: _options(grouped=False, causal=True))

    def attend(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        *,
        cu_q: Tensor,
        cu_k: Tensor,
        max_q: int,
        max_k: int,
        causal: bool,
        scale: float,
    ) -> Tensor:
        """See ``Kernel.attend``."""
        admit(self.info, q, k, cu_q, cu_k)
        if not q.shape[0] or not k.shape[0]:
            return q.new_zeros(q.shape)
        options = _options(grouped=q.shape[1] != k.shape[1], causal=causal)
        out: Tensor = self._function(q, k, v, cu_q, cu_k, max_q, max_k, scale=scale, **options)
        return out


@cache
def _options(*, grouped: bool, causal: bool) -> dict[str, Any]:
    """Keywords as this torch has them: causality was ``is_causal`` before it was a window, and groups once went unsaid.

    Raises:
        ImportError: it has none, or cannot be given a scale.
    """
    import inspect

    from torch.nn.attention.varlen import varlen_attn

    known = inspect.signature(varlen_attn).parameters
    if "scale" not in known:
        raise ImportError("varlen_attn of this torch takes no scale; torch 2.11 and later do")
    options: dict[str, Any] = {}
    if causal:
        options |= {"window_size": (-1, 0)} if "window_size" in known else {"is_causal": True}
    if grouped and "enable_gqa" in known:
        options["enable_gqa"] = True
    return options
