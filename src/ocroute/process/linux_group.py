"""Linux process groups that the kernel ends when this process is gone; see fcntl(2) about ``F_SETSIG``."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from typing import Any

assert sys.platform == "linux"  # so that mypy knows, where it checks for other systems


class ProcessGroup:
    """Linux: a process group of its own, and the pipe that it inherits.

    The pipe is told, with ``F_SETSIG``, to kill the group once nobody can write to it any more. Only this process can.
    """

    def __init__(self) -> None:
        self._inherited, self._ours = os.pipe()
        self._group = 0
        self.options: dict[str, Any] = {"process_group": 0, "pass_fds": (self._inherited,), "env": {}}

    def hold(self, process: subprocess.Popen[bytes]) -> None:
        """See `ocroute.process.containment.Containment`."""
        self._group = process.pid
        fcntl.fcntl(self._inherited, fcntl.F_SETOWN, -self._group)
        fcntl.fcntl(self._inherited, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(self._inherited, fcntl.F_GETFL)
        fcntl.fcntl(self._inherited, fcntl.F_SETFL, flags | os.O_ASYNC)
        os.close(self._inherited)
        self._inherited = -1

    def terminate(self) -> None:
        """See `ocroute.process.containment.Containment`."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """See `ocroute.process.containment.Containment`."""
        self._signal(signal.SIGKILL)

    def release(self) -> None:
        """See `ocroute.process.containment.Containment`."""
        for descriptor in (self._inherited, self._ours):
            if descriptor >= 0:
                os.close(descriptor)
        self._inherited = self._ours = -1

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._group, number)
