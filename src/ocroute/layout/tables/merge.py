"""Joins what belongs together side by side: a currency and its number, a cell set between two lines and its row."""

from __future__ import annotations

from collections.abc import Callable

from ocroute.layout.tables.grid import Grid, Part, drop_columns, pitch_of
from ocroute.layout.tables.kinds import is_number, leans_left, leans_right


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
        elif _between(grid, index + 1):
            for part in lower.parts:
                part.rows = 2
            upper.parts = sorted([*upper.parts, *lower.parts], key=lambda p: p.first)
            del grid.rows[index + 1]
        index += 1


def _between(grid: Grid, index: int) -> bool:
    """Whether a line stands in the middle of two rows that are no further apart than rows are: its cells reach over both."""
    if index + 3 >= len(grid.rows):
        return False
    upper, row, lower = grid.rows[index - 1 : index + 2]
    if any(p.first <= q.last and q.first <= p.last for p in row.parts for q in (*upper.parts, *lower.parts)):
        return False
    first, middle, last = (other.box.center[1] for other in (upper, row, lower))
    pitch = pitch_of(grid.rows[index + 1 :])
    return last - first < 1.3 * pitch and abs(2 * middle - first - last) < 0.25 * (last - first)


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
