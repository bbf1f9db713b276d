"""How far a build is, read from the output of ninja and pip."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

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
