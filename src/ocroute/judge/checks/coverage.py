"""Printed lines that the reading leaves out."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.ink_match import capacity, missing
from ocroute.judge.reading_pieces import pieces, weight
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.values import Box

FEWEST_GLYPHS: Final = 12  # a page number, a logo or a stray mark may be left out
SHORTFALL: Final = 0.5  # of the text the ink can hold, for readings without boxes: the estimate is rough


class Coverage:
    """Speaks when lines are printed on the page that no block covers."""

    summary: ClassVar[str] = "printed lines are missing from the reading"
    limit: ClassVar[float] = 0.07  # share of the glyphs in text-like lines

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the printed text that the reading leaves out."""
        every = pieces(reading)
        if not every:
            return None
        if all(piece.box is None for piece in every):
            return self._without_boxes(page, "".join(piece.text for piece in every))
        left_out = missing(page, reading)
        if left_out.glyphs < FEWEST_GLYPHS or left_out.share < self.limit:
            return None
        place = Box.around(line.box for line in left_out.lines)
        return self._finding(left_out.share, f"{len(left_out.lines)} printed line(s) have no text", place)

    def _without_boxes(self, page: InputPage, text: str) -> Finding | None:
        ink = ink_of(page)
        expected = capacity(ink.lines, text)
        share = 1 - weight(text) / max(1.0, expected)
        if len(ink.lines) < 3 or share < SHORTFALL:
            return None
        return self._finding(
            share, f"the printed lines hold about {expected:.0f} characters, the reading {weight(text)}"
        )

    def _finding(self, share: float, what: str, place: Box | None = None) -> Finding:
        return Finding(
            "coverage",
            round(share, 4),
            self.limit,
            f"About {share:.0%} of the page's text is missing: {what}.",
            weight=round(min(1.0, share), 4),
            image=place,
        )
