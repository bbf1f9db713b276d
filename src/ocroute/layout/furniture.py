"""Running titles, page numbers, stamps: what is printed on a page but is no part of its text.

On one page nothing proves that a line is furniture, so evidence is added up: where it stands, how far from the body, a rule
between, a page number beside it, smaller type, and phrases that only margins have. Over several pages repetition is proof.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ocroute.layout import limits
from ocroute.layout.columns import Row, rows_of
from ocroute.layout.notes import is_caption
from ocroute.layout.pieces import Piece, Scale

_ROMAN = r"(?=[ivxlc])(?:x{0,3}|xl|l?x{0,3})(?:ix|iv|v?i{0,3})"
PAGE_NUMBER = re.compile(
    rf"^[\s\-–—~•·|\[(.]*(?:(?:page|pg\.?|p\.|seite|стр\.?|страница|página|pagina)\s*)?"
    rf"(?:\d{{1,4}}|{_ROMAN}|[A-Z]{{1,2}}[\-–.]?\d{{1,3}}|\d{{1,3}}[\-–.]\d{{1,3}})"
    rf"(?:\s*(?:of|/|von|из|de|sur)\s*\d{{1,4}})?[\s\-–—~•·|\]).]*$",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"downloaded (?:from|by|on)|\barxiv:\d|^\s*(?:https?://)?(?:dx\.)?doi(?:\.org|:|\s)|©|\(c\)\s*(?:19|20)\d\d|copyright\b"
    r"|all rights reserved|^proceedings of|\bvol(?:ume|\.)\s*\d+.{0,40}(?:\bno\b|\bissue\b|\bnumber\b|\b(?:19|20)\d\d\b)"
    r"|\bISSN\b|\bISBN\b|^preprint\b|preprint submitted to|authorized licensed use|this article is protected by"
    r"|^page \d+ of \d+|to whom correspondence|^manuscript\b.{0,40}(?:draft|submitted)|\bconfidential\b.{0,30}$"
    r"|licensed under|creative commons|^(?:received|accepted|published)\b.{0,60}\b(?:19|20)\d\d",
    re.IGNORECASE,
)
_PROSE_END = re.compile(r"[.,;:!?\-]$")
_NOTE_START = re.compile(r"^(?:[*∗†‡§¶]|\d{1,2}\s?[^\W\d])")
_ITEM_START = re.compile(r"^[•‣▪■●○◆–\-]\s")


@dataclass(frozen=True, slots=True)
class Sorted:
    """The pieces of a page, apart. Headers and footers are in reading order."""

    headers: tuple[Piece, ...]
    body: tuple[Piece, ...]
    footers: tuple[Piece, ...]


def set_apart(pieces: Sequence[Piece], scale: Scale, rules: Sequence[float] = ()) -> Sorted:
    """Headers and footers of a single page, and everything else.

    Args:
        rules: y of the horizontal rules that cross a good part of the page.
    """
    margin = _margin_text(pieces, scale)
    marginal = {id(piece) for piece in margin}
    rest = [piece for piece in pieces if id(piece) not in marginal]
    rows = rows_of(rest, scale)
    headers = _edge(rows, scale, rules, top=True)
    taken = {id(piece) for row in headers for piece in row}
    rows = [row for row in rows if id(row[0]) not in taken]
    footers = _edge(rows, scale, rules, top=False)
    taken |= {id(piece) for row in footers for piece in row}
    body = [piece for piece in rest if id(piece) not in taken]
    numbers = [piece for piece in body if _lonely_number(piece, body, scale)]
    numbered = {id(piece) for piece in numbers}
    upper = [p for p in numbers if p.box.y1 < scale.height / 2]
    lower = [p for p in numbers if p.box.y1 >= scale.height / 2]
    return Sorted(
        (*margin, *(p for row in headers for p in row), *upper),
        tuple(piece for piece in body if id(piece) not in numbered),
        (*lower, *(p for row in footers for p in row)),
    )


def _margin_text(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
    """Turned stamps beside the text, and numbers that count its lines."""
    upright = [p for p in pieces if not _is_turned(p)]
    if not upright:
        return []
    turned = [
        p
        for p in pieces
        if _is_turned(p)
        and (p.box.x1 < 0.1 * scale.width or p.box.x0 > 0.9 * scale.width)
        and all(p.box.x1 <= q.box.x0 or p.box.x0 >= q.box.x1 for q in upright if q.box.width > 0.2 * scale.width)
    ]
    return turned + _line_numbers(upright, scale)


def _is_turned(piece: Piece) -> bool:
    return len(piece.text) > 4 and piece.box.height > 2.5 * piece.box.width


def _line_numbers(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
    """Numbers in one file beside the text that rise by an even step."""
    numbers = sorted((p for p in pieces if p.text.isdecimal() and len(p.text) < 5), key=lambda p: p.base)
    if len(numbers) < 5:
        return []
    top, bottom = numbers[0].box.y0, numbers[-1].box.y1
    bulk = [
        p for p in pieces if sum(letter.isalpha() for letter in p.text) > 4 and top < (p.box.y0 + p.box.y1) / 2 < bottom
    ]
    for side in ("left", "right"):
        outer = [
            p for p in numbers if all((p.box.x1 <= q.box.x0 if side == "left" else p.box.x0 >= q.box.x1) for q in bulk)
        ]
        files: dict[int, list[Piece]] = {}
        for piece in outer:
            files.setdefault(round(piece.box.x1 / (1.5 * scale.size)), []).append(piece)
        for run in files.values():
            steps = [int(b.text) - int(a.text) for a, b in pairwise(run)]
            if len(run) >= 5 and steps.count(max(set(steps), key=steps.count)) >= 0.8 * len(steps) and min(steps) > 0:
                return run
    return []


def _edge(rows: Sequence[Row], scale: Scale, rules: Sequence[float], *, top: bool) -> list[Row]:
    """The rows at one edge of the page that are furniture, from top to bottom."""
    inward = list(rows) if top else list(reversed(rows))
    best = 0
    for count in range(1, min(limits.FURNITURE_ROWS, len(inward) - 1) + 1):
        row, following = inward[count - 1], inward[count]
        if any(p.table for p in row) or not _in_margin(row, scale, top=top) or _is_content(row):
            break
        if best == count - 1 > 0 and _white(inward[count - 2], row, scale) > 0.6 and not is_telling(_text(row)):
            break  # white parts the furniture found so far from this row, so the row belongs to the body
        if _evidence(inward[:count], following, scale, rules, top=top) >= limits.FURNITURE_SCORE:
            best = count
    chosen = inward[:best]
    if not best and len(inward) == 1 and PAGE_NUMBER.match(_text(inward[0])) and _in_margin(inward[0], scale, top=top):
        chosen = inward[:1]
    return chosen if top else list(reversed(chosen))


def _in_margin(row: Row, scale: Scale, *, top: bool) -> bool:
    share = max(p.box.y1 for p in row) / scale.height
    return share < limits.MARGIN_SHARE if top else 1 - min(p.box.y0 for p in row) / scale.height < limits.MARGIN_SHARE


def _is_content(row: Row) -> bool:
    """Whether a row begins as captions and list items do."""
    text = _text(row)
    return is_caption(text) or (bool(_ITEM_START.match(text)) and not is_telling(text))


def is_telling(text: str) -> bool:
    """Whether a text is a page number or a phrase that only margins have."""
    return bool(PAGE_NUMBER.match(text)) or (bool(_PHRASE.search(text)) and len(text) < limits.HEADING_CHARS)


def _white(outer: Row, inner: Row, scale: Scale) -> float:
    """White between two rows beyond the usual, in line pitches."""
    upper, lower = sorted((outer, inner), key=lambda row: row[0].base)
    white = min(p.box.y0 for p in lower) - max(p.box.y1 for p in upper)
    return (white - (scale.pitch - scale.size)) / scale.pitch


def _text(row: Row) -> str:
    return " ".join(piece.text for piece in row)


def _evidence(group: Sequence[Row], following: Row, scale: Scale, rules: Sequence[float], *, top: bool) -> float:
    """How much speaks for the outermost rows of a page being furniture; the last of them faces ``following``."""
    row = group[-1]
    text = _text(row)
    upper, lower = (row, following) if top else (following, row)
    gap = _white(row, following, scale)
    score = 0.0
    if PAGE_NUMBER.match(text):
        return 3.0 if gap > 0.3 or len(group) > 1 else 2.0
    if _PHRASE.search(text) and (len(text) < limits.HEADING_CHARS):
        score += 2.0
    if _has_page_number(row):
        score += 1.5
    elif row[-1].box.x0 - row[0].box.x1 > 0.25 * scale.width:
        score += 0.5  # one half at the left edge, one at the right
    score += 1.5 if gap > 1.5 else 1.0 if gap > 0.6 else 0.5 if gap > 0.25 else -1.0
    note = not top and bool(_NOTE_START.match(text)) and not _has_page_number(row)
    edges_of_white = max(p.box.y1 for p in upper), min(p.box.y0 for p in lower)
    if any(edges_of_white[0] - 0.3 * scale.size < y < edges_of_white[1] + 0.3 * scale.size for y in rules):
        score += 1.5 if top else 0.5  # at the bottom it may as well part footnotes
    size = max(p.size for p in row)
    if size < limits.SMALL_SIZE * scale.size:
        score += 0.5
    elif size > limits.HEADING_SIZE * scale.size:
        score -= 1.5
    if text.isupper() or all(p.line.font is not None and p.line.font.italic for p in row):
        score += 0.5
    outermost = group[0]
    share = (
        max(p.box.y1 for p in outermost) / scale.height if top else 1 - min(p.box.y0 for p in outermost) / scale.height
    )
    if share < limits.EDGE_SHARE:
        score += 0.5
    if len(text) > 60 and _PROSE_END.search(text):
        score -= 1.5
    if note:
        score -= 2.0
    if len(group) > 1:
        score -= 0.5 * (len(group) - 1)
    return score


def _has_page_number(row: Row) -> bool:
    """Whether a row begins or ends with a number that stands apart from its other text."""
    if len(row) > 1:
        return any(PAGE_NUMBER.match(piece.text) for piece in (row[0], row[-1]))
    words = row[0].line.words
    if len(words) < 2:
        return False
    space = 0.8 * row[0].size
    first = words[1].box.x0 - words[0].box.x1 > space and PAGE_NUMBER.match(words[0].text)
    last = words[-1].box.x0 - words[-2].box.x1 > space and PAGE_NUMBER.match(words[-1].text)
    return bool(first or last) or "|" in (words[1].text, words[-2].text)


def _lonely_number(piece: Piece, body: Sequence[Piece], scale: Scale) -> bool:
    """A page number that shares its height with body text of another column."""
    share = piece.box.y1 / scale.height
    top = share < limits.EDGE_SHARE
    if not (top or share > 1 - limits.EDGE_SHARE) or not PAGE_NUMBER.match(piece.text):
        return False
    for other in body:
        if other is piece or min(other.box.x1, piece.box.x1) <= max(other.box.x0, piece.box.x0):
            continue
        outward = other.box.y1 <= piece.box.y0 if top else other.box.y0 >= piece.box.y1
        white = other.box.y0 - piece.box.y1 if top else piece.box.y0 - other.box.y1
        if outward or white < 0.6 * scale.pitch:
            return False
    return True
