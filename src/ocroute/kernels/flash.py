"""What the FlashAttention packages have in common: one packed entry point, called by keyword.

Their positional orders differ between versions, and some return the output alone, some with the log-sum-exp.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.kernels.admission import admit, find
from ocroute.kernels.base import KernelInfo, Presence, Refused

if TYPE_CHECKING:
    from torch import Tensor


class FlashKernel:
    """A package with ``flash_attn_varlen_func``; a subclass says where."""

    info: ClassVar[KernelInfo]
    sizes: ClassVar[tuple[int, ...]] = ()
    """Head dims that have a kernel of their own, where a build may leave some out; others run on the next larger one."""
    rebuild: ClassVar[str] = ""
    """How to get a build that has the head dims ``{dims}``."""

    def __init__(self) -> None:
        self._function = self.load()
        self._version = version(self.info.distribution) if self.sizes else ""

    @staticmethod
    def load() -> Callable[..., Any]:
        """Import ``flash_attn_varlen_func``."""
        raise NotImplementedError

    @classmethod
    def presence(cls) -> Presence:
        """Whether the package is there and its entry point can be imported."""
        return find(cls.info.distribution, cls.load)

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
        if self.sizes and (missing := left_out(self._version, q.shape[2], self.sizes)):
            raise Refused(
                f"this {self.info.distribution} ({self._version}) was built without head dim {missing[0]}, which "
                f"{q.shape[2]} runs on; {self.rebuild.format(dims=','.join(map(str, missing[1])))}"
            )
        out = self._function(
            q,
            k,
            v,
            cu_seqlens_q=cu_q,
            cu_seqlens_k=cu_k,
            max_seqlen_q=max_q,
            max_seqlen_k=max_k,
            softmax_scale=scale,
            causal=causal,  # never a window: (-1, 0) is an empty band to some versions, which then write zeros
        )
        tensor: Tensor = out[0] if isinstance(out, tuple) else out
        return tensor


@cache
def left_out(version: str, head_dim: int, sizes: tuple[int, ...]) -> tuple[int, tuple[int, ...]] | None:
    """The kernel that ``head_dim`` needs and a build does not have, with those that should be built; None if it has it.

    Args:
        version: as installed; `ocroute build` names what it compiled there, e.g. ``2.8.3+fwd.hd64.hd128``.
        sizes: all that could be compiled.
    """
    compiled = {int(dim) for dim in re.findall(r"\bhd(\d+)", version.partition("+")[2])}
    needed = min((dim for dim in sizes if dim >= head_dim), default=head_dim)
    if not compiled or needed in compiled:
        return None
    return needed, tuple(sorted(compiled | {needed}))
