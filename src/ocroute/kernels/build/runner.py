"""Runs a plan: step after step, every line into a log, progress to the caller, and a cause for a failure."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import msgspec

from ocroute.errors import ExitCode, OcrouteError
from ocroute.files import held
from ocroute.kernels.build.build_steps import Plan, Step
from ocroute.kernels.build.cubins import architectures
from ocroute.kernels.build.recipes import book
from ocroute.process import start as start_process

_GRACE = 5.0  # seconds in which a build that is stopped may clear up
TAIL = 200  # lines that are searched for the cause of a failure

# ninja writes "[3/74] command"; an extension builder that runs several ninjas starts again at 1
_COUNT = re.compile(r"^\s*\[(\d+)/(\d+)\]")


class Progress(msgspec.Struct, frozen=True):
    """Where a build is.

    Attributes:
        step: title of the step.
        number, steps: its place, from 1.
        done, total: files compiled; both 0 before and between compilations.
        file: the file that was finished last.
    """

    step: str
    number: int
    steps: int
    done: int = 0
    total: int = 0
    file: str = ""


class Counter:
    """Follows one step's output.

    Args:
        start: the step's progress with nothing done.
    """

    def __init__(self, start: Progress) -> None:
        self._now = start

    def read(self, line: str) -> Iterator[Progress]:
        """The progress after this line, if it changed."""
        match = _COUNT.match(line)
        if match is None:
            return
        files = re.findall(r"[\w./-]+\.(?:cu|cpp|cc)\b", line)
        now = msgspec.structs.replace(
            self._now, done=int(match[1]), total=int(match[2]), file=files[-1].rpartition("/")[2] if files else ""
        )
        if now != self._now:
            self._now = now
            yield now


Watch = Callable[[Progress], None]


class BuildFailed(OcrouteError):
    """A step ended with an error; the message names the step, the cause where it is known, and the log."""

    exit_code = ExitCode.UNAVAILABLE


class Built(msgspec.Struct, frozen=True):
    """What came out.

    Attributes:
        wheel: the file.
        inside: each library with GPU code in it, to its architectures.
        installed: whether it is in this environment now.
        log: everything that the steps printed.
    """

    wheel: Path
    inside: dict[str, tuple[str, ...]]
    installed: bool
    log: Path


def build(made: Plan, *, watch: Watch = lambda _: None) -> Built:
    """Run every step.

    Args:
        made: by ``plan``.
        watch: hears the progress; does nothing by default.

    Raises:
        BuildFailed: a step failed, and nothing is installed; or another build is at work in the same folder.
    """
    made.folder.mkdir(parents=True, exist_ok=True)
    log = made.folder / "build.log"
    with held(made.folder) as alone:
        if not alone:
            raise BuildFailed(
                f"another build is at work in {made.folder}",
                next_step="Wait until it is done, or build elsewhere: --work FOLDER",
            )
        with log.open("w", encoding="utf-8") as file:
            for number, step in enumerate(made.steps, start=1):
                _run(made, step, Progress(step.title, number, len(made.steps)), file, watch)
        (wheel,) = (made.folder / "wheel").glob("*.whl")
        inside = architectures(wheel)
        shutil.rmtree(made.folder / "src")  # gigabytes; the wheel and the log stay
    return Built(wheel, inside, made.installs, log)


def _run(made: Plan, step: Step, start: Progress, log: TextIO, watch: Watch) -> None:
    watch(start)
    counter, tail = Counter(start), deque[str](maxlen=TAIL)
    log.write(f"## {step.title}\n{step.script}\n")
    command = ["bash", "-euo", "pipefail", "-c", step.script]
    process = start_process(command, cwd=made.folder, env=step.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for raw in process.popen.stdout or ():
            line = raw.decode(errors="replace")
            log.write(line)
            tail.append(line.rstrip())
            for progress in counter.read(line):
                watch(progress)
        code = process.popen.wait()
    except BaseException:
        process.end(grace=_GRACE)  # compilers take away their temporary files
        raise
    finally:
        process.close()
    log.flush()
    if code:
        raise _failure(step, code, list(tail), made.folder / "build.log")


def _failure(step: Step, code: int, tail: list[str], log: Path) -> BuildFailed:
    """The error for a failed step, with its cause where the output shows a known one."""
    text = "\n".join(tail)
    ended = f"signal {-code}" if code < 0 else f"exit code {code}"
    for symptom in book().symptoms:
        if re.search(symptom.pattern, f"{text}\n{ended}"):
            return BuildFailed(f"{step.title!r} failed: {symptom.cause}; see {log}", next_step=symptom.next_step)
    errors = [line for line in tail if re.search(r"\berror\b", line, re.IGNORECASE)]
    last_words = tail[-1:] if code > 0 else []  # what a process said before a signal ended it is not the reason
    reason = (errors or last_words or [ended])[0]
    return BuildFailed(f"{step.title!r} failed: {reason.strip()}", next_step=f"Read {log}")
