"""Engines for tests of what is around engines: one that sees nothing, one that says what it is told.

Register them, or a subclass, under the group ``ocroute.engines`` in your test package, as any engine is registered.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import msgspec

from ocroute.engines.base import Availability, EngineInfo, Reading, Task
from ocroute.pages.page import InputPage
from ocroute.values import Line

SCRIPT = "OCROUTE_SCRIPT"
"""The environment variable that names the scripted engine's JSON file: page number to list of lines."""


class Null:
    """Reads every page as empty."""

    info: ClassVar[EngineInfo] = EngineInfo("ocr", rank=900, strengths="sees nothing; for tests")

    @classmethod
    def probe(cls) -> Availability:
        """Always usable."""
        return Availability("usable", version="1", scripts=("Latn", "Cyrl"))

    def __init__(self, task: Task) -> None:
        self.task = task

    def read(self, pages: Iterable[InputPage], task: Task) -> Iterator[Reading]:
        """An empty reading for each page."""
        for page in pages:
            yield self.read_one(page, task)

    def read_one(self, page: InputPage, task: Task) -> Reading:  # noqa: ARG002 - for subclasses
        """What this engine makes of one page; the only method that a subclass needs."""
        return Reading()


class Scripted(Null):
    """Reads every page as the lines that the file in ``OCROUTE_SCRIPT`` has for its number.

    The file is JSON: ``{"1": [{"text": "Dear Ada,", "box": [100, 80, 420, 120], "confidence": 0.99}]}``, boxes in pixels of the
    upright page. A page that is not in the file is empty.
    """

    info: ClassVar[EngineInfo] = EngineInfo("ocr", rank=901, strengths="says what it is told; for tests")

    @classmethod
    def probe(cls) -> Availability:
        """Usable where there is a script."""
        if SCRIPT in os.environ:
            return super().probe()
        return Availability("absent", reason=f"{SCRIPT} names no file")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        script = Path(os.environ[SCRIPT]).read_bytes()
        self._lines = msgspec.json.decode(script, type=dict[int, tuple[Line, ...]])

    def read_one(self, page: InputPage, task: Task) -> Reading:  # noqa: ARG002
        """The script's lines for this page number."""
        return Reading(self._lines.get(page.number, ()), model="script")
