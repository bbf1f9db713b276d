"""The unit of the layout room: a run of text on one baseline, with its measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocroute.layout.tables.find import FoundTable
from ocroute.values import Box, Font, Line

LONG_LINE: Final = 30
"""Characters from which a line has letters of all heights, so that its box tells its size."""

INK_NOISE: Final = 0.05
"""Relative difference of measured sizes, on long lines, that may be chance."""

ASCENDERS = frozenset("bdfhkltißABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789()[]{}/|!?&%$#\"'’“”")
DESCENDERS = frozenset("gjpqy,;()[]{}/|Q")
# Share of the em that ink takes in usual text faces.
_BOTH, _ASCENDING, _DESCENDING, _NEITHER = 0.92, 0.71, 0.67, 0.47
_DEPTH = 0.21
ROOMY = 1.15
"""Ems that a box is high which leaves room around its ink, where nothing is known of the engine's boxes."""


EVEN: Final = 0.06
"""Share of the height by which boxes of one line's words differ that are as high as their line."""

_TOGETHER = 256  # places that are looked at together


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A run of text on one baseline, or a whole table.

    Attributes:
        size: of the type in page pixels, comparable over a page whatever letters a line has.
        base: y of the baseline in page pixels.
        hang: x at which the text behind a label begins, where the line starts with one; page pixels.
        spread: whether it is several texts of one row, with more white between them than words have.
        listing: the number of the program listing that it is a line of; 0 for none.
        advance: how wide a letter of that listing is, page pixels.
    """

    line: Line
    size: float
    base: float
    table: FoundTable | None = None
    hang: float | None = None
    spread: bool = False
    listing: int = 0
    advance: float = 0.0

    @property
    def text(self) -> str:
        """What it says."""
        return self.line.text

    @property
    def box(self) -> Box:
        """Where it stands, in page pixels."""
        return self.line.box

    @property
    def turned(self) -> bool:
        """Whether it runs up, down or aslant over the page; engines that do not say are judged by the shape of the box."""
        upright = self.line.angle % 360 in (0, 180)
        return not upright or (len(self.text) > 4 and self.box.height > 2.5 * self.box.width)

    @property
    def measured(self) -> bool:
        """Whether its font was measured on ink: right on the whole, not always for a single line."""
        return self.line.font is not None and not self.line.font.name

    @property
    def bold(self) -> bool:
        """Whether its font is known to be bold."""
        return self.line.font is not None and self.line.font.bold


@dataclass(frozen=True, slots=True)
class Scale:
    """What is usual on a page, in page pixels.

    Attributes:
        size: of the body's type.
        large: type of this size or less is body on this page, if there are several sizes of it.
        pitch: from baseline to baseline in the body.
        tight: whether boxes hug the ink, so that their height depends on the letters.
        roomy: ems that boxes are high which do not.
    """

    width: float
    height: float
    size: float
    large: float
    pitch: float
    tight: bool
    roomy: float


def boxes_are_tight(lines: Iterable[Line]) -> bool:
    """Whether words without descenders have lower boxes than words with them, as measured on the words of a page.

    Where nearly all lines give their words boxes of one height, whatever letters these have, boxes are of lines.
    """
    shallow: list[float] = []
    deep: list[float] = []
    lines = list(lines)
    several = [[word.box.height for word in line.words] for line in lines if len(line.words) > 1]
    if len(several) > 1 and mean(max(heights) - min(heights) < EVEN * max(heights) for heights in several) >= 0.8:
        return False
    for line in lines:
        unit = line.font.size if line.font and line.font.size else 1.0
        for word in line.words or (line,):
            letters = set(word.text)
            if letters & ASCENDERS and len(word.text) > 2:
                (deep if letters & DESCENDERS else shallow).append(word.box.height / unit)
    return bool(shallow and deep) and median(shallow) < 0.9 * median(deep)


def roominess(lines: Iterable[Line]) -> float:
    """How many ems high the boxes of a page are, as seen on lines whose type is known."""
    known = [line.box.height / line.font.size for line in lines if line.font and line.font.size and line.angle == 0]
    return (median(known) if known else 0.0) or ROOMY


def measure(line: Line, *, tight: bool, roomy: float = ROOMY) -> Piece:
    """A line with its type size and baseline; ``tight`` and ``roomy`` as in `Scale`."""
    letters = set(line.text)
    ascending, descending = bool(letters & ASCENDERS), bool(letters & DESCENDERS)
    if line.angle % 180 == 90:
        return Piece(line, max(line.font.size if line.font else line.box.width / ROOMY, 1.0), line.box.y1)
    if tight:
        share = (_BOTH if descending else _ASCENDING) if ascending else (_DESCENDING if descending else _NEITHER)
        size = line.box.height / share
        base = line.box.y1 - (_DEPTH * size if descending else 0.0)
    else:
        size = line.box.height / roomy
        base = line.box.y1 - _DEPTH * line.box.height / ROOMY
    if line.font is not None and line.font.size > 0:
        size = line.font.size
    return Piece(line, max(size, 1.0), base)


def scale_of(pieces: Sequence[Piece], width: float, height: float, *, tight: bool, roomy: float = ROOMY) -> Scale:
    """The usual size and pitch of a page: those of most of its letters."""
    weighed = [(piece.size, len(piece.text)) for piece in pieces]
    size = weighted_quantile(weighed, 0.5) or height / 60
    large = weighted_quantile(weighed, 0.8) or size
    usual = [piece for piece in pieces if abs(piece.size - size) < 0.2 * size]
    return Scale(width, height, size, large, _pitch(usual, size) or 1.25 * size, tight, roomy)


def _pitch(pieces: Sequence[Piece], size: float) -> float:
    """The usual distance from a baseline to the next one below it, page pixels; 0 where nothing stands below another."""
    if len(pieces) < 2:
        return 0.0
    ordered = sorted(pieces, key=lambda piece: piece.base)
    x0 = np.array([piece.box.x0 for piece in ordered])
    x1 = np.array([piece.box.x1 for piece in ordered])
    base = np.array([piece.base for piece in ordered])
    found = []
    for start, end, low, high in windows(base, 0.8 * size, 3 * size):
        step = base[None, low:high] - base[start:end, None]
        overlapping = np.minimum(x1[start:end, None], x1[None, low:high]) > np.maximum(
            x0[start:end, None], x0[None, low:high]
        )
        found.append(np.where(overlapping & (step > 0.8 * size), step, np.inf).min(axis=1, initial=np.inf))
    steps = np.concatenate(found)
    steps = steps[steps < 3 * size]
    return float(np.quantile(steps, 0.4)) if steps.size else 0.0


def windows(places: NDArray[np.float64], least: float, most: float) -> Iterator[tuple[int, int, int, int]]:
    """Some of ``places`` after the others, and those around them, so that not each is held against each.

    Args:
        places: in rising order.
        least, most: how far those around stand from each, along the axis.

    Yields:
        start, end, low, high: every place that is ``least`` to ``most`` from one in ``places[start:end]`` is in
        ``places[low:high]``.
    """
    for start in range(0, len(places), _TOGETHER):
        end = min(start + _TOGETHER, len(places))
        low = int(np.searchsorted(places, places[start] + least, "left"))
        yield start, end, low, int(np.searchsorted(places, places[end - 1] + most, "right"))


def weighted_quantile(values: Iterable[tuple[float, float]], share: float) -> float:
    """The value at which ``share`` of the weight is reached; 0 when there is none."""
    ordered = sorted(values)
    left = share * sum(weight for _, weight in ordered)
    for value, weight in ordered:
        left -= weight
        if left <= 0:
            return value
    return 0.0


def merged(pieces: Sequence[Piece], *, separator: str | None = None) -> Piece:
    """Pieces of one baseline, from left to right, as one.

    Args:
        separator: what to put between them; by default a space where there is one.
    """
    if len(pieces) == 1:
        return pieces[0]
    main = max(pieces, key=lambda piece: len(piece.text))
    lines = [piece.line for piece in pieces]
    known = [(line.confidence, len(line.text)) for line in lines if line.confidence is not None]
    confidence = sum(value * weight for value, weight in known) / sum(weight for _, weight in known) if known else None
    words = tuple(word for line in lines for word in line.words) if all(line.words for line in lines) else ()
    text = lines[0].text
    for left, right in pairwise(pieces):
        touching = right.box.x0 - left.box.x1 < 0.12 * min(left.size, right.size)
        text += ("" if touching else " ") if separator is None else separator
        text += right.text
    line = Line(text, Box.around(line.box for line in lines), confidence, words, _common_font(lines), main.line.angle)
    return Piece(line, main.size, main.base)


def _common_font(lines: Sequence[Line]) -> Font | None:
    main = max(lines, key=lambda line: len(line.text)).font
    if main is None:
        return None
    return Font(
        main.name,
        main.size,
        bold=all(line.font.bold for line in lines if line.font),
        italic=all(line.font.italic for line in lines if line.font),
    )
