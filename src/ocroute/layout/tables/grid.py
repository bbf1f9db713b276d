"""A table while it is being made: parts of rows, each over a run of columns, with the words in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from ocroute.layout.tables.cell_text import is_number
from ocroute.layout.tables.tokens import Token, join
from ocroute.layout.word_spans import spans_over
from ocroute.values import Box, Cell, Table

Extent = tuple[float, float]  # from where to where, px


@dataclass(slots=True)
class Part:
    """The words of one cell: over columns ``first`` to ``last``, ``rows`` rows tall."""

    first: int
    last: int
    tokens: list[Token]
    rows: int = 1

    @property
    def text(self) -> str:
        """What the cell says."""
        return join(self.tokens)

    @property
    def box(self) -> Box:
        """Around the words, dot leaders not counted."""
        return Box.around(t.ink for t in self.tokens)


@dataclass(slots=True)
class GridRow:
    """The parts of one row, left to right."""

    parts: list[Part]
    header: bool = False

    @property
    def box(self) -> Box:
        """Around all words of the row."""
        return Box.around(t.box for p in self.parts for t in p.tokens)

    def at(self, column: int) -> Part | None:
        """The part over a column."""
        return next((p for p in self.parts if p.first <= column <= p.last), None)

    @property
    def numbers(self) -> int:
        """How many parts hold a value."""
        return sum(1 for p in self.parts if is_number(p.text))


@dataclass(slots=True)
class Grid:
    """Rows of parts over so many columns."""

    columns: int
    rows: list[GridRow] = field(default_factory=list)

    @property
    def tokens(self) -> list[Token]:
        """Every word in it."""
        return [t for row in self.rows for part in row.parts for t in part.tokens]

    def column(self, index: int) -> list[Part]:
        """The parts that stand in one column alone, header rows left out."""
        return [p for row in self.rows if not row.header for p in row.parts if p.first == p.last == index]

    def part_spans(self) -> None:
        """Shorten spans that reach into other parts or out of the table, and join parts that start in one place."""
        for number, row in enumerate(self.rows):
            kept: list[Part] = []
            for part in sorted(row.parts, key=lambda p: (p.first, p.box.x0)):
                part.last = min(max(part.first, part.last), self.columns - 1)
                if kept and kept[-1].first == part.first:
                    kept[-1].tokens.extend(part.tokens)
                    kept[-1].last = max(kept[-1].last, part.last)
                    continue
                if kept:
                    kept[-1].last = min(kept[-1].last, part.first - 1)
                kept.append(part)
            row.parts = kept
            for part in kept:
                free = 1
                for below in self.rows[number + 1 : number + part.rows]:
                    if any(p.first <= part.last and part.first <= p.last for p in below.parts):
                        break
                    free += 1
                part.rows = free

    def freeze(self) -> Table:
        """The finished table."""
        self.part_spans()
        cells = tuple(
            Cell(
                number,
                part.first,
                part.text,
                part.rows,
                part.last - part.first + 1,
                row.header,
                Box.around(t.box for t in part.tokens),
                spans_over(part.text, (t.word for t in part.tokens)),
            )
            for number, row in enumerate(self.rows)
            for part in row.parts
        )
        return Table(len(self.rows), self.columns, cells)


def drop_columns(grid: Grid, gone: Sequence[int]) -> None:
    """Take columns out of a grid; parts that stand in them alone must have been moved before."""
    for index in sorted(gone, reverse=True):
        for row in grid.rows:
            for part in row.parts:
                part.first -= part.first > index
                part.last -= part.last >= index
                part.last = max(part.first, part.last)
        grid.columns -= 1


def column_extents(grid: Grid) -> list[Extent | None]:
    """From where to where the words of each column stand; None for a column in which no part stands alone."""
    found: list[Extent | None] = []
    for index in range(grid.columns):
        boxes = [p.box for row in grid.rows for p in row.parts if p.first == p.last == index]
        found.append((min(b.x0 for b in boxes), max(b.x1 for b in boxes)) if boxes else None)
    return found


def pitch_of(rows: Sequence[GridRow]) -> float:
    """The usual distance from row to row, px; 0 for fewer than two rows."""
    steps = [below.box.center[1] - above.box.center[1] for above, below in pairwise(rows)]
    return median(steps) if steps else 0.0
