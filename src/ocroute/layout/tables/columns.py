"""Finds the columns of a table that has no vertical rules: strips that no word enters, row after row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ocroute.layout.tables.rows import WIDE_GAP, Row, Segment, segments
from ocroute.layout.tables.tokens import Scale, Token

Strip = tuple[float, float]


def body_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows that show the columns; headings over several columns and lines of notes do not."""
    most = max((len(row) for row in rows), default=0)
    full = [row for row in rows if len(row) >= max(2, 0.6 * most)]
    return full if len(full) >= 2 else [row for row in rows if len(row) >= 2]


def separators(rows: Sequence[Sequence[Token]], scale: Scale, walls: Sequence[float] = ()) -> list[float]:
    """The x at which columns part, left to right.

    A separator is a strip free of words in every body row, with words on both sides of it in some. The more rows agree, the
    narrower it may be: chance spaces do not line up for long. ``walls`` are vertical rules, which part columns by themselves.
    """
    cut = [segments(row, scale) for row in rows]
    body = body_rows(cut)
    strips = _strips(body, scale) if body else []
    middles = [(a + b) / 2 for a, b in strips if not any(a - scale.char <= wall <= b + scale.char for wall in walls)]
    return sorted([*middles, *walls])


def _strips(body: Sequence[Row], scale: Scale) -> list[Strip]:
    tokens = [[t for segment in row for t in segment.tokens if not t.leader] for row in body]
    left = min(t.ink.x0 for row in tokens for t in row)
    width = int(max(t.ink.x1 for row in tokens for t in row) - left) + 2
    cover = np.zeros(width, np.int32)
    support = np.zeros(width, np.int32)
    for row in tokens:
        mark = np.zeros(width, bool)
        for token in row:
            mark[int(token.ink.x0 - left) : max(int(token.ink.x0 - left) + 1, int(np.ceil(token.ink.x1 - left)))] = True
        cover += mark
        support[int(row[0].ink.x0 - left) : int(row[-1].ink.x1 - left)] += 1
    # One row in fifteen may stray: a long cell, an OCR box too wide.
    allowed = len(body) // 15
    least = scale.char * (1.0 if len(body) >= 5 else 1.3 if len(body) >= 3 else WIDE_GAP)
    strips = []
    for start, end in _runs(cover <= allowed):
        seen = int(support[start:end].max()) - allowed
        if end - start >= least and seen >= 1 and start > 0 and end < width - 1:
            strips.append((left + start, left + end))
    return strips


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def split_at(segment: Segment, cuts: Sequence[float], least: float) -> list[Segment]:
    """A segment cut at those separators that pass between its words, where the gap is ``least`` pixels or more."""
    groups: list[list[Token]] = [[segment.tokens[0]]]
    for token in segment.tokens[1:]:
        before = groups[-1][-1]
        a, b = before.ink.x1, token.ink.x0
        if b - a >= least and any(a - 1 <= cut <= b + 1 for cut in cuts):
            groups.append([token])
        else:
            groups[-1].append(token)
    return [Segment.of(group) for group in groups]
