"""Makes a grid from words that stand in columns, with what horizontal and vertical rules there are as hints."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

from ocroute.layout.tables.columns import separators, split_at
from ocroute.layout.tables.grid import Extent, Grid, GridRow, Part, column_extents
from ocroute.layout.tables.headers import mark_headers
from ocroute.layout.tables.merge import glue_columns, settle
from ocroute.layout.tables.rows import Row, Segment, baselines, segments
from ocroute.layout.tables.tokens import Scale, Token
from ocroute.layout.tables.wrapped import join_rows
from ocroute.raster.rules import Rules


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
    full = [len(row) >= max(2, 0.6 * most) for row in cut]
    grid = Grid(len(cuts) + 1)
    grid.rows = [
        GridRow(_parts(_pieces(row, cuts, 0.4 * scale.char), cuts, scale))
        for row, f in zip(cut, full, strict=True)
        if f
    ]
    extents = column_extents(grid)
    grid.rows = []
    for row, sure in zip(cut, full, strict=True):
        pieces: list[Segment] = []
        for segment in row:
            apart = split_at(segment, cuts, 0.4 * scale.char)
            fits = all(_fits(piece, cuts, extents, scale) for piece in apart)
            pieces += apart if sure or fits else split_at(segment, cuts, 1.3 * scale.char)
        grid.rows.append(GridRow(_parts(pieces, cuts, scale)))
    settle(grid)
    glue_columns(grid)
    mark_headers(grid, rules, scale)
    join_rows(grid, rules, scale)
    return grid


def _pieces(row: Row, cuts: Sequence[float], least: float) -> list[Segment]:
    return [piece for segment in row for piece in split_at(segment, cuts, least)]


def _fits(piece: Segment, cuts: Sequence[float], extents: Sequence[Extent | None], scale: Scale) -> bool:
    """Whether a piece stands in one column as the cells of that column do: same left edge, right edge or middle."""
    column = bisect(cuts, piece.box.center[0])
    extent = extents[column]
    if extent is None:
        return True
    x0, x1 = piece.box.x0, piece.box.x1
    off = min(abs(x0 - extent[0]), abs(x1 - extent[1]), abs(x0 + x1 - extent[0] - extent[1]) / 2)
    return off < 0.9 * scale.char and bisect(cuts, x0 + 1) == bisect(cuts, x1 - 1) == column


def _parts(pieces: Sequence[Segment], cuts: Sequence[float], scale: Scale) -> list[Part]:
    """The pieces of a row as parts; two that fall into one column become one."""
    parts: list[Part] = []
    for piece in pieces:
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
