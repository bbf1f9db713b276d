"""A sheet of paper in a photograph: where it lies there, and the way from the sheet back into the photograph."""

from __future__ import annotations

from math import cos, dist, radians, sin

import msgspec

Point = tuple[float, float]


class Sheet(msgspec.Struct, frozen=True):
    """Where a sheet lies in a photograph that was taken a little from the side.

    Attributes:
        width, height: of the photograph, pixels.
        corners: of the sheet in the photograph: those that became top left, top right, bottom right, bottom left of the page.
            They may lie outside the photograph where it shows less than the sheet.
    """

    width: int
    height: int
    corners: tuple[Point, Point, Point, Point]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the sheet seen from above, pixels: as long as the longer ones of its sides."""
        a, b, c, d = self.corners
        return max(1, round(max(dist(a, b), dist(d, c)))), max(1, round(max(dist(a, d), dist(b, c))))

    def in_photograph(self, x: float, y: float) -> Point:
        """Where a place of the page, in its pixels, is in the photograph.

        The unit square is mapped to a quadrilateral as in P. S. Heckbert, "Fundamentals of Texture Mapping and Image Warping"
        (1989), section 2.2.3.
        """
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.corners
        width, height = self.size
        u, v = x / width, y / height
        right, below = (x1 - x2, y1 - y2), (x3 - x2, y3 - y2)
        rest = (x0 - x1 + x2 - x3, y0 - y1 + y2 - y3)
        area = right[0] * below[1] - below[0] * right[1]
        g = (rest[0] * below[1] - below[0] * rest[1]) / area
        h = (right[0] * rest[1] - rest[0] * right[1]) / area
        away = g * u + h * v + 1
        return (
            ((x1 - x0 + g * x1) * u + (x3 - x0 + h * x3) * v + x0) / away,
            ((y1 - y0 + g * y1) * u + (y3 - y0 + h * y3) * v + y0) / away,
        )

    def within(self, other: Sheet) -> Sheet:
        """The same in the photograph that ``other`` lies in, where this one's photograph is ``other`` seen from above."""
        a, b, c, d = (other.in_photograph(*corner) for corner in self.corners)
        return Sheet(other.width, other.height, (a, b, c, d))

    def turned_back(self, degrees: float) -> Sheet:
        """The same in the photograph as it was before it was turned about its middle by ``degrees`` counter-clockwise."""
        x, y, turn = self.width / 2, self.height / 2, radians(degrees)
        c, s = cos(turn), sin(turn)
        places = ((x + c * (u - x) - s * (v - y), y + s * (u - x) + c * (v - y)) for u, v in self.corners)
        first, second, third, fourth = places
        return Sheet(self.width, self.height, (first, second, third, fourth))
