"""Chinese, Japanese and Korean set in columns: characters that stand upright below each other, columns from right to left.

Whether a PDF says so (a vertical CMap) or places glyph by glyph, all that is left of it is where the characters stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.pdf_chars import SPACE, Glyphs

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Mask = NDArray[np.bool_]

_RANGES: Final = (
    (0x2E80, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF),
    (0xFE10, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x20000, 0x3FFFF),
)
"""Ideographs, kana, hangul and their punctuation."""

PITCH: Final = 1.4
"""Ems from one character to the next below it at most."""

CLOSER: Final = 0.85
"""Characters of a column stand this much closer below each other than beside each other."""

ASIDE: Final = 0.35
"""Ems by which characters of one column may stand beside each other, and those of one row above each other."""

LEVEL_WITH: Final = 0.15
"""Ems by which a cell's text may stand above or below the next cell's."""

SHORTEST: Final = 4
"""Characters that make a column on a page that has most of its text in rows."""


class _Chars(NamedTuple):
    """The page's upright characters without spaces, as columns.

    Attributes:
        at: their places among all characters.
        x, y: their middles.
        size: em heights.
        style: the text objects that they belong to.
        wide: whether they are ideographs or the like.
        right, below: of each the next in its row and in its column, -1 where there is none.
    """

    at: Places
    x: Floats
    y: Floats
    size: Floats
    style: Places
    wide: Mask
    right: Places
    below: Places


def columns_of(glyphs: Glyphs, kept: Mask) -> list[Places]:
    """The columns of text among the characters that are ``kept``, from right to left: of each its characters from the top."""
    wide = _is_wide(glyphs.code)
    if np.count_nonzero(wide & kept) < 2:
        return []
    chars = _chars(glyphs, kept, wide)
    upright = _upright(chars)
    mainly = 2 * np.count_nonzero(upright) > np.count_nonzero(chars.wide)
    columns = list(_chains(chars, upright))
    if mainly:
        columns = _with_strays([column for column in columns if len(column) > 1], chars)
    else:
        columns = _without_cells([column for column in columns if len(column) >= SHORTEST], chars, upright)
    columns.sort(key=lambda column: -float(np.median(chars.x[column])))
    return [chars.at[column] for column in columns]


def _is_wide(codes: NDArray[np.int64]) -> Mask:
    found = np.zeros(codes.shape, np.bool_)
    if codes.size and codes.max() >= _RANGES[0][0]:
        for first, last in _RANGES:
            found |= (codes >= first) & (codes <= last)
    return found


def _chars(glyphs: Glyphs, kept: Mask, wide: Mask) -> _Chars:
    level = np.array([style.level for style in glyphs.styles], np.bool_)[glyphs.style]
    at = np.flatnonzero(kept & level & (glyphs.code != SPACE))
    style = glyphs.style[at]
    size = np.array([style.size for style in glyphs.styles])[style]
    x, y = (glyphs.box[at, 0] + glyphs.box[at, 2]) / 2, (glyphs.box[at, 1] + glyphs.box[at, 3]) / 2
    em = max(float(np.median(size)), 1e-3) if len(size) else 1.0
    return _Chars(at, x, y, size, style, wide[at], _next(y, x, size, em), _next(x, y, size, em))


def _next(aside: Floats, along: Floats, size: Floats, em: float) -> Places:
    """Of each character the next one ``along``, among those that stand less than `ASIDE` beside it."""
    best, reach = np.full(len(along), -1, np.intp), np.full(len(along), np.inf)
    for shift in (0.0, 0.5):  # two sets of bands, so that no pair falls on a seam
        band = np.floor(aside / (2 * ASIDE * em) + shift)
        order = np.lexsort((along, band))
        one, other = order[:-1], order[1:]
        step = along[other] - along[one]
        near = (band[one] == band[other]) & (np.abs(aside[one] - aside[other]) < ASIDE * size[one]) & (step > 0)
        near &= step < reach[one]
        best[one[near]], reach[one[near]] = other[near], step[near]
    return best


def _upright(chars: _Chars) -> Mask:
    """Which ideographs have their neighbours above or below them. Those that one text object has side by side do not."""
    down, across = _nearest(chars.below, chars.y), _nearest(chars.right, chars.x)
    upright = chars.wide & (down < PITCH * chars.size) & (down < CLOSER * across)
    one = np.flatnonzero(chars.right >= 0)
    one = one[chars.style[one] == chars.style[chars.right[one]]]
    upright[one] = upright[chars.right[one]] = False
    return np.asarray(upright)


def _nearest(following: Places, along: Floats) -> Floats:
    """How far it is to the nearer one of the next and the one before."""
    nearest = np.full(len(along), np.inf)
    one = np.flatnonzero(following >= 0)
    step = along[following[one]] - along[one]
    nearest[one] = step
    np.minimum.at(nearest, following[one], step)
    return nearest


def _chains(chars: _Chars, upright: Mask) -> Iterator[Places]:
    """Upright characters below each other, from the top."""
    one = np.flatnonzero(upright & (chars.below >= 0))
    other = chars.below[one]
    linked = upright[other] & (chars.y[other] - chars.y[one] < PITCH * chars.size[one])
    following = dict(zip(one[linked].tolist(), other[linked].tolist(), strict=True))
    inner = set(following.values())
    for head in np.flatnonzero(upright).tolist():
        if head in inner:
            continue
        chain = [head]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        yield np.array(chain, np.intp)


def _without_cells(columns: list[Places], chars: _Chars, upright: Mask) -> list[Places]:
    """``columns`` but for those of tables, whose characters have others on their rows that stand in no column."""
    count = len(columns) + 1
    while len(columns) < count:
        count = len(columns)
        rows = _has_row(chars, upright)
        cells = [column for column in columns if 2 * np.count_nonzero(rows[column]) >= len(column)]
        columns = [column for column in columns if 2 * np.count_nonzero(rows[column]) < len(column)]
        for column in cells:
            upright[column] = False
    return columns


def _has_row(chars: _Chars, upright: Mask) -> Mask:
    """Which characters have one beside them that is not upright."""
    found = np.zeros(len(chars.at), np.bool_)
    one = np.flatnonzero(chars.right >= 0)
    one = one[np.abs(chars.y[one] - chars.y[chars.right[one]]) < LEVEL_WITH * chars.size[one]]
    other = chars.right[one]
    found[one] |= ~upright[other]
    found[other[~upright[one]]] = True
    return found


def _with_strays(columns: list[Places], chars: _Chars) -> list[Places]:
    """``columns`` with what stands in them besides: digits side by side, dashes, a last character alone."""
    rest = np.ones(len(chars.at), np.bool_)
    for column in columns:
        rest[column] = False
    strays = np.flatnonzero(rest)
    strays = strays[np.argsort(chars.x[strays])]
    extended = []
    for column in columns:
        x, em = float(np.median(chars.x[column])), float(np.median(chars.size[column]))
        first, last = np.searchsorted(chars.x[strays], (x - 0.6 * em, x + 0.6 * em))
        beside = strays[first:last]
        y = chars.y[beside]
        inside = (y > chars.y[column].min() - PITCH * em) & (y < chars.y[column].max() + PITCH * em) & rest[beside]
        taken = beside[inside]
        rest[taken] = False
        every = np.concatenate([column, taken])
        extended.append(every[np.lexsort((chars.x[every], np.round(chars.y[every] / (0.3 * em))))])
    alone = rest & chars.wide & (_nearest(chars.right, chars.x) > PITCH * chars.size)
    return _joined(extended, chars) + [np.array([at], np.intp) for at in np.flatnonzero(alone).tolist()]


def _joined(columns: list[Places], chars: _Chars) -> list[Places]:
    """``columns``, those made one that go on below each other."""
    middles = [float(np.median(chars.x[column])) for column in columns]
    rows: list[tuple[float, list[Places]]] = []  # columns in one place, and where that is
    for at in sorted(range(len(columns)), key=lambda at: middles[at]):
        if not rows or middles[at] - rows[-1][0] > ASIDE * float(np.median(chars.size[columns[at]])):
            rows.append((middles[at], []))
        rows[-1][1].append(columns[at])
    joined: list[Places] = []
    for _, some in rows:
        below = -np.inf
        for column in sorted(some, key=lambda column: float(chars.y[column[0]])):
            if 0 < chars.y[column[0]] - below < PITCH * np.median(chars.size[column]):
                joined[-1] = np.concatenate([joined[-1], column])
            else:
                joined.append(column)
            below = chars.y[column[-1]]
    return joined
