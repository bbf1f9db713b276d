"""FlexAttention: torch compiles an attention kernel for a mask given as a function and a table of blocks.

On the CPU it runs as torch's unfused fallback, which shows that the mask is right and is of no other use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.kernels.base import KernelInfo, Presence, Refused
from ocroute.kernels.flex_mask import block_mask
from ocroute.kernels.packed import host_lengths
from ocroute.kernels.rows import admit, find

if TYPE_CHECKING:
    from torch import Tensor

# Each head dim, dtype and number of heads is a graph of its own; torch gives up after 8 of them.
_GRAPHS = 64


class Flex:
    """Packed by a mask that cuts whole blocks out; compiled at the first call of a head dim, not again for other lengths."""

    info: ClassVar = KernelInfo(
        "torch",
        min_version="2.6",
        capabilities=(((8, 0), (12, 1)),),
        dtypes=("float16", "bfloat16", "float32"),
        cpu_dtypes=("float16", "bfloat16", "float32"),
        max_head_dim=256,
        packed=True,
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
        admit(self.info, q, k)
        if not q.shape[0] or not k.shape[0]:
            return q.new_zeros(q.shape)
        queries, keys = host_lengths(cu_q, q.shape[0], max_q), host_lengths(cu_k, k.shape[0], max_k)
        mask = block_mask(queries, keys, causal, q.device)
        dense = [x.transpose(0, 1).unsqueeze(0) for x in (q, k, v)]
        with _compile_errors_refuse(q):
            out: Tensor = _compiled(q.device.type)(
                *dense, block_mask=mask, scale=scale, enable_gqa=q.shape[1] != k.shape[1]
            )
        return out.squeeze(0).transpose(0, 1)


@contextmanager
def _compile_errors_refuse(q: Tensor) -> Iterator[None]:
    """A shape that torch's compiler cannot handle is refused: torch 2.11 fails on some where all lengths fit one block."""
    from torch._dynamo.exc import TorchDynamoException

    try:
        yield
    except TorchDynamoException as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = next((line for line in lines if "Error" in line), lines[0] if lines else type(error).__name__)
        raise Refused(
            f"torch's compiler fails on FlexAttention for q {tuple(q.shape)}, {q.dtype}: {reason[:200]}"
        ) from error


@cache
def _compiled(device: str) -> Callable[..., Any]:
    import torch
    from torch._dynamo import config
    from torch.nn.attention.flex_attention import flex_attention

    config.recompile_limit = max(config.recompile_limit, _GRAPHS)
    backend = "inductor" if device == "cuda" else "eager"
    compiled: Callable[..., Any] = torch.compile(flex_attention, dynamic=True, fullgraph=True, backend=backend)
    return compiled
