"""What ends a gutter, and what lies across one and does not: white, heads, captions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocroute.layout.beside import LABEL_CHARS
from ocroute.layout.line_measures import Piece, Scale, weighted_quantile
from ocroute.layout.lines import SAME_WORDS_GAP, WIDEST_WORD_GAP, Floats, edges, is_off, of_other_print
from ocroute.raster.rules import Rule

WHITE: Final = 4.0
"""White this many line pitches high over a whole region, as a picture leaves it, ends its columns."""

NEAR: Final = 2.5
"""Line pitches from a rule to the nearest text of what it parts."""

CAPTION_SIZE: Final = 0.92
CAPTION_WIDTH: Final = 0.6
"""Of the usual type's size, and of a region's width, up to which a line may be a caption below a picture between columns."""

CAPTION_ROWS: Final = 4
"""The most lines of a caption; more small type beside lines is a column of its own."""

NEXT_LINE: Final = 1.6
"""Line pitches to the next line of a paragraph, at most."""

HEAD_SIZE: Final = 1.25
"""Type this much larger than the rest, alone in its row, and flush or centred over the row below, heads all that begins there."""

Mask = NDArray[np.bool_]


def afloat(region: Sequence[Piece], scale: Scale) -> Mask:
    """Which pieces belong to a picture between two columns, and end neither: short, in smaller type, white above or below."""
    x0, x1, y0, y1 = edges(region)
    width = x1.max() - x0.min()
    usual = weighted_quantile([(piece.size, len(piece.text)) for piece in region], 0.5)
    small = np.array([piece.size <= CAPTION_SIZE * usual and piece.table is None for piece in region])
    small &= x1 - x0 < CAPTION_WIDTH * width
    for at in np.flatnonzero(small):
        over = (x0 < x1[at]) & (x1 > x0[at])
        above = y0[at] - y1[over & (y1 <= y0[at] + 0.3 * scale.size)].max(initial=-np.inf)
        below = y0[over & (y0 >= y1[at] - 0.3 * scale.size)].min(initial=np.inf) - y1[at]
        small[at] = max(above, below) > WHITE * scale.pitch
    return np.asarray(small, np.bool_)


def captions_beside(region: Sequence[Piece], scale: Scale) -> list[Piece]:
    """The few pieces in smaller type, from top to bottom, beside lines of a paragraph: it runs around their picture."""
    if len(region) < 2:
        return []
    usual = weighted_quantile([(piece.size, len(piece.text)) for piece in region], 0.5)
    text = [piece for piece in region if piece.size > CAPTION_SIZE * usual and piece.table is None]
    small = [piece for piece in region if piece.size <= CAPTION_SIZE * usual and piece.table is None]
    found = [
        piece
        for piece in small
        if len(piece.text) > LABEL_CHARS
        and any(_stands_by(piece, one) and _in_paragraph(one, text, scale) for one in text)
    ]
    return sorted(found, key=lambda piece: piece.base) if len(found) <= CAPTION_ROWS else []


def _stands_by(piece: Piece, other: Piece) -> bool:
    """Whether a piece shares its height with another, and stands beside it on a line of its own, or close and in its own type."""
    if min(piece.box.y1, other.box.y1) - max(piece.box.y0, other.box.y0) < 0.4 * piece.box.height:
        return False
    left, right = sorted((piece, other), key=lambda one: one.box.x0)
    gap = (right.box.x0 - left.box.x1) / piece.size
    return gap > SAME_WORDS_GAP and (gap < WIDEST_WORD_GAP or is_off(left, right)) and of_other_print(left, right)


def _in_paragraph(piece: Piece, text: Sequence[Piece], scale: Scale) -> bool:
    """Whether a line right above or below a piece is flush with it, and long, or either goes on with a sentence."""
    return any(
        0 < abs(one.base - piece.base) < NEXT_LINE * scale.pitch
        and abs(one.box.x0 - piece.box.x0) < piece.size
        and (len(one.text) > LABEL_CHARS or one.text[0].islower() or piece.text[0].islower())
        for one in text
    )


def printed_between(rules: Sequence[Rule], pieces: Sequence[Piece], scale: Scale) -> Floats:
    """(start, end, y) of the rules that have text right above or below: the others are strokes of a picture.

    Its caption does not count, which is in smaller type.
    """
    usual = weighted_quantile([(piece.size, len(piece.text)) for piece in pieces], 0.5) if pieces else 0.0
    x0, x1, y0, y1 = edges([piece for piece in pieces if piece.size > CAPTION_SIZE * usual])
    kept = []
    for rule in rules:
        over = (x0 < rule.end) & (x1 > rule.start)
        gaps = np.maximum(y0[over] - rule.at, rule.at - y1[over])
        if gaps.min(initial=np.inf) < NEAR * scale.pitch:
            kept.append((rule.start, rule.end, rule.at))
    return np.array(kept, dtype=np.float64).reshape(-1, 3)


def dividers(region: Sequence[Piece], scale: Scale) -> Floats:
    """What parts a region over its whole width although no line does: (start, end, y) of high white and of lone heads."""
    x0, x1, y0, y1 = edges(region)
    order = np.argsort(y0, kind="stable")
    lowest = np.maximum.accumulate(y1[order])
    tops = np.append(y0[order][1:], np.inf)
    white = np.flatnonzero(tops - lowest > WHITE * scale.pitch)[:-1]
    whole = x0.min(), x1.max()
    found: list[tuple[float, float, float]] = []
    for at in white:
        above = (y1 <= lowest[at]) & (y1 > lowest[at] - 6 * scale.pitch)
        below = (y0 >= tops[at]) & (y0 < tops[at] + 0.25 * scale.size)
        # A picture over several columns ends all of them; pictures of their own seldom begin and end side by side.
        start, end = max(x0[above].min(), x0[below].min()), min(x1[above].max(), x1[below].max())
        found.append((start, end, (lowest[at] + tops[at]) / 2))
    alone = np.minimum(tops - lowest, np.append(np.inf, tops[:-1] - lowest[:-1])) > 0
    usual = max(scale.size, weighted_quantile([(piece.size, len(piece.text)) for piece in region], 0.5))
    for at in order[alone]:
        if region[at].size <= HEAD_SIZE * usual or region[at].table is not None:
            continue
        below = y0 >= y1[at] - 0.1 * scale.size
        first = below & (y0 < y0[below].min(initial=np.inf) + 0.5 * scale.size)
        if not first.any():
            found.append((*whole, (y0[at] + y1[at]) / 2))
            continue
        span = x0[first].min(), x1[first].max()
        centred = any(abs(x0[at] + x1[at] - sum(over)) < 2 * scale.size for over in (span, whole, (0, scale.width)))
        if centred or x0[at] < span[0] + scale.size:
            found.append((*span, (y0[at] + y1[at]) / 2))
    return np.array(found, dtype=np.float64).reshape(-1, 3)
