"""Names of rows that no rules part: in an open column of a ruled table, or outside its frame."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection, Iterable, Sequence
from statistics import fmean

from ocroute.layout.tables.cell_text import is_number
from ocroute.layout.tables.grid import Grid, GridRow, Part
from ocroute.layout.tables.segments import Row, Segment, baselines
from ocroute.layout.tables.tokens import Scale, Token

_LEVEL = 0.4
"""Heights of a word by which a name may stand above or below its row."""

_MANY = 5
"""So many lines do not stand level with as many rows by chance."""

_LOOSE = 1.5
"""Heights of a word from line to line that running text does not reach."""

_LONGEST = 40  # letters of a name beside a frame
_FARTHEST = 6.0  # heights of a word from the longest name to the frame


def part_open_cells(grid: Grid, ys: Sequence[float], scale: Scale) -> None:
    """Cut a cell over several rows, which lie between the levels ``ys``, where its lines stand level with the words of the rows.

    The lines of a cell that truly reaches over rows are closer together than rows with rules between them.
    """
    for number, row in enumerate(grid.rows):
        for part in [p for p in row.parts if p.rows >= 3 and not any(t.upended for t in p.tokens)]:
            end = number + part.rows
            beside = [t.middle for line in grid.rows[number:end] for p in line.parts if p is not part for t in p.tokens]
            held: dict[int, list[list[Token]]] = {}
            for line in baselines(part.tokens, scale):
                at = bisect(ys, _middle(line)) - 1
                held.setdefault(min(max(at, number), end - 1), []).append(line)
            if not _level_with(held.values(), beside, scale):
                continue
            starts = [number, *sorted(held)[1:], end]
            for first, after, lines in zip(starts, starts[1:], (held[at] for at in sorted(held)), strict=False):
                tokens = [t for line in lines for t in line]
                if first == number:
                    part.tokens, part.rows = tokens, after - first
                else:
                    below = Part(part.first, part.last, tokens, after - first)
                    grid.rows[first].parts = sorted([*grid.rows[first].parts, below], key=lambda p: p.first)


def name_from_outside(grid: Grid, rows: Sequence[Row], paragraphs: set[Segment], scale: Scale) -> None:
    """Give a framed table of nothing but values the names of its rows, where they stand left of its frame."""
    left = min(part.box.x0 for row in grid.rows for part in row.parts)
    body = [row for row in grid.rows if not row.header and any(p.rows == 1 for p in row.parts)]
    first = [part for row in body if (part := row.at(0)) is not None]
    if len(body) < 3 or sum(is_number(p.text) for p in first) < 0.7 * len(body):
        return
    beside = [
        row[0] for row in rows if row[0].box.x1 < left and body[0].box.y0 < row[0].box.center[1] < body[-1].box.y1
    ]
    names = [(row, name) for row in body if (name := _name_of(row, beside, scale)) is not None]
    if len(names) < max(3, 0.8 * len(body)) or len(names) < len(beside):
        return
    held = [name for _, name in names]
    if any(s in paragraphs or s.letters > _LONGEST or is_number(s.tokens[0].text) for s in held):
        return
    if left - max(s.box.x1 for s in held) > _FARTHEST * scale.height:
        return
    for part in (part for row in grid.rows for part in row.parts):
        part.first, part.last = part.first + 1, part.last + 1
    grid.columns += 1
    for row, name in names:
        row.parts.insert(0, Part(0, 0, list(name.tokens)))


def _name_of(row: GridRow, beside: Iterable[Segment], scale: Scale) -> Segment | None:
    middle = _middle([t for p in row.parts if p.rows == 1 for t in p.tokens])
    level = [s for s in beside if abs(s.box.center[1] - middle) < _LEVEL * scale.height]
    return level[0] if len(level) == 1 else None


def _level_with(held: Collection[Sequence[Sequence[Token]]], beside: Sequence[float], scale: Scale) -> bool:
    """Whether the lines of a cell, row by row, belong each to its row: most are alone there, and level with words."""
    level = [
        rows for rows in held if any(abs(_middle(line) - y) < _LEVEL * scale.height for line in rows for y in beside)
    ]
    single = [rows for rows in held if len(rows) == 1]
    if min(len(level), len(single)) < 0.7 * len(held):
        return False
    middles = [_middle(line) for rows in held for line in rows]
    apart = max(middles) - min(middles) > _LOOSE * scale.height * (len(middles) - 1)
    return len(level) >= _MANY or (len(level) >= 3 and apart)


def _middle(tokens: Collection[Token]) -> float:
    return fmean(t.middle for t in tokens)
