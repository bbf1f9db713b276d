"""xformers' ``memory_efficient_attention``: FlashAttention or CUTLASS, on a pack described by a block-diagonal bias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.kernels.admission import admit, find
from ocroute.kernels.base import NEWEST, KernelInfo, Presence, Refused
from ocroute.kernels.packed import host_lengths
from ocroute.kernels.stream_cache import per_stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Xformers:
    """Picks among the kernels that it finds; on cards newer than Hopper that is FlashAttention-2, its own or torch's."""

    info: ClassVar = KernelInfo(
        "xformers",
        min_version="0.0.35",  # older ones bring a FlashAttention-3 that ends the process on newer cards
        rests_on=("flash-attn", "flash-attn-3"),  # it calls them where they are installed
        capabilities=(((7, 5), NEWEST),),
        dtypes=("float16", "bfloat16", "float32"),
        max_head_dim=256,
        head_dim_multiple=8,
        packed=True,
        install="pip install xformers",
        source="xformers/ops/fmha of 0.0.35",
    )

    @classmethod
    def presence(cls) -> Presence:
        """Whether it can be imported; and a hint where it takes the folder of FlashAttention-4 for FlashAttention-2."""
        found = find("xformers", _load)
        four, two = (find(name, lambda: None).state == "usable" for name in ("flash-attn-4", "flash-attn"))
        if found.state != "broken" or two or not four:
            return found
        hint = "it takes flash-attn-4 for flash-attn, which is not here: ocroute build flash2"
        return Presence("broken", found.version, f"{found.reason}; {hint}")

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
        from xformers.ops import memory_efficient_attention

        admit(self.info, q, k, cu_q, cu_k)
        if not q.shape[0] or not k.shape[0]:
            return q.new_zeros(q.shape)
        bias = _bias(host_lengths(cu_q, q.shape[0], max_q), host_lengths(cu_k, k.shape[0], max_k), causal, q.device)
        heads, groups = q.shape[1], k.shape[1]
        queries, keys, values = q[None], k[None], v[None]
        if (
            heads != groups
        ):  # groups are a dimension of their own, along which keys and values repeat without being copied
            each = (1, -1, groups, heads // groups, q.shape[2])
            queries, keys, values = q.view(each), keys[:, :, :, None].expand(each), values[:, :, :, None].expand(each)
        try:
            out: Tensor = memory_efficient_attention(queries, keys, values, attn_bias=bias, scale=scale)
        except (
            NotImplementedError
        ) as error:  # none of its operators is built for this torch and card, or takes this call
            raise Refused(f"xformers: {' '.join(str(error).split())[:400]}") from error
        return out.reshape(q.shape)


@per_stream(16)  # the layers of a model share one
def _bias(queries: tuple[int, ...], keys: tuple[int, ...], causal: bool, device: torch.device) -> Any:
    from xformers.ops.fmha.attn_bias import BlockDiagonalCausalFromBottomRightMask, BlockDiagonalMask

    if not causal:
        return BlockDiagonalMask.from_seqlens(queries, keys, device=device)
    if any(n > m for n, m in zip(queries, keys, strict=True)):
        raise Refused("xformers has no causal attention for more queries than keys")
    return BlockDiagonalCausalFromBottomRightMask.from_seqlens(queries, keys, device=device)


def _load() -> object:
    from xformers.ops import memory_efficient_attention

    return memory_efficient_attention
