"""Any system: a mark in the environment, which descendants inherit, and a watchdog process that kills what bears it after us."""

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
from typing import Any

from ocroute.process import watchdog
from ocroute.process.process_tree import ProcessTree

_lock = threading.Lock()
_unended: set[str] = set()


class MarkedTree(ProcessTree):
    """What bears a mark in its environment, by which `psutil` finds it, however the tree has fallen apart.

    In a process that bears a mark itself, the watchdog of the first one watches over all that it starts.
    """

    def _prepare(self) -> dict[str, Any]:
        inherited = os.environ.get(watchdog.MARK)
        if inherited is None:
            with _lock:
                _watchdog(os.getpid())
        self._mark = f"{inherited or _mark(os.getpid())}/{secrets.token_hex(6)}"
        _unended.add(self._mark)
        return {"env": {watchdog.MARK: self._mark}}

    def _terminate(self) -> None:
        for process in watchdog.marked(self._mark):
            with contextlib.suppress(Exception):  # it has ended meanwhile
                process.terminate()

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            self.popen.kill()  # it starts nothing more
        watchdog.kill_marked(self._mark)

    def _release(self) -> None:
        _unended.discard(self._mark)


def end_descendants() -> None:
    """End what this process started, if it bears a mark itself. Without one, what it started ends by itself after it."""
    if (own := os.environ.get(watchdog.MARK)) is not None:
        watchdog.kill_marked(own)


@cache
def _mark(pid: int) -> str:
    """This process's own; one that was forked off has another."""
    return f"{pid}-{secrets.token_hex(8)}"


@cache
def _watchdog(pid: int) -> subprocess.Popen[bytes]:
    """The process that kills what bears our mark when we are gone. It starts with Python's own modules only."""
    paths = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
    watching = subprocess.Popen(
        [sys.executable, "-S", "-P", watchdog.__file__, _mark(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": paths},
    )
    atexit.register(_part, watching, pid)
    return watching


def _part(watching: subprocess.Popen[bytes], pid: int) -> None:
    """We end. Where all that we started has ended already, the watchdog has nothing to do."""
    if pid == os.getpid():
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            watching.communicate(b"" if _unended else watchdog.DISMISSED, timeout=5)
