"""How a process and all that it starts are held together, so that all of them end: when told to, and whenever we end, however
we do. `system` is the one place where the operating system is asked for.

- Linux: a process group, and a pipe. When the pipe's last writer, which is this process, is gone, the kernel kills the group.
- Windows: a job object that ends its processes when its last handle is closed.
- everywhere: a mark in the environment, which descendants inherit, and a guard process that kills what bears it when we are gone.

None of them needs the child's help, so a child that hangs in native code and holds the interpreter lock ends as well.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol

from ocroute.process import guard

FORCED = "OCROUTE_CONTAINMENT"
"""An environment variable: ``portable`` for the means that work everywhere, where the system has better ones."""


class Containment(Protocol):
    """What holds one process and its descendants. Made before the process is started."""

    options: dict[str, Any]
    """For `subprocess.Popen`; ``env`` is added to the environment."""

    def hold(self, process: subprocess.Popen[bytes]) -> None:
        """The process has been started."""
        ...

    def terminate(self) -> None:
        """Ask all of them to end, where the system has a way to ask."""
        ...

    def kill(self) -> None:
        """End all of them at once; also when the first of them has ended already."""
        ...

    def release(self) -> None:
        """The process has ended: let go of what held it."""
        ...


def system() -> Literal["linux", "windows", "any"]:
    """Whose means are used here: the one place that asks for the operating system."""
    if os.environ.get(FORCED) == "portable":
        return "any"
    names: dict[str, Literal["linux", "windows"]] = {"linux": "linux", "win32": "windows"}
    return names.get(sys.platform, "any")


def containment() -> Containment:
    """The best means that this system has."""
    used = system()
    if sys.platform == "linux" and used == "linux":
        from ocroute.process.linux_group import ProcessGroup

        return ProcessGroup()
    if sys.platform == "win32" and used == "windows":
        from ocroute.process.windows_job import Job, JobError

        with contextlib.suppress(JobError):
            return Job()
    return Marked()


def prefer_when_memory_ends() -> None:
    """Let Linux, when memory has run out, take this process, which is replaced, before its parent, which is not."""
    if system() == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")


def end_with_us() -> None:
    """End what this process started, where that does not happen by itself as soon as this process is gone."""
    if (inherited := os.environ.get(guard.MARK)) is not None:
        guard.kill_marked(inherited)


class Marked:
    """Everywhere: a mark in the environment, by which `psutil` finds them, however their tree has fallen apart.

    In a process that bears a mark itself the guard of the first one covers all that it starts.
    """

    def __init__(self) -> None:
        inherited = os.environ.get(guard.MARK)
        if inherited is None:
            _watch(os.getpid())
        self._mark = f"{inherited or _mark(os.getpid())}/{secrets.token_hex(6)}"
        self.options: dict[str, Any] = {"env": {guard.MARK: self._mark}}
        self._process: subprocess.Popen[bytes] | None = None

    def hold(self, process: subprocess.Popen[bytes]) -> None:
        """See `Containment`."""
        self._process = process

    def terminate(self) -> None:
        """See `Containment`."""
        for process in guard.marked(self._mark):
            with contextlib.suppress(Exception):  # it has ended meanwhile
                process.terminate()

    def kill(self) -> None:
        """See `Containment`."""
        if self._process is not None:
            self._process.kill()
        guard.kill_marked(self._mark)

    def release(self) -> None:
        """See `Containment`."""


@cache
def _mark(pid: int) -> str:
    """This process's own; one that was forked off has another."""
    return f"{pid}-{secrets.token_hex(8)}"


_starting = threading.Lock()


def _watch(pid: int) -> None:
    with _starting:
        _guard(pid)


@cache
def _guard(pid: int) -> subprocess.Popen[bytes]:
    """The process that kills what bears our mark when we are gone. It waits for the end of its standard input.

    It starts with little: Python's own modules, and `psutil` when it is needed.
    """
    paths = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
    watching = subprocess.Popen(
        [sys.executable, "-S", "-P", guard.__file__, _mark(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": paths},
    )
    atexit.register(_dismiss, watching, pid)
    return watching


def _dismiss(watching: subprocess.Popen[bytes], pid: int) -> None:
    """We end in good order: every child has been ended, and the guard has nothing to do."""
    if pid == os.getpid():
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            watching.communicate(guard.DISMISSED, timeout=5)
