"""Text in a repetition loop."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.ink_match import blank_paper, capacity
from ocroute.judge.reading_pieces import WIDEST, Piece, pieces, quote
from ocroute.judge.repeats import Repeat, repeats
from ocroute.pages.page import InputPage
from ocroute.raster.ink import Ink, ink_of
from ocroute.raster.text_rows import InkLine
from ocroute.values import Box

LEAST: Final = 16  # characters that the repetition adds; "ha ha ha" is no loop
SLACK: Final = 6  # characters more than that, since short lines vary
CROWDED: Final = 1.7  # times the characters that lines of the same length commonly hold on this page
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
            weight=round(min(1.0, share), 4),
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
    tight = CROWDED * _density(every)
    for piece, empty in zip(span, blank_paper(ink, span), strict=True):
        assert piece.box is not None
        again = any(box.intersection(piece.box) > 0.5 * min(box.area, piece.box.area) for box in seen)
        crowded = piece.rows == 1 and piece.weight > tight * _length(piece.box) + SLACK
        if empty or again or crowded or _too_much(piece, ink):
            lost += piece.weight
        seen.append(piece.box)
    return min(lost, repeat.surplus)


def _length(box: Box) -> float:
    """A line's long side in units of its short one."""
    return max(box.width, box.height) / max(1.0, min(box.width, box.height))


def _density(every: Sequence[Piece]) -> float:
    """Characters to a unit of length, as the reading's lines commonly have them; at most what any type can hold."""
    lines = [piece.weight / _length(piece.box) for piece in every if piece.box is not None and piece.rows == 1]
    return min(WIDEST, median(lines)) if len(lines) >= 5 else WIDEST


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
    # Rows of the page that have the unit's length, and among them the most that look the same.
    rows = [line for line in ink.lines if 0.5 <= capacity([line], repeat.unit) / len(repeat.unit) <= 2]
    alike = max((sum(_same_shape(one, other) for other in rows) for one in rows), default=0)
    return alike >= repeat.times


def _same_shape(one: InkLine, other: InkLine) -> bool:
    return (
        abs(one.box.width - other.box.width) <= 0.03 * one.box.width
        and abs(one.glyphs - other.glyphs) <= 1 + one.glyphs / 20
    )
