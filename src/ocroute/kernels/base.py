"""The contract of an attention kernel: packed attention over sequences of varying length.

One form serves the vision encoder of an OCR model (each image one sequence, bidirectional) and the prefill of its decoder
(causal, fewer key/value heads than query heads).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

import msgspec

from ocroute.errors import OcrouteError, UsageError
from ocroute.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

DType = Literal["float16", "bfloat16", "float32"]
Numerics = Literal["exact", "quantized"]

SubModel = Literal["vision", "text"]
"""A model's vision encoder, or its text decoder; called as in the names of transformers' configurations."""

SUB_MODELS: dict[SubModel, str] = {"vision": "vision encoder", "text": "decoder"}
"""The same in words."""

NEWEST = (99, 9)
"""The upper end of a range of compute capabilities that no instruction and no list of the kernel's own ends."""


class Refused(OcrouteError):
    """A kernel cannot honour what it was asked; the message says which argument and why. Never a wrong result instead."""


class NoProblem(UsageError, ValueError):
    """The values of a `Problem` do not fit together. A ValueError too, so that a file that holds one counts as unreadable."""


class Problem(msgspec.Struct, frozen=True):
    """One problem class: all that decides whether a kernel can serve a call, and how fast.

    Attributes:
        head_dim: of queries, keys and values alike.
        heads, kv_heads: query heads, and key/value heads; the first is a multiple of the second.
        causal: bottom-right aligned: with fewer queries than keys, the last query sees the last key.
        lengths: query tokens of each packed sequence.
        kv_lengths: key tokens of each; empty when they equal ``lengths``.

    Raises:
        NoProblem: they do not fit together.
    """

    head_dim: int
    heads: int
    kv_heads: int
    causal: bool
    dtype: DType
    lengths: tuple[int, ...]
    kv_lengths: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.head_dim < 1 or self.kv_heads < 1 or self.heads < 1 or self.heads % self.kv_heads:
            raise NoProblem(
                f"there is no attention of {self.heads} query heads on {self.kv_heads} key/value heads, head dim {self.head_dim}",
                next_step="Give whole numbers from 1 on, and query heads that are a multiple of the key/value heads",
            )
        if not self.lengths or min((*self.lengths, *self.kv_lengths)) < 0 or len(self.keys) != len(self.lengths):
            raise NoProblem(
                f"lengths {self.lengths} and kv_lengths {self.kv_lengths} describe no packed sequences",
                next_step="Give lengths a number for each sequence; and kv_lengths as many, or none",
            )

    @property
    def keys(self) -> tuple[int, ...]:
        """Key tokens of each sequence."""
        return self.kv_lengths or self.lengths

    @property
    def group(self) -> int:
        """Query heads that share one key/value head."""
        return self.heads // self.kv_heads

    @property
    def longest(self) -> int:
        """Tokens of the longest sequence."""
        return max((*self.lengths, *self.keys), default=0)

    @property
    def tokens(self) -> int:
        """Queries or keys in the pack, whichever are more."""
        return max(sum(self.lengths), sum(self.keys))

    def same_class(self, other: Problem) -> bool:
        """Whether the two differ in lengths and the number of heads only."""
        mine = (self.head_dim, self.dtype, self.causal, self.group)
        return mine == (other.head_dim, other.dtype, other.causal, other.group)

    @property
    def flops(self) -> int:
        """Multiplications and additions of the two matrix products; a causal call counts the cells that are seen."""
        cells = 0
        for queries, keys in zip(self.lengths, self.keys, strict=True):
            seen = queries * keys
            if self.causal:
                hidden = min(queries, keys)
                seen -= hidden * (hidden - 1) // 2 + max(0, queries - keys) * keys
            cells += seen
        return 4 * self.heads * self.head_dim * cells


class KernelInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a kernel needs and promises, as data; the same on every machine.

    Attributes:
        distribution: the installed package that brings it.
        min_version: the oldest version whose entry point we call; empty for any.
        rests_on: what else its results rest on, so that a proof ends when one changes: distributions, of which some may not
            be installed; repositories of the Hugging Face hub, whose names have a slash; and ``nvcc``, where it compiles with it.
        capabilities: compute capabilities that it accepts, as inclusive ranges ``((low, high), ...)`` of
            ``(major, minor)``; empty where it runs on any device, the CPU included. They end where the instructions that
            it is made of do, else at `NEWEST`: what is merely not known to run on a card stands in ``facts.toml``.
        others: whose GPUs besides NVIDIA's it runs on; PyTorch's own only.
        dtypes, head_dims, max_head_dim: what it accepts; ``head_dims`` empty means any up to ``max_head_dim`` (0: no limit).
        head_dim_multiple: of which the head dim must be a multiple.
        cpu_dtypes: what it accepts on the CPU, where that differs; see ``dtypes_on_cpu``.
        gqa: whether fewer key/value heads are accepted; our row may have to repeat them.
        numerics: ``exact`` rounds like the dtype, ``quantized`` computes in fewer bits and is used only when asked for.
        packed: whether several sequences go in one call; otherwise the row calls once a sequence.
        materialises: whether it keeps a whole score matrix, so that memory grows with the square of the length.
        compiles: whether the first call of a shape compiles for seconds to minutes.
        rounds_scores: device types on which an exact kernel rounds scores to the inputs' dtype before the softmax, as matrix
            products without fusion do; the probe allows for it there, and for nothing else that is coarser than rounding
            weights and result.
        capturable: whether a CUDA graph may capture it.
        default_stream_only: whether it launches on the default stream whatever the current one is.
        install: the command that brings it.
        source: where these facts are from.
    """

    distribution: str
    min_version: str = ""
    rests_on: tuple[str, ...] = ()
    capabilities: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    others: tuple[Literal["rocm", "mps"], ...] = ()
    dtypes: tuple[DType, ...] = ("float16", "bfloat16")
    head_dims: tuple[int, ...] = ()
    max_head_dim: int = 0
    head_dim_multiple: int = 1
    cpu_dtypes: tuple[DType, ...] = ()
    gqa: bool = True
    numerics: Numerics = "exact"
    packed: bool = False
    materialises: bool = False
    compiles: bool = False
    rounds_scores: tuple[Literal["cpu", "cuda"], ...] = ()
    capturable: bool = True
    default_stream_only: bool = False
    install: str = ""
    source: str = ""

    @property
    def dtypes_on_cpu(self) -> tuple[DType, ...]:
        """What it accepts without a GPU; empty where it needs one."""
        return self.cpu_dtypes or (() if self.capabilities else self.dtypes)

    def misfit(self, *, head_dim: int, dtype: str, grouped: bool, on_cpu: bool) -> str:
        """Why a call of this form is not for the kernel, as the rest of a sentence; empty if it is."""
        dtypes = self.dtypes_on_cpu if on_cpu else self.dtypes
        if not dtypes:
            return "needs an NVIDIA GPU"
        if dtype not in dtypes:
            return f"takes {' or '.join(dtypes)}, not {dtype}"
        if self.head_dims and head_dim not in self.head_dims:
            return f"takes head dim {' or '.join(map(str, self.head_dims))}, not {head_dim}"
        if self.max_head_dim and head_dim > self.max_head_dim:
            return f"takes head dims up to {self.max_head_dim}, not {head_dim}"
        if head_dim % self.head_dim_multiple:
            return f"takes head dims that are multiples of {self.head_dim_multiple}, not {head_dim}"
        if grouped and not self.gqa:
            return "takes as many key/value heads as query heads, not fewer"
        return ""


class Presence(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a kernel's code is here, found without a GPU.

    Attributes:
        state: ``absent`` (not installed), ``broken`` (installed, its import fails; ``reason`` keeps the text), ``usable``.
        version: of its distribution.
        reason: why it is not usable.
    """

    state: Literal["absent", "broken", "usable"]
    version: str = ""
    reason: str = ""


class Kernel(Protocol):
    """Computes packed attention. Stateless but for compiled code; built once, called from one thread at a time."""

    info: ClassVar[KernelInfo]

    @classmethod
    def presence(cls) -> Presence:
        """Whether it can be imported here. Imports torch, runs nothing on a device, never raises."""
        ...

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
        """Softmax(q k^T * scale) v within each packed sequence.

        Args:
            q: ``(Tq, Hq, D)``; may be a strided view whose last dimension is contiguous.
            k, v: ``(Tk, Hkv, D)``; Hq is a multiple of Hkv, query head h reads key/value head ``h // (Hq // Hkv)``.
            cu_q, cu_k: int32 ``(sequences + 1,)`` on the device of q: where each sequence begins, and the total;
                made by ``packed.boundaries``, which lets a kernel know the lengths without asking the device.
            max_q, max_k: the longest sequence.
            causal: query i of n sees keys up to i + (m - n) of m; a query that sees no key gives zeros.
            scale: of the scores, before the softmax.

        Returns:
            A new ``(Tq, Hq, D)`` tensor of q's dtype. Inputs are unchanged, work is queued on the current stream, and the
            host does not wait for the device.

        Raises:
            Refused: an argument cannot be honoured.
        """
        ...


KERNELS = Registry("ocroute.kernels", required=("info", "presence", "attend"))
