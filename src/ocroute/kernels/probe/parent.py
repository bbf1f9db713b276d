"""The parent's end of a probing child: deadlines, a cap on host memory, and in words how a child was lost."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import msgspec

from ocroute.kernels.base import Problem
from ocroute.kernels.probe.exits import exit_in_words
from ocroute.kernels.probe.footprint import family_mb
from ocroute.kernels.probe.patience import Patience
from ocroute.kernels.probe.values import Measure, Outcome, Verdict
from ocroute.kernels.probe.wire import (
    Ask,
    Begins,
    Compiled,
    Compiles,
    Done,
    Failed,
    Ready,
    Saw,
    Setup,
    ToChild,
    ToParent,
    decode_to_parent,
    receive,
    send,
)
from ocroute.machine import memory_mb

_GLANCE = 0.2  # seconds between looks at a child's memory
_DYING = 20.0  # seconds that a killed child may take: a driver may still be clearing up after it


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


class Child:
    """One probing child, and the kernel in it. Starts at once; nothing runs on the device before `examine`.

    Args:
        kernel: its name in the registry.
        device: ``"cpu"`` or ``"cuda"``, with an index or without.
    """

    def __init__(self, kernel: str, device: str, limits: Limits) -> None:
        self._limits = limits
        self._host_mb = limits.host_mb or int(memory_mb()[1] * 0.8)
        self._case = ""
        self._patience = Patience(kernel, limits.start)
        self._ready: Ready | Lost | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by end()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ocroute.kernels.probe.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(),
            process_group=0 if os.name == "posix" else None,
        )
        self._inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._send(Setup(kernel, device, limits.fraction, limits.case, limits.compiling))

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
        self._send(Ask(problem, seed))
        outcomes: list[Outcome] = []
        compiled, self._case = 0.0, ""
        self._patience.allow(self._limits.start)  # until the first case begins, a child takes the device
        while True:
            match self._next():
                case Begins(case):
                    self._patience.allow(self._limits.case)
                    self._case = case
                case Compiles(what):
                    self._patience.allow(self._limits.compiling, compiling=what)
                case Compiled(seconds):
                    self._patience.allow(self._limits.case)
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

    def end(self) -> int | None:
        """End it, and all that it started, at once; its return code, or None where it does not go even so."""
        if self._process.poll() is None:
            self._kill()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_DYING)
        self._listener.join(_GLANCE)
        self._log.close()
        return self._process.poll()

    def _next(self) -> ToParent | Lost:
        """The next message, or how the child was lost while we waited for it."""
        ended = False
        while True:
            try:
                body = self._inbox.get(timeout=_GLANCE)
            except queue.Empty:
                if ended:  # and said no more; what it started holds the pipe open
                    self._kill()
                    return self._gone()
                ended = self._process.poll() is not None
                if (used := family_mb(self._process.pid, self._host_mb)) > self._host_mb:
                    self.end()
                    return self._lost(
                        "out_of_memory", f"took {used} MiB of host memory; {self._host_mb} MiB were allowed"
                    )
                if self._patience.over:
                    return self._too_late()
                self._patience.tell()
                continue
            if body is None:
                return self._gone()
            try:
                return decode_to_parent.decode(body)
            except msgspec.DecodeError as error:
                self.end()
                return self._lost("crashed", f"sent what cannot be read: {error}")

    def _too_late(self) -> Lost:
        code = self.end()
        stuck = "" if code is not None else "; it could not even be ended: the GPU may need a restart"
        return self._lost("timed_out", f"{self._patience.sentence()}{stuck}")

    def _gone(self) -> Lost:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_DYING)
        words, code = self._last_words(), self.end()
        how = exit_in_words(code)
        words = words if how.startswith("exited") else ""
        return self._lost("crashed", f"the process {how}" + (f"; its last words: {words}" if words else ""))

    def _lost(self, verdict: Verdict, reason: str) -> Lost:
        return Lost(verdict, reason, self._case)

    def _send(self, message: ToChild) -> None:
        """A child that is gone takes it in silence: its end is seen when it is listened to."""
        with contextlib.suppress(OSError):
            send(cast("BinaryIO", self._process.stdin), message)

    def _listen(self) -> None:
        stream = cast("BinaryIO", self._process.stdout)
        with contextlib.suppress(OSError, ValueError), stream:
            while (body := receive(stream)) is not None:
                self._inbox.put(body)
        self._inbox.put(None)

    def _kill(self) -> None:
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return next((line.strip()[:400] for line in reversed(lines) if line.strip()), "")


def _environment() -> dict[str, str]:
    """Children import what this process can import, plugins on its path included; not what lies in the working folder."""
    paths = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)  # an empty one is that folder
    return dict(os.environ) | {"PYTHONPATH": paths, "PYTHONSAFEPATH": "1"}
