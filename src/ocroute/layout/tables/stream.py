"""Makes a grid from words that stand in columns, with what horizontal and vertical rules there are as hints."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

from ocroute.layout.tables.columns import separators, split_at
from ocroute.layout.tables.grid import Grid, GridRow, Part
from ocroute.layout.tables.headers import mark_headers
from ocroute.layout.tables.merge import glue_columns, join_rows
from ocroute.layout.tables.rows import Row, baselines, segments
from ocroute.layout.tables.rules import Rules
from ocroute.layout.tables.tokens import Scale, Token


def stream(tokens: Sequence[Token], rules: Rules, scale: Scale) -> Grid | None:
    """The grid of ``tokens``, or None where they show no two columns."""
    rows = baselines(tokens, scale)
    if len(rows) < 2:
        return None
    top, bottom = min(t.box.y0 for t in tokens), max(t.box.y1 for t in tokens)
    left, right = min(t.ink.x0 for t in tokens), max(t.ink.x1 for t in tokens)
    walls = [
        rule.at
        for rule in rules.vertical
        if rule.covers(top, bottom, scale.height) and left + scale.char < rule.at < right - scale.char
    ]
    cuts = separators(rows, scale, walls)
    if not cuts:
        return None
    cut = [segments(row, scale) for row in rows]
    most = max(len(row) for row in cut)
    grid = Grid(len(cuts) + 1)
    for row in cut:
        grid.rows.append(GridRow(_parts(row, cuts, scale, full=len(row) >= max(2, 0.6 * most))))
    glue_columns(grid, scale)
    mark_headers(grid, rules, scale)
    join_rows(grid, rules, scale)
    return grid


def _parts(row: Row, cuts: Sequence[float], scale: Scale, *, full: bool) -> list[Part]:
    """The segments of a row as parts; two that fall into one column become one."""
    least = scale.char * (0.4 if full else 1.3)
    parts: list[Part] = []
    for segment in row:
        for piece in split_at(segment, cuts, least):
            # A word may lean a little over a strip's middle without meaning to span.
            slack = min(0.75 * scale.char, piece.box.width / 3)
            first = bisect(cuts, piece.box.x0 + slack)
            last = max(first, bisect(cuts, piece.box.x1 - slack))
            if parts and parts[-1].first < first <= parts[-1].last:
                parts[-1].last = first - 1
            if parts and first <= parts[-1].last:
                parts[-1].last = max(last, parts[-1].last)
                parts[-1].tokens.extend(piece.tokens)
            else:
                parts.append(Part(first, last, list(piece.tokens)))
    return parts
