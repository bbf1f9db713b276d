"""Whether there is anything printed where text is said to stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ocroute.judge.pieces import Piece
from ocroute.raster.ink import Ink

BARE: Final = 0.008  # a line's box with less of its area inked is bare paper; the thinnest type inks 4 %


def bare(ink: Ink, placed: Sequence[Piece]) -> list[bool]:
    """Of each piece, all with boxes, whether its box is bare paper.

    A block of several lines may be mostly paper, like a form: it is bare when no printed line stands in it either.
    """
    shares = ink.inked(piece.box for piece in placed if piece.box is not None)
    return [share < BARE and not _has_lines(ink, piece) for piece, share in zip(placed, shares, strict=True)]


def _has_lines(ink: Ink, piece: Piece) -> bool:
    box = piece.box
    if box is None or piece.rows == 1:
        return False
    return any(box.intersection(line.box) > 0.5 * line.box.area for line in ink.lines)
