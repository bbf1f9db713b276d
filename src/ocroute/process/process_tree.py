"""A process that we start, with all that it starts; and how it ended, in words."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

DYING = 20.0
"""Seconds that a process which was killed may take: a driver may still be clearing up after it."""

_SIGNALS = {
    "SIGABRT": "aborted (SIGABRT: native code gave up)",
    "SIGSEGV": "crashed (SIGSEGV: a fault in native code)",
    "SIGBUS": "crashed (SIGBUS: a fault in native code)",
    "SIGFPE": "crashed (SIGFPE: a fault in native code)",
    "SIGILL": "crashed (SIGILL: an instruction that this CPU lacks)",
    "SIGKILL": "was killed (SIGKILL, often for want of memory)",
}

# Windows gives the fault itself as the code: https://learn.microsoft.com/openspecs/windows_protocols/ms-erref
_FAULTS = {
    0xC0000005: "crashed (0xC0000005: access violation, a fault in native code)",
    0xC0000017: "ended for want of memory (0xC0000017)",
    0xC000001D: "crashed (0xC000001D: an instruction that this CPU lacks)",
    0xC0000094: "crashed (0xC0000094: a division by zero in native code)",
    0xC00000FD: "crashed (0xC00000FD: stack overflow)",
    0xC0000135: "could not start (0xC0000135: a DLL is missing)",
    0xC000013A: "was ended by Ctrl-C (0xC000013A)",
    0xC0000142: "could not start (0xC0000142: a DLL failed to load)",
    0xC0000374: "crashed (0xC0000374: damaged heap, a fault in native code)",
    0xC0000409: "aborted (0xC0000409: native code gave up)",
}


def exit_in_words(code: int | None) -> str:
    """A return code as `subprocess` gives it, in words."""
    if code is None:
        return "closed its pipe and did not end"
    if code >= 0:
        return _FAULTS.get(code, f"exited with code {code}" if code < 1 << 31 else f"crashed (0x{code:08X})")
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return _SIGNALS.get(name, f"was ended by {name}")


class ProcessTree:
    """A process and all that it starts. All of it ends with `end`, at the end of a ``with`` block, and with this process.

    What holds the tree together depends on the operating system: see the subclasses, and `ocroute.process.start`.

    Args:
        command: the program and its arguments.
        env: what is added to the environment.
        cwd: where it runs.
        stdin, stdout, stderr: see `subprocess.Popen`.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: int | IO[bytes] | None = subprocess.DEVNULL,
        stdout: int | IO[bytes] | None = subprocess.DEVNULL,
        stderr: int | IO[bytes] | None = subprocess.DEVNULL,
    ) -> None:
        self._ended = False
        options = self._prepare()
        options["env"] = {**os.environ, **(env or {}), **options.get("env", {})}
        try:
            self.popen = subprocess.Popen(command, cwd=cwd, stdin=stdin, stdout=stdout, stderr=stderr, **options)
        except BaseException:
            self._release()
            raise
        try:
            self._hold()
        except BaseException:
            self.close()
            raise

    def end(self, *, grace: float = 0.0) -> int | None:
        """End all of it; the return code of the first process, or None where that does not go even so.

        Args:
            grace: seconds in which it may end by itself, after it was asked to.
        """
        if self._ended:
            return self.popen.poll()
        self._ended = True
        if grace:
            self._terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(grace)
        if self.popen.stdin is not None:
            with contextlib.suppress(OSError):
                self.popen.stdin.close()
        self._kill()
        with contextlib.suppress(OSError):
            self.popen.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(DYING)
        self._release()
        return self.popen.poll()

    def close(self) -> None:
        """`end`, and close what could still be read of it."""
        self.end()
        for stream in (self.popen.stdout, self.popen.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> dict[str, Any]:
        """Options for `subprocess.Popen`; ``env`` is added to the environment."""
        raise NotImplementedError

    def _hold(self) -> None:
        """The first process has been started."""

    def _terminate(self) -> None:
        """Ask all to end, where the system has a way to ask."""

    def _kill(self) -> None:
        """End all at once; also when the first has ended already."""

    def _release(self) -> None:
        """All have ended, or could not be started."""
