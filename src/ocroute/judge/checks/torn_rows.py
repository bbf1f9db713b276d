"""Rows that were read as columns: times apart from what happens at them, a table in strips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import ClassVar, Final

import numpy as np

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import quote, rows_of
from ocroute.pages.page import InputPage
from ocroute.values import Block, Box, Category, Word

LEVEL: Final = 0.35  # of a row's height by which the middles of one row differ at most
ALIGNED: Final = 0.85  # share of the rows of the shorter strip that stand on rows of the other
SHORT: Final = 12  # signs of a figure in its row
MOSTLY: Final = 0.8  # share of a strip's rows that are figures
WORDED: Final = 0.5  # share of a strip's rows that have words
WIDER: Final = 1.4  # times the widest white inside two tables that is between them at most, if they are one
MOST: Final = 200  # strips of a page; what has more is a map
_APART: Final = frozenset(
    {Category.CAPTION, Category.FORMULA, Category.PICTURE, Category.PAGE_HEADER, Category.PAGE_FOOTER}
)


@dataclass(slots=True, eq=False)
class _Strip:
    """What is read from top to bottom in one piece: the rows of a table, or lines below each other."""

    is_table: bool
    rows: list[list[Word]] = field(default_factory=list)

    @property
    def box(self) -> Box:
        return Box.around(word.box for row in self.rows for word in row)

    @property
    def texts(self) -> list[str]:
        return [" ".join(word.text for word in row) for row in self.rows]

    @property
    def is_figures(self) -> bool:
        """Whether it is a column of figures, and not one that counts the lines."""
        found = [text for text in self.texts if len(text) <= SHORT and 2 * sum(map(str.isdigit, text)) >= len(text)]
        return len(found) >= MOSTLY * len(self.rows) and not _counts(found)

    @property
    def has_words(self) -> bool:
        return sum(sum(map(str.isalpha, text)) >= 3 for text in self.texts) >= WORDED * len(self.rows)

    @property
    def widest_gap(self) -> float:
        """The widest white between two words of a row."""
        return max((right.box.x0 - left.box.x1 for row in self.rows for left, right in pairwise(row)), default=0.0)


class TornRows:
    """Speaks when figures stand beside words, row for row, or tables beside tables, and are read one after the other."""

    summary: ClassVar[str] = "rows were read as columns, so that figures are apart from what they belong to"
    limit: ClassVar[float] = 4  # rows

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How many rows are torn in the worst place."""
        strips = [strip for strip in _strips(reading.blocks) if len(strip.rows) >= self.limit]
        if engine.gives_layout or len(strips) > MOST:
            return None
        torn = [
            (rows, one, other) for one, other in combinations(strips, 2) if (rows := _torn(one, other)) >= self.limit
        ]
        if not torn:
            return None
        rows, one, other = max(torn, key=lambda found: found[0])
        example = quote(f"{one.texts[0]} … {other.texts[0]}")
        what = f"{rows} rows of figures and what they belong to are read apart from each other, e.g. {example}."
        weight = sum(len(text) for text in one.texts + other.texts) / max(1, sum(len(b.text) for b in reading.blocks))
        place = Box.around((one.box, other.box))
        return Finding("torn_rows", float(rows), self.limit, what, weight=round(min(0.5, weight), 4), image=place)


def _strips(blocks: Sequence[Block]) -> Iterator[_Strip]:
    """The strips of a page in their order; paragraphs below each other are one."""
    strip = _Strip(False)
    for block in blocks:
        if block.category in _APART or block.direction == "ttb":
            continue
        words = [word for line in block.lines if not line.angle for word in line.words]
        if not words:
            continue
        is_table = block.table is not None
        rows = (
            list(rows_of(words))
            if is_table
            else [list(line.words) for line in block.lines if line.words and not line.angle]
        )
        if is_table or strip.is_table or not _follows(rows[0], strip):
            if strip.rows:
                yield strip
            strip = _Strip(is_table)
        strip.rows += rows
    if strip.rows:
        yield strip


def _follows(row: Sequence[Word], strip: _Strip) -> bool:
    """Whether a row stands below the last one of a strip, in the same column."""
    if not strip.rows:
        return True
    above, below = (Box.around(word.box for word in words) for words in (strip.rows[-1], row))
    shared = min(above.x1, below.x1) - max(above.x0, below.x0)
    return below.center[1] > above.center[1] and shared > 0.3 * min(above.width, below.width)


def _torn(one: _Strip, other: _Strip) -> int:
    """How many rows two strips have in common that should have been read across; 0 where they should not."""
    left, right = sorted((one.box, other.box), key=lambda box: box.x0)
    between = right.x0 - left.x1
    if between < 0 or not _belong(one, other, between):
        return 0
    few, many = sorted((_levels(one, other), _levels(other, one)), key=len)
    if not len(few):
        return 0
    away = np.abs(few[:, None, 0] - many[None, :, 0]).min(axis=1)
    on = int(np.count_nonzero(away <= LEVEL * few[:, 1]))
    return on if on >= ALIGNED * len(few) else 0


def _belong(one: _Strip, other: _Strip, between: float) -> bool:
    """Whether strips that stand between each other's rows belong together."""
    figures, worded = one.is_figures or other.is_figures, one.has_words or other.has_words
    if not (one.is_table or other.is_table):
        return figures and worded and one.is_figures != other.is_figures
    if (one.is_table and other.is_table) or figures:
        return between <= WIDER * max(one.widest_gap, other.widest_gap)
    return False


def _levels(strip: _Strip, other: _Strip) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(N, 2) middles and heights of the rows of a strip that stand beside the other."""
    beside = other.box
    boxes = [Box.around(word.box for word in row) for row in strip.rows]
    return np.array(
        [(box.center[1], box.height) for box in boxes if beside.y0 <= box.center[1] <= beside.y1], np.float64
    ).reshape(-1, 2)


def _counts(figures: Sequence[str]) -> bool:
    """Whether they rise by one step, as the numbers of lines do."""
    numbers = [int(text) for text in figures if text.isdecimal()]
    steps = {below - above for above, below in pairwise(numbers)}
    return len(numbers) == len(figures) > 1 and len(steps) == 1 and min(steps) > 0
