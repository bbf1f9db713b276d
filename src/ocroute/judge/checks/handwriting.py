"""Lines written by hand, which recognisers of print read wrong."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import Piece, pieces, quote
from ocroute.pages.page import InputPage
from ocroute.raster.sameness import Sameness, sameness
from ocroute.values import Box

ALIKE: Final = 0.8
"""Likeness of a row's letters to others of the page from which it is print; worn print has 0.75 to 0.98."""
JOINED: Final = 0.5  # shapes to a letter of the text below which the letters of a row hang together
SURE: Final = (0.985, 0.8)  # confidence from which a row is read right by whatever hand: means of letters; of words
LETTERS: Final = 6  # of a row
FEWEST: Final = 2  # rows


class Handwriting:
    """Speaks when the letters of lines do not repeat each other, or hang together, and the engine is not sure of these lines."""

    summary: ClassVar[str] = "lines are written by hand, and the engine is not sure of them"
    limit: ClassVar[float] = 0.08  # share of the text's letters

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the letters that stand in such lines, with the place of these."""
        every = pieces(reading)
        sure = SURE[0] if engine.letter_confidence else SURE[1]
        unsure = [
            piece
            for piece in every
            if piece.box is not None
            and piece.rows == 1
            and (piece.confidence or 1.0) < sure
            and piece.letters >= LETTERS
        ]
        if len(unsure) < FEWEST:
            return None
        seen = sameness(page, [piece.box for piece in unsure if piece.box is not None])
        by_hand = [piece for piece, found in zip(unsure, seen, strict=True) if _by_hand(piece, found)]
        share = sum(piece.letters for piece in by_hand) / max(1, sum(piece.letters for piece in every))
        if len(by_hand) < FEWEST or share < self.limit:
            return None
        sample = quote(min(by_hand, key=lambda piece: piece.confidence or 0.0).text)
        what = f"{len(by_hand)} of {len(every)} lines look written by hand and are likely misread, e.g. {sample}."
        place = Box.around(piece.box for piece in by_hand if piece.box is not None)
        return Finding("handwriting", round(share, 4), self.limit, what, weight=round(share, 4), image=place)


def _by_hand(piece: Piece, found: Sameness) -> bool:
    if found.likeness is not None and found.shapes >= JOINED * piece.letters:
        return found.likeness < ALIKE
    return 0 < found.shapes < JOINED * piece.letters
