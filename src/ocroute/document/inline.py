"""Text in pieces that are set alike: spans resolved so that they nest, for whatever format puts its marks around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from ocroute.values import InlineStyle, Span

NESTING: Final[tuple[InlineStyle, ...]] = (
    "link",
    "strike",
    "underline",
    "bold",
    "italic",
    "code",
    "superscript",
    "subscript",
)
"""Styles from the outermost in."""

_LEVEL = {ord(raised): level for raised, level in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", "0123456789+−=()ni", strict=True)}
_LEVEL |= {ord(lowered): level for lowered, level in zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", "0123456789+−=()", strict=True)}

_OPENED = re.compile(r"(?:https?://|mailto:)[^\s<>\"\\^`{|}\x00-\x20\x7f-\x9f]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, all of it set in the same styles; ``href`` is the address of a link."""

    text: str
    styles: frozenset[InlineStyle] = frozenset()
    href: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """What a format puts its marks of one style around.

    Attributes:
        written: the inside, in the format.
        text: the inside as it is read.
        before, after: the characters of the text beside it; empty where it begins or ends.
    """

    style: InlineStyle
    href: str
    written: str
    text: str
    before: str
    after: str


def pieces_of(text: str, spans: Sequence[Span]) -> list[Piece]:
    """``text`` cut where a style begins or ends. Blanks at the edges of a span are not styled; no link leads to a script."""
    begins: dict[int, list[Span]] = {}
    ends: dict[int, list[Span]] = {}
    for span in spans:
        start, end = _trimmed(text, span)
        if start < end and (span.style != "link" or may_open(span.href)):
            begins.setdefault(start, []).append(span)
            ends.setdefault(end, []).append(span)
    found: list[Piece] = []
    active: list[Span] = []
    for start, end in pairwise(sorted({0, len(text), *begins, *ends})):
        for gone in ends.get(start, ()):
            active.remove(gone)
        active += begins.get(start, ())
        href = next((span.href for span in active if span.style == "link"), "")
        found.append(Piece(text[start:end], frozenset(span.style for span in active), href))
    return found


def _trimmed(text: str, span: Span) -> tuple[int, int]:
    start, end = max(0, span.start), min(span.end, len(text))
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def spans_of(pieces: Sequence[Piece]) -> tuple[str, tuple[Span, ...]]:
    """The text that ``pieces`` make, and its spans: `pieces_of` the other way round."""
    spans: list[Span] = []
    at = 0
    for (styles, href), group in groupby(pieces, key=lambda piece: (piece.styles, piece.href)):
        end = at + sum(len(piece.text) for piece in group)
        spans += [Span(at, end, style, href if style == "link" else "") for style in NESTING if style in styles]
        at = end
    return "".join(piece.text for piece in pieces), tuple(spans)


def changed(text: str, spans: Sequence[Span], change: Callable[[str], str]) -> tuple[str, tuple[Span, ...]]:
    """``change(text)`` and its spans; ``change`` treats every character by itself."""
    done = change(text)
    if not spans or done == text:
        return done, tuple(spans)
    return spans_of([Piece(change(piece.text), piece.styles, piece.href) for piece in pieces_of(text, spans)])


def lines_of_pieces(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """``pieces`` parted at line ends, without blanks at the ends and without lines that say nothing; tabs become spaces."""
    line: list[Piece] = []
    for piece in (*pieces, Piece("\n")):
        for number, part in enumerate(piece.text.replace("\t", " ").split("\n")):
            if number:
                if stripped := _stripped(line):
                    yield stripped
                line = []
            if part:
                line.append(Piece(part, piece.styles, piece.href))


def _stripped(line: Sequence[Piece]) -> list[Piece]:
    kept = list(line)
    while kept and not kept[0].text.strip():
        del kept[0]
    while kept and not kept[-1].text.strip():
        del kept[-1]
    if kept:
        kept[0] = Piece(kept[0].text.lstrip(), kept[0].styles, kept[0].href)
        kept[-1] = Piece(kept[-1].text.rstrip(), kept[-1].styles, kept[-1].href)
    return kept


def unemphasised(pieces: Sequence[Piece]) -> list[Piece]:
    """``pieces`` without bold, italic or underlined type where all is set so: a heading's look, no emphasis in it."""
    plain: set[InlineStyle] = {
        style
        for style in ("bold", "italic", "underline")
        if all(style in piece.styles for piece in pieces if piece.text.strip())
    }
    return [Piece(piece.text, piece.styles - plain, piece.href) for piece in pieces]


def nested(pieces: Sequence[Piece], leaf: Callable[[str], str], wrap: Callable[[Marked], str]) -> str:
    """``pieces`` of one line as a format writes them: ``leaf`` writes text, ``wrap`` puts marks around what is written."""
    return _nested(pieces, leaf, wrap, NESTING, "", "")


def _nested(
    pieces: Sequence[Piece],
    leaf: Callable[[str], str],
    wrap: Callable[[Marked], str],
    styles: Sequence[InlineStyle],
    before: str,
    after: str,
) -> str:
    styles = [style for style in styles if any(style in piece.styles for piece in pieces)]
    if not styles:
        return leaf("".join(piece.text for piece in pieces))
    style, *inner = styles
    groups = [
        (key, list(group))
        for key, group in groupby(pieces, key=lambda piece: (style in piece.styles, style == "link" and piece.href))
    ]
    texts = ["".join(piece.text for piece in group) for _, group in groups]
    written = ""
    for place, ((styled, href), group) in enumerate(groups):
        left = texts[place - 1][-1:] if place else before
        right = texts[place + 1][:1] if place + 1 < len(texts) else after
        text = texts[place].strip()
        if not styled or not text:
            written += _nested(group, leaf, wrap, inner, left, right)
            continue
        # An outer style may have cut this one at a blank, and marks beside a blank on their inner side are none.
        start = len(texts[place]) - len(texts[place].lstrip())
        blank_before, blank_after = texts[place][:start], texts[place][start + len(text) :]
        left, right = blank_before[-1:] or left, blank_after[:1] or right
        inside = _nested(_stripped(group), leaf, wrap, inner, left, right)
        written += blank_before + wrap(Marked(style, href or "", inside, text, left, right)) + blank_after
    return written


def level_digits(text: str) -> str:
    """``text`` with its raised and lowered digits and signs on the line."""
    return text.translate(_LEVEL)


def may_open(href: str) -> bool:
    """Whether a link may lead there: to a page or a mailbox, never to a script, a file or a program."""
    return bool(_OPENED.fullmatch(href))
