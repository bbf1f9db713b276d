"""Text that ends before the page does."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.ink_match import missing
from ocroute.judge.reading_pieces import pieces
from ocroute.pages.page import InputPage
from ocroute.values import Box

FEWEST_GLYPHS: Final = 12
TAIL: Final = 0.75  # of the missing glyphs come after the last text: a cut tail, not a hole
_MORE_TIME: Final = "Give it more: --timeout SECONDS."
_OPENED: Final = re.compile(r"<(/?)(table|tr|td|th|thead|tbody)\b", re.IGNORECASE)


class Truncated:
    """Speaks when the engine ran out of room, its output breaks off, or printed lines go on after its last text."""

    summary: ClassVar[str] = "the text breaks off before the page ends"
    limit: ClassVar[float] = 0.07  # share of the glyphs that come after the last text
    any_answer: ClassVar[bool] = True

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the page that is cut off, or 1 where the output itself says that it is cut."""
        if reading.finish == "loop":
            return self._finding(1.0, 0.5, "The engine fell into a repetition loop and was stopped")
        if reading.finish == "length":
            return self._finding(1.0, 0.5, "The engine ran out of room and stopped in the middle")
        if reading.finish == "late":
            return self._finding(1.0, 0.5, "The engine ran out of time and stopped in the middle", _MORE_TIME)
        if broken := reading.cut or _open_table(reading):
            return self._finding(1.0, 0.4, f"The engine's output breaks off: {broken}")
        placed = [piece.box for piece in pieces(reading) if piece.box is not None]
        if not placed or not reading.transcribes:
            return None
        left_out = missing(page, reading)
        if left_out.glyphs < FEWEST_GLYPHS or left_out.share < self.limit:
            return None
        after = sum(line.glyphs for line in left_out.lines if _after(line.box, placed))
        if after < TAIL * sum(line.glyphs for line in left_out.lines):
            return None
        sentence = f"The text ends, but {len(left_out.lines)} printed line(s) follow"
        return self._finding(left_out.share, left_out.share, sentence)

    def _finding(self, value: float, weight: float, sentence: str, step: str = "") -> Finding:
        weight = round(min(1.0, weight), 4)
        return Finding("truncated", round(value, 4), self.limit, f"{sentence}.", weight=weight, next_step=step)


def _after(line: Box, placed: list[Box]) -> bool:
    """Whether no text stands below ``line`` in its own column."""
    return not any(
        box.y0 > line.y0 and min(box.x1, line.x1) - max(box.x0, line.x0) > 0.2 * min(box.width, line.width)
        for box in placed
    )


def _open_table(reading: Reading) -> str:
    """How a table of HTML is cut; empty where all are closed."""
    open_tags: dict[str, int] = {}
    for text in (block.text for block in reading.blocks if block.markup == "html"):
        for closing, tag in _OPENED.findall(text):
            open_tags[tag.lower()] = open_tags.get(tag.lower(), 0) + (-1 if closing else 1)
    return "a table is not closed" if any(open_tags.values()) else ""
