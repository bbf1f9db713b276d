"""Reading order: a page is cut along its gutters, tallest first, into columns of rows.

A region is cut at the white strip that has the most text on both sides. What lies above the strip (a title over two columns,
a figure across them) is read first, then the left side, the right side, and what lies below; each part is cut again the same
way. A strip between labels and the text they stand before is no gutter: such rows are read across.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median

import numpy as np

from ocroute.layout import limits
from ocroute.layout.lines import edges
from ocroute.layout.pieces import Piece, Scale, merged

Row = list[Piece]


@dataclass(frozen=True, slots=True)
class _Strip:
    """A vertical strip of white at ``x``, from ``top`` to ``bottom``, with text on both sides."""

    x: float
    top: float
    bottom: float
    score: float


def columns(pieces: Sequence[Piece], scale: Scale) -> list[list[Piece]]:
    """Columns in reading order, each a list of lines from top to bottom."""
    return [_lines(region, scale) for region in _cut(list(pieces), scale) if region]


def rows_of(pieces: Sequence[Piece], scale: Scale) -> list[Row]:
    """Pieces side by side, from top to bottom; within a row from left to right."""
    rows: list[Row] = []
    for piece in sorted(pieces, key=lambda p: (p.base, p.box.x0)):
        near = limits.SAME_BASELINE * min(piece.size, 2 * scale.size)
        if rows and piece.table is None and rows[-1][0].table is None and piece.base - _level(rows[-1]) < near:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda p: p.box.x0) for row in rows]


def _level(row: Row) -> float:
    return max(row, key=lambda piece: len(piece.text)).base


def _cut(region: list[Piece], scale: Scale) -> Iterator[list[Piece]]:
    strip = _best_strip(region, scale) if len(region) > 2 * limits.COLUMN_ROWS - 1 else None
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
            yield from _cut(part, scale)


def _best_strip(region: Sequence[Piece], scale: Scale) -> _Strip | None:
    x0, x1, y0, y1 = edges(region)
    half = limits.GUTTER * scale.size / 2
    candidates = np.unique(np.round(np.concatenate([x1 + half, x0 - half]) / half)) * half
    candidates = candidates[(candidates > x0.min()) & (candidates < x1.max())]
    middle = (y0 + y1) / 2
    best: _Strip | None = None
    for x in candidates:
        blocking = (x0 < x + 0.9 * half) & (x1 > x - 0.9 * half)
        on_left = ~blocking & (x1 <= x)
        on_right = ~blocking & (x0 >= x)
        if on_left.sum() < limits.COLUMN_ROWS or on_right.sum() < limits.COLUMN_ROWS:
            continue
        order = np.argsort(y0[blocking])
        tops, bottoms = y0[blocking][order], np.maximum.accumulate(y1[blocking][order])
        starts = np.concatenate([[-np.inf], bottoms])
        ends = np.concatenate([tops, [np.inf]])
        for top, bottom in zip(starts, ends, strict=True):
            if bottom - top < limits.COLUMN_ROWS * scale.size:
                continue
            inside = (middle > top) & (middle < bottom)
            lefts, rights = inside & on_left, inside & on_right
            score = min((y1 - y0)[lefts].sum(), (y1 - y0)[rights].sum())
            if score <= 0 or (best is not None and score <= best.score):
                continue
            left, right = ([region[int(i)] for i in np.flatnonzero(side)] for side in (lefts, rights))
            strip = _checked(x, left, right, scale)
            if strip is None:
                continue
            if any(
                other.box.y0 < edge - 0.3 * other.size and other.box.y1 > edge + 0.3 * other.size
                for edge in (strip.top, strip.bottom)
                for other in region
            ):
                strip = _Strip(strip.x, strip.top, strip.bottom, 0.6 * strip.score)
            if best is None or strip.score > best.score:
                best = strip
    return best


def _checked(x: float, left: list[Piece], right: list[Piece], scale: Scale) -> _Strip | None:
    """The strip between two sides, if they read as columns; stray rows above both are left out."""
    top = _top_without_strays(left, right, scale)
    left, right = ([p for p in side if (p.box.y0 + p.box.y1) / 2 >= top] for side in (left, right))
    rows_left, rows_right = rows_of(left, scale), rows_of(right, scale)
    if min(len(rows_left), len(rows_right)) < limits.COLUMN_ROWS or _reads_across(rows_left, rows_right, scale):
        return None
    bottom = max(p.box.y1 for p in (*left, *right))
    score = min(sum(p.box.height for p in left), sum(p.box.height for p in right))
    return _Strip(x, top, bottom, score)


def _top_without_strays(left: Sequence[Piece], right: Sequence[Piece], scale: Scale) -> float:
    tops = [min(p.box.y0 for p in side) for side in (left, right)]
    early, late = (left, max(tops)) if tops[0] < tops[1] else (right, max(tops))
    stray = [p for p in early if p.box.y1 <= late]
    rest = [p.box.y0 for p in early if p.box.y1 > late]
    if not stray or not rest or len(rows_of(stray, scale)) > limits.STRAY_ROWS:
        return min(tops)
    gap = min(rest) - max(p.box.y1 for p in stray)
    return min(late, *rest) if gap > limits.STRAY_GAP * scale.size else min(tops)


def _reads_across(left: Sequence[Row], right: Sequence[Row], scale: Scale) -> bool:
    """Whether the rows of one side are labels, numbers or bullets of the rows of the other."""
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    levels = np.array([_level(row) for row in many])
    aligned = mean(float(np.abs(levels - _level(row)).min() < 0.3 * scale.size) for row in few)
    if aligned < 0.8:
        return False
    chars = [[sum(len(piece.text) for piece in row) for row in side] for side in (left, right)]
    if min(median(chars[0]), median(chars[1])) <= limits.LABEL_CHARS:
        return True
    # A hanging label may be long, but then its entry is longer and the label stands alone beside it.
    alone = [below - above for above, below in pairwise(_level(row) for row in few)]
    return few is left and len(few) < 0.6 * len(many) and median(alone) > 1.8 * scale.pitch


def _lines(region: Sequence[Piece], scale: Scale) -> list[Piece]:
    """The rows of a column as lines. Two texts side by side stay two lines; a label or number joins its neighbour."""
    lines: list[Piece] = []
    for row in rows_of(region, scale):
        run: Row = []
        for piece in row:
            if run and not _one_line(run[-1], piece):
                lines.append(merged(run))
                run = []
            run.append(piece)
        lines.append(merged(run))
    return lines


def _one_line(left: Piece, right: Piece) -> bool:
    if left.table is not None or right.table is not None:
        return False
    gap = (right.box.x0 - left.box.x1) / min(left.size, right.size)
    shorter = min(len(left.text), len(right.text))
    return gap < limits.WIDEST_WORD_GAP or shorter <= limits.LABEL_CHARS
