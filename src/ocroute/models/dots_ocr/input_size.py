"""The size at which the model sees a page, and the way back from its pixels to the page's."""

from __future__ import annotations

from math import ceil, floor, sqrt
from typing import Final, NamedTuple

from ocroute.errors import Declined
from ocroute.values import Box

LONGEST: Final = 200
"""The model was never shown an image that is more than this many times as long as wide."""


class InputSize(NamedTuple):
    """Width and height, in pixels, of the image that the model is given. Its boxes are in these pixels, origin top left."""

    width: int
    height: int

    def to_page(self, corners: tuple[float, float, float, float], page: tuple[float, float]) -> Box:
        """A box in these pixels as a box on a page of ``page`` = (width, height) pixels, corners sorted, cut to the page."""
        across, down = page[0] / self.width, page[1] / self.height
        x0, x1 = sorted((corners[0] * across, corners[2] * across))
        y0, y1 = sorted((corners[1] * down, corners[3] * down))
        return Box(x0, y0, x1, y1).clamped(*page)

    def from_page(self, box: Box, page: tuple[float, float]) -> tuple[int, int, int, int]:
        """A box on a page of ``page`` = (width, height) pixels as whole pixels of this size, at least one wide and high."""
        across, down = self.width / page[0], self.height / page[1]
        x0, y0 = floor(box.x0 * across), floor(box.y0 * down)
        return x0, y0, max(x0 + 1, ceil(box.x1 * across)), max(y0 + 1, ceil(box.y1 * down))


def fit(width: int, height: int, *, factor: int, min_pixels: int, max_pixels: int) -> InputSize:
    """The input size for ``width`` x ``height`` pixels: multiples of ``factor``, the shape kept as well as they allow.

    The area is brought between ``min_pixels`` and ``max_pixels``; where the multiples do not allow both, the upper bound
    holds. The arithmetic is that of the model's own tools, so that boxes mean the same; it differs from that of Qwen2-VL for
    images below one ``factor`` and for those that only just pass the upper bound after being enlarged.

    Raises:
        Declined: the image is too long for its width.
    """
    if max(width, height) > LONGEST * min(width, height):
        raise Declined(
            f"an image of {width} x {height} pixels is more than {LONGEST} times as long as wide",
            next_step="Cut it into parts",
        )
    wide = max(factor, round(width / factor) * factor)
    high = max(factor, round(height / factor) * factor)
    if wide * high > max_pixels:
        return _shrunk(width, height, factor, max_pixels)
    if wide * high < min_pixels:
        scale = sqrt(min_pixels / (width * height))
        wide, high = ceil(width * scale / factor) * factor, ceil(height * scale / factor) * factor
        if wide * high > max_pixels:
            return _shrunk(wide, high, factor, max_pixels)
    return InputSize(wide, high)


def _shrunk(width: int, height: int, factor: int, max_pixels: int) -> InputSize:
    scale = sqrt(width * height / max_pixels)
    across, down = (max(1, floor(side / scale / factor)) for side in (width, height))
    # A side that could not be made smaller leaves the area too large; the model's own tools let that happen.
    most = max_pixels // factor**2
    return InputSize(max(1, min(across, most // down)) * factor, max(1, min(down, most // across)) * factor)
