"""Ink that looks like text, and no text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import is_wordless
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.raster.text_rows import InkLine

FEWEST_GLYPHS: Final = 12  # photographs now and then hold a short row of like shapes


class Empty:
    """Speaks when lines are printed on the page and the engine wrote no letter and no figure."""

    summary: ClassVar[str] = "there are lines of text on the page, but none in the reading"
    limit: ClassVar[float] = 1.0  # text-like lines
    any_answer: ClassVar[bool] = True

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How many lines are printed, where nothing was read."""
        if not is_wordless(reading) or (reading.blocks and not reading.transcribes):
            return None
        ink = ink_of(page)
        if len(ink.lines) < self.limit or (ink.glyphs < FEWEST_GLYPHS and not _says_text(page, ink.lines)):
            return None
        return Finding(
            "empty",
            float(len(ink.lines)),
            self.limit,
            f"Nothing was read, but the page shows {len(ink.lines)} line(s) of what looks like text.",
            weight=1.0,
        )


def _says_text(page: InputPage, printed: Sequence[InkLine]) -> bool:
    """Whether the file itself has text where something is printed, right or wrong: then it is no photograph."""
    return any(own.box.intersection(line.box) > 0 for own in page.text_layer() or () for line in printed)
