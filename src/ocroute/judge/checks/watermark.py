"""Words that lie over the text and were set aside."""

from __future__ import annotations

from typing import ClassVar

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import quote
from ocroute.layout.watermarks import watermarks
from ocroute.pages.page import InputPage
from ocroute.values import Box


class Watermark:
    """Remarks on words that lie aslant over the text, or in far larger type: they are kept like a header, out of the text."""

    summary: ClassVar[str] = "a watermark lies over the text: its words are set aside"
    limit: ClassVar[float] = 1.0  # lines of it

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """What the watermark says, with its place."""
        every = [(line, block) for block in reading.blocks for line in block.lines]
        over = [every[at] for at in watermarks([line for line, _ in every])]
        marks = [line for line, block in over if block.category.is_furniture]
        if not marks:
            return None
        said = f"{quote(' '.join(line.text for line in marks))} lies over the text like a watermark: it is set aside."
        place = Box.around(line.box for line in marks)
        return Finding("watermark", float(len(marks)), self.limit, said, refuses=False, weight=0.0, image=place)
