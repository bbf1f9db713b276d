"""Text where there is no ink."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.ink_match import blank_paper, capacity
from ocroute.judge.reading_pieces import Piece, pieces, quote
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of

FEWEST: Final = 6  # letters and figures; leaders and commas are too small to be seen as ink
SURPLUS: Final = 1.6  # times the characters that the ink can hold, for readings without boxes


class Invented:
    """Speaks when words stand on bare paper, or when there is more text than the printed lines can hold."""

    summary: ClassVar[str] = "words were written where nothing is printed"
    limit: ClassVar[float] = 0.04  # share of the characters

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the text that no ink supports."""
        every = pieces(reading, finest=True)
        total = sum(piece.letters for piece in every)
        if total < FEWEST:
            return None
        placed = [piece for piece in every if piece.box is not None]
        if not placed:
            return self._without_boxes(page, every, total)
        heights = sorted(min(piece.box.width, piece.box.height) for piece in placed if piece.box is not None)
        usual = heights[len(heights) // 4]  # not the median: many lines may be slanted, and their boxes high
        unseen = [
            piece
            for piece, empty in zip(placed, blank_paper(ink_of(page), placed), strict=True)
            if empty or piece.overfull(usual)
        ]
        surplus = sum(piece.letters for piece in unseen)
        if surplus < FEWEST or surplus / total < self.limit:
            return None
        sample = max(unseen, key=lambda piece: piece.letters)
        return self._finding(surplus / total, f"where nothing is printed, e.g. {quote(sample.text)}")

    def _without_boxes(self, page: InputPage, every: tuple[Piece, ...], total: int) -> Finding | None:
        room = SURPLUS * capacity(ink_of(page).lines, "".join(piece.text for piece in every)) + 40
        if total <= room:
            return None
        return self._finding(1 - room / total, f"beyond the {room:.0f} characters that the printed lines can hold")

    def _finding(self, share: float, where: str) -> Finding:
        return Finding(
            "invented",
            round(share, 4),
            self.limit,
            f"{share:.0%} of the text stands {where}.",
            weight=round(min(1.0, share), 4),
        )
