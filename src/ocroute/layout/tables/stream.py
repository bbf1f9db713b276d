"""Makes a grid from words that stand in columns, with what horizontal and vertical rules there are as hints."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence

from ocroute.layout.tables.cell_text import is_number, leans_left, leans_right
from ocroute.layout.tables.grid import Extent, Grid, GridRow, Part, column_extents, drop_columns, pitch_of
from ocroute.layout.tables.headers import mark_headers
from ocroute.layout.tables.segments import Row, Segment, baselines, segments, separators, split_at
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
    _settle(grid)
    _glue_columns(grid, scale)
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
        # A word may reach a little over a strip's middle without meaning to span.
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


def _settle(grid: Grid) -> None:
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


def _glue_columns(grid: Grid, scale: Scale) -> None:
    """Columns of nothing but currency signs join the column to their right; of percent signs, marks and errors, to their left."""

    def opens(part: Part, row: GridRow) -> bool:
        return leans_right(part.text) and not _stands_for_none(part, row, scale)

    def closes(part: Part, _: GridRow) -> bool:
        return leans_left(part.text)

    for index in range(grid.columns - 2, -1, -1):
        if _most(grid, index, opens) and _values(grid, index + 1):
            _move(grid, index, index + 1)
    for index in range(grid.columns - 1, 1, -1):
        if _most(grid, index, closes) and _values(grid, index - 1):
            _move(grid, index, index - 1)


def _stands_for_none(part: Part, row: GridRow, scale: Scale) -> bool:
    """Whether a dash or the like is a value of its own: what it could be the sign of does not stand close to it."""
    after = row.at(part.last + 1)
    return is_number(part.text) and (after is None or after.box.x0 - part.box.x1 > scale.char)


def _most(grid: Grid, index: int, test: Callable[[Part, GridRow], bool]) -> bool:
    """Whether nearly all of what stands in one column alone passes the test."""
    alone = [(p, row) for row in grid.rows for p in row.parts if p.first == p.last == index]
    return sum(1 for p, row in alone if test(p, row)) >= max(1, 0.9 * len(alone))


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
