"""The search for tables on one page: framed ones first, then those between rules, then those that only line up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

import msgspec

from ocroute.layout.tables import plausible
from ocroute.layout.tables.grid import Grid
from ocroute.layout.tables.headers import is_ruled_off
from ocroute.layout.tables.lattice import banded, capped, frame_box, frames, lattice
from ocroute.layout.tables.regions import gutters, prose, runs, stacks, without_fields
from ocroute.layout.tables.row_names import name_from_outside
from ocroute.layout.tables.segments import Row, Segment, baselines, row_box, segments
from ocroute.layout.tables.stream import stream
from ocroute.layout.tables.tokens import Scale, Token, join, pieces, tokens_of
from ocroute.layout.wording import is_beside_table, is_caption
from ocroute.pages.page import InputPage
from ocroute.raster.rules import Rule, Rules, band_edges, page_rules
from ocroute.values import Box, Line, Table

FEWEST_WORDS = 6

MOST_LOOKS = 12
"""How often a row is looked at, on average, while a run of rows is cut at its gaps: uneven prose would be cut line by line."""


class FoundTable(msgspec.Struct, frozen=True):
    """A table on a page, and what is left of the lines it took its words from.

    Attributes:
        lines: the lines, or parts of lines, that went into cells, for formats that show geometry.
    """

    box: Box
    table: Table
    lines: tuple[Line, ...]


def find_tables(page: InputPage, lines: Sequence[Line]) -> tuple[tuple[FoundTable, ...], tuple[Line, ...]]:
    """The tables of a page, top to bottom, and the lines that belong to none of them.

    Every word of ``lines`` is either in one cell of one table or in the lines that are left. A line that lies partly in a
    table is cut: its words outside become lines of their own.
    """
    tokens = tokens_of(lines)
    found = _grids(page, tokens)
    if not found:
        return (), tuple(lines)
    tables = tuple(
        FoundTable(Box.around(t.box for t in grid.tokens), grid.freeze(), pieces(lines, grid.tokens)) for grid in found
    )
    taken = {id(t) for grid in found for t in grid.tokens}
    return tables, pieces(lines, [t for t in tokens if id(t) not in taken])


def _grids(page: InputPage, tokens: Sequence[Token]) -> list[Grid]:
    """The tables among ``tokens``, top to bottom; no word is in two of them."""
    upended = [t for t in tokens if t.upended]
    tokens = [t for t in tokens if not t.upended]
    if len(tokens) < FEWEST_WORDS:
        return []
    scale = Scale.of(tokens)
    rows = [segments(line, scale) for line in baselines(tokens, scale)]
    if not any(len(row) >= 2 for row in rows):
        return []
    rules = page_rules(page, scale.height)
    found = list(_framed(rows, upended, rules, band_edges(page), scale))
    if found:
        rows = _without(rows, found, scale)
        paragraphs = prose(rows, scale)
        for grid in found:
            name_from_outside(grid, rows, paragraphs, scale)
        rows = _without(rows, found, scale)
    paragraphs = prose(rows, scale)
    lanes = _lanes(rows, paragraphs, rules, scale)
    between = list(_stacked(rows, lanes, rules, paragraphs, scale))
    found += between
    for lane in lanes:
        rest = [
            kept for row in _without(lane, between, scale) if (kept := tuple(s for s in row if s not in paragraphs))
        ]
        for run in runs(rest, scale):
            found += _carve(without_fields(run), rules, scale)
    return sorted(found, key=lambda grid: (grid.rows[0].box.y0, grid.rows[0].box.x0))


def _without(rows: Sequence[Row], found: Sequence[Grid], scale: Scale) -> list[Row]:
    """The rows without the words that a table has taken. Rows that lose none stay the same objects."""
    taken = {id(t) for grid in found for t in grid.tokens}
    if not taken:
        return list(rows)
    out: list[Row] = []
    for row in rows:
        tokens = [t for s in row for t in s.tokens]
        kept = [t for t in tokens if id(t) not in taken]
        if kept:
            out.append(row if len(kept) == len(tokens) else segments(kept, scale))
    return out


def _framed(
    rows: Sequence[Row], upended: Sequence[Token], rules: Rules, edges: Sequence[Rule], scale: Scale
) -> Iterable[Grid]:
    """Tables with frames around their cells. Only there are ``upended`` words cells, as headings of narrow columns are, and
    ``edges`` of tinted bands part rows.
    """
    taken: set[int] = set()
    rules = rules.clear_of([token.ink for row in rows for segment in row for token in segment.tokens])
    for drawn in frames(rules, scale):
        box = frame_box(drawn)
        inner = rules.within(box.x0, box.y0, box.x1, box.y1)  # also pieces of rules that touch no other
        frame = banded(capped(Rules(inner.horizontal, drawn.vertical), rules, rows, scale), edges, scale)
        box = frame_box(frame)
        inside, standing = (
            [t for t in some if box.x0 < t.ink.center[0] < box.x1 and box.y0 < t.middle < box.y1 and id(t) not in taken]
            for some in ([t for row in rows for s in row for t in s.tokens], upended)
        )
        if len(inside) < 4 or len(frame.horizontal) + len(frame.vertical) < 3:
            continue
        grid = lattice([*inside, *standing], frame, scale)
        fine = grid is not None and plausible.drawn(grid)
        if grid is None:
            grid = stream(inside, rules.within(box.x0, box.y0, box.x1, box.y1), Scale.of(inside))
            fine = grid is not None and plausible.stacked(grid)
        if grid is not None and fine:
            taken |= {id(t) for t in grid.tokens}
            yield grid


def _stacked(
    rows: Sequence[Row], lanes: Sequence[Sequence[Row]], rules: Rules, paragraphs: set[Segment], scale: Scale
) -> Iterable[Grid]:
    taken: set[int] = set()
    for box in stacks(rows, rules, paragraphs, scale):
        for lane in lanes:
            core = [s for s in (_inside(row, box, scale) for row in lane) if s]
            if not core:
                continue
            grown = _below_caption(without_fields(_grow(lane, core, paragraphs, box, scale)), box)
            grid = _try(grown, rules, scale, taken)
            if grid is not None and plausible.stacked(grid):
                taken |= {id(t) for t in grid.tokens}
                yield grid


def _below_caption(rows: list[Row], box: Box) -> list[Row]:
    """The rows between two rules without the caption of what stands above: full lines and its last, shorter one."""
    if not rows or len(rows[0]) > 1 or not is_caption(join(rows[0][0].tokens)):
        return rows
    last = 0
    while last + 1 < len(rows) and len(rows[last + 1]) == 1 and rows[last][0].box.x1 > box.x1 - 0.1 * box.width:
        last += 1
    return rows[last + 1 :]


def _carve(run: list[Row], rules: Rules, scale: Scale) -> Iterable[Grid]:
    """The table in a run of rows, or in the parts on both sides of its widest gap, and so on."""
    waiting, left = [run], MOST_LOOKS * len(run)
    while waiting and left > 0:
        rows = waiting.pop()
        left -= len(rows)
        grid = _try(rows, rules, scale, set())
        if grid is not None and plausible.aligned(grid, ruled_off=is_ruled_off(grid, rules, scale)):
            yield grid
            continue
        gaps = [(row_box(b).y0 - row_box(a).y1, -i) for i, (a, b) in enumerate(pairwise(rows), 1)]
        if len(rows) < 5 or not gaps:
            continue
        widest, cut = max(gaps)
        if widest >= 0.7 * scale.height or widest >= 1.5 * sorted(gaps)[len(gaps) // 2][0]:
            waiting += [rows[-cut:], rows[:-cut]]


def _try(rows: Sequence[Row], rules: Rules, scale: Scale, taken: set[int]) -> Grid | None:
    tokens = [t for row in rows for s in row for t in s.tokens if id(t) not in taken]
    if len(tokens) < FEWEST_WORDS:
        return None
    box = Box.around(t.box for t in tokens)
    slack = 0.6 * scale.height
    near = rules.within(box.x0 - slack, box.y0 - slack, box.x1 + slack, box.y1 + slack)
    return stream(tokens, near, Scale.of(tokens))


def _inside(row: Row, box: Box, scale: Scale) -> Row:
    slack = scale.height
    return tuple(
        s
        for s in row
        if box.y0 < s.box.center[1] < box.y1
        and min(s.box.x1, box.x1 + slack) - max(s.box.x0, box.x0 - slack) > 0.7 * s.box.width
    )


def _grow(lane: Sequence[Row], core: Sequence[Row], paragraphs: set[Segment], box: Box, scale: Scale) -> list[Row]:
    """A table between rules often goes on beyond them: labels to the left, a head above, rows below."""
    held = {id(s) for row in core for s in row}
    beside = [
        tuple(s for s in row if s.box.x1 < box.x0 and s not in paragraphs)
        for row in lane
        if any(id(s) in held for s in row)
    ]
    left = box.x0
    if sum(1 for extra in beside if extra) >= 0.6 * len(core):
        left = min(s.box.x0 for extra in beside for s in extra)
    whole = Box(left, box.y0, box.x1, box.y1)
    places = [i for i, row in enumerate(lane) if any(id(s) in held for s in row)]
    first, last = places[0], places[-1]
    grown = [kept for row in lane[first : last + 1] if (kept := _inside(row, whole, scale))]
    for step, beyond in ((-1, lane[:first][::-1]), (1, lane[last + 1 :])):
        for other in beyond:
            row = tuple(s for s in other if whole.x0 - scale.height < s.box.x0 and s.box.x1 < whole.x1 + scale.height)
            edge = row_box(grown[0] if step < 0 else grown[-1])
            if not row or not _continues(row, edge, step, paragraphs, scale):
                break
            grown.insert(0 if step < 0 else len(grown), row)
    return grown


def _continues(row: Row, edge: Box, step: int, paragraphs: set[Segment], scale: Scale) -> bool:
    """Whether a row next to a table is part of it: as many cells as make a row, or a small piece of its head."""
    box = row_box(row)
    gap = edge.y0 - box.y1 if step < 0 else box.y0 - edge.y1
    if gap > 1.2 * scale.height or any(s in paragraphs for s in row) or is_beside_table(join(row[0].tokens)):
        return False
    head = step < 0 and gap < 0.4 * scale.height and all(s.letters < 25 for s in row)
    return len(row) >= 3 or head


def _lanes(rows: Sequence[Row], paragraphs: set[Segment], rules: Rules, scale: Scale) -> list[list[Row]]:
    """The rows cut at the gutters of the page, one list for each strip between two gutters."""
    strips = gutters(rows, paragraphs, rules, scale)
    cut: list[tuple[tuple[float, ...], Row]] = []
    for row in rows:
        middle = row_box(row).center[1]
        active = sorted(x for x, top, bottom in strips if top < middle < bottom)

        def lane(segment: Segment, active: list[float] = active) -> tuple[float, ...]:
            beyond = [x for x in active if x < segment.box.center[0]]
            return (beyond[-1] if beyond else -1.0, float(len(active)))

        for key, group in groupby(row, key=lane):
            cut.append((key, tuple(group)))
    keys = sorted({key for key, _ in cut})
    return [[row for other, row in cut if other == key] for key in keys]
