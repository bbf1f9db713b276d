"""Starts processes with the best means that the operating system has. `system` is the one place that asks which it is."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ocroute.process.marked_tree import MarkedTree
from ocroute.process.process_tree import ProcessTree

FORCED = "OCROUTE_CONTAINMENT"
"""An environment variable: ``portable`` for the means that work everywhere, where the system has better ones."""


def system() -> Literal["linux", "windows", "any"]:
    """Whose means are used here."""
    if os.environ.get(FORCED) == "portable":
        return "any"
    names: dict[str, Literal["linux", "windows"]] = {"linux": "linux", "win32": "windows"}
    return names.get(sys.platform, "any")


def start(command: Sequence[str], **options: Any) -> ProcessTree:
    """A process that has been started, for what comes of it and all that it starts to be ended. See `ProcessTree`."""
    used = system()
    if sys.platform == "linux" and used == "linux":
        from ocroute.process.linux_group import ProcessGroup

        return ProcessGroup(command, **options)
    if sys.platform == "win32" and used == "windows":
        from ocroute.process.windows_job import JobError, JobObject

        with contextlib.suppress(JobError):
            return JobObject(command, **options)
    return MarkedTree(command, **options)


def run(
    command: Sequence[str], *, stdin: bytes = b"", env: Mapping[str, str] | None = None, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    """Run an outside program from its start to its end, as `subprocess.run` does with captured output.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it did not end within ``seconds``; it has been ended.
    """
    pipe = subprocess.PIPE
    with start(command, env=env, stdin=pipe, stdout=pipe, stderr=pipe) as program:
        out, err = program.popen.communicate(stdin, timeout=seconds)
        return subprocess.CompletedProcess(command, program.popen.returncode, out, err)


def prefer_when_memory_ends() -> None:
    """Let Linux, when memory has run out, take this process, which is replaced, before its parent, which is not."""
    if system() == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")
