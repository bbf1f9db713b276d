"""Examines a kernel in a child process: deadlines, a cap on host memory, and in words how the child was lost."""

from __future__ import annotations

import logging
import queue
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ocroute.kernels.base import Problem
from ocroute.kernels.probe.footprint import family_mb
from ocroute.kernels.probe.probe_messages import (
    Ask,
    Begins,
    Compiled,
    Compiles,
    Done,
    Failed,
    Ready,
    Saw,
    Setup,
    ToParent,
)
from ocroute.kernels.probe.proof import Measure, Outcome, Verdict
from ocroute.machine import memory_mb
from ocroute.process import Child

_log = logging.getLogger(__name__)
_decoder: msgspec.msgpack.Decoder[ToParent] = msgspec.msgpack.Decoder(ToParent)

_GLANCE = 0.2  # seconds between looks at a child's memory
_FIRST_WORD, _NEXT_WORD = 5.0, 30.0  # seconds of compiling until a note says so, and between two notes


class Limits(msgspec.Struct, frozen=True):
    """What a probing child may use.

    Attributes:
        start: seconds for Python, torch and the kernel's module.
        case: seconds for one case, without those in which the kernel compiles for it.
        compiling: seconds for one call in which the kernel may compile.
        host_mb: MiB of host memory; 0 for four fifths of what is free when the child starts.
        fraction: of the device memory that is free when the child starts.
    """

    start: float = 180.0
    case: float = 60.0
    compiling: float = 600.0
    host_mb: int = 0
    fraction: float = 0.9

    @classmethod
    def of(cls, seconds: float) -> Limits:
        """``seconds`` for one case, and the other times in proportion, but none shorter than it is by default."""
        usual = cls()
        scale = max(1.0, seconds / usual.case)
        return cls(usual.start * scale, seconds, usual.compiling * scale)


class Lost(msgspec.Struct, frozen=True):
    """A child that did not come to its end. ``case`` is what it was doing; empty before the first."""

    verdict: Verdict
    reason: str
    case: str = ""


class Examined(NamedTuple):
    """What came of one problem.

    Attributes:
        lost: None where the child came to the end.
        compile_seconds: that first calls took, in which the kernel compiles.
    """

    outcomes: tuple[Outcome, ...]
    measure: Measure | None
    lost: Lost | None
    compile_seconds: float = 0.0


class Prober:
    """One kernel in a probing child. The child starts at once; nothing runs on the device before `examine`.

    Args:
        kernel: its name in the registry.
        device: ``"cpu"`` or ``"cuda"``, with an index or without.
        ahead: problems for which a kernel that compiles may do so while another child is at work.
    """

    def __init__(self, kernel: str, device: str, limits: Limits, ahead: Sequence[Problem] = ()) -> None:
        self._kernel, self._limits = kernel, limits
        self._host_mb = limits.host_mb or int(memory_mb()[1] * 0.8)
        self._case, self._compiling, self._word = "", "", _FIRST_WORD
        self._ready: Ready | Lost | None = None
        self._child = Child("ocroute.kernels.probe.probing_child", _decoder, seconds=limits.start)
        self._child.send(Setup(kernel, device, limits.fraction, limits.case, limits.compiling, tuple(ahead)))

    def ready(self) -> Ready | Lost:
        """Wait until the kernel is loaded."""
        if self._ready is None:
            answer = self._next()
            match answer:
                case Ready() | Lost():
                    self._ready = answer
                case Failed():
                    self._ready = Lost("crashed", f"cannot be loaded: {answer.reason}")
                case _:
                    self._ready = Lost("crashed", "the child spoke out of turn")
        return self._ready

    def examine(self, problem: Problem, seed: int = 0) -> Examined:
        """Run all cases."""
        ready = self.ready()
        if isinstance(ready, Lost):
            return Examined((), None, ready)
        if ready.presence.state != "usable":
            return Examined((), None, Lost("refused", f"{ready.presence.state}: {ready.presence.reason}"))
        self._child.send(Ask(problem, seed))
        outcomes: list[Outcome] = []
        compiled, self._case = 0.0, ""
        self._allow(self._limits.start)  # until the first case begins, a child takes the device
        while True:
            match self._next():
                case Begins(case):
                    self._allow(self._limits.case)
                    self._case = case
                case Compiles(what):
                    self._allow(self._limits.compiling, compiling=what)
                case Compiled(seconds):
                    self._allow(self._limits.case)
                    compiled += seconds
                case Saw(outcome):
                    outcomes.append(outcome)
                case Done(measure):
                    return Examined(tuple(outcomes), measure, None, compiled)
                case Lost() as lost:
                    return Examined(tuple(outcomes), None, lost, compiled)
                case other:
                    strange = Lost("crashed", f"the child answered with {type(other).__name__}", self._case)
                    return Examined(tuple(outcomes), None, strange, compiled)

    def end(self) -> bool:
        """End the child, and all that it started, at once; whether it is gone then."""
        return self._child.end()

    def _allow(self, seconds: float, *, compiling: str = "") -> None:
        """The child's next step begins, and may take so long; ``compiling`` says for what it compiles, if it does."""
        self._child.step.allow(seconds)
        self._compiling, self._word = compiling, _FIRST_WORD

    def _next(self) -> ToParent | Lost:
        """The next message, or how the child was lost while we waited for it."""
        while True:
            try:
                said = self._child.receive(_GLANCE)
            except queue.Empty:
                if self._child.gone:
                    said = None
                elif (used := family_mb(self._child.pid, self._host_mb)) > self._host_mb:
                    self.end()
                    reason = f"took {used} MiB of host memory; {self._host_mb} MiB were allowed"
                    return Lost("out_of_memory", reason, self._case)
                elif self._child.step.left < 0:
                    return self._too_late()
                else:
                    self._tell()
                    continue
            return said if said is not None else Lost("crashed", f"the process {self._child.lost()}", self._case)

    def _too_late(self) -> Lost:
        stuck = "" if self.end() else "; it could not even be ended: the GPU may need a restart"
        doing = f"did not finish compiling for {self._compiling}" if self._compiling else "did not end"
        return Lost("timed_out", f"{doing} within {self._child.step.seconds:g} seconds{stuck}", self._case)

    def _tell(self) -> None:
        """A note where a kernel compiles for long, so that nobody takes it for a hang."""
        step = self._child.step
        if self._compiling and step.spent > self._word:
            self._word = step.spent + _NEXT_WORD
            _log.info(
                "%s compiles for %s: %.0f of at most %g s", self._kernel, self._compiling, step.spent, step.seconds
            )
