"""FlexAttention: torch compiles an attention kernel for a mask given as a function and a table of blocks.

On the CPU it runs as torch's unfused fallback, which shows that the mask is right and is of no other use.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from math import isclose
from typing import TYPE_CHECKING, ClassVar

from ocroute.kernels.admission import admit, find
from ocroute.kernels.base import NEWEST, KernelInfo, Presence, Refused
from ocroute.kernels.flex_mask import BLOCK, block_mask
from ocroute.kernels.packed import host_lengths

if TYPE_CHECKING:
    from torch import Tensor

# Each head dim, dtype and number of heads is a graph of its own; torch gives up after 8 of them.
_GRAPHS = 64
# Fewer tokens are filled up to so many: torch compiles anew for a single block, for fewer than 128 queries, and for one.
_LEAST = BLOCK + 1


class Flex:
    """Packed by a mask that cuts whole blocks out; compiled at the first call of a head dim, not again for other lengths."""

    info: ClassVar = KernelInfo(
        "torch",
        min_version="2.6",
        rests_on=("triton",),
        capabilities=(((8, 0), NEWEST),),
        dtypes=("float16", "bfloat16", "float32"),
        cpu_dtypes=("float16", "bfloat16", "float32"),
        max_head_dim=256,
        packed=True,
        rounds_scores=("cpu",),
        compiles=True,
        install="pip install 'ocroute[vlm]'",
        source="torch/nn/attention/flex_attention.py",
    )

    @classmethod
    def presence(cls) -> Presence:
        """Whether this torch has FlexAttention."""
        return find("torch", partial(import_module, "torch.nn.attention.flex_attention"))

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
        queries, keys = host_lengths(cu_q, q.shape[0], max_q), host_lengths(cu_k, k.shape[0], max_k)
        count, (q, k, v) = q.shape[0], map(_filled, (q, k, v))
        if count < _LEAST or sum(keys) < _LEAST:  # what was filled in is a last sequence, which no other one sees
            queries, keys = (*queries, q.shape[0] - count), (*keys, k.shape[0] - sum(keys))
        mask = block_mask(queries, keys, causal, q.device)
        attend, failures = _compiled(q.device.type)
        usual = isclose(scale, q.shape[2] ** -0.5, rel_tol=1e-9)
        try:
            # turned out here: inside the compiled call these views end torch's compiler
            dense = (x.transpose(0, 1).unsqueeze(0) for x in (q, k, v))
            # the usual scale is compiled in; one that is given becomes a tensor at every call
            out = attend(*dense, block_mask=mask, scale=None if usual else scale, enable_gqa=q.shape[1] != k.shape[1])
        except failures as error:
            raise Refused(
                f"torch's compiler fails on FlexAttention for q {tuple(q.shape)}, {q.dtype}: {_said(error)}"
            ) from error
        return out.squeeze(0).transpose(0, 1)[:count]


def _filled(packed: Tensor) -> Tensor:
    """With zeros behind the last token, where there are few."""
    from torch.nn.functional import pad

    lacking = _LEAST - packed.shape[0]
    return pad(packed, (0, 0, 0, 0, 0, lacking)) if lacking > 0 else packed


def _said(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if "Error" in line), lines[0] if lines else type(error).__name__)[:200]


@cache
def _compiled(device: str) -> tuple[Callable[..., Tensor], type[Exception]]:
    """The compiled call, and what torch's compiler raises where it fails: torch 2.11 does where all lengths fit one block."""
    import torch
    from torch._dynamo import config
    from torch._dynamo.exc import TorchDynamoException
    from torch.fx.experimental import _config as shapes
    from torch.nn.attention.flex_attention import flex_attention

    config.recompile_limit = max(config.recompile_limit, _GRAPHS)
    shapes.use_duck_shape = (
        False  # else sizes that are equal by chance at a first call must stay so, or it compiles anew
    )
    backend = "inductor" if device == "cuda" else "eager"
    return torch.compile(flex_attention, dynamic=True, fullgraph=True, backend=backend), TorchDynamoException
