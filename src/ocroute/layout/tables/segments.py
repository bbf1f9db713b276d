"""Words on one baseline become segments: runs of words with no more than word spaces between them; segments show columns.

Columns of a table that has no vertical rules are strips that no word enters, row after row.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from ocroute.layout.rows import side_by_side
from ocroute.layout.tables.cell_text import is_number
from ocroute.layout.tables.tokens import Scale, Token
from ocroute.values import Box

Counts = npt.NDArray[np.int32]

WIDE_GAP = 2.0  # in letter widths: a space is about half a letter to one, justified text reaches 1.5
NUMBER_GAP = 0.95  # between two numbers, which no one justifies


class Segment(msgspec.Struct, frozen=True, eq=False):
    """Words that read as one piece: a cell, or a line of prose."""

    tokens: tuple[Token, ...]
    box: Box

    @staticmethod
    def of(tokens: Sequence[Token]) -> Segment:
        """A segment of ``tokens`` (at least one), left to right."""
        return Segment(tuple(tokens), Box.around(t.ink for t in tokens))

    @property
    def letters(self) -> int:
        """Characters, spaces and dot leaders not counted."""
        return sum(len(t.text) for t in self.tokens if not t.leader)


Row = tuple[Segment, ...]


def row_box(row: Row) -> Box:
    """The box of a row (of at least one segment)."""
    return Box.around(s.box for s in row)


def baselines(tokens: Sequence[Token], scale: Scale) -> list[list[Token]]:
    """Words grouped by the height they stand at, top to bottom, each group left to right."""

    def fit(left: Token, right: Token) -> float:
        share = _shared(left, right, scale)
        return share if share > 0.5 else 0.0

    return side_by_side(
        sorted(tokens, key=lambda t: (t.box.x0, t.box.y0, t.text)),
        place=lambda token: token.middle,
        unit=scale.height,
        fit=fit,
        leads=lambda token: token.box.height >= 0.85 * scale.height,
    )


def _shared(last: Token, token: Token, scale: Scale) -> float:
    """How much of the smaller word's height two words share; 0 where both are tall and their middles are far apart."""
    a, b = last.box, token.box
    least = min(a.height, b.height)
    alike = least > 0.85 * max(a.height, b.height)
    if alike and least > 0.7 * scale.height and abs(last.middle - token.middle) > 0.5 * scale.height:
        return 0.0
    return (min(a.y1, b.y1) - max(a.y0, b.y0)) / max(1.0, least)


def segments(row: Sequence[Token], scale: Scale) -> Row:
    """A row's words cut where the gap is wider than a space can be, and at dot leaders."""
    groups: list[list[Token]] = []
    for token in row:
        before = groups[-1][-1] if groups else token
        wide = NUMBER_GAP if is_number(before.text) and is_number(token.text) else WIDE_GAP
        if groups and (token.leader or token.ink.x0 - before.ink.x1 <= wide * scale.char):
            groups[-1].append(token)
        else:
            groups.append([token])
    return tuple(Segment.of(group) for group in groups)


def body_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows that show the columns; headings over several columns and lines of notes do not."""
    most = max((len(row) for row in rows), default=0)
    full = [row for row in rows if len(row) >= max(2, 0.6 * most)]
    values = [row for row in full if any(is_number(s.tokens[0].text) for s in row[1:])]
    if len(values) >= max(2, 0.4 * len(full)):
        return values
    return full if len(full) >= 2 else [row for row in rows if len(row) >= 2]


def separators(rows: Sequence[Sequence[Token]], scale: Scale, walls: Sequence[float] = ()) -> list[float]:
    """The x at which columns part, left to right.

    A separator is a strip free of words in every body row, with words on both sides of it in some. The more rows agree, the
    narrower it may be: chance spaces do not line up for long. ``walls`` are vertical rules, which part columns by themselves.
    """
    cut = [kept for row in rows if (kept := segments([t for t in row if not t.leader], scale))]
    body = [[t for segment in row for t in segment.tokens] for row in body_rows(cut)]
    if not body:
        return list(walls)
    left = min(t.ink.x0 for row in rows for t in row)
    width = int(max(t.ink.x1 for row in rows for t in row) - left) + 2
    every = _cover([[t for segment in row for t in segment.tokens] for row in cut], left, width)
    found = list(walls)
    for start, end in _strips(body, left, width, scale):
        if any(start - scale.char <= wall - left <= end + scale.char for wall in walls):
            continue
        # Headings are often wider than what they head: cut where the fewest words of any row are cut through.
        inside = every[start:end]
        a, b = max(_runs(inside == inside.min()), key=lambda run: run[1] - run[0])
        found.append(left + start + (a + b) / 2)
    return sorted(found)


def _cover(rows: Sequence[Sequence[Token]], left: float, width: int) -> Counts:
    """For every pixel column from ``left`` on, how many rows have a word there."""
    cover = np.zeros(width, np.int32)
    for row in rows:
        mark = np.zeros(width, bool)
        for token in row:
            start = int(token.ink.x0 - left)
            mark[start : max(start + 1, int(np.ceil(token.ink.x1 - left)))] = True
        cover += mark
    return cover


def _strips(body: Sequence[Sequence[Token]], left: float, width: int, scale: Scale) -> list[tuple[int, int]]:
    """Runs of pixel columns, counted from ``left``, that body rows leave free between their words."""
    cover = _cover(body, left, width)
    support = np.zeros(width, np.int32)
    for row in body:
        support[int(row[0].ink.x0 - left) : int(row[-1].ink.x1 - left)] += 1
    # One row in fifteen may stray: a long cell, an OCR box too wide.
    allowed = len(body) // 15
    least = scale.char * (0.9 if len(body) >= 5 else 1.3 if len(body) >= 3 else WIDE_GAP)
    taken = np.flatnonzero(cover > allowed)
    return [
        (start, end)
        for start, end in _runs(cover <= allowed)
        if end - start >= least and support[start:end].max() > allowed and taken[0] < start and end <= taken[-1]
    ]


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def split_at(segment: Segment, cuts: Sequence[float], least: float) -> list[Segment]:
    """A segment cut at those separators that pass between its words, where the gap is ``least`` pixels or more."""
    groups: list[list[Token]] = [[segment.tokens[0]]]
    for token in segment.tokens[1:]:
        before = groups[-1][-1]
        a, b = before.ink.x1, token.ink.x0
        if not token.leader and b - a >= least and any(a - 1 <= cut <= b + 1 for cut in cuts):
            groups.append([token])
        else:
            groups[-1].append(token)
    return [Segment.of(group) for group in groups]
