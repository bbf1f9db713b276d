"""Reading order: a page is cut along its gutters, tallest first, into columns of rows.

A region is cut at the white strip that has the most text on both sides. What lies above the strip (a title over two columns,
a figure across them) is read first, then the left side, the right side, and what lies below; each part is cut again the same
way. A strip between labels and the text they stand before is no gutter: such rows are read across.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from statistics import mean, median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocroute.layout.beside import LABEL_CHARS, LONGEST, Row, counts_across, is_sidebar, read_down
from ocroute.layout.form_rows import form_bars
from ocroute.layout.gutter_ends import Mask, afloat, captions_beside, dividers, printed_between
from ocroute.layout.line_measures import Piece, Scale, merged
from ocroute.layout.lines import GUTTER, SAME_BASELINE, SAME_WORDS_GAP, WIDEST_WORD_GAP, Floats, edges, of_other_print
from ocroute.layout.past_pictures import past_pictures
from ocroute.layout.rows import side_by_side
from ocroute.layout.wording import begins
from ocroute.raster.rules import Rule

COLUMN_ROWS: Final = 2
"""Rows that the shorter of two columns needs; below that they are the two ends of one row."""

CUT_THROUGH: Final = 0.6
"""What a strip's score keeps when its ends would cut through a line of another column, or part a row from those it belongs to."""

STRAY_ROWS: Final = 2
STRAY_GAP: Final = 2.5
"""So few rows, this far above the rest of a column pair and on one side only, stand above both columns."""


PARTING: Final = 0.9
"""Line pitches of white across both sides of a strip that part pairs from blocks below them."""


RUNNING: Final = 0.2
"""Share of lines that begin with a small letter, from which they are running text, whatever white a picture leaves in it."""


@dataclass(frozen=True, slots=True)
class _Strip:
    """A vertical strip of white at ``x``, from ``top`` to ``bottom``, with text on both sides."""

    x: float
    top: float
    bottom: float
    score: float


def columns(pieces: Sequence[Piece], scale: Scale, rules: Sequence[Rule] = ()) -> list[list[Piece]]:
    """Columns in reading order, each a list of lines from top to bottom.

    Args:
        rules: horizontal ones; no gutter crosses a rule.
    """
    ruled = printed_between(rules, pieces, scale)
    bars = np.concatenate([ruled, form_bars(rows_of(pieces, scale), scale)])
    regions = [region for region in _cut(list(pieces), scale, bars) if region]
    return [_lines(region, scale) for region in past_pictures(regions, scale)]


def rows_of(pieces: Sequence[Piece], scale: Scale) -> list[Row]:
    """Pieces on one baseline as rows, from top to bottom; within a row from left to right. A table stands alone."""

    def fit(left: Piece, right: Piece) -> float:
        if left.table is not None or right.table is not None:
            return 0.0
        return SAME_BASELINE - abs(left.base - right.base) / min(left.size, right.size, 2 * scale.size)

    return side_by_side(
        sorted(pieces, key=lambda piece: (piece.box.x0, piece.base)),
        place=lambda piece: piece.base,
        unit=scale.size,
        fit=fit,
        leads=lambda piece: piece.size >= 0.85 * scale.size,
    )


def _level(row: Row) -> float:
    return max(row, key=lambda piece: len(piece.text)).base


def _cut(region: list[Piece], scale: Scale, bars: Floats) -> Iterator[list[Piece]]:
    strip = _best_strip(region, scale, bars) if len(region) > 2 * COLUMN_ROWS - 1 else None
    if strip is None:
        yield region
        return
    parts: tuple[list[Piece], ...] = ([], [], [], [])
    for piece in region:
        middle = (piece.box.y0 + piece.box.y1) / 2
        if middle < strip.top:
            parts[0].append(piece)
        elif middle > strip.bottom:
            parts[3].append(piece)
        else:
            parts[1 if piece.box.center[0] < strip.x else 2].append(piece)
    for part in parts:
        if part:
            yield from _cut(part, scale, bars)


def _best_strip(region: Sequence[Piece], scale: Scale, bars: Floats) -> _Strip | None:
    x0, x1, y0, y1 = edges(region)
    bars = np.concatenate([bars, dividers(region, scale)])
    half = GUTTER * scale.size / 2
    # Wherever a strip is, one no wider than a gutter touches the end or the start of some line in it.
    places = np.unique(np.round(np.concatenate([x1 + half, x0 - half]) / (0.2 * half))) * 0.2 * half
    near = 0.8 * half
    sides = np.hstack([x1[None, :] <= places[:, None] - near, x0[None, :] >= places[:, None] + near])
    _, distinct = np.unique(np.packbits(sides, axis=1), axis=0, return_index=True)
    places, sides = places[np.sort(distinct)], sides[np.sort(distinct)]
    on_left, on_right = np.hsplit(sides, 2)
    heights = y1 - y0 + scale.pitch
    rows = np.array([piece.table.table.rows if piece.table else 1 for piece in region], dtype=np.float64)
    captions = afloat(region, scale)
    most = np.minimum(on_left @ heights, on_right @ heights)
    best: _Strip | None = None
    for index in np.lexsort((-(on_left | on_right).sum(axis=1), -most)):
        least = best.score if best else 0.0
        if most[index] <= least:
            break
        crossed = bars[(bars[:, 0] < places[index] - near) & (bars[:, 1] > places[index] + near), 2]
        blocking = ~(on_left[index] | on_right[index] | captions)
        for left, right in _between(on_left[index], on_right[index], blocking, y0, y1, rows, crossed, least, scale):
            strip = _checked(
                float(places[index]), [region[int(i)] for i in left], [region[int(i)] for i in right], scale
            )
            if strip is None:
                continue
            ends = np.array([[strip.top], [strip.bottom]])
            if ((y0 < ends - 0.3 * scale.size) & (y1 > ends + 0.3 * scale.size)).any() or _tears_off(
                strip, y0, y1, scale
            ):
                strip = _Strip(strip.x, strip.top, strip.bottom, CUT_THROUGH * strip.score)
            if best is None or strip.score > best.score:
                best = strip
    return best


