"""Pieces of a page, upright and at full resolution, and the way back from a piece to the page."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import Raster
from ocroute.ppocr.detector import Region
from ocroute.values import Box

UPRIGHT = 0.003  # slope up to which a plain slice does: less than a pixel and a half of drift on a 500 px line


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A line's pixels.

    Attributes:
        pixels: (h, w, 3) RGB, the text upright.
        origin: page position of the crop's top left pixel.
        along, down: page vectors of one crop pixel to the right and one down.
    """

    pixels: Raster
    origin: NDArray[np.float32]
    along: NDArray[np.float32]
    down: NDArray[np.float32]

    def box(self, x0: float, x1: float, y0: float, y1: float) -> Box:
        """The page box around a rectangle of the crop."""
        corners = np.array([self.origin + x * self.along + y * self.down for x in (x0, x1) for y in (y0, y1)])
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        return Box(float(left), float(top), float(right), float(bottom))

    def turned(self, quarters: int) -> Crop:
        """The same pixels, turned by ``quarters`` x 90 degrees counter-clockwise: 1 or 3."""
        height, width = self.pixels.shape[:2]
        pixels = np.ascontiguousarray(np.rot90(self.pixels, quarters))
        if quarters == 1:
            return Crop(pixels, self.origin + width * self.along, self.down, -self.along)
        return Crop(pixels, self.origin + height * self.down, -self.down, self.along)


def cut(raster: Raster, region: Region) -> Crop:
    """The pixels of ``region``, deskewed where it is tilted."""
    top_left, top_right, _, bottom_left = region.corners
    along, down = top_right - top_left, bottom_left - top_left
    if abs(along[1]) <= UPRIGHT * abs(along[0]) or min(abs(along[0]), abs(down[1])) < 4:
        return cut_box(raster, region.box)
    width, height = (max(1, round(float(np.hypot(*side)))) for side in (along, down))
    target = np.array([(0, 0), (width, 0), (0, height)], np.float32)
    matrix = cv2.getAffineTransform(region.corners[[0, 1, 3]], target)
    pixels = cv2.warpAffine(raster, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return Crop(pixels, top_left, along / width, down / height)


def cut_box(raster: Raster, box: Box) -> Crop:
    """The pixels of an upright box, at least one of them."""
    height, width = raster.shape[:2]
    x0, y0 = min(int(box.x0), width - 1), min(int(box.y0), height - 1)
    x1, y1 = max(x0 + 1, int(np.ceil(box.x1))), max(y0 + 1, int(np.ceil(box.y1)))
    right, below = np.eye(2, dtype=np.float32)
    return Crop(raster[y0:y1, x0:x1], np.array([x0, y0], np.float32), right, below)
