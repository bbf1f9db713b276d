"""Which rows head a table, and how far a heading reaches over the columns below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ocroute.layout.tables.cell_text import is_number
from ocroute.layout.tables.grid import Extent, Grid, GridRow, Part, column_extents
from ocroute.layout.tables.tokens import Scale
from ocroute.raster.rules import Rule, Rules

MOST_HEADER_ROWS = 6
FEWEST_FIELDS = 3
"""Rows above the values that have something in the first column: one heading is seldom broken into so many lines."""

_YEAR = re.compile(r"^(?:fy\s?)?(?:19|20)\d\d\s?\S{0,2}$", re.IGNORECASE)


def mark_headers(grid: Grid, rules: Rules, scale: Scale) -> None:
    """Flag the rows at the top that name the columns and spread those of their parts that stand over several columns."""
    count = _by_rule(grid.rows, rules, scale)
    if count is None:
        count = _by_type(grid.rows) or _by_text(grid.rows)
    labels = [at for at, row in enumerate(grid.rows[:count]) if row.parts[0].first == row.parts[0].last == 0]
    if len(labels) >= FEWEST_FIELDS:
        del grid.rows[: labels[-1]]  # fields of a form above the head, whose words stay lines
        count -= labels[-1]
    for row in grid.rows[:count]:
        row.header = True
    _spread(grid, count, rules, scale)


def gap_rules(above: GridRow, below: GridRow, rules: Rules, scale: Scale) -> list[Rule]:
    """The horizontal rules between two neighbouring rows."""
    top, bottom = above.box, below.box
    low, high = (top.y0 + top.y1) / 2, (bottom.y0 + bottom.y1) / 2
    slack = 0.1 * scale.height
    return [rule for rule in rules.horizontal if low + slack < rule.at < high - slack]


def is_ruled_off(grid: Grid, rules: Rules, scale: Scale) -> bool:
    """Whether a rule runs under the head, over the whole width of the table."""
    return any(
        above.header
        and not below.header
        and any(is_long(rule, grid.rows) for rule in gap_rules(above, below, rules, scale))
        for above, below in pairwise(grid.rows)
    )


def is_long(rule: Rule, rows: Sequence[GridRow]) -> bool:
    """Whether a rule runs under most of the table rather than under some columns."""
    x0, x1 = min(r.box.x0 for r in rows), max(r.box.x1 for r in rows)
    return min(rule.end, x1) - max(rule.start, x0) >= 0.8 * (x1 - x0)


def _by_rule(rows: Sequence[GridRow], rules: Rules, scale: Scale) -> int | None:
    """The rows above the first rule that crosses the whole table, where that can be a head."""
    for index, (above, below) in enumerate(pairwise(rows), 1):
        if index > MOST_HEADER_ROWS or index > 0.7 * len(rows):
            return None
        between = gap_rules(above, below, rules, scale)
        covered = sum(r.length for r in between)
        if any(is_long(r, rows) for r in between) or (
            len(between) > 1 and covered > 0.8 * (rows[0].box.x1 - rows[0].box.x0) and index > 1
        ):
            values = sum(1 for row in rows[:index] for part in row.parts if part.first and _value(part.text))
            total = sum(1 for row in rows[:index] for part in row.parts if part.first)
            return index if values <= 0.5 * total else None
    return None


def _by_type(rows: Sequence[GridRow]) -> int:
    """The bold rows at the top, where what follows is not bold; 0 where type does not tell."""
    bold = [[token.bold for part in row.parts for token in part.tokens if not token.leader] for row in rows]
    count = next((at for at, row in enumerate(bold) if not all(row)), len(bold))
    rest = [one for row in bold[count:] for one in row]
    return count if count <= MOST_HEADER_ROWS and rest and sum(rest) <= 0.1 * len(rest) else 0


def _by_text(rows: Sequence[GridRow]) -> int:
    """The rows above the first that holds values; one where no row or the very first does; none of them a label with a colon."""
    for index, row in enumerate(rows[:MOST_HEADER_ROWS]):
        if row.parts[0].text.endswith(":") and len(row.parts) > 1:
            return index
        parts = [p for p in row.parts if p.first]
        if parts and sum(1 for p in parts if _value(p.text)) >= 0.5 * len(parts):
            # A label alone over the first values heads a group of rows, not the columns.
            above = [k for k in range(1, index) if len(rows[k].parts) > 1 or rows[k].parts[0].first > 0]
            return max(above[-1] + 1 if above else 1, 1)
    return 1


def _value(text: str) -> bool:
    return is_number(text) and not _YEAR.match(text)


def _spread(grid: Grid, count: int, rules: Rules, scale: Scale) -> None:
    """Let headings of columns reach over the columns they are underlined across, repeated over or centred on."""
    extents = column_extents(grid)
    for row, below in pairwise(grid.rows[:count]):
        free = [p for p in row.parts if p.rows == 1 and p.last > 0]
        if not free or _periodic(free, below, extents):
            continue
        marks = [r for r in gap_rules(row, below, rules, scale) if not is_long(r, grid.rows)]
        underlined = [p for p in free if _underline(p, free, marks, extents, scale)]
        if underlined or any(p.last > p.first for p in free):
            _centre(row, below, extents, underlined, grid.columns)


def _periodic(free: Sequence[Part], below: GridRow, extents: Sequence[Extent | None]) -> bool:
    """Where the labels below repeat (mean, share, mean, share), each heading stands over one round of them."""
    labels = [p for p in below.parts if p.first == p.last]
    for size in range(2, len(labels) // len(free) + 1):
        tail = labels[len(labels) - size * len(free) :]
        texts = [p.text for p in tail]
        if len(free) < 2 or texts[:size] * len(free) != texts or len(set(texts)) < 2:
            continue
        groups = [(tail[k * size].first, tail[(k + 1) * size - 1].first) for k in range(len(free))]
        if all(_over(p, first, last, extents) for p, (first, last) in zip(free, groups, strict=True)):
            for part, group in zip(free, groups, strict=True):
                part.first, part.last = group
            return True
    return False


def _over(part: Part, first: int, last: int, extents: Sequence[Extent | None]) -> bool:
    known = [e for e in extents[first : last + 1] if e is not None]
    return bool(known) and known[0][0] - part.box.width < part.box.x0 and part.box.x1 < known[-1][1] + part.box.width


def _underline(
    part: Part, free: Sequence[Part], marks: Sequence[Rule], extents: Sequence[Extent | None], scale: Scale
) -> bool:
    """Stretch a part over the columns that the rule under it, and under no other heading, covers."""
    for rule in marks:
        over = [p for p in free if min(rule.end, p.box.x1) - max(rule.start, p.box.x0) >= 0.6 * p.box.width]
        if len(over) != 1 or over[0] is not part:
            continue
        under = [
            i
            for i, e in enumerate(extents)
            if e is not None and min(rule.end, e[1]) - max(rule.start, e[0]) > 0.5 * max(scale.char, e[1] - e[0])
        ]
        if under:
            part.first, part.last = under[0], under[-1]
            return True
    return False


def _centre(
    row: GridRow,
    below: GridRow,
    extents: Sequence[Extent | None],
    settled: Sequence[Part],
    columns: int,
) -> None:
    """Stretch parts over free neighbouring columns where that brings a part's middle nearer to theirs."""
    for number, part in enumerate(row.parts):
        if any(part is other for other in settled):
            continue
        low = row.parts[number - 1].last + 1 if number else 0
        high = row.parts[number + 1].first - 1 if number + 1 < len(row.parts) else columns - 1
        if part.first == 0 and part.last == 0:
            continue
        low = max(low, 1) if part.first > 0 else low
        middle = part.box.center[0]
        best = (_off(middle, part.first, part.last, extents), 0, part.first, part.last)
        for first in range(low, part.first + 1):
            for last in range(part.last, high + 1):
                if all(below.at(c) is not None for c in range(first, last + 1)):
                    best = min(best, (_off(middle, first, last, extents), first - last, first, last))
        part.first, part.last = best[2], best[3]


def _off(middle: float, first: int, last: int, extents: Sequence[Extent | None]) -> float:
    known = [e for e in extents[first : last + 1] if e is not None]
    return abs(middle - (known[0][0] + known[-1][1]) / 2) if known else float("inf")
