"""Makes the tensors of a case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ocroute.kernels.base import Kernel, Problem
from ocroute.kernels.packed import boundaries
from ocroute.kernels.probe.cases import BEYOND_8_BITS, Case

DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}
_FENCE = 130  # rows of NaN behind the last token: more than a tile that a kernel may load at once


@dataclass(frozen=True)
class Call:
    """The arguments of one call, and the lengths behind its boundaries. Shapes as in `Kernel.attend`.

    ``beyond_8_bits``: of a quantized kernel's result only form, finiteness and range are compared.
    """

    q: Tensor
    k: Tensor
    v: Tensor
    queries: tuple[int, ...]
    keys: tuple[int, ...]
    causal: bool
    scale: float
    cu_q: Tensor
    cu_k: Tensor
    beyond_8_bits: bool = False

    def attend(self, kernel: Kernel) -> Tensor:
        """Call ``kernel`` with it."""
        return kernel.attend(
            self.q,
            self.k,
            self.v,
            cu_q=self.cu_q,
            cu_k=self.cu_k,
            max_q=max(self.queries),
            max_k=max(self.keys),
            causal=self.causal,
            scale=self.scale,
        )

    def spans(self) -> Iterator[tuple[int, int, int, int]]:
        """First query, queries, first key, keys of each sequence."""
        first_q = first_k = 0
        for n, m in zip(self.queries, self.keys, strict=True):
            yield first_q, n, first_k, m
            first_q, first_k = first_q + n, first_k + m

    def singles(self) -> Iterator[Call]:
        """Each sequence as a call of its own."""
        for (q0, n, k0, m), _ in zip(self.spans(), self.queries, strict=True):
            device = self.q.device
            yield replace(
                self,
                q=self.q[q0 : q0 + n],
                k=self.k[k0 : k0 + m],
                v=self.v[k0 : k0 + m],
                queries=(n,),
                keys=(m,),
                cu_q=boundaries((n,), device),
                cu_k=boundaries((m,), device),
            )


def make(case: Case, problem: Problem, device: str, seed: int) -> Call:
    """The call that ``case`` asks for, with the heads, head dim, dtype and causality of ``problem``."""
    queries = case.lengths or problem.lengths
    keys = (case.keys or case.lengths) or problem.keys
    kv_heads = 2 if case.ratio else problem.kv_heads
    heads = case.ratio * kv_heads or problem.heads
    generator = torch.Generator(device).manual_seed(seed)

    def random(rows: int, of: int) -> Tensor:
        shape = (rows, of, problem.head_dim)
        return torch.randn(shape, generator=generator, device=device, dtype=DTYPES[problem.dtype])

    q, k, v = random(sum(queries), heads), random(sum(keys), kv_heads), random(sum(keys), kv_heads)
    _fill(case, q, k, v)
    q, k, v = _laid_out(case, q, k, v)
    return Call(
        q,
        k,
        v,
        queries,
        keys,
        problem.causal,
        case.scale * problem.head_dim**-0.5,
        boundaries(queries, device),
        boundaries(keys, device),
        case.values in BEYOND_8_BITS,
    )


def _laid_out(case: Case, q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same values, and where in memory the case wants them."""
    match case.layout:
        case "fused":
            q, k, v = torch.split(torch.cat([q, k, v], dim=1), [q.shape[1], k.shape[1], v.shape[1]], dim=1)
        case "fenced":
            q, k, v = (torch.cat([t, t.new_full((_FENCE, *t.shape[1:]), torch.nan)])[: t.shape[0]] for t in (q, k, v))
        case "by_head":
            q, k, v = _by_head(q), _by_head(k), _by_head(v)
        case "cache":
            k, v = _by_head(k), _by_head(v)
    return q, k, v


def _by_head(t: Tensor) -> Tensor:
    return t.transpose(0, 1).contiguous().transpose(0, 1)


def _fill(case: Case, q: Tensor, k: Tensor, v: Tensor) -> None:
    match case.values:
        case "ones":
            v.fill_(1)
        case "zero_channel":
            v[..., 3] = 0
        case "constant_channel":
            v[..., 5] = 3
        case "zero_queries":
            q.zero_()
            v += 0.5
        case "peaked":
            q *= 12
        case "sharp":
            q *= 4
        case "steep":
            q *= 40
        case "huge":
            q *= 64
            k *= 64
            v *= 100
        case "negative":  # every score about -150: e to that is zero in float32
            away = (150 * q.shape[2] ** -0.5) ** 0.5
            q += away
            k -= away
        case "biased_keys":
            k[..., 1] += 100
            k[..., -2] -= 60
