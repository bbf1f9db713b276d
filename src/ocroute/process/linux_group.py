"""Linux: a process group that the kernel kills when this process is gone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
from typing import Any

from ocroute.process.process_tree import ProcessTree

assert sys.platform == "linux"  # so that mypy knows, where it checks for other systems


class ProcessGroup(ProcessTree):
    """A process group of its own, and a pipe that it inherits.

    The pipe is told, see ``F_SETSIG`` in fcntl(2), to kill the group once nobody can write to it any more. Only we can. That
    needs nobody's help: a process that hangs in native code and holds the interpreter lock is killed as well.
    """

    def _prepare(self) -> dict[str, Any]:
        self._inherited, self._ours = os.pipe()
        return {"process_group": 0, "pass_fds": (self._inherited,)}

    def _hold(self) -> None:
        fcntl.fcntl(self._inherited, fcntl.F_SETOWN, -self.popen.pid)
        fcntl.fcntl(self._inherited, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(self._inherited, fcntl.F_SETFL, fcntl.fcntl(self._inherited, fcntl.F_GETFL) | os.O_ASYNC)
        os.close(self._inherited)
        self._inherited = -1

    def _terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def _kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, number)

    def _release(self) -> None:
        for descriptor in (self._inherited, self._ours):
            if descriptor >= 0:
                os.close(descriptor)
        self._inherited = self._ours = -1
