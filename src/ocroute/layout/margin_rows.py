"""How much speaks for a row at the edge of a page being a header or footer rather than text.

On one page nothing proves it, so evidence is added up: where the row stands, how far from the body, a rule between, a page
number beside it, smaller type, and phrases that only margins have.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ocroute.layout.beside import Row
from ocroute.layout.categories import HEADING_SIZE, SMALL_SIZE, TITLE_SIZE
from ocroute.layout.line_measures import Piece, Scale
from ocroute.layout.margins import MARGIN_SHARE
from ocroute.layout.page_numbers import is_page_number, may_be_page_number
from ocroute.layout.tables.cell_text import is_number
from ocroute.layout.wording import PAGE_NUMBER, ended, is_caption, is_marker, is_telling

EDGE_SHARE: Final = 0.085
"""Within this share hardly any body text is printed."""

_GAP = ((1.5, 1.5), (0.6, 1.0), (0.25, 0.5))
"""White towards the body beyond the usual, in line pitches, and what it weighs; less than the last speaks against."""

_PLACE = ((EDGE_SHARE / 2, 1.0), (EDGE_SHARE, 0.5))
"""Distance from the page's edge, and what it weighs."""

LABEL_GAP: Final = 3.0
"""Sizes of type between the number of an item or heading and its text, at most."""

_PROSE_END = re.compile(r"[.,;:!?\-]$")
_NOTE_START = re.compile(r"^(?:[*∗†‡§¶]|[\d⁰¹²³⁴-⁹]{1,2}\s?[^\W\d])")
_ITEM_START = re.compile(r"^[•‣▪■●○◆–\-]\s")


def evidence(group: Sequence[Row], following: Row, scale: Scale, rules: Sequence[float], *, top: bool) -> float:
    """How much speaks for the outermost rows of a page being furniture; the last of them faces ``following``."""
    row = group[-1]
    gap = white(row, following, scale)
    if PAGE_NUMBER.match(text_of(row)):
        return 3.0 if gap > _GAP[1][0] or len(group) > 1 else 2.0
    return (
        _wording(row, scale, top=top)
        + _spread(row, following, scale)
        + _type(row, scale)
        + next((weight for least, weight in _GAP if gap > least), -1.0)
        + _rule(row, following, scale, rules, top=top)
        + next((weight for most, weight in _PLACE if _distance(group[0], scale, top=top) < most), 0.0)
        - 0.5 * (len(group) - 1)
    )


def _wording(row: Row, scale: Scale, *, top: bool) -> float:
    """What the words say, and how they stand side by side."""
    text = text_of(row)
    score = 2.0 if is_telling(text) else 0.0
    if _has_page_number(row):
        score += 1.5
    elif not top and _NOTE_START.match(text):
        score -= 2.0
    elif len(row) > 1 and row[-1].box.x1 - row[0].box.x0 > 0.5 * scale.width:
        score += 1.0  # one part at the left edge, one at the right
    elif len(row) == 1 and len(text) > 60 and _PROSE_END.search(text):
        score -= 1.5
    elif not top and not ended(text):
        score += 0.5  # the last line of a text mostly ends a sentence or fills its column
    return score


def _spread(row: Row, following: Row, scale: Scale) -> float:
    """What it weighs that a page number stands at one edge and a title far from it, unlike a line of contents."""
    reach = row[-1].box.x1 - row[0].box.x0
    if reach < 0.5 * scale.width or sum(piece.box.width for piece in row) > 0.6 * reach or _has_page_number(following):
        return 0.0
    ends = [piece.text for piece in (row[0], row[-1]) if PAGE_NUMBER.match(piece.text)]
    titled = any(sum(letter.isalpha() for letter in piece.text) > 4 for piece in row)
    return 1.0 if titled and any(not text.startswith("(") for text in ends) else 0.0


def _type(row: Row, scale: Scale) -> float:
    """How the row is set: running titles are small, in capitals or in italics, titles are large."""
    size = max(piece.size for piece in row)
    score = 0.5 if size < SMALL_SIZE * scale.size else 0.0
    if size > HEADING_SIZE * scale.size and not (len(row) > 1 and PAGE_NUMBER.match(row[-1].text)):
        score = -1.5
    italic = all(piece.line.font is not None and piece.line.font.italic for piece in row)
    return score + (0.5 if italic or text_of(row).isupper() else 0.0)


def _rule(row: Row, following: Row, scale: Scale, rules: Sequence[float], *, top: bool) -> float:
    """Whether a rule parts the row from the page's body; at the bottom it may as well part footnotes."""
    upper, lower = (row, following) if top else (following, row)
    first = max(piece.box.y1 for piece in upper) - 0.3 * scale.size
    last = min(piece.box.y0 for piece in lower) + 0.3 * scale.size
    if not any(first < y < last for y in rules):
        return 0.0
    return 1.5 if top else 0.5


def _distance(row: Row, scale: Scale, *, top: bool) -> float:
    """From the page's edge to the row's inner side, as a share of the page's height."""
    if top:
        return max(piece.box.y1 for piece in row) / scale.height
    return 1 - min(piece.box.y0 for piece in row) / scale.height


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


def in_margin(row: Row, scale: Scale, *, top: bool) -> bool:
    """Whether a row stands where running titles and page numbers do."""
    return _distance(row, scale, top=top) < MARGIN_SHARE


def is_content(row: Row) -> bool:
    """Whether a row begins as captions, list items and numbered headings do."""
    text = text_of(row)
    if len(row) > 1 and is_marker(row[0].text) and row[1].box.x0 - row[0].box.x1 < LABEL_GAP * row[1].size:
        return True
    return is_caption(text) or (bool(_ITEM_START.match(text)) and not is_telling(text))


def white(outer: Row, inner: Row, scale: Scale) -> float:
    """White between two rows beyond the usual, in line pitches."""
    upper, lower = sorted((outer, inner), key=lambda row: row[0].base)
    white = min(p.box.y0 for p in lower) - max(p.box.y1 for p in upper)
    return (white - (scale.pitch - scale.size)) / scale.pitch


def is_part(number: Piece, pieces: Sequence[Piece], scale: Scale, *, top: bool) -> bool:
    """Whether a number in a margin is part of what stands beside or further in: an item's, a heading's, a sum below figures.

    Args:
        pieces: of the whole page.
        top: which margin.
    """
    if number.size > TITLE_SIZE * scale.size:
        return True
    nearest: Piece | None = None
    for other in pieces:
        if other is number:
            continue
        aside = other.box.x0 - number.box.x1
        level = abs(other.base - number.base) < 0.5 * min(other.size, number.size)
        if level and -0.5 * number.size < aside < LABEL_GAP * number.size and not may_be_page_number(other.text):
            return True
        inward = other.base > number.base if top else other.base < number.base
        overlap = min(other.box.x1, number.box.x1) > max(other.box.x0, number.box.x0) - scale.size
        if inward and overlap and not level:
            distance = abs(other.base - number.base)
            nearest = other if nearest is None or distance < abs(nearest.base - number.base) else nearest
    if nearest is None:
        return False
    step = abs(nearest.base - number.base)
    if top:
        return nearest.size > HEADING_SIZE * scale.size and step < 3 * scale.pitch and not is_page_number(nearest.text)
    aligned = min(abs(nearest.box.x1 - number.box.x1), abs(nearest.box.x0 - number.box.x0)) < 0.5 * number.size
    return aligned and is_number(nearest.text)


def text_of(row: Row) -> str:
    """The words of a row."""
    return " ".join(piece.text for piece in row)
