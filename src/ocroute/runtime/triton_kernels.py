"""`ocroute.runtime.fused` as Triton kernels: one pass over memory, any number of rows, rounded where plain torch rounds."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,misc"

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

_TILE = 1024  # values of one program where rows are cut


@triton.jit
def _add_norm(x, delta, weight, total, normed, width, eps, ADD: tl.constexpr, BLOCK: tl.constexpr):
    start = tl.program_id(0).to(tl.int64) * width
    column = tl.arange(0, BLOCK)
    inside = column < width
    value = tl.load(x + start + column, mask=inside, other=0.0)
    if ADD:
        added = tl.load(delta + start + column, mask=inside, other=0.0)
        value = (value.to(tl.float32) + added.to(tl.float32)).to(total.dtype.element_ty)
        tl.store(total + start + column, value, mask=inside)
    wide = value.to(tl.float32)
    scale = tl.rsqrt(tl.sum(wide * wide, axis=0) / width + eps)
    rounded = (wide * scale).to(normed.dtype.element_ty).to(tl.float32)
    scaled = rounded * tl.load(weight + column, mask=inside, other=0.0).to(tl.float32)
    tl.store(normed + start + column, scaled.to(normed.dtype.element_ty), mask=inside)


@triton.jit
def _gated(gate, passed, out, gate_stride, passed_stride, width, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = column < width
    opened = tl.load(gate + row * gate_stride + column, mask=inside, other=0.0).to(tl.float32)
    let = tl.load(passed + row * passed_stride + column, mask=inside, other=0.0).to(tl.float32)
    opened = (opened / (1.0 + tl.exp(-opened))).to(out.dtype.element_ty).to(tl.float32)
    tl.store(out + row * width + column, (opened * let).to(out.dtype.element_ty), mask=inside)


@triton.jit
def _rotate_pair(qkv, cos, sin, heads, HALF: tl.constexpr, WIDTH: tl.constexpr, ROWS: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, WIDTH)[None, :]
    head = tl.arange(0, ROWS)[:, None]  # of the queries, then of the keys
    inside = (column < HALF) & (head < 2 * heads)
    c = tl.load(cos + row * HALF + column, mask=column < HALF, other=0.0)
    s = tl.load(sin + row * HALF + column, mask=column < HALF, other=0.0)
    place = qkv + row * (3 * heads * 2 * HALF) + head * (2 * HALF) + column
    first = tl.load(place, mask=inside, other=0.0).to(tl.float32)
    second = tl.load(place + HALF, mask=inside, other=0.0).to(tl.float32)
    tl.store(place, (first * c - second * s).to(qkv.dtype.element_ty), mask=inside)
    tl.store(place + HALF, (second * c + first * s).to(qkv.dtype.element_ty), mask=inside)


def add_norm(x: Tensor, delta: Tensor | None, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """See `fused.add_norm`."""
    x = x.contiguous()
    rows, width = x.shape
    normed = torch.empty_like(x)
    total = x if delta is None else torch.empty_like(x)
    block = triton.next_power_of_2(width)
    _add_norm[(rows,)](
        x,
        x if delta is None else delta.contiguous(),
        weight,
        total,
        normed,
        width,
        eps,
        ADD=delta is not None,
        BLOCK=block,
        num_warps=4,
    )
    return total, normed


def gated(gate: Tensor, passed: Tensor) -> Tensor:
    """See `fused.gated`."""
    rows, width = gate.shape
    out = gate.new_empty(rows, width)
    tiles = triton.cdiv(width, _TILE)
    _gated[(rows, tiles)](gate, passed, out, gate.stride(0), passed.stride(0), width, BLOCK=_TILE, num_warps=4)
    return out


def rotate_pair(qkv: Tensor, cos: Tensor, sin: Tensor) -> None:
    """See `fused.rotate_pair`; in place."""
    rows, _, heads, head_dim = qkv.shape
    half = head_dim // 2
    _rotate_pair[(rows,)](
        qkv,
        cos,
        sin,
        heads,
        HALF=half,
        WIDTH=triton.next_power_of_2(half),
        ROWS=triton.next_power_of_2(2 * heads),
        num_warps=4,
    )
