"""Tells of the calls in which a kernel may compile, so that they get their own time and are not taken for a hang."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from ocroute.kernels.base import Kernel


class Announced:
    """A kernel whose first call of every shape is announced; the calls themselves are passed on as they are.

    What such kernels compile depends on heads, head dim, dtype, causality, and in some on strides, lengths and scale. So a call
    that differs in any of these is a first one: most of them find their code compiled already and take no time. Compiling is
    the host's work, so nothing here waits for the device.

    Args:
        kernel: that compiles.
        begins: told, in words, what may be compiled now.
        ends: told the seconds that the call took on the host.
    """

    def __init__(self, kernel: Kernel, begins: Callable[[str], None], ends: Callable[[float], None]) -> None:
        self.info = kernel.info  # all that cases ask of a kernel besides `attend`
        self._attend, self._begins, self._ends = kernel.attend, begins, ends
        self._met: set[tuple[object, ...]] = set()

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
        shapes = (q.shape, k.shape, cu_q.shape, q.stride(), k.stride(), v.stride())
        call = (*shapes, q.dtype, max_q, max_k, causal, scale)
        first = call not in self._met
        if first:
            self._met.add(call)
            self._begins(_in_words(q, k, causal=causal))
        started = perf_counter()
        try:
            return self._attend(q, k, v, cu_q=cu_q, cu_k=cu_k, max_q=max_q, max_k=max_k, causal=causal, scale=scale)
        finally:
            if first:
                self._ends(perf_counter() - started)


def _in_words(q: Tensor, k: Tensor, *, causal: bool) -> str:
    grouped = f" on {k.shape[1]}" if k.shape[1] != q.shape[1] else ""
    dtype = str(q.dtype).removeprefix("torch.")
    return f"{q.shape[1]} heads{grouped}, head dim {q.shape[2]}, {'causal, ' if causal else ''}{dtype}"
