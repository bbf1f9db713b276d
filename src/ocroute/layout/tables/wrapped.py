"""Joins the lines of a table that belong to one row: cells that run on over several lines."""

from __future__ import annotations

from itertools import pairwise

from ocroute.layout.tables.cell_text import is_number
from ocroute.layout.tables.grid import Grid, GridRow, column_extents, pitch_of
from ocroute.layout.tables.headers import gap_rules, is_long
from ocroute.layout.tables.tokens import Scale
from ocroute.raster.rules import Rules


def join_rows(grid: Grid, rules: Rules, scale: Scale) -> None:
    """Lines that run on join the row they belong to.

    A table whose rows are parted by rules says itself what a row is; elsewhere the words have to.
    """
    pairs = list(pairwise(grid.rows))
    parted = [any(is_long(r, grid.rows) for r in gap_rules(a, b, rules, scale)) for a, b in pairs]
    ruled = _row_ruled(grid.rows, parted)
    pitch = pitch_of(grid.rows)
    apart = _white_parts(grid)
    kept = [grid.rows[0]]
    for row, wall in zip(grid.rows[1:], parted, strict=True):
        before = kept[-1]
        between = gap_rules(before, row, rules, scale)
        joined = id(row) in apart or _runs_on(before, row, grid, pitch, scale)
        if ruled and not _table_like(row) and not (row.header and between):
            joined = joined or row.header or _continues_cells(before, row, grid)
        elif between:
            joined = False
        if joined and not wall and before.header == row.header:
            _absorb(before, row)
        else:
            kept.append(row)
    grid.rows = kept


def _row_ruled(rows: list[GridRow], parted: list[bool]) -> bool:
    """Whether rules part the rows: many do, and no stretch between two of them holds many lines of values."""
    walls = sum(parted)
    if walls < 3:
        return False
    longest = current = 1
    for wall in parted:
        current = 1 if wall else current + 1
        longest = max(longest, current)
    return walls >= 0.25 * len(rows) and longest <= 4


def _table_like(row: GridRow) -> bool:
    """Whether a line is a row by itself: values in most of its columns."""
    return len(row.parts) >= 2 and row.parts[0].first == 0 and row.numbers >= 0.5 * (len(row.parts) - 1) > 0


def _white_parts(grid: Grid) -> set[int]:
    """Lines that run on in a table whose rows are parted by white, by identity.

    There, every row opens with its fullest line, and what follows without extra white has fewer cells.
    """
    body = [row for row in grid.rows if not row.header]
    steps = [below.box.y1 - above.box.y1 for above, below in pairwise(body)]
    if len(steps) < 4:
        return set()
    close = [step < 1.2 * min(steps) for step in steps]
    wide = [step for step, near in zip(steps, close, strict=True) if not near]
    if len(wide) < 3 or len(wide) == len(steps) or min(wide) < 1.3 * max(s for s in steps if s not in wide):
        return set()
    on: set[int] = set()
    opening = body[0]
    for row, near in zip(body[1:], close, strict=True):
        if not near:
            opening = row
        elif len(row.parts) >= len(opening.parts) or not _continues_cells(opening, row, grid):
            return set()
        else:
            on.add(id(row))
    return on


def _continues_cells(before: GridRow, row: GridRow, grid: Grid) -> bool:
    """Whether a line without a key could be the rest of the cells above it; not, if it fills all columns with short terms.

    A cell is broken where its next word does not fit any more, and only columns of several words are broken at all.
    """
    if row.at(0) is not None or len(row.parts) < max(2, grid.columns - 1):
        return True
    extents = column_extents(grid)
    for part in row.parts:
        above, extent = before.at(part.first), extents[part.first]
        if above is None or extent is None or part.first != part.last:
            return False
        word, space = part.tokens[0].ink.width, 0.5 * part.tokens[0].box.height
        last = [t for t in above.tokens if t.middle > above.tokens[-1].box.y0]
        line = max(t.ink.x1 for t in last) - min(t.ink.x0 for t in last)
        wordy = any(len({round(t.middle) for t in p.tokens}) < len(p.tokens) for p in grid.column(part.first))
        if not wordy or line + space + word < extent[1] - extent[0]:
            return False
    return True


def _runs_on(before: GridRow, row: GridRow, grid: Grid, pitch: float, scale: Scale) -> bool:
    """Whether ``row`` continues ``before``."""
    step = row.box.y1 - before.box.y1
    if step > 1.25 * pitch:
        return False
    if row.header:
        return _heads_on(before, row)
    if row.box.y0 - before.box.y1 > 0.9 * scale.height:
        return False
    texts = [p.text for p in row.parts]
    keyless = row.at(0) is None
    if keyless:
        fits = all(before.at(p.first) is not None and p.first == p.last for p in row.parts)
        fits = fits and not any(is_number(t) for t in texts) and len(row.parts) <= len(before.parts)
        return fits and _continues_cells(before, row, grid)
    first = texts[0]
    low = first[:1].islower() or first[:1] in "(&" or before.parts[0].text.endswith((",", "-", "–", "/", " and", " of"))
    if not low or before.parts[0].first != 0 or row.parts[0].last > 0:
        return False
    if len(before.parts) == 1:
        return before.parts[0].last == 0 and not first[:1].isdigit() and not before.parts[0].text.endswith(":")
    return len(row.parts) == 1 or not (row.numbers or len(row.parts) > len(before.parts) - 1)


def _heads_on(before: GridRow, row: GridRow) -> bool:
    """Within the head: a line under a heading of several columns starts a new level, any other runs on."""
    places = {(p.first, p.last) for p in before.parts}
    if any(p.last > p.first for p in [*before.parts, *row.parts]) and any(
        (p.first, p.last) not in places for p in row.parts
    ):
        return False
    values = [p for p in row.parts if is_number(p.text)]
    return len(values) < max(2, 0.6 * len(row.parts)) or len(before.parts) < len(row.parts)


def _absorb(before: GridRow, row: GridRow) -> None:
    for part in before.parts:
        part.rows = max(1, part.rows - 1)
    for part in row.parts:
        other = next((p for p in before.parts if p.first <= part.last and part.first <= p.last), None)
        if other is None:
            before.parts.append(part)
        else:
            other.tokens.extend(part.tokens)
            other.first, other.last = min(other.first, part.first), max(other.last, part.last)
    before.parts.sort(key=lambda p: p.first)
