"""Each kernel called as its documentation shows, and the fallbacks of dots.ocr's published code: the peers of our rows.

Every function prepares what a user would prepare once (lengths, masks, plans, compiled code) and returns the call to be timed,
which gives packed ``(tokens, heads, head_dim)``.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

import torch
from bench.vision_peers import PEERS
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention as sdpa

from ocroute.kernels.base import KERNELS, Problem

Call = Callable[[], Tensor]


def eager(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
    scale, group = problem.head_dim**-0.5, problem.group

    def page(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        k, v = k.repeat_interleave(group, 0), v.repeat_interleave(group, 0)
        scores = q @ k.transpose(1, 2) * scale
        if problem.causal:
            future = torch.ones(scores.shape[1:], dtype=torch.bool, device=q.device).triu(1)
            scores = scores.masked_fill(future, float("-inf"))
        return torch.softmax(scores, -1, dtype=torch.float32).to(q.dtype) @ v

    return _by_page(problem, page, q, k, v)


def _sdpa(backend: str) -> Callable[[Problem, Tensor, Tensor, Tensor], Call]:
    def prepare(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
        from torch.nn.attention import SDPBackend, sdpa_kernel

        grouped = problem.group > 1
        repeat = grouped and backend == "EFFICIENT_ATTENTION"  # which is documented for equally many heads

        def page(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            if repeat:
                k, v = k.repeat_interleave(problem.group, 0), v.repeat_interleave(problem.group, 0)
            return sdpa(q[None], k[None], v[None], is_causal=problem.causal, enable_gqa=grouped and not repeat)[0]

        paged = _by_page(problem, page, q, k, v)

        def call() -> Tensor:
            with sdpa_kernel(getattr(SDPBackend, backend)):
                return paged()

        return call

    return prepare


def torch_varlen(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
    import inspect

    from torch.nn.attention.varlen import varlen_attn

    cu, longest = _boundaries(problem, q.device), max(problem.lengths)
    options: dict[str, object] = {"window_size": (-1, 0)} if problem.causal else {}
    if problem.group > 1 and "enable_gqa" in inspect.signature(varlen_attn).parameters:
        options["enable_gqa"] = True
    return lambda: varlen_attn(q, k, v, cu, cu, longest, longest, **options)


def flex(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    lengths = torch.tensor(problem.lengths)
    document = torch.arange(len(lengths)).repeat_interleave(lengths).to(q.device)

    def mask(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:  # noqa: ARG001
        same = document[query] == document[key]
        return same & (query >= key) if problem.causal else same

    blocks = create_block_mask(mask, None, None, len(q), len(k), device=str(q.device))
    backend = "inductor" if q.is_cuda else "eager"
    compiled = torch.compile(flex_attention, dynamic=True, fullgraph=True, backend=backend)

    def call() -> Tensor:
        dense = (x.transpose(0, 1)[None] for x in (q, k, v))
        return compiled(*dense, block_mask=blocks, enable_gqa=problem.group > 1)[0].transpose(0, 1)

    return call


def _flash(name: str) -> Callable[[Problem, Tensor, Tensor, Tensor], Call]:
    def prepare(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
        function = KERNELS.load(name).load()
        cu, longest = _boundaries(problem, q.device), max(problem.lengths)

        def call() -> Tensor:
            out = function(
                q,
                k,
                v,
                cu_seqlens_q=cu,
                cu_seqlens_k=cu,
                max_seqlen_q=longest,
                max_seqlen_k=longest,
                causal=problem.causal,
            )
            return out[0] if isinstance(out, tuple) else out

        return call

    return prepare


def sage(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
    from sageattention import sageattn

    def page(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return sageattn(q[None], k[None], v[None], tensor_layout="HND", is_causal=problem.causal)[0]

    return _by_page(problem, page, q, k.clone(), v)  # version 1 changes its keys


def sage3(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
    from sageattn3 import sageattn3_blackwell

    def page(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        k, v = k.repeat_interleave(problem.group, 0), v.repeat_interleave(problem.group, 0)
        return sageattn3_blackwell(q[None], k[None], v[None], is_causal=problem.causal)[0]

    return _by_page(problem, page, q, k.clone(), v)


def thunderkittens(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
    from thunderkittens import mha_forward

    def page(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return mha_forward(*(x[None].contiguous() for x in (q, k, v)), problem.causal)[0][0]

    return _by_page(problem, page, q, k, v)


def xformers(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
    from xformers.ops import memory_efficient_attention
    from xformers.ops.fmha.attn_bias import BlockDiagonalCausalMask, BlockDiagonalMask

    kind = BlockDiagonalCausalMask if problem.causal else BlockDiagonalMask
    bias = kind.from_seqlens(problem.lengths, device=q.device)
    each = (1, len(q), problem.kv_heads, problem.group, problem.head_dim)
    if problem.group == 1:
        return lambda: memory_efficient_attention(q[None], k[None], v[None], attn_bias=bias)[0]
    q5, k5, v5 = q.view(each), k[None, :, :, None].expand(each), v[None, :, :, None].expand(each)
    return lambda: memory_efficient_attention(q5, k5, v5, attn_bias=bias).view(q.shape)


def flashinfer(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
    from flashinfer import BatchPrefillWithRaggedKVCacheWrapper

    wrapper = BatchPrefillWithRaggedKVCacheWrapper(
        torch.empty(128 * 1024 * 1024, dtype=torch.uint8, device=q.device), "NHD"
    )
    cu = _boundaries(problem, q.device)
    wrapper.plan(cu, cu, problem.heads, problem.kv_heads, problem.head_dim, causal=problem.causal, q_data_type=q.dtype)
    return lambda: wrapper.run(q, k, v)


def _upstream(name: str) -> Callable[[Problem, Tensor, Tensor, Tensor], Call]:
    def prepare(problem: Problem, q: Tensor, k: Tensor, v: Tensor) -> Call:
        packed, cu = [x.transpose(0, 1)[None] for x in (q, k, v)], _boundaries(problem, torch.device("cpu"))
        return lambda: PEERS[name](None, *packed, cu_seq_lens_q=cu)[0][0]

    return prepare


BY_HAND: dict[str, Callable[[Problem, Tensor, Tensor, Tensor], Call]] = {
    "eager": eager,
    "sdpa_math": _sdpa("MATH"),
    "sdpa_efficient": _sdpa("EFFICIENT_ATTENTION"),
    "sdpa_flash": _sdpa("FLASH_ATTENTION"),
    "sdpa_cudnn": _sdpa("CUDNN_ATTENTION"),
    "torch_varlen": torch_varlen,
    "flex": flex,
    **{name: _flash(name) for name in ("flash2", "flash3", "flash4", "hub_flash2", "hub_flash3")},
    "sage1": sage,
    "sage2": sage,
    "sage3": sage3,
    "thunderkittens": thunderkittens,
    "xformers": xformers,
    "flashinfer": flashinfer,
}
UPSTREAM = {
    "upstream_sdpa": _upstream("upstream sdpa, 3-D, dense mask"),
    "upstream_eager": _upstream("upstream eager, dense mask"),
}


def _spans(problem: Problem) -> list[tuple[int, int]]:
    ends = list(accumulate(problem.lengths))
    return list(zip([0, *ends], ends, strict=False))


def _boundaries(problem: Problem, device: torch.device) -> Tensor:
    return torch.tensor([0, *accumulate(problem.lengths)], dtype=torch.int32, device=device)


def _by_page(
    problem: Problem, page: Callable[[Tensor, Tensor, Tensor], Tensor], q: Tensor, k: Tensor, v: Tensor
) -> Call:
    """``page`` takes and gives ``(heads, tokens, head_dim)``; several pages' outputs are joined, as the next layer needs them."""
    spans = _spans(problem)

    def call() -> Tensor:
        parts = [page(*(x[start:end].transpose(0, 1) for x in (q, k, v))).transpose(0, 1) for start, end in spans]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    return call
