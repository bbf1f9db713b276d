"""The four back ends of ``torch.nn.functional.scaled_dot_product_attention``, each named and held to, once a sequence.

torch's ``is_causal`` is aligned top-left and its flash back end takes it only for as many queries as keys. Where there are fewer
queries, ``torch.nn.attention.bias.causal_lower_right`` gives flash and efficient the right alignment without a mask; the others
get dummy queries.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.kernels.admission import admit, find
from ocroute.kernels.base import NEWEST, KernelInfo, Presence, Refused
from ocroute.kernels.packed import Dense, by_sequence, expanded, lower_right

if TYPE_CHECKING:
    from torch import Tensor

_ANY_CUDA = (((5, 0), NEWEST),)
_AMPERE_ON = (((8, 0), NEWEST),)
_INSTALL = "pip install 'ocroute[vlm]'"
_NONE = ("No available kernel", "No viable backend")  # what torch says when the back ends that it may use all decline
_SOURCE = "torch, aten/src/ATen/native/transformers/cuda/sdp_utils.cpp"


class _Sdpa:
    """One back end; a subclass names it."""

    info: ClassVar[KernelInfo]
    backend: ClassVar[str]

    def __init__(self) -> None:
        from torch.nn.attention import SDPBackend, sdpa_kernel

        self._only = sdpa_kernel
        self._backend = getattr(SDPBackend, self.backend)
        self._taken: set[tuple[object, ...]] = set()  # forms of call that torch has served, most likely each time

    @classmethod
    def presence(cls) -> Presence:
        """Whether torch can be imported."""
        return find("torch", partial(import_module, "torch"))

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
        form = (q.dtype, q.shape[1:], k.shape[1], causal, max_q == max_k and q.shape[0] == k.shape[0])
        dense: Dense = lambda q, k, v: self.dense(q, k, v, causal=causal, scale=scale)  # noqa: E731
        if form in self._taken:
            try:
                with self._only(self._backend):
                    return by_sequence(dense, q, k, v, cu_q=cu_q, cu_k=cu_k, max_q=max_q, max_k=max_k)
            except RuntimeError as error:
                if not _declined(error):
                    raise  # else once more below, which finds out why
        with (
            _declined_is_refused(
                f"torch's {self.backend} does not take q {tuple(q.shape)}, k {tuple(k.shape)}, {q.dtype}"
            ),
            self._only(self._backend),
        ):
            out = by_sequence(dense, q, k, v, cu_q=cu_q, cu_k=cu_k, max_q=max_q, max_k=max_k)
        self._taken.add(form)
        return out

    def dense(self, q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> Tensor:
        """``(batch, heads, length, head_dim)``, causal aligned bottom-right; within the back end's context."""
        if not causal or q.shape[2] == 1:  # a single query is the last one, and sees every key
            return self.plain(q, k, v, causal=False, scale=scale)
        return lower_right(lambda q, k, v: self.plain(q, k, v, causal=True, scale=scale), q, k, v)

    def plain(self, q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> Tensor:
        """torch's own call; ``causal`` only with as many queries as keys."""
        from torch.nn.functional import scaled_dot_product_attention

        grouped = q.shape[1] != k.shape[1]
        if grouped and not self.takes_groups(q, k, v, causal):
            k, v, grouped = expanded(k, q.shape[1]), expanded(v, q.shape[1]), False
        return scaled_dot_product_attention(q, k, v, is_causal=causal, scale=scale, enable_gqa=grouped)

    def takes_groups(self, q: Tensor, k: Tensor, v: Tensor, causal: bool) -> bool:  # noqa: ARG002
        """Whether this torch's back end takes fewer key/value heads; otherwise they are repeated for it."""
        return True


class Math(_Sdpa):
    """Unfused operations; any device, dtype and head dim."""

    backend = "MATH"
    info: ClassVar = KernelInfo(
        "torch",
        others=("rocm", "mps"),
        dtypes=("float16", "bfloat16", "float32"),
        materialises=True,
        install=_INSTALL,
        source=_SOURCE,
    )


class Flash(_Sdpa):
    """The FlashAttention-2 code inside torch; on the CPU, torch's own blocked kernel."""

    backend = "FLASH_ATTENTION"
    info: ClassVar = KernelInfo(
        "torch",
        capabilities=_AMPERE_ON,
        others=("rocm",),
        max_head_dim=256,
        cpu_dtypes=("float16", "bfloat16", "float32"),
        install=_INSTALL,
        source=_SOURCE,
    )

    def dense(self, q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> Tensor:
        """As the base; fewer queries than keys go to the flash code with its own bottom-right alignment."""
        if causal and q.is_cuda and 1 < q.shape[2] < k.shape[2]:
            return _bias_lower_right(q, k, v, scale=scale)
        return super().dense(q, k, v, causal=causal, scale=scale)


class Efficient(_Sdpa):
    """The CUTLASS kernel inside torch; float32 too, and cards before Ampere."""

    backend = "EFFICIENT_ATTENTION"
    info: ClassVar = KernelInfo(
        "torch",
        capabilities=_ANY_CUDA,
        others=("rocm",),
        dtypes=("float16", "bfloat16", "float32"),
        install=_INSTALL,
        source=_SOURCE,
    )

    def dense(self, q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> Tensor:
        """As the base; fewer queries than keys go to the kernel with its own bottom-right alignment."""
        if causal and 1 < q.shape[2] < k.shape[2]:
            return _bias_lower_right(q, expanded(k, q.shape[1]), expanded(v, q.shape[1]), scale=scale)
        return super().dense(q, k, v, causal=causal, scale=scale)

    def takes_groups(self, q: Tensor, k: Tensor, v: Tensor, causal: bool) -> bool:
        """Asks torch, once a form of call: versions differ, and asking takes as long as a launch."""
        from torch.backends.cuda import can_use_efficient_attention

        form = (q.dtype, q.shape[1], k.shape[1], q.shape[3], q.stride(2) % 8, k.stride(2) % 8, v.stride(2) % 8, causal)
        if form not in self._groups:
            self._groups[form] = bool(can_use_efficient_attention(_params(q, k, v, causal)))
        return self._groups[form]

    def __init__(self) -> None:
        super().__init__()
        self._groups: dict[tuple[Any, ...], bool] = {}


class Cudnn(_Sdpa):
    """cuDNN's attention through torch."""

    backend = "CUDNN_ATTENTION"
    info: ClassVar = KernelInfo(
        "torch",
        rests_on=("nvidia-cudnn-cu12", "nvidia-cudnn-cu13"),
        capabilities=_AMPERE_ON,
        max_head_dim=256,
        head_dim_multiple=8,
        install=_INSTALL,
        source=_SOURCE,
    )

    def plain(self, q: Tensor, k: Tensor, v: Tensor, *, causal: bool, scale: float) -> Tensor:
        """As the base; a single key, which cuDNN refuses, gets all the weight."""
        if k.shape[2] == 1:
            return expanded(v, q.shape[1]).expand(q.shape).clone()
        return super().plain(q, k, v, causal=causal, scale=scale)

    def takes_groups(self, q: Tensor, k: Tensor, v: Tensor, causal: bool) -> bool:
        """Asks torch: versions differ."""
        from torch.backends.cuda import can_use_cudnn_attention

        return bool(can_use_cudnn_attention(_params(q, k, v, causal)))


@contextmanager
def _declined_is_refused(what: str) -> Iterator[None]:
    """Torch says in warnings, a line for each of its back ends, why it declines a call: they belong into the refusal."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            yield
        except RuntimeError as error:
            if not _declined(error):
                raise
            reasons = dict.fromkeys(_first_sentence(one.message) for one in said)
            raise Refused(f"{what}: {'; '.join(reasons) or error}") from error
    for one in said:  # of a call that was served: whose they are decides the caller
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def _declined(error: RuntimeError) -> bool:
    return any(words in str(error) for words in _NONE)


def _first_sentence(warning: Warning | str) -> str:
    return str(warning).partition(" (Triggered internally")[0].strip().rstrip(".")


def _params(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Any:
    from torch.backends.cuda import SDPAParams

    return SDPAParams(q, k, v, None, 0.0, causal, True)


def _bias_lower_right(q: Tensor, k: Tensor, v: Tensor, *, scale: float) -> Tensor:
    """Under a context that allows one back end, torch takes that one or raises; it never falls back to a mask."""
    from torch.nn.attention.bias import causal_lower_right
    from torch.nn.functional import scaled_dot_product_attention

    mask = causal_lower_right(q.shape[2], k.shape[2])
    grouped = q.shape[1] != k.shape[1]
    return scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale, enable_gqa=grouped)
