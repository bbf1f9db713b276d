"""What the prober and its child say to one another."""

from __future__ import annotations

import msgspec

from ocroute.kernels.base import KernelInfo, Presence, Problem
from ocroute.kernels.probe.proof import Measure, Outcome


class Setup(msgspec.Struct, frozen=True, tag=True):
    """Load ``kernel``; use ``device``, and there no more than ``fraction`` of the free memory. Answered by `Ready`.

    The device is touched at the first `Ask` only: until then another child has it for itself, but for what ``ahead`` asks.

    Attributes:
        case: seconds that a case may take. The parent keeps this limit; the child ends itself somewhat later, so that none
            outlives its parent.
        compiling: the same for one call in which the kernel may compile.
        ahead: problems for which the kernel is to compile while it waits, on a few tokens.
    """

    kernel: str
    device: str
    fraction: float
    case: float
    compiling: float
    ahead: tuple[Problem, ...] = ()


class Ask(msgspec.Struct, frozen=True, tag=True):
    """Examine ``problem``. Answered by any number of `Begins`, `Compiles`, `Compiled` and `Saw`, and by `Done`."""

    problem: Problem
    seed: int


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The kernel is loaded, or ``presence`` says why it is not."""

    presence: Presence
    info: KernelInfo


class Begins(msgspec.Struct, frozen=True, tag=True):
    """The case that is run from now on."""

    case: str


class Compiles(msgspec.Struct, frozen=True, tag=True):
    """A call begins in which the kernel may compile for ``what``; its time is not the case's."""

    what: str


class Compiled(msgspec.Struct, frozen=True, tag=True):
    """That call has returned. The case has all its time again."""

    seconds: float


class Saw(msgspec.Struct, frozen=True, tag=True):
    """A case has ended."""

    outcome: Outcome


class Done(msgspec.Struct, frozen=True, tag=True):
    """All cases have ended. ``measure`` is None where the kernel did not get through its own lengths."""

    measure: Measure | None


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The child cannot begin: torch, the kernel's module or the device."""

    reason: str


ToChild = Setup | Ask
ToParent = Ready | Begins | Compiles | Compiled | Saw | Done | Failed
