"""Footnotes: which groups at a column's end they are, where one ends and the next begins, and marks that stand by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from ocroute.layout.categories import SMALL_SIZE
from ocroute.layout.line_measures import Piece, Scale, merged
from ocroute.layout.paragraphs import Group
from ocroute.values import Span

HIGHEST: Final = 0.4
"""Share of the page's height above which no footnotes begin."""

SMALLER: Final = 0.85
"""Of the size of the line behind it that a mark which stands by itself is set in at most."""

_NOTE: Final = re.compile(r"^(?:[*†‡§¶‖#∗]{1,3}\s?\S|\(?[\d⁰¹²³⁴-⁹]{1,3}\)?(?:\s|(?=[A-Z\"“(]))|[a-z]\s+[A-Z])")
_MARK: Final = re.compile(r"^(?:[*†‡§¶‖#∗]{1,3}|[\d⁰¹²³⁴-⁹]{1,3}|[a-z])$")
_NUMBER: Final = re.compile(r"^\(?(\d{1,3})\)?[\s.]*(?=[^\W\d_]|[\"“‘«(\[])")
_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def with_marks(pieces: Sequence[Piece]) -> list[Piece]:
    """``pieces``, each small mark that stands raised before a line put in front of it."""
    rest = list(pieces)
    for mark in pieces:
        if not _MARK.match(mark.text) or mark.table is not None or mark.turned:
            continue
        behind = [piece for piece in rest if piece is not mark and _stands_before(mark, piece)]
        if behind:
            line = min(behind, key=lambda piece: piece.box.x0)
            whole = merged([_raised(mark), line], separator="")
            rest[next(at for at, piece in enumerate(rest) if piece is line)] = replace(line, line=whole.line)
            rest = [piece for piece in rest if piece is not mark]
    return rest


def _raised(mark: Piece) -> Piece:
    span = (Span(0, len(mark.text), "superscript"),)
    words = tuple(msgspec.structs.replace(word, spans=word.spans or span) for word in mark.line.words)
    return replace(mark, line=msgspec.structs.replace(mark.line, words=words))


def _stands_before(mark: Piece, line: Piece) -> bool:
    near = -0.3 * line.size < line.box.x0 - mark.box.x1 < 0.6 * line.size
    raised = 0.1 * line.size < line.base - mark.base < 0.8 * line.size
    return near and raised and mark.size <= SMALLER * line.size and line.table is None and len(line.text) > 3


def count_of(column: Sequence[Group], scale: Scale, rules: Sequence[float]) -> int:
    """How many groups at the end of a column are footnotes: small type, and a note mark or a rule above the first.

    Args:
        rules: heights at which lines are ruled.
    """
    count = 0
    small = scale.size * (SMALL_SIZE if column and column[-1].lines[0].line.font else SMALL_SIZE - 0.05)
    for number, group in enumerate(reversed(column), start=1):
        first = group.lines[0]
        if first.table is not None or group.size > small or first.box.y0 < HIGHEST * scale.height:
            break
        above = [y for y in rules if first.box.y0 - 1.5 * scale.pitch < y < first.box.y0 + 0.2 * scale.size]
        if _NOTE.match(first.text) or above:
            count = number
    return count


def parted(groups: Sequence[Group]) -> Iterator[Group]:
    """Footnotes one by one: a new one begins with a raised mark, or with the number after the last one's."""
    last = None
    for group in groups:
        start = 0
        for at, line in enumerate(group.lines):
            number = _number(line)
            begins = _is_raised(line) or (number is not None and number == (last or 0) + 1)
            if at and begins:
                yield Group(group.column, group.first + start, group.lines[start:at])
                start = at
            if begins or not at:
                last = number if number is not None else last
        yield Group(group.column, group.first + start, group.lines[start:])


def _number(line: Piece) -> int | None:
    found = _NUMBER.match(line.text.translate(_RAISED))
    return int(found[1]) if found else None


def _is_raised(line: Piece) -> bool:
    words = line.line.words
    spans = words[0].spans if words else ()
    return any(span.start == 0 and span.style == "superscript" for span in spans) or line.text[:1] in "⁰¹²³⁴⁵⁶⁷⁸⁹*†‡∗"
