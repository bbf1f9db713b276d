"""The small steps between a transformer's matrix products, each in one pass over memory.

Every function exists twice: in plain torch, here, which is what is meant, on any device; and as a Triton kernel for GPUs, for any
size without compiling anew. A kernel is used on a device only after it has given what plain torch gives there, on numbers drawn
at random; else, and wherever gradients are wanted, plain torch computes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear, silu

_log = logging.getLogger(__name__)
_DECODING = ("rotate_and_store", "row_linear", "normed_row_linear")  # kernels of `triton_decode`


def add_norm(x: Tensor, delta: Tensor | None, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """``x + delta`` and its root mean square norm, both ``(rows, width)`` like ``x``.

    The norm is taken in float32 of the sum as it is stored, and multiplied by ``weight`` ``(width,)`` after the cast back, as
    Qwen2's and dots.ocr's are.

    Args:
        delta: what the last layer adds to the residual stream ``x``; None for nothing: then ``x`` itself is returned.
    """
    if kernel := _kernel("add_norm", x):
        return kernel(x, delta, weight, eps)  # type: ignore[no-any-return]
    total = x if delta is None else x + delta
    wide = total.float()
    return total, (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)).to(x.dtype) * weight


def gated(gate: Tensor, passed: Tensor) -> Tensor:
    """``silu(gate) * passed``, both ``(rows, width)``; they may be halves of one tensor."""
    if kernel := _kernel("gated", gate):
        return kernel(gate, passed)  # type: ignore[no-any-return]
    return silu(gate) * passed


def rotate_pair(qkv: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values out of one product, queries and keys turned by their rotary angles in float32.

    Args:
        qkv: ``(rows, 3, heads, head_dim)``; a kernel writes over it.
        cos, sin: float32 ``(rows, head_dim / 2)``; the first half of a head pairs with the second.

    Returns:
        ``(rows, heads, head_dim)`` each.
    """
    q, k, v = qkv.unbind(1)
    if kernel := _kernel("rotate_pair", qkv):
        kernel(qkv, cos, sin)
        return q, k, v
    return rotated(q, cos[:, None], sin[:, None]), rotated(k, cos[:, None], sin[:, None]), v


