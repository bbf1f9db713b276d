"""FlashInfer: packed prefill that is planned on the host once for a set of lengths, and then run."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.kernels.admission import admit, find
from ocroute.kernels.base import NEWEST, KernelInfo, Presence
from ocroute.kernels.packed import host_lengths
from ocroute.kernels.stream_cache import per_stream

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_WORKSPACE = (
    128 * 1024 * 1024
)  # bytes on the device, as its documentation asks; one for all plans of a stream, which run in turn


class FlashInfer:
    """Compiled by nvcc on this machine at the first call, unless its cache wheels are installed."""

    info: ClassVar = KernelInfo(
        "flashinfer-python",
        rests_on=("flashinfer-cubin", "flashinfer-jit-cache", "nvcc"),
        capabilities=(((7, 5), NEWEST),),
        head_dims=(64, 128, 256),
        packed=True,
        compiles=True,
        capturable=False,  # a plan writes into the buffers that a captured call reads
        install="pip install flashinfer-python",
        source="flashinfer/prefill.py of 0.7.2",
    )

    @classmethod
    def presence(cls) -> Presence:
        """Whether it can be imported."""
        return find("flashinfer-python", _load)

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
        planned = _planned(
            host_lengths(cu_q, q.shape[0], max_q),
            host_lengths(cu_k, k.shape[0], max_k),
            (q.shape[1], k.shape[1], q.shape[2]),
            causal,
            scale,
            q.dtype,
            q.device,
        )
        out: Tensor = planned.run(q, k, v)
        return out


@per_stream(4)  # vision encoder and decoder of one model, and those of the page before
def _planned(
    queries: tuple[int, ...],
    keys: tuple[int, ...],
    shape: tuple[int, int, int],
    causal: bool,
    scale: float,
    dtype: torch.dtype,
    device: torch.device,
) -> Any:
    import torch
    from flashinfer import BatchPrefillWithRaggedKVCacheWrapper

    heads, kv_heads, head_dim = shape
    wrapper = BatchPrefillWithRaggedKVCacheWrapper(_workspace(device), kv_layout="NHD")
    wrapper.plan(
        torch.tensor([0, *accumulate(queries)], dtype=torch.int32),  # on the host, where it is read
        torch.tensor([0, *accumulate(keys)], dtype=torch.int32),
        num_qo_heads=heads,
        num_kv_heads=kv_heads,
        head_dim_qk=head_dim,
        causal=causal,
        sm_scale=scale,
        q_data_type=dtype,  # its default is float16 whatever q is
    )
    return wrapper


@per_stream(4)
def _workspace(device: torch.device) -> Tensor:
    import torch

    return torch.empty(_WORKSPACE, dtype=torch.uint8, device=device)


def _load() -> object:
    from flashinfer import BatchPrefillWithRaggedKVCacheWrapper

    return BatchPrefillWithRaggedKVCacheWrapper
