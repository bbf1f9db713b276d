"""How tall the letters of a page are: what decides at which size an engine should see it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import InputPage
from ocroute.raster.grey import grey_of, otsu_ink

SPECK = 4  # pixels; lower marks are noise, dots and commas
SAMPLE = 4_000_000  # pixels that are looked at: the middle of larger pages


def height(page: InputPage) -> float | None:
    """The median height of the page's marks in raster pixels, about its x-height; None where there are too few to say."""
    return page.once("raster.letter_height", lambda: measure(grey_of(page)))


def measure(grey: NDArray[np.uint8]) -> float | None:
    """`height` of an (H, W) grey page."""
    rows = max(1, SAMPLE // grey.shape[1])
    start = max(0, (grey.shape[0] - rows) // 2)
    calm = cv2.medianBlur(grey[start : start + rows], 3)
    ink, _ = otsu_ink(np.asarray(calm, np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    widths, heights = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    letters = heights[
        (heights >= SPECK) & (heights < grey.shape[0] / 8) & (widths < 8 * heights) & (heights < 8 * widths)
    ]
    return float(np.median(letters)) if len(letters) >= 10 else None
