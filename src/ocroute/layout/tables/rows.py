"""Words on one baseline become rows of segments: runs of words with no more than word spaces between them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ocroute.layout.tables.kinds import is_number
from ocroute.layout.tables.tokens import Scale, Token
from ocroute.values import Box

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
    """Words grouped by the height they stand at, top to bottom, each group left to right.

    Each word is held against its neighbour to the left, not against the whole row, so that a slightly skewed scan holds
    together. Small words (marks, exponents) join the row they overlap.
    """
    rows: list[list[Token]] = []
    ends: list[Token] = []  # of each row, the last word of about the usual height
    near: dict[int, list[int]] = {}  # rows by the height at which they end, so that few are looked at for each word
    for token in sorted(tokens, key=lambda t: (t.box.x0, t.box.y0, t.text)):
        place = int(token.middle / scale.height)
        best, fit = -1, 0.5
        for index in {i for step in (-1, 0, 1) for i in near.get(place + step, ())}:
            share = _shared(ends[index], token, scale)
            if share > fit or (share == fit and index < best):
                best, fit = index, share
        if best < 0:
            best = len(rows)
            rows.append([])
            ends.append(token)
        elif token.box.height >= 0.85 * scale.height or ends[best].box.height < 0.85 * scale.height:
            ends[best] = token
        rows[best].append(token)
        near.setdefault(int(ends[best].middle / scale.height), []).append(best)
    rows.sort(key=lambda row: (sum(t.middle for t in row) / len(row), row[0].box.x0))
    return rows


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
