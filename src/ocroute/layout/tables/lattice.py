"""Makes a grid from rules alone: every cell is framed, and where a border is missing, cells are one."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import groupby, pairwise

from ocroute.layout.tables.cell_text import is_number
from ocroute.layout.tables.grid import Grid, GridRow, Part, drop_columns
from ocroute.layout.tables.row_names import part_open_cells
from ocroute.layout.tables.segments import Row, baselines, segments, separators
from ocroute.layout.tables.tokens import Scale, Token
from ocroute.raster.rules import Rule, Rules
from ocroute.values import Box

FAINT = 0.4
"""The share of a border that must be seen: a scan shows hairlines in pieces, while a border left out on purpose is not there."""

_TALLEST = 2.5
"""Heights of a word that a head of one line takes, with the white and the rules around it."""


def frames(rules: Rules, scale: Scale) -> list[Rules]:
    """The rules that hang together by crossing or touching, group by group."""
    slack = 0.35 * scale.height
    across, down = list(rules.horizontal), list(rules.vertical)
    groups: list[tuple[list[Rule], list[Rule]]] = []
    todo = set(range(len(down)))
    seen: set[int] = set()
    for start in range(len(across)):
        if start in seen:
            continue
        seen.add(start)
        level, mine = [start], ([across[start]], list[Rule]())
        while level:
            h = across[level.pop()]
            for v in [v for v in todo if _touch(h, down[v], slack)]:
                todo.discard(v)
                mine[1].append(down[v])
                for other in range(len(across)):
                    if other not in seen and _touch(across[other], down[v], slack):
                        seen.add(other)
                        level.append(other)
                        mine[0].append(across[other])
        if mine[1]:
            groups.append(mine)
    return [Rules(tuple(sorted(h)), tuple(sorted(v))) for h, v in groups]


def _touch(h: Rule, v: Rule, slack: float) -> bool:
    return h.start - slack <= v.at <= h.end + slack and v.start - slack <= h.at <= v.end + slack


def frame_box(rules: Rules) -> Box:
    """The box around all rules of a group."""
    every = [(r.start, r.at, r.end, r.at) for r in rules.horizontal] + [
        (r.at, r.start, r.at, r.end) for r in rules.vertical
    ]
    return Box.around(Box(*r) for r in every)


def lattice(tokens: Sequence[Token], rules: Rules, scale: Scale) -> Grid | None:
    """The grid that the rules draw around ``tokens``; None where it is none or where words show more rows or columns."""
    box = frame_box(rules)
    xs = _lines([r.at for r in rules.vertical] + [box.x0, box.x1], scale.height)
    ys = _lines([r.at for r in rules.horizontal] + [box.y0, box.y1], 0.6 * scale.height)
    if len(xs) < 3 or len(ys) < 3:
        return None
    owner = _areas(xs, ys, rules, tokens, scale)
    held: dict[tuple[int, int], list[Token]] = {}
    for token in tokens:
        x, y = token.ink.center
        column = min(max(bisect(xs, x) - 1, 0), len(xs) - 2)
        row = min(max(bisect(ys, y) - 1, 0), len(ys) - 2)
        held.setdefault(owner[row][column], []).append(token)
    grid = Grid(len(xs) - 1, [GridRow([]) for _ in pairwise(ys)])
    for (row, column), mine in held.items():
        ends = [(r, c) for r, line in enumerate(owner) for c, o in enumerate(line) if o == (row, column)]
        ordered = _in_order(mine, scale)
        grid.rows[row].parts.append(Part(column, max(c for _, c in ends), ordered, max(r for r, _ in ends) - row + 1))
    for line in grid.rows:
        line.parts.sort(key=lambda p: p.first)
    if _hides_rows(grid, scale) or _hides_columns(grid, scale):
        return None
    part_open_cells(grid, ys, scale)
    _drop_empty(grid, xs, rules, scale)
    _mark_head(grid)
    return grid


def _in_order(tokens: Sequence[Token], scale: Scale) -> list[Token]:
    """The words of a cell: level lines from the top, then those that run up the page from the left, or down it from the right."""
    level = [t for line in baselines([t for t in tokens if not t.upended], scale) for t in line]
    place: dict[int, float] = {}
    for token in tokens:
        place.setdefault(token.line, -token.box.x0 if token.turned == 270 else token.box.x0)
    return level + sorted((t for t in tokens if t.upended), key=lambda t: (place[t.line], t.index))


def _lines(places: Sequence[float], apart: float) -> list[float]:
    """Distinct positions, sorted; those nearer than ``apart`` are one."""
    out: list[float] = []
    for place in sorted(places):
        if not out or place - out[-1] > apart:
            out.append(place)
    return out


def _areas(
    xs: Sequence[float], ys: Sequence[float], rules: Rules, tokens: Sequence[Token], scale: Scale
) -> list[list[tuple[int, int]]]:
    """For every position of the grid the top left position of its cell: cells grow right, then down, over missing borders.

    They do not grow down into a wider cell, which is seen by words that run on beyond their side.
    """
    near = 0.7 * scale.height
    rows, columns = len(ys) - 1, len(xs) - 1

    def slack(tall: float) -> float:
        return min(0.5 * scale.height, 0.3 * tall)  # a rule that ends above a strip of white does not part it

    right = [
        [
            any(abs(v.at - xs[c + 1]) <= near and v.covers(top, bottom, slack(bottom - top)) for v in rules.vertical)
            for c in range(columns)
        ]
        for top, bottom in pairwise(ys)
    ]
    under = [
        [
            _covered([h for h in rules.horizontal if abs(h.at - ys[r + 1]) <= near], xs[c], xs[c + 1]) >= FAINT
            for c in range(columns)
        ]
        for r in range(rows)
    ]
    level: list[list[Box]] = [[] for _ in range(rows)]
    for line in baselines([t for t in tokens if not t.upended], scale):
        for piece in segments(line, scale):
            level[min(max(bisect(ys, piece.box.center[1]) - 1, 0), rows - 1)].append(piece.box)

    def runs_on(row: int, column: int) -> bool:
        x = xs[column + 1]
        return not right[row][column] and any(box.x0 < x - near and x + near < box.x1 for box in level[row])

    owner: list[list[tuple[int, int]]] = [[(-1, -1)] * columns for _ in range(rows)]
    for r in range(rows):
        for c in range(columns):
            if owner[r][c] != (-1, -1):
                continue
            last = c
            while last + 1 < columns and not right[r][last] and owner[r][last + 1] == (-1, -1):
                last += 1
            low = r
            while (
                low + 1 < rows
                and not any(under[low][k] for k in range(c, last + 1))
                and not any(right[low + 1][k] for k in range(c, last))
                and not any(runs_on(low + 1, k) for k in (c - 1, last) if 0 <= k < columns - 1)
            ):
                low += 1
            for row in range(r, low + 1):
                for column in range(c, last + 1):
                    owner[row][column] = (r, c)
    return owner


def _covered(rules: Sequence[Rule], start: float, end: float) -> float:
    """The share of ``start``..``end`` along which rules run; where two run side by side, the part counts once."""
    total, reached = 0.0, start
    for rule in sorted(rules, key=lambda r: r.start):
        total += max(0.0, min(rule.end, end) - max(rule.start, reached))
        reached = max(reached, min(rule.end, end))
    return total / (end - start)


def _hides_rows(grid: Grid, scale: Scale) -> bool:
    """Whether some cells in one band stack the same number of values: rows that no rule parts."""
    for row in grid.rows:
        counts = []
        for part in row.parts:
            lines = baselines(part.tokens, scale)
            values = sum(1 for line in lines if is_number(" ".join(t.text for t in line)))
            if len(lines) >= 3 and values >= 0.7 * len(lines) and part.rows == 1:
                counts.append(len(lines))
        if counts and (len(counts) >= 2 or len(row.parts) <= 3):
            return True
    return False


def _hides_columns(grid: Grid, scale: Scale) -> bool:
    """Whether inside one ruled column, or over the same ones, the words of several rows stand in columns of their own."""
    places: dict[tuple[int, int], list[Part]] = {}
    for part in (part for row in grid.rows for part in row.parts):
        places.setdefault((part.first, part.last), []).append(part)
    for parts in places.values():
        lines = [line for part in parts for line in baselines(part.tokens, scale)]
        cuts = separators(lines, scale) if len(lines) >= 3 else []
        if cuts:
            values = [_ends_in_values(line, cuts) for line in lines if len(line) > 1]
            if len(values) >= 0.6 * len(lines) and sum(values) >= 0.6 * len(values):
                return True
    return False


def _ends_in_values(line: Sequence[Token], cuts: Sequence[float]) -> bool:
    """Whether a line is values from end to end, or ends with two in columns of their own."""
    if is_number(line[0].text) and is_number(line[-1].text):
        return True
    columns = groupby(line, key=lambda token: bisect(cuts, token.ink.center[0]))
    pieces = [" ".join(token.text for token in piece) for _, piece in columns]
    return len(pieces) > 2 and all(is_number(text) for text in pieces[-2:])


def _drop_empty(grid: Grid, xs: Sequence[float], rules: Rules, scale: Scale) -> None:
    """Rows without a word are dropped, and columns too narrow to ever hold one or beyond the last vertical rule."""
    kept: list[GridRow] = []
    for number, row in enumerate(grid.rows):
        if row.parts or any(p.rows > number - r for r, above in enumerate(grid.rows[:number]) for p in above.parts):
            kept.append(row)
    grid.rows = kept
    used = {c for row in grid.rows for p in row.parts for c in ([p.first] if p.first == p.last else [])}
    walls = [rule.at for rule in rules.vertical]
    beyond = [c for c in range(grid.columns) if xs[c + 1] <= min(walls) or xs[c] >= max(walls)]
    narrow = [c for c in range(grid.columns) if xs[c + 1] - xs[c] < 1.2 * scale.height]
    drop_columns(grid, sorted({*narrow, *beyond} - used))


def _mark_head(grid: Grid) -> None:
    """The first row heads the table, and so do the rows that a cell of it reaches down to."""
    deep = 1
    for part in grid.rows[0].parts if grid.rows else ():
        deep = max(deep, part.rows)
    if len(grid.rows) > 2 and deep == 1 and len(grid.rows[0].parts) > 1 and not grid.rows[1].numbers:
        inner = [
            (p, q) for p in grid.rows[0].parts for q in grid.rows[1].parts if p.first <= q.first and q.last <= p.last
        ]
        deep += any(q.last - q.first < p.last - p.first for p, q in inner)
    for row in grid.rows[:deep]:
        row.header = True


def banded(frame: Rules, edges: Sequence[Rule], scale: Scale) -> Rules:
    """A frame with those ``edges`` of tinted bands as rules that reach from one of its vertical rules to another, over several
    columns: one cell alone is filled in pieces by word processors, line by line.
    """
    box, near = frame_box(frame), 0.7 * scale.height
    level = list(frame.horizontal)
    for edge in edges:
        met = all(any(abs(rule.at - end) <= near for rule in frame.vertical) for end in (edge.start, edge.end))
        met = met and any(edge.start + near < rule.at < edge.end - near for rule in frame.vertical)
        known = any(abs(rule.at - edge.at) <= near and rule.covers(edge.start, edge.end, near) for rule in level)
        if met and not known and box.y0 < edge.at < box.y1:
            level.append(edge)
    return Rules(tuple(sorted(level)), frame.vertical)


def capped(frame: Rules, rules: Rules, rows: Sequence[Row], scale: Scale) -> Rules:
    """A frame together with the row of words between its top and the next rule as wide as itself, if it has such."""
    box = frame_box(frame)
    caps = [
        rule
        for rule in rules.horizontal
        if 0.8 * scale.height < box.y0 - rule.at < _TALLEST * scale.height and rule.covers(box.x0, box.x1, scale.height)
    ]
    upright = [rule for rule in frame.vertical if rule.start < box.y0 + 0.7 * scale.height]
    if not caps or len(upright) < 3:
        return frame
    cap = caps[-1]
    head = [
        segment
        for row in rows
        for segment in row
        if cap.at < segment.box.center[1] < box.y0 and box.x0 < segment.box.center[0] < box.x1
    ]
    crossed = any(s.box.x0 < rule.at < s.box.x1 for s in head for rule in upright)
    if len(head) < 2 or crossed:
        return frame
    longer = (Rule(rule.at, cap.at, rule.end) if rule in upright else rule for rule in frame.vertical)
    return Rules(tuple(sorted((cap, *frame.horizontal))), tuple(sorted(longer)))
