# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,misc"
"""The parts of a decode step that read much and compute little, as Triton kernels: one row's products, attention over a cache."""

from __future__ import annotations

from functools import cache

import torch
import triton
import triton.language as tl
from torch import Tensor

_LOG2E: tl.constexpr = tl.constexpr(1.4426950408889634)


@triton.jit
def _row_linear(x, weight, out, rows, width, ROWS: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)[:, None]
    column = tl.arange(0, BLOCK)[None, :]
    place = weight + row.to(tl.int64) * width + column
    part = tl.load(place, mask=(row < rows) & (column < width), other=0.0)
    total = tl.zeros((ROWS, BLOCK), tl.float32)
    for start in range(0, width, BLOCK):
        value = tl.load(x + start + column, mask=start + column < width, other=0.0).to(tl.float32)
        total += part.to(tl.float32) * value
        following = start + BLOCK
        part = tl.load(place + following, mask=(row < rows) & (following + column < width), other=0.0)
    result = tl.sum(total, axis=1)[:, None]
    tl.store(out + row, result.to(out.dtype.element_ty), mask=row < rows)


@triton.jit
def _normed_row_linear(
    x, delta, norm, total, weight, bias, out, rows, width, eps,
    ADD: tl.constexpr, BIAS: tl.constexpr, GATE: tl.constexpr, ROWS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)[:, None]
    column = tl.arange(0, BLOCK)[None, :]
    inside = column < width
    there = (row < rows) & inside
    place = weight + row.to(tl.int64) * width + column
    part = tl.load(place, mask=there, other=0.0)
    if GATE:  # rows of what the gate lets through stand behind the gate's own
        second = tl.load(place + rows.to(tl.int64) * width, mask=there, other=0.0)
    scale = tl.load(norm + column, mask=inside, other=0.0).to(tl.float32)
    value = tl.load(x + column, mask=inside, other=0.0)
    if ADD:
        added = tl.load(delta + column, mask=inside, other=0.0)
        value = (value.to(tl.float32) + added.to(tl.float32)).to(x.dtype.element_ty)
        if tl.program_id(0) == 0:
            tl.store(total + column, value, mask=inside)
    wide = value.to(tl.float32)
    wide = (wide * tl.rsqrt(tl.sum(wide * wide) / width + eps)).to(x.dtype.element_ty).to(tl.float32)
    wide = (wide * scale).to(x.dtype.element_ty).to(tl.float32)
    result = tl.sum(part.to(tl.float32) * wide, axis=1)[:, None]
    if BIAS:
        result += tl.load(bias + row, mask=row < rows, other=0.0).to(tl.float32)
    if GATE:
        let = tl.sum(second.to(tl.float32) * wide, axis=1)[:, None].to(out.dtype.element_ty).to(tl.float32)
        result = result.to(out.dtype.element_ty).to(tl.float32)
        result = (result / (1.0 + tl.exp(-result))).to(out.dtype.element_ty).to(tl.float32) * let
    tl.store(out + row, result.to(out.dtype.element_ty), mask=row < rows)


@triton.jit
def _rotate_and_store(
    qkv, cos, sin, positions, queries, keys, values,
    heads, kv_heads, slot_stride, head_stride, HALF: tl.constexpr, WIDTH: tl.constexpr,
):  # fmt: skip
    head, row = tl.program_id(0), tl.program_id(1).to(tl.int64)
    column = tl.arange(0, WIDTH)
    inside = column < HALF
    place = qkv + (row * (heads + 2 * kv_heads) + head) * (2 * HALF) + column
    first = tl.load(place, mask=inside, other=0.0)
    second = tl.load(place + HALF, mask=inside, other=0.0)
    position = tl.load(positions + row)
    if head < heads + kv_heads:
        c = tl.load(cos + row * HALF + column, mask=inside, other=0.0).to(tl.float32)
        s = tl.load(sin + row * HALF + column, mask=inside, other=0.0).to(tl.float32)
        one, two = first.to(tl.float32), second.to(tl.float32)
        first = (one * c - two * s).to(qkv.dtype.element_ty)
        second = (two * c + one * s).to(qkv.dtype.element_ty)
    if head < heads:
        out = queries + (row * heads + head) * (2 * HALF) + column
    elif head < heads + kv_heads:
        out = keys + row * slot_stride + (head - heads) * head_stride + position * (2 * HALF) + column
    else:
        out = values + row * slot_stride + (head - heads - kv_heads) * head_stride + position * (2 * HALF) + column
    tl.store(out, first, mask=inside)
    tl.store(out + HALF, second, mask=inside)