def _tears_off(strip: _Strip, y0: Floats, y1: Floats, scale: Scale) -> bool:
    """Whether the first row of a strip stands close below a line above it, and far above the strip's next row."""
    above = strip.top - y1[(y0 + y1) / 2 < strip.top].max(initial=-np.inf)
    inside = (y0 >= strip.top) & (y1 <= strip.bottom)
    first = inside & (y0 < strip.top + 0.5 * scale.pitch)
    if not first.any():
        return False
    below = y0[inside & ~first].min(initial=np.inf) - y1[first].max()
    return bool(above < below / 2 and PARTING * scale.pitch <= below < np.inf)


def _between(
    on_left: Mask,
    on_right: Mask,
    blocking: Mask,
    y0: Floats,
    y1: Floats,
    rows: Floats,
    crossed: Floats,
    least: float,
    scale: Scale,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """The pieces left and right of each strip that ends at the pieces and rules in its way, if that beats ``least``."""
    middle = (y0 + y1) / 2
    tops, bottoms = np.concatenate([y0[blocking], crossed]), np.concatenate([y1[blocking], crossed])
    order = np.argsort(tops)
    starts = np.concatenate([[-np.inf], np.maximum.accumulate(bottoms[order])])
    ends = np.concatenate([tops[order], [np.inf]])
    tall = ends - starts >= COLUMN_ROWS * scale.size
    for top, bottom in zip(starts[tall], ends[tall], strict=True):
        inside = (middle > top) & (middle < bottom)
        left, right = np.flatnonzero(inside & on_left), np.flatnonzero(inside & on_right)
        if min(rows[left].sum(), rows[right].sum()) >= COLUMN_ROWS and (
            _side_by_side(left, right, y0 - scale.pitch / 2, y1 + scale.pitch / 2) > least
        ):
            yield left, right


def _side_by_side(left: NDArray[np.intp], right: NDArray[np.intp], y0: Floats, y1: Floats) -> float:
    """The height over which there is text on both sides."""
    marks = np.concatenate([y0[left], y1[left], y0[right], y1[right]])
    order = np.argsort(marks, kind="stable")
    steps = np.diff(marks[order])
    one, other = left.size, right.size
    sides = np.repeat([0, 0, 1, 1], [one, one, other, other])[order]
    turns = np.repeat([1, -1, 1, -1], [one, one, other, other])[order]
    both = (np.cumsum(turns * (sides == 0)) > 0) & (np.cumsum(turns * (sides == 1)) > 0)
    return float(steps[both[:-1]].sum())


def _checked(x: float, left: list[Piece], right: list[Piece], scale: Scale) -> _Strip | None:
    """The strip between two sides, as far as they read as columns; stray rows above both are left out."""
    top = _top_without_strays(left, right, scale)
    left, right = ([p for p in side if (p.box.y0 + p.box.y1) / 2 >= top] for side in (left, right))
    parts = _parts(left, right, scale)
    read_down = [not _reads_across(rows_of(one, scale), rows_of(other, scale), scale) for one, other in parts]
    first, last = max(_runs(read_down), key=lambda run: run[1] - run[0], default=(0, 0))
    left, right = ([piece for part in parts[first:last] for piece in part[side]] for side in (0, 1))
    if min(_height(rows_of(side, scale)) for side in (left, right)) < COLUMN_ROWS:
        return None
    top = min(p.box.y0 for p in (*left, *right)) if first else top
    bottom = max(p.box.y1 for p in (*left, *right))
    _, _, y0, y1 = edges((*left, *right))
    sides = np.arange(len(left)), np.arange(len(left), len(left) + len(right))
    score = _side_by_side(*sides, y0 - scale.pitch / 2, y1 + scale.pitch / 2)
    return _Strip(x, top, bottom, score) if score > COLUMN_ROWS * scale.pitch else None


def _parts(left: list[Piece], right: list[Piece], scale: Scale) -> list[tuple[list[Piece], list[Piece]]]:
    """Two sides cut where white runs across both, between what may be pairs and what may be blocks below them."""
    if mean(not begins(piece.text) for piece in (*left, *right)) > RUNNING:
        return [(left, right)]
    pieces = sorted((*left, *right), key=lambda piece: piece.box.y0)
    ends = accumulate((piece.box.y1 for piece in pieces), max)
    gaps = [(below.box.y0 - end, below.box.y0) for end, below in zip(ends, pieces[1:], strict=False)]
    white, cut = max(gaps, default=(0.0, 0.0))
    if white < PARTING * scale.pitch:
        return [(left, right)]
    above, below = (
        ([p for p in left if (p.box.y0 < cut) is upper], [p for p in right if (p.box.y0 < cut) is upper])
        for upper in (True, False)
    )
    if min(_height(rows_of(side, scale)) for side in (*above, *below)) < COLUMN_ROWS:
        return [(left, right)]
    return [*_parts(*above, scale), *_parts(*below, scale)]


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """First and after the last of each stretch of true ones."""
    for true, group in groupby(enumerate(flags), key=lambda pair: pair[1]):
        places = [place for place, _ in group]
        if true:
            yield places[0], places[-1] + 1


def _height(rows: Sequence[Row]) -> int:
    """How many rows there are, those of tables counted."""
    return sum(row[0].table.table.rows if row[0].table else 1 for row in rows)


def _top_without_strays(left: Sequence[Piece], right: Sequence[Piece], scale: Scale) -> float:
    tops = [min(p.box.y0 for p in side) for side in (left, right)]
    early, late = (left, max(tops)) if tops[0] < tops[1] else (right, max(tops))
    stray = [p for p in early if p.box.y1 <= late]
    rest = [p.box.y0 for p in early if p.box.y1 > late]
    if not stray or not rest:
        return min(tops)
    beside = abs(min(rest) - late) < 0.25 * scale.size  # both sides begin anew, below what stands over one of them
    if not beside and len(rows_of(stray, scale)) > STRAY_ROWS:
        return min(tops)
    gap = min(rest) - max(p.box.y1 for p in stray)
    return min(late, *rest) if gap > STRAY_GAP * scale.size else min(tops)


def _reads_across(left: Sequence[Row], right: Sequence[Row], scale: Scale) -> bool:
    """Whether the rows of one side are labels, numbers or bullets of the rows of the other."""
    if any(len(rows) == 1 and rows[0][0].table for rows in (left, right)):
        return False
    if counts_across(left, right, scale):
        return True
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    levels = np.array([_level(row) for row in many])
    reach = levels.min() - scale.pitch, levels.max() + scale.pitch
    few = [row for row in few if reach[0] < _level(row) < reach[1]] or few
    aligned = mean(float(np.abs(levels - _level(row)).min() < 0.3 * scale.size) for row in few)
    if aligned < 0.8:
        return False
    chars = [median(sum(len(piece.text) for piece in row) for row in side) for side in (few, many)]
    if max(chars) <= LONGEST and len(few) >= 0.6 * len(many):
        return not read_down(left, right, scale, labels=min(chars) <= LABEL_CHARS)
    if min(chars) <= LABEL_CHARS:
        return not is_sidebar(left, right, scale)
    # A hanging label may be long, but then its entry is longer and the label stands alone beside it.
    alone = [below - above for above, below in pairwise(_level(row) for row in few)]
    return bool(alone) and len(left) <= len(right) and len(few) < 0.6 * len(many) and median(alone) > 1.8 * scale.pitch


def _lines(region: Sequence[Piece], scale: Scale) -> list[Piece]:
    """The rows of a column as lines. Two texts side by side stay two lines; a label or number joins its neighbour.

    A caption beside text that runs around its picture comes last: it would cut a sentence in two. Where a row is several
    lines, none of them goes on with what stands above.
    """
    captions = captions_beside(region, scale)
    apart = {id(piece) for piece in captions}
    lines: list[Piece] = []
    for row in rows_of([piece for piece in region if id(piece) not in apart], scale):
        found: list[Piece] = []
        run: Row = []
        for piece in row:
            if run and not _one_line(run[-1], piece):
                found.append(_labelled(run))
                run = []
            run.append(piece)
        found.append(_labelled(run))
        several = len(found) > 1
        lines += [replace(line, spread=True) if several and line.table is None else line for line in found]
    return lines + captions


def _labelled(run: Row) -> Piece:
    """Pieces of a row as one line; one that starts with a label says where the text behind it begins."""
    line = merged(run)
    if any(right.box.x0 - left.box.x1 > WIDEST_WORD_GAP * min(left.size, right.size) for left, right in pairwise(run)):
        line = replace(line, spread=True)
    if len(run) == 1 or len(run[0].text) > LABEL_CHARS or len(run[1].text) <= len(run[0].text):
        return line
    return replace(line, hang=run[1].box.x0)


def _one_line(left: Piece, right: Piece) -> bool:
    if left.table is not None or right.table is not None:
        return False
    gap = (right.box.x0 - left.box.x1) / min(left.size, right.size)
    if min(len(left.text), len(right.text)) <= LABEL_CHARS:
        return True
    return gap < WIDEST_WORD_GAP and not (gap > SAME_WORDS_GAP and of_other_print(left, right))
