"""Short rows side by side: pairs that are read across, like a name and its value, or blocks that are read down, like addresses.

Nothing proves it, so evidence is added up. Labels are alike, hold no figures and often end in a colon; values stand at the right
edge or are figures. Rows of two addresses or signatures resemble each other across the white: two names, two streets, two dates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np

from ocroute.layout.line_measures import Piece, Scale
from ocroute.layout.lines import WIDEST_WORD_GAP
from ocroute.layout.wording import is_drawn_rule, label_of, split_marker

Row = list[Piece]

LABEL_CHARS: Final = 14
"""Cells in front of longer text that are this short on average, and stand on its baselines, are labels, not a column."""

LONGEST: Final = 42
"""Characters of a row up to which it may be a line of an address or a value; what is longer on both sides is running text."""

BLOCKS: Final = 1.0
"""Evidence from which short rows are read down."""

PAIRS: Final = -3.0
"""Evidence from which rows are read across that are too long for labels."""

FULL: Final = 0.25
"""Share of a column's width that a full line, whose sentence runs on below it, may leave free."""

NEXT_LINE: Final = 1.5
"""Line pitches to the next line of a paragraph, at most."""

ALONE: Final = 0.3
"""Share of short rows without anything beside them from which they are no labels."""

_FIGURE: Final = re.compile(r"^[^\w]*\d[\d.,:/\s%-]*\D{0,4}$")
_SAME_EDGE: Final = 0.6  # ems by which lines set to one edge may differ


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two ends of one row, what it begins with, and the cells on both sides of the white; empty where a side has but one.

    ``start``, ``end``: of its right side, ems.
    """

    left: str
    right: str
    first: str
    start: float
    end: float
    last: str = ""
    next: str = ""


def read_down(left: Sequence[Row], right: Sequence[Row], scale: Scale, *, labels: bool) -> bool:
    """Whether two sides, whose rows stand on the same baselines, are blocks of their own.

    Args:
        left, right: rows from top to bottom, those of three or more columns as they are.
        labels: whether one side is short enough to be labels, so that it takes evidence to read down.
    """
    pairs = _pairs(left, right, scale)
    if len(pairs) < 2:
        return not labels
    return evidence(pairs, left, right, scale) >= (BLOCKS if labels else PAIRS)


def counts_across(left: Sequence[Row], right: Sequence[Row], scale: Scale) -> bool:
    """Whether the rows of the right side go on counting where the rows beside them stopped: ``A) ... B)`` over ``C) ... D)``."""
    pairs = _pairs(left, right, scale)
    ordinals = [(_ordinal(pair.left), _ordinal(pair.right)) for pair in pairs]
    steps = sum(one is not None and other == one + 1 for one, other in ordinals)
    return steps >= 2 and steps >= 0.8 * len(right)


def is_sidebar(left: Sequence[Row], right: Sequence[Row], scale: Scale) -> bool:
    """Whether short rows stand beside long ones by chance, and are no labels of them.

    A label stands before the first line of what it names, never where a sentence beside it runs on from a full line above. Once
    that may be chance, unless both sides have a head, or many of the short rows have nothing beside them.
    """
    levels, others = (np.array([_level(row) for row in rows]) for rows in (left, right))
    edge = max(row[-1].box.x1 for row in right)
    width = edge - min(row[0].box.x0 for row in right)
    count = 0
    for above, below in pairwise(right):
        full = above[-1].box.x1 > edge - FULL * width and 0 < _level(below) - _level(above) < NEXT_LINE * scale.pitch
        beside = np.flatnonzero(np.abs(levels - _level(below)) < 0.3 * scale.size)
        runs_on = full and below[0].text.strip()[:1].islower()
        count += bool(runs_on and beside.size and not left[int(beside[0])][0].text.strip()[:1].islower())
    alone = sum(float(np.abs(others - level).min()) >= 0.3 * scale.size for level in levels) / len(levels)
    return count > 1 or (count == 1 and (alone >= ALONE or _heads(left, right) > 0))


def _ordinal(text: str) -> int | None:
    """Which one a list marker names: 2 for ``B)`` and for ``2.``; None for bullets and plain text."""
    found = split_marker(text)
    name = found[0].strip("().[]") if found else ""
    if name.isascii() and name.isdigit():
        return int(name)
    return ord(name.casefold()) - ord("a") + 1 if len(name) == 1 and name.isascii() and name.isalpha() else None


def evidence(pairs: Sequence[_Pair], left: Sequence[Row], right: Sequence[Row], scale: Scale) -> float:
    """How much speaks for blocks; below zero for pairs."""
    return (
        _labels(pairs)
        + _fields(pairs)
        + _figures(pairs)
        + _likeness(pairs)
        + _heads(left, right)
        + _edges(pairs)
        + _lengths(left, right, len(pairs), scale)
    )


def _pairs(left: Sequence[Row], right: Sequence[Row], scale: Scale) -> list[_Pair]:
    """The rows that have both sides."""
    levels = np.array([_level(row) for row in right])
    found = []
    for row in left:
        distance = np.abs(levels - _level(row))
        nearest = int(distance.argmin())
        if distance[nearest] < 0.3 * scale.size:
            other = right[nearest]
            inner = row[-1].text.strip() if len(row) > 1 else "", other[0].text.strip() if len(other) > 1 else ""
            ends = other[0].box.x0 / other[0].size, other[-1].box.x1 / other[0].size
            found.append(_Pair(_said(row), _said(other), row[0].text.strip(), *ends, *inner))
    return found


def _said(row: Row) -> str:
    """What a row says up to the first white that is no word space: its label, or a cell of it."""
    text = row[0].text.strip()
    for before, piece in pairwise(row):
        if piece.box.x0 - before.box.x1 > WIDEST_WORD_GAP * min(before.size, piece.size):
            break
        text = f"{text} {piece.text.strip()}"
    return text


def _level(row: Row) -> float:
    return max(row, key=lambda piece: len(piece.text)).base


def _labels(pairs: Sequence[_Pair]) -> float:
    """Labels end in a colon, row for row; two heads with one do not make labels."""
    ended = [pair.first.endswith(":") for pair in pairs]
    if sum(ended) >= 0.6 * len(pairs) and sum(ended) >= 2:
        return -4.0
    if median(len(pair.left) for pair in pairs) <= 4:
        return -4.0
    return 0.0


def _fields(pairs: Sequence[_Pair]) -> float:
    """Forms in two halves: label, value, label, value; the white is before the last value, or between the halves.

    Where each field is one piece, ``Name: Ann``, its label says so alone. Two blocks of fields, a sender and a receiver, have
    the same labels on both sides. An address beside such fields has no labels, and is none for them.
    """
    named = [(label_of(pair.first), label_of(pair.right)) for pair in pairs]
    if _differ([pair for pair in named if all(pair)], 0.75 * len(pairs)):
        return -12.0
    if not any(label for label, _ in named) and len({label for _, label in named if label}) >= max(
        2.0, 0.75 * len(pairs)
    ):
        return 4.0
    if all(split_marker(pair.left) and split_marker(pair.right) for pair in pairs):
        return 0.0
    for labels in ([(pair.first, pair.last) for pair in pairs], [(pair.first, pair.next) for pair in pairs]):
        both = [(one, other) for one, other in labels if one and other]
        said = [text for pair in both for text in pair]
        short = all(len(text) <= 2 * LABEL_CHARS and not any(map(str.isdigit, text)) for text in said)
        if short and _differ(both, 0.75 * len(pairs)):
            return -6.0
    return 0.0


def _differ(labels: Sequence[tuple[str, str]], least: float) -> bool:
    """Whether so many rows have labels on both sides, mostly two different ones."""
    alike = sum(one.casefold() == other.casefold() for one, other in labels)
    return len(labels) >= max(2.0, least) and alike < 0.5 * len(labels)


def _figures(pairs: Sequence[_Pair]) -> float:
    """Values are figures; labels hold none."""
    share = 1 / len(pairs)
    values = sum(bool(_FIGURE.match(pair.right)) for pair in pairs) * share
    if values >= 0.7:
        return -4.0
    left, right = (sum(any(map(str.isdigit, text)) for text in side) * share for side in _sides(pairs))
    if left >= 0.3 or (left > 0 and right > 0 and abs(left - right) < 0.2):
        return 2.0 if len({_kind(pair.left) for pair in pairs}) > 1 else -1.0  # items are numbered all alike
    if left == 0 and right >= 0.6:
        return -4.0
    return -2.0 if left == 0 and right >= 0.3 else 0.0


def _sides(pairs: Sequence[_Pair]) -> tuple[list[str], list[str]]:
    return [pair.left for pair in pairs], [pair.right for pair in pairs]


def _likeness(pairs: Sequence[_Pair]) -> float:
    """Rows of blocks are of one kind across the white, and differ from row to row."""
    kinds = [(_kind(pair.left), _kind(pair.right)) for pair in pairs]
    same = sum(one == other for one, other in kinds) / len(kinds)
    if all(split_marker(pair.left) and split_marker(pair.right) for pair in pairs):
        return 3.0
    said = sum(_opening(pair.left) == _opening(pair.right) != "" for pair in pairs)
    varied = len({one for one, _ in kinds}) > 1
    score = 1.0 if said else 0.0
    if same >= 0.75:
        return score + (1.5 if varied else 0.25)
    return score - (0.5 if same < 0.5 else 0.0)


def _kind(text: str) -> str:
    """What a row looks like, roughly."""
    if is_drawn_rule(text):
        return "rule"
    if _FIGURE.match(text):
        return "figure"
    if text[:1].isdigit():
        return "number first"
    if any(map(str.isdigit, text)):
        return "number last"
    return "head" if text.endswith(":") else "words"


def _opening(text: str) -> str:
    """The word that a row begins with, where more follows: ``Date:``."""
    first, _, rest = text.partition(" ")
    return first.casefold() if rest and first.endswith((":", ".")) and len(first) > 2 else ""


def _heads(left: Sequence[Row], right: Sequence[Row]) -> float:
    """Both sides begin with a head: bold, in capitals or with a colon, unlike what follows."""

    def head(rows: Sequence[Row]) -> bool:
        marks = [_marks(row[0]) for row in rows]
        return bool(marks[0] - set().union(*marks[1:]))

    return 2.0 if head(left) and head(right) else 0.0


def _marks(piece: Piece) -> set[str]:
    """What heads are told by."""
    text = piece.text.strip()
    seen = {"bold": piece.bold, "capitals": text.isupper() and len(text) > 3, "colon": text.endswith(":")}
    return {name for name, there in seen.items() if there}


def _edges(pairs: Sequence[_Pair]) -> float:
    """Values stand at the right edge, figures among them more surely than words."""
    starts, ends = (float(np.ptp(sides)) for sides in ([pair.start for pair in pairs], [pair.end for pair in pairs]))
    if ends <= _SAME_EDGE < starts:
        figures = sum(bool(_FIGURE.match(pair.right)) for pair in pairs)
        return -3.0 if len(pairs) > 2 and figures >= 0.3 * len(pairs) else -1.0
    return 0.5 if starts <= _SAME_EDGE else -1.0


def _lengths(left: Sequence[Row], right: Sequence[Row], paired: int, scale: Scale) -> float:
    """Blocks are about as wide as each other, few rows high, and end where they end; labels are shorter than values."""
    chars = [median(len(_said(row)) for row in rows) for rows in (left, right)]
    score = 0.5 if 0.5 <= chars[0] / max(1, chars[1]) <= 2 else -1.0
    if paired > 8:
        score -= 1.5
    longer = max(len(left), len(right))
    if longer > paired and _level(left[0]) - _level(right[0]) < scale.size:
        short, long = sorted((left, right), key=len)
        below = [row for row in long if _level(row) > _level(short[-1]) + 0.3 * scale.size]
        score += 1.0 if len(below) == longer - paired else -1.0
    return score
