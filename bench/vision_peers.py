"""Attention as the published code of dots.ocr falls back to it without flash-attn, written again from its description.

Each has the form of transformers' attention functions for packed sequences: q, k and v ``(1, heads, patches, head_dim)``, with
the boundaries of the images in ``cu_seq_lens_q``.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Peer = Callable[..., tuple[Tensor, None]]

_BLOCK = 512  # queries at a time in the reference


def _within_images(cu: Tensor, patches: int, device: torch.device) -> Tensor:
    """Bool ``(1, patches, patches)``: True where two patches are of one image."""
    mask = torch.zeros(1, patches, patches, dtype=torch.bool, device=device)
    for start, end in pairwise(cu.tolist()):
        mask[:, start:end, start:end] = True
    return mask


def sdpa_dense(module: Any, q: Tensor, k: Tensor, v: Tensor, *_: Any, cu_seq_lens_q: Tensor, **__: Any) -> Any:  # noqa: ARG001
    """The older revisions: a dense mask made anew in each layer, and three dimensions, which no fused kernel takes."""
    mask = _within_images(cu_seq_lens_q, q.shape[2], q.device)
    return functional.scaled_dot_product_attention(q[0], k[0], v[0], mask).transpose(0, 1)[None], None


def sdpa_dense_4d(module: Any, q: Tensor, k: Tensor, v: Tensor, *_: Any, cu_seq_lens_q: Tensor, **__: Any) -> Any:  # noqa: ARG001
    """The later proposal: four dimensions, so that the memory-efficient kernel can run; the dense mask stays."""
    mask = _within_images(cu_seq_lens_q, q.shape[2], q.device)
    return functional.scaled_dot_product_attention(q, k, v, mask[None]).transpose(1, 2), None


def eager_dense(module: Any, q: Tensor, k: Tensor, v: Tensor, *_: Any, cu_seq_lens_q: Tensor, **__: Any) -> Any:  # noqa: ARG001
    """An additive mask of the smallest number, scores in the type of the weights, softmax in float32."""
    lowest = torch.finfo(q.dtype).min
    mask = torch.full((1, q.shape[2], q.shape[2]), lowest, dtype=q.dtype, device=q.device)
    mask.masked_fill_(_within_images(cu_seq_lens_q, q.shape[2], q.device), 0)
    scores = q[0] @ k[0].transpose(-1, -2) * q.shape[-1] ** -0.5 + mask
    weights = scores.softmax(-1, dtype=torch.float32).to(q.dtype)
    return (weights @ v[0]).transpose(0, 1)[None], None


PEERS: dict[str, Peer] = {
    "upstream sdpa, 3-D, dense mask": sdpa_dense,
    "upstream sdpa, 4-D, dense mask": sdpa_dense_4d,
    "upstream eager, dense mask": eager_dense,
}


def reference(q: Tensor, k: Tensor, v: Tensor, *, cu_q: Tensor, scale: float, causal: bool = False, **_: Any) -> Tensor:
    """The contract's ``attend`` in float32 and a few rows at a time: what all others are held against."""
    out = torch.empty(q.shape, dtype=torch.float32, device=q.device)
    group = q.shape[1] // k.shape[1]
    for start, end in pairwise(cu_q.tolist()):
        keys, values = (x[start:end].float().transpose(0, 1).repeat_interleave(group, 0) for x in (k, v))
        for row in range(start, end, _BLOCK):
            stop = min(row + _BLOCK, end)
            scores = q[row:stop].float().transpose(0, 1) @ keys.transpose(-1, -2) * scale
            if causal:
                place = torch.arange(start, end, device=q.device)
                scores.masked_fill_(place > place[row - start : stop - start, None], float("-inf"))
            out[row:stop] = (scores.softmax(-1) @ values).transpose(0, 1)
    return out