@triton.jit
def _attend_part(
    queries, keys, values, lengths, parts, sums, slot_stride, head_stride, scale, splits,
    GROUP: tl.constexpr, MEMBERS: tl.constexpr, DIM: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    split, head, row = tl.program_id(0), tl.program_id(1), tl.program_id(2).to(tl.int64)
    first = (row * tl.num_programs(1) + head) * GROUP
    member = tl.arange(0, MEMBERS)
    column = tl.arange(0, DIM)[None, :]
    length = tl.load(lengths + row)
    each = tl.cdiv(tl.cdiv(length, splits), BLOCK) * BLOCK
    start = split * each
    end = tl.minimum(start + each, length)
    mine = member[:, None] < GROUP
    query = tl.load(queries + (first + member[:, None]) * DIM + column, mask=mine, other=0.0)
    peak = tl.full((MEMBERS,), float("-inf"), tl.float32)
    total = tl.zeros((MEMBERS,), tl.float32)
    seen = tl.zeros((MEMBERS, DIM), tl.float32)
    corner = row * slot_stride + head * head_stride
    for at in range(start, end, BLOCK):
        place = at + tl.arange(0, BLOCK)[:, None]
        inside = place < end
        key = tl.load(keys + corner + place * DIM + column, mask=inside, other=0.0)
        value = tl.load(values + corner + place * DIM + column, mask=inside, other=0.0)
        scores = tl.dot(query, tl.trans(key), out_dtype=tl.float32) * (scale * _LOG2E)
        scores = tl.where((at + tl.arange(0, BLOCK))[None, :] < end, scores, float("-inf"))
        higher = tl.maximum(peak, tl.max(scores, axis=1))
        weights = tl.exp2(scores - higher[:, None])
        shrink = tl.exp2(peak - higher)
        total = total * shrink + tl.sum(weights, axis=1)
        seen = seen * shrink[:, None] + tl.dot(weights.to(value.dtype), value, out_dtype=tl.float32)
        peak = higher
    place = (first + member) * splits + split
    if end > start:
        seen = seen / total[:, None]
        tl.store(parts + place[:, None] * DIM + column, seen, mask=mine)
    tl.store(sums + place, peak + tl.log2(total), mask=member < GROUP)


@triton.jit
def _join_parts(parts, sums, out, SPLITS: tl.constexpr, DIM: tl.constexpr):
    head = tl.program_id(0).to(tl.int64)
    split = tl.arange(0, SPLITS)
    column = tl.arange(0, DIM)[None, :]
    weight = tl.load(sums + head * SPLITS + split)
    weight = tl.exp2(weight - tl.max(weight, axis=0))
    weight = weight / tl.sum(weight, axis=0)
    used = (weight > 0)[:, None]  # the others were not written
    part = tl.load(parts + (head * SPLITS + split)[:, None] * DIM + column, mask=used, other=0.0)
    tl.store(out + head * DIM + tl.arange(0, DIM), tl.sum(part * weight[:, None], axis=0).to(out.dtype.element_ty))


def row_linear(x: Tensor, weight: Tensor) -> Tensor:
    """``x`` ``(1, width)`` times ``weight`` ``(out, width)``, transposed."""
    rows, width = weight.shape
    out = x.new_empty(1, rows)
    block = 2048 if width <= 2048 else 1024
    _row_linear[(rows,)](x, weight, out, rows, width, ROWS=1, BLOCK=block, num_warps=4)
    return out


def normed_row_linear(
    x: Tensor,
    delta: Tensor | None,
    norm: Tensor,
    eps: float,
    weight: Tensor,
    bias: Tensor | None,
    *,
    gate: bool = False,
) -> tuple[Tensor, Tensor]:
    """`fused.add_norm` of one row, and its product with ``weight``; with ``gate`` the halves of that, as `fused.gated`."""
    rows, width = weight.shape
    rows = rows // 2 if gate else rows
    out = x.new_empty(1, rows)
    total = x if delta is None else torch.empty_like(x)
    _normed_row_linear[(triton.cdiv(rows, 2),)](
        x,
        x if delta is None else delta,
        norm,
        total,
        weight,
        weight if bias is None else bias,
        out,
        rows,
        width,
        eps,
        ADD=delta is not None,
        BIAS=bias is not None,
        GATE=gate,
        ROWS=2,
        BLOCK=triton.next_power_of_2(width),
        num_warps=4,
    )
    return total, out


def rotate_and_store(
    qkv: Tensor, cos: Tensor, sin: Tensor, keys: Tensor, values: Tensor, positions: Tensor, heads: int
) -> Tensor:
    """See `fused.rotate_and_store`."""
    batch, (_, kv_heads, _, head_dim) = qkv.shape[0], keys.shape
    half = head_dim // 2
    queries = qkv.new_empty(batch, heads, head_dim)
    _rotate_and_store[(heads + 2 * kv_heads, batch)](
        qkv,
        cos,
        sin,
        positions,
        queries,
        keys,
        values,
        heads,
        kv_heads,
        keys.stride(0),
        keys.stride(1),
        HALF=half,
        WIDTH=triton.next_power_of_2(half),
        num_warps=1,
    )
    return queries


def attend(queries: Tensor, keys: Tensor, values: Tensor, lengths: Tensor, scale: float) -> Tensor:
    """See `ocroute.runtime.cached_attention`: every sequence's keys in pieces, then the pieces together."""
    batch, heads, dim = queries.shape
    kv_heads = keys.shape[1]
    splits, tile = _tiling(batch * kv_heads, queries.get_device())
    group = heads // kv_heads
    parts = torch.empty(batch * heads, splits, dim, dtype=torch.float32, device=queries.device)
    sums = torch.empty(batch * heads, splits, dtype=torch.float32, device=queries.device)
    out = torch.empty_like(queries)
    _attend_part[(splits, kv_heads, batch)](
        queries,
        keys,
        values,
        lengths,
        parts,
        sums,
        keys.stride(0),
        keys.stride(1),
        scale,
        splits,
        GROUP=group,
        MEMBERS=max(16, triton.next_power_of_2(group)),
        DIM=dim,
        **tile,
    )
    _join_parts[(batch * heads,)](parts, sums, out, SPLITS=splits, DIM=dim, num_warps=4)
    return out


@cache
def _tiling(pairs: int, device: int) -> tuple[int, dict[str, int]]:
    """Pieces of a sequence, a power of two, and how a piece is read; as was fastest on an H200 at 5,000 tokens.

    Args:
        pairs: sequences times key heads.
    """
    if pairs <= _FEW:
        return 256 // triton.next_power_of_2(pairs), {"BLOCK": 64, "num_warps": 4, "num_stages": 3}
    splits = max(2, 128 // triton.next_power_of_2(pairs))  # two at least: sequences are not equally long
    if getattr(torch.cuda.get_device_properties(device), "shared_memory_per_block_optin", 0) < _LARGE:
        return splits, {"BLOCK": 64, "num_warps": 4, "num_stages": 2}
    return splits, {"BLOCK": 128, "num_warps": 8, "num_stages": 3}


_FEW = 8
_LARGE = 200 * 1024  # bytes of shared memory that 3 stages of 128 keys and values of 128 numbers take
