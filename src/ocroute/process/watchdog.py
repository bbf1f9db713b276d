"""Finds processes by the mark that they inherited, and ends them. As a program it does so when the process that started it is
gone: ``python watchdog.py MARK``. It imports nothing of ocroute, so that it starts in no time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

MARK = "OCROUTE_MARK"
"""An environment variable. The mark of what a marked process starts begins with its own and a slash."""

DISMISSED = b"dismissed"

_ROUNDS = 10  # one finds all there is, the next what was being started meanwhile
_DYING = 2.0  # seconds


def marked(mark: str) -> Iterator[psutil.Process]:
    """The running processes that bear ``mark`` or one that begins with it. This process is never one of them."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            own = process.environ().get(MARK, "")
            bears = f"{own}/".startswith(f"{mark}/") and process.pid != os.getpid()
            if bears and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def kill_marked(mark: str) -> None:
    """End all that bear ``mark``. One that the system does not let go, e.g. in a driver, is waited for a while only."""
    import psutil

    for _ in range(_ROUNDS):
        found = list(marked(mark))
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=_DYING)


def main() -> None:
    """Wait for the end of standard input, whatever signals come; end what is left, unless dismissed."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read() != DISMISSED:
        kill_marked(sys.argv[1])


if __name__ == "__main__":
    main()
