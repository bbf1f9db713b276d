"""Whether a kernel is here and takes a call: finds the code behind it, and refuses what its facts say that it cannot take."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from ocroute.kernels.base import KernelInfo, Presence, Refused

if TYPE_CHECKING:
    from torch import Tensor


class NotHere(ImportError):
    """Raised by a loader whose distribution is installed, but not the part that it needs."""


def find(distribution: str, load: Callable[[], object], *, belongs: Callable[[str], str] = lambda _: "") -> Presence:
    """Whether ``load`` can import a kernel out of ``distribution``.

    Args:
        distribution: asked by its own name, since two packages may share an import name, and a namespace package left by one
            makes the import of another seem to work.
        load: imports the entry point.
        belongs: of the installed version, why it is not this kernel's; empty if it is.
    """
    try:
        found = version(distribution)
    except PackageNotFoundError:
        return Presence("absent", reason=f"{distribution} is not installed")
    if other := belongs(found):
        return Presence("absent", reason=other)
    try:
        with contextlib.redirect_stdout(
            sys.stderr
        ):  # some packages print while they are imported; stdout is the product's
            load()
    except NotHere as error:
        return Presence("absent", found, str(error))
    except (Exception, SystemExit) as error:  # whatever a foreign package raises while it is imported
        return Presence("broken", found, f"{type(error).__name__}: {error}")
    return Presence("usable", found)


def admit(info: KernelInfo, q: Tensor, k: Tensor, cu_q: Tensor, cu_k: Tensor) -> None:
    """Let a call pass that is of the contract's form and that the kernel's facts allow.

    Raises:
        Refused: it is not, or they do not; the message says which argument and why.
    """
    if q.shape[1] % k.shape[1]:
        raise Refused(f"{q.shape[1]} query heads are no multiple of {k.shape[1]} key/value heads")
    if str(cu_q.dtype) != "torch.int32" or str(cu_k.dtype) != "torch.int32":
        raise Refused(f"boundaries are int32, not {cu_q.dtype} and {cu_k.dtype}")
    reason = info.misfit(
        head_dim=q.shape[2],
        dtype=str(q.dtype).removeprefix("torch."),
        grouped=q.shape[1] != k.shape[1],
        on_cpu=not q.is_cuda,
    )
    if reason:
        raise Refused(f"{info.distribution}'s kernel {reason}")


def only_default_scale(name: str, head_dim: int, scale: float) -> None:
    """For kernels that know no scale but ``head_dim ** -0.5``.

    Raises:
        Refused: another one was asked for.
    """
    default: float = head_dim**-0.5
    if abs(scale - default) > 1e-6 * default:
        raise Refused(f"{name} scales by {default:.6g}, and cannot by {scale:.6g}")
