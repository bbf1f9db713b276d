"""Joins what belongs together: a currency and its number, a cell and the lines it runs on over."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from statistics import median

from ocroute.layout.tables.grid import Grid, GridRow, Part, drop_columns
from ocroute.layout.tables.headers import gap_rules, is_long
from ocroute.layout.tables.kinds import is_number, leans_left, leans_right
from ocroute.layout.tables.rules import Rules
from ocroute.layout.tables.tokens import Scale


def settle(grid: Grid) -> None:
    """A cell set half a line lower than its neighbours, in the middle of two rows, joins the upper and reaches over both."""
    index = 0
    while index + 1 < len(grid.rows):
        upper, lower = grid.rows[index], grid.rows[index + 1]
        shared = upper.box.y1 - lower.box.y0
        least = min(upper.box.height, lower.box.height)
        free = all(not any(p.first <= q.last and q.first <= p.last for q in upper.parts) for p in lower.parts)
        if shared > 0.25 * least and free:
            third = grid.rows[index + 2] if index + 2 < len(grid.rows) else None
            if third is not None and third.box.y0 - lower.box.y1 < 0.25 * least:
                for part in lower.parts if len(lower.parts) <= len(upper.parts) else upper.parts:
                    if not any(part.first <= q.last and q.first <= part.last for q in third.parts):
                        part.rows = 2
            upper.parts = sorted([*upper.parts, *lower.parts], key=lambda p: p.first)
            del grid.rows[index + 1]
        index += 1


def glue_columns(grid: Grid) -> None:
    """Columns of nothing but currency signs join the column to their right; of percent signs and marks, to their left."""
    for index in range(grid.columns - 1, -1, -1):
        alone = [p for row in grid.rows for p in row.parts if p.first == p.last == index]
        if not alone:
            continue
        if index + 1 < grid.columns and _most(alone, leans_right) and _values(grid, index + 1):
            _move(grid, index, index + 1)
        elif index > 1 and _most(alone, leans_left) and _values(grid, index - 1):
            _move(grid, index, index - 1)


def _most(parts: list[Part], test: Callable[[str], bool]) -> bool:
    return sum(1 for p in parts if test(p.text)) >= max(1, 0.9 * len(parts))


def _values(grid: Grid, index: int) -> bool:
    """Whether a column holds values."""
    return any(is_number(p.text) for p in grid.column(index))


def _move(grid: Grid, source: int, target: int) -> None:
    for row in grid.rows:
        moved = next((p for p in row.parts if p.first == p.last == source), None)
        if moved is None:
            continue
        other = row.at(target)
        if other is None:
            moved.first = moved.last = target
            continue
        other.tokens = [*moved.tokens, *other.tokens] if target > source else [*other.tokens, *moved.tokens]
        row.parts.remove(moved)
    drop_columns(grid, [source])


def join_rows(grid: Grid, rules: Rules, scale: Scale) -> None:
    """Lines that run on join the row they belong to.

    A table whose rows are parted by rules says itself what a row is; elsewhere the words have to.
    """
    pairs = list(pairwise(grid.rows))
    parted = [any(is_long(r, grid.rows) for r in gap_rules(a, b, rules, scale)) for a, b in pairs]
    ruled = _row_ruled(grid.rows, parted)
    pitch = _pitch(grid.rows)
    kept = [grid.rows[0]]
    for row, wall in zip(grid.rows[1:], parted, strict=True):
        before = kept[-1]
        between = gap_rules(before, row, rules, scale)
        if (
            not wall
            and before.header == row.header
            and ((ruled and not _table_like(row)) or (not between and _runs_on(before, row, pitch, scale)))
        ):
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


def _pitch(rows: list[GridRow]) -> float:
    steps = [b.box.center[1] - a.box.center[1] for a, b in pairwise(rows)]
    return median(steps) if steps else 0.0


def _runs_on(before: GridRow, row: GridRow, pitch: float, scale: Scale) -> bool:
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
        return fits and not any(is_number(t) for t in texts) and len(row.parts) <= len(before.parts)
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