def rotated(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """``states`` ``(..., head_dim)`` turned by angles that broadcast to ``(..., head_dim / 2)``, in float32 and cast back.

    The halves are handled one after the other because on a large page each float32 copy takes as much memory as the layer's
    own input.
    """
    half = states.shape[-1] // 2
    first, second = states[..., :half].float(), states[..., half:].float()
    return torch.cat(
        ((first * cos - second * sin).to(states.dtype), (second * cos + first * sin).to(states.dtype)), dim=-1
    )


def rotate_and_store(
    qkv: Tensor, cos: Tensor, sin: Tensor, keys: Tensor, values: Tensor, positions: Tensor, heads: int
) -> Tensor:
    """Turn the queries and keys of one new token a sequence, and put keys and values where the cache keeps them.

    Args:
        qkv: ``(batch, (heads + 2 * kv_heads) * head_dim)``.
        cos, sin: ``(batch, head_dim / 2)``, of each sequence's new token.
        keys, values: ``(slots, kv_heads, capacity, head_dim)``; the sequences of the batch have the first slots.
        positions: int64 ``(batch,)``: the token's place in its slot.
        heads: of the queries.

    Returns:
        The queries, ``(batch, heads, head_dim)``.
    """
    if kernel := _kernel("rotate_and_store", qkv):
        return kernel(qkv, cos, sin, keys, values, positions, heads)  # type: ignore[no-any-return]
    batch, kv_heads, head_dim = qkv.shape[0], keys.shape[1], keys.shape[3]
    q, k, v = torch.split(qkv.view(batch, -1, head_dim), [heads, kv_heads, kv_heads], dim=1)
    slots = torch.arange(batch, device=qkv.device)
    keys[slots, :, positions] = rotated(k, cos[:, None], sin[:, None])
    values[slots, :, positions] = v
    return rotated(q, cos[:, None], sin[:, None])


def normed_linear(
    x: Tensor, delta: Tensor | None, norm: Tensor, eps: float, weight: Tensor, bias: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The sum of `add_norm`, and its norm ``(rows, width)`` through a linear layer. A single row is read with the weights."""
    if len(x) == 1 and (kernel := _kernel("normed_row_linear", x)):
        return kernel(x, delta, norm, eps, weight, bias)  # type: ignore[no-any-return]
    total, inner = add_norm(x, delta, norm, eps)
    return total, linear(inner, weight, bias)


def normed_gated_linear(
    x: Tensor, delta: Tensor | None, norm: Tensor, eps: float, gate_up: Tensor
) -> tuple[Tensor, Tensor]:
    """As `normed_linear`, with weights ``(2 * out, width)`` whose halves give what `gated` takes: ``(rows, out)``."""
    if len(x) == 1 and (kernel := _kernel("normed_row_linear", x)):
        return kernel(x, delta, norm, eps, gate_up, None, gate=True)  # type: ignore[no-any-return]
    total, inner = add_norm(x, delta, norm, eps)
    gate, passed = linear(inner, gate_up).chunk(2, dim=-1)
    return total, gated(gate, passed)


def row_linear(x: Tensor, weight: Tensor) -> Tensor:
    """``x`` ``(rows, width)`` through a linear layer without bias."""
    if len(x) == 1 and (kernel := _kernel("row_linear", x)):
        return kernel(x, weight)  # type: ignore[no-any-return]
    return linear(x, weight)


def _kernel(name: str, x: Tensor) -> Callable[..., Any] | None:
    """The Triton kernel, where it may compute on ``x``."""
    if not x.is_cuda or torch.is_grad_enabled():
        return None
    return proven(name, x.get_device(), x.dtype)


@cache
def proven(name: str, device: int, dtype: torch.dtype) -> Callable[..., Any] | None:
    """A Triton kernel once it has given what plain torch gives on this GPU; None, and a line in the log, if it has not.

    Building one takes a second the first time on a machine, and needs a C compiler; Triton keeps it on disk.
    """
    try:
        from ocroute.runtime import triton_decode, triton_kernels

        kernel: Callable[..., Any] = getattr(triton_decode if name in _DECODING else triton_kernels, name)
        with torch.inference_mode():
            found, meant = CHECKS[name](kernel, lambda *shape: _normal(shape, device, dtype))
            right = all(_near(*pair) for pair in zip(found, meant, strict=True))
    except Exception as error:  # whatever a compiler that is missing or does not fit raises
        _log.info("the fused kernel %s is not used: %s: %s", name, type(error).__name__, error)
        return None
    if not right:
        _log.warning("the fused kernel %s is not used: it is wrong on this GPU", name)
    return kernel if right else None


def _near(found: Tensor, meant: Tensor) -> bool:
    """Whether two results differ by no more than their roundings; ``meant`` may have been computed in float32."""
    bound = max(2 * torch.finfo(found.dtype).eps, 1e-5)
    return bool((found.float() - meant.float()).abs().max() <= bound * meant.float().abs().max())


def _normal(shape: tuple[int, ...], device: int, dtype: torch.dtype) -> Tensor:
    generator = torch.Generator(f"cuda:{device}").manual_seed(sum(shape))
    return torch.randn(*shape, device=f"cuda:{device}", generator=generator).to(dtype)


# What a check gives: the kernel's results on some inputs, and those of plain torch: with gradients enabled no kernel is taken.
_Results = tuple[list[Tensor], list[Tensor]]
_Draw = Callable[..., Tensor]
_EPS = 1e-6


def _plain(function: Callable[..., Any], *arguments: Any) -> list[Tensor]:
    with torch.enable_grad():
        out = function(*arguments)
    return [out] if isinstance(out, Tensor) else list(out)


def _check_add_norm(kernel: Callable[..., Any], draw: _Draw) -> _Results:
    x, delta, weight = draw(33, 1500), draw(34, 1500)[:33], draw(1500)
    given = [(x, added, weight, _EPS) for added in (None, delta)]
    return [out for each in given for out in kernel(*each)], [out for each in given for out in _plain(add_norm, *each)]


def _check_gated(kernel: Callable[..., Any], draw: _Draw) -> _Results:
    halves = draw(33, 2 * 1100).chunk(2, dim=-1)
    return [kernel(*halves)], _plain(gated, *halves)


def _check_rotate_pair(kernel: Callable[..., Any], draw: _Draw) -> _Results:
    qkv, angles = draw(33, 3, 5, 64), draw(33, 32).float()
    meant = _plain(rotate_pair, qkv.clone(), angles.cos(), angles.sin())
    kernel(qkv, angles.cos(), angles.sin())
    return list(qkv.unbind(1)), meant


def _check_rotate_and_store(kernel: Callable[..., Any], draw: _Draw) -> _Results:
    qkv, angles = draw(3, (6 + 4) * 64), draw(3, 32)
    positions = torch.tensor([5, 0, 8], device=qkv.device)
    results = []
    for function in (kernel, lambda *given: _plain(rotate_and_store, *given)[0]):
        cached = [qkv.new_zeros(4, 2, 9, 64) for _ in range(2)]
        results.append([function(qkv, angles.cos(), angles.sin(), *cached, positions, 6), *cached])
    return results[0], results[1]


def _check_row_linear(kernel: Callable[..., Any], draw: _Draw) -> _Results:
    x, weight = draw(1, 1100), draw(77, 1100)
    return [kernel(x, weight)], [linear(x.float(), weight.float())]


def _check_normed_row_linear(kernel: Callable[..., Any], draw: _Draw) -> _Results:
    x, delta, norm, weight, bias = draw(1, 1500), draw(2, 1500)[:1], draw(1500), draw(78, 1500), draw(78)
    total, inner = _plain(add_norm, x, delta, norm, _EPS)
    gate, passed = linear(inner.float(), weight.float()).to(x.dtype).chunk(2, dim=-1)
    given = (x, delta, norm, _EPS, weight)
    return (
        [*kernel(*given, bias), kernel(*given, None, gate=True)[1]],
        [total, linear(inner.float(), weight.float(), bias.float()), silu(gate) * passed],
    )


CHECKS: dict[str, Callable[[Callable[..., Any], _Draw], _Results]] = {
    "add_norm": _check_add_norm,
    "gated": _check_gated,
    "rotate_pair": _check_rotate_pair,
    "rotate_and_store": _check_rotate_and_store,
    "row_linear": _check_row_linear,
    "normed_row_linear": _check_normed_row_linear,
}
