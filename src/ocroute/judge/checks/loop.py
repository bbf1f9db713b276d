"""Text that goes round in circles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from ocroute.document.model import Box, Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.capacity import capacity
from ocroute.judge.ink import Ink, ink_of
from ocroute.judge.pieces import Piece, pieces, quote
from ocroute.judge.repeats import Repeat, repeats
from ocroute.pages.page import InputPage

LEAST: Final = 16  # characters that the repetition adds; "ha ha ha" is no loop
BARE: Final = 0.008  # see ``invented``
ROOM: Final = 1.3  # times the characters that the ink can hold, for readings without boxes


class Loop:
    """Speaks when words or lines repeat at once and the page does not show the repetition.

    Forms, tables and dot leaders repeat themselves rightfully: with boxes, each repetition must stand on ink of its own; without
    boxes, the page must have room for them and lines of equal shape.
    """

    summary: ClassVar[str] = "the text repeats itself and the page does not"
    limit: ClassVar[float] = 0.04  # share of the characters that repeat without ink of their own

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the text that is repetition not seen on the page."""
        every = pieces(reading)
        total = sum(piece.weight for piece in every)
        found = repeats("\n".join(piece.text for piece in every), least=LEAST)
        if not found:
            return None
        ink = ink_of(page)
        unseen = [(repeat, _unseen(repeat, every, ink, total)) for repeat in found]
        surplus = sum(count for _, count in unseen)
        if surplus < LEAST or surplus / total < self.limit:
            return None
        worst, _ = max(unseen, key=lambda pair: pair[1])
        share = surplus / total
        return Finding(
            "loop",
            round(share, 4),
            self.limit,
            f"{quote(worst.unit)} is repeated {worst.times} times, which the page does not show ({share:.0%} of the text).",
            weight=round(min(1.0, 0.25 + 0.75 * share), 4),
        )


def _unseen(repeat: Repeat, every: Sequence[Piece], ink: Ink, total: int) -> int:
    """How many characters of the repetition have no ink of their own."""
    span: list[Piece] = []
    at = 0
    for piece in every:
        if at < repeat.stop and repeat.start < at + piece.weight:
            span.append(piece)
        at += piece.weight
    if any(piece.box is None for piece in span):
        return 0 if _page_repeats(repeat, every, ink, total) else repeat.surplus
    seen: list[Box] = []
    lost = 0
    for piece, share in zip(span, ink.inked(piece.box for piece in span if piece.box is not None), strict=True):
        assert piece.box is not None
        again = any(box.intersection(piece.box) > 0.5 * min(box.area, piece.box.area) for box in seen)
        if share < BARE or again or piece.overfull or _too_much(piece, ink):
            lost += piece.weight
        seen.append(piece.box)
    return min(lost, repeat.surplus)


def _too_much(piece: Piece, ink: Ink) -> bool:
    """Whether a block of several lines has more text than its box has printed lines for."""
    if piece.box is None or piece.rows == 1:
        return False
    inside = tuple(line for line in ink.lines if piece.box.intersection(line.box) > 0.5 * line.box.area)
    return piece.weight > ROOM * capacity(inside, piece.text) + LEAST


def _page_repeats(repeat: Repeat, every: Sequence[Piece], ink: Ink, total: int) -> bool:
    """Whether a page read without boxes may well show the repetition: room for all the text, and lines of one shape."""
    if total > ROOM * capacity(ink.lines, "".join(piece.text for piece in every)):
        return False
    if len(repeat.unit) < LEAST and repeat.surplus < 200:
        return True  # cells of a table, rungs of a scale
    shapes = [(line.box.width, line.glyphs) for line in ink.lines]
    alike = max(
        (
            sum(abs(w - width) <= 0.03 * width and abs(g - glyphs) <= 1 + glyphs / 20 for w, g in shapes)
            for width, glyphs in shapes
        ),
        default=0,
    )
    return alike >= min(repeat.times, 0.8 * repeat.times + 1)
