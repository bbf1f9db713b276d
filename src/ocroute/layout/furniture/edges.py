"""Parts the rows at the top and bottom of a page from its body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ocroute.layout import limits
from ocroute.layout.columns import Row, rows_of
from ocroute.layout.furniture.beside import beside_text
from ocroute.layout.furniture.evidence import evidence, in_margin, is_content, text_of, white
from ocroute.layout.furniture.phrases import PAGE_NUMBER, is_telling
from ocroute.layout.furniture.strays import goes_on
from ocroute.layout.pieces import Piece, Scale


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
    margin = beside_text(pieces, scale)
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


def _edge(rows: Sequence[Row], scale: Scale, rules: Sequence[float], *, top: bool) -> list[Row]:
    """The rows at one edge of the page that are furniture, from top to bottom."""
    inward = list(rows) if top else list(reversed(rows))
    pieces = [piece for row in rows for piece in row]
    best = 0
    for count in range(1, min(limits.FURNITURE_ROWS, len(inward) - 1) + 1):
        inward[count - 1] = [piece for piece in inward[count - 1] if not goes_on(piece, pieces, scale, top=top)]
        row, following = inward[count - 1], inward[count]
        if not row or any(p.table for p in row) or not in_margin(row, scale, top=top) or is_content(row):
            break
        if best == count - 1 > 0 and white(inward[count - 2], row, scale) > 0.6 and not is_telling(text_of(row)):
            break  # white parts the furniture found so far from this row, so the row belongs to the body
        if evidence(inward[:count], following, scale, rules, top=top) >= limits.FURNITURE_SCORE:
            best = count
    chosen = inward[:best]
    if not best and len(inward) == 1 and PAGE_NUMBER.match(text_of(inward[0])) and in_margin(inward[0], scale, top=top):
        chosen = inward[:1]
    return chosen if top else list(reversed(chosen))


def _lonely_number(piece: Piece, body: Sequence[Piece], scale: Scale) -> bool:
    """A page number that shares its height with body text of another column, or stands above labels in the margin."""
    share = piece.box.y1 / scale.height
    top = share < limits.MARGIN_SHARE
    if not (top or share > 1 - limits.MARGIN_SHARE) or not PAGE_NUMBER.match(piece.text):
        return False
    least = 0.6 * scale.pitch
    if limits.EDGE_SHARE < share < 1 - limits.EDGE_SHARE:
        least = 1.5 * scale.pitch
        if abs(piece.box.center[0] - scale.width / 2) > limits.MIDDLE_SHARE * scale.width:
            return False  # a number of a table of contents or of a chart's scale
    for other in body:
        if other is piece or min(other.box.x1, piece.box.x1) <= max(other.box.x0, piece.box.x0):
            continue
        outward = other.box.y1 <= piece.box.y0 if top else other.box.y0 >= piece.box.y1
        white = other.box.y0 - piece.box.y1 if top else piece.box.y0 - other.box.y1
        if outward or white < least:
            return False
    return True
