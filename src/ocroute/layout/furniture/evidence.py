"""How much speaks for a margin row being furniture."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ocroute.layout import limits
from ocroute.layout.columns import Row
from ocroute.layout.furniture.phrases import PAGE_NUMBER, is_telling
from ocroute.layout.notes import is_caption
from ocroute.layout.pieces import Scale

_PROSE_END = re.compile(r"[.,;:!?\-]$")
_NOTE_START = re.compile(r"^(?:[*∗†‡§¶]|\d{1,2}\s?[^\W\d])")
_ITEM_START = re.compile(r"^[•‣▪■●○◆–\-]\s")


def evidence(group: Sequence[Row], following: Row, scale: Scale, rules: Sequence[float], *, top: bool) -> float:
    """How much speaks for the outermost rows of a page being furniture; the last of them faces ``following``."""
    row = group[-1]
    text = text_of(row)
    upper, lower = (row, following) if top else (following, row)
    gap = white(row, following, scale)
    score = 0.0
    if PAGE_NUMBER.match(text):
        return 3.0 if gap > 0.3 or len(group) > 1 else 2.0
    if is_telling(text):
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


def in_margin(row: Row, scale: Scale, *, top: bool) -> bool:
    """Whether a row stands where running titles and page numbers do."""
    share = max(p.box.y1 for p in row) / scale.height
    return share < limits.MARGIN_SHARE if top else 1 - min(p.box.y0 for p in row) / scale.height < limits.MARGIN_SHARE


def is_content(row: Row) -> bool:
    """Whether a row begins as captions and list items do."""
    text = text_of(row)
    return is_caption(text) or (bool(_ITEM_START.match(text)) and not is_telling(text))


def white(outer: Row, inner: Row, scale: Scale) -> float:
    """White between two rows beyond the usual, in line pitches."""
    upper, lower = sorted((outer, inner), key=lambda row: row[0].base)
    white = min(p.box.y0 for p in lower) - max(p.box.y1 for p in upper)
    return (white - (scale.pitch - scale.size)) / scale.pitch


def text_of(row: Row) -> str:
    """The words of a row."""
    return " ".join(piece.text for piece in row)
