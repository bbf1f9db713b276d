"""Which pieces of a margin row belong to a column of text that only happens to end there."""

from __future__ import annotations

from collections.abc import Sequence

from ocroute.layout import limits
from ocroute.layout.furniture.phrases import is_telling
from ocroute.layout.pieces import Piece, Scale

_MORE_THAN_FURNITURE = limits.FURNITURE_ROWS + 1
"""Lines of one type, one below the other, that no running head or foot has."""


def goes_on(piece: Piece, pieces: Sequence[Piece], scale: Scale, *, top: bool) -> bool:
    """Whether a piece is the first (``top``) or last line of a column: many lines like it follow towards the body.

    Where columns end at the height of a stamp or a footer, they share a row with it, but their text must not go with it.
    A page number goes on in page numbers only: those of a table of contents.
    """
    count, last = 1, piece
    while count < _MORE_THAN_FURNITURE:
        following = _next(last, pieces, scale, top=top)
        if following is None:
            return False
        count, last = count + 1, following
    return True


def _next(piece: Piece, pieces: Sequence[Piece], scale: Scale, *, top: bool) -> Piece | None:
    """The line right below (``top``) or above in the same column, of the same type."""
    best: Piece | None = None
    telling = is_telling(piece.text)
    for other in pieces:
        step = other.base - piece.base if top else piece.base - other.base
        if (
            0.5 * scale.pitch < step < limits.PARAGRAPH_PITCH * scale.pitch
            and abs(other.box.x0 - piece.box.x0) < limits.DEEPEST_INDENT / 2 * scale.size
            and abs(other.size - piece.size) < limits.SAME_SIZE * piece.size
            and other.table is None
            and is_telling(other.text) == telling
            and (best is None or abs(other.base - piece.base) < abs(best.base - piece.base))
        ):
            best = other
    return best
