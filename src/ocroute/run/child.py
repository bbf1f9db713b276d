"""The parent's end of one worker process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing import Pipe
from pathlib import Path

import msgspec

from ocroute.kernels.probe.exits import exit_in_words
from ocroute.run.jobs import Doing, Job, Message

_encode = msgspec.msgpack.Encoder().encode
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)

_LOG_LIMIT = 1 << 20


class Child:
    """One worker process in a process group of its own, and what it is doing.

    Args:
        scratch: a folder for its log and its temporary files; the caller removes it.
        threads: what the numeric libraries in it may use.

    Attributes:
        doing: the last step that it said it starts; the step ``start`` until it said hello.
        since: when that was, by the monotonic clock.
    """

    def __init__(self, scratch: Path, threads: int) -> None:
        self.connection, theirs = Pipe()
        self.doing = Doing("start")
        self.since = time.monotonic()
        # Appending, so that a log cut by the parent goes on at its new end.
        descriptor, self._log = _log_file(scratch)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ocroute.run.worker", str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=descriptor,
                stderr=descriptor,
                pass_fds=(theirs.fileno(),),
                process_group=0,
                env=_environment(scratch, threads),
            )
        finally:
            os.close(descriptor)
            theirs.close()

    def send(self, job: Job) -> None:
        """Give it a job. A worker that is gone takes it in silence: its end is seen when it is listened to."""
        self._shorten_log()
        self.mark(Doing("idle"))
        try:
            self.connection.send_bytes(_encode(job))
        except OSError:
            return

    def receive(self) -> Message | None:
        """What it says next; None when it has ended."""
        try:
            return _decoder.decode(self.connection.recv_bytes())
        except (EOFError, OSError, msgspec.DecodeError):
            return None

    def mark(self, doing: Doing) -> None:
        """Note what it does from now on."""
        self.doing, self.since = doing, time.monotonic()

    @property
    def gone(self) -> bool:
        """Whether the process has ended, even where something it started holds its socket open."""
        return self._process.poll() is not None and not self.connection.poll()

    def end(self) -> str:
        """End it and all that it started, at once; say in words how it ended."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._process.kill()
        code = self._process.wait()
        self.connection.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return exit_in_words(code)

    def last_words(self) -> str:
        """The last line that it wrote to standard output or error."""
        lines = self._log.read_text(errors="replace").split("\n") if self._log.exists() else []
        return next((line.strip()[:500] for line in reversed(lines) if line.strip()), "")

    def _shorten_log(self) -> None:
        if self._log.stat().st_size > _LOG_LIMIT:
            os.truncate(self._log, 0)


def _log_file(scratch: Path) -> tuple[int, Path]:
    descriptor, name = tempfile.mkstemp(prefix="worker-", suffix=".log", dir=scratch)
    os.close(descriptor)
    return os.open(name, os.O_WRONLY | os.O_APPEND), Path(name)


def _environment(scratch: Path, threads: int) -> dict[str, str]:
    limits = dict.fromkeys(
        ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads)
    )
    here = {
        # Workers import what this process can import, plugins on its path included; not what lies in the working folder.
        "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path),
        "PYTHONSAFEPATH": "1",
        "TMPDIR": str(scratch),
    }
    return limits | dict(os.environ) | here
