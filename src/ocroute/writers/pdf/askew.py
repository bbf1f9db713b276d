"""Lines that lie a little askew: where their words stand, each level by itself.

Poppler parts a word whose letters differ by half a point in height. PDFium orders strings whose heights differ by less than a
quarter of the line's from left to right, and begins no new line where a string reaches the height at which the last one stood.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import copysign, hypot

from ocroute.document.affine import Matrix

_ASKEW = 0.12
"""Tangent of the angle up to which words are made level."""

OFF = 0.27
"""How far strings must be apart in height, in parts of the line's, for PDFium to leave them in their order."""

_OFFSETS = (0.0, 0.3, -0.3, 0.6, -0.6, 0.9)


def levelled(matrix: Matrix) -> Matrix | None:
    """The ``matrix`` of a line on the page, with the line along the nearest side; None where it is so already, or far from it."""
    a, b, c, d, e, f = matrix
    along, across = max(abs(a), abs(b)), min(abs(a), abs(b))
    if not 0 < across <= _ASKEW * along:
        return None
    if abs(a) > abs(b):
        return copysign(hypot(a, b), a), 0.0, 0.0, copysign(hypot(c, d), d), e, f
    return 0.0, copysign(hypot(a, b), b), copysign(hypot(c, d), c), 0.0, e, f


def point_at(matrix: Matrix, place: float) -> tuple[float, float]:
    """Where on the page ``place`` of the line is."""
    return matrix[0] * place + matrix[4], matrix[1] * place + matrix[5]


def height_of(level: Matrix, point: tuple[float, float]) -> float:
    """How far above the levelled line a point of the page is, in parts of the line's height."""
    x, y = point[0] - level[4], point[1] - level[5]
    return y / level[3] if level[0] else x / level[2]


def off_from(own: float, others: Iterable[float]) -> float:
    """How far a blank at height ``own`` is best moved, so that PDFium takes it for none of the strings at heights ``others``."""
    taken = tuple(others)
    return next((off for off in _OFFSETS if all(abs(own + off - other) > OFF for other in taken)), _OFFSETS[0])
