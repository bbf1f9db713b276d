"""How tall the letters of a page are: what decides at which size it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import InputPage
from ocroute.raster.grey import grey_of, otsu_ink

Grey = NDArray[np.uint8]

SPECK: Final = 4  # pixels; lower marks are noise, dots and commas
SAMPLE: Final = 4_000_000  # pixels that are looked at: the middle of larger pages
_FEWEST: Final = 10  # marks that it takes to say

_TILE: Final = 512  # pixels of a tile's sides: four lines of 10 points at 300 dots an inch
_TILES: Final = 6
_BUSY: Final = 0.3  # of the busiest tile's changes from pixel to pixel: what changes less holds no text, or little
_STEP: Final = 3  # pixels from one to the next that is looked at for it
_SMALL: Final = 0.3  # of the marks are lower than the page's small letters


def height(page: InputPage) -> float | None:
    """The median height of the page's marks in raster pixels, about its x-height; None where there are too few to say."""
    return page.once("raster.letter_height", lambda: measure(grey_of(page)) or small_letters(grey_of(page)))


def measure(grey: Grey) -> float | None:
    """`height` of an (H, W) grey page."""
    rows = max(1, SAMPLE // grey.shape[1])
    start = max(0, (grey.shape[0] - rows) // 2)
    letters = _heights(grey[start : start + rows], grey.shape[0] / 8)
    return float(np.median(letters)) if len(letters) >= _FEWEST else None


def small_letters(grey: Grey) -> float | None:
    """The x-height of the smaller type of a page of any shape, pixels, as seen on its busy places; None where none is seen."""
    if min(grey.shape) <= _STEP:
        return None  # no place for a letter
    letters = np.concatenate([_heights(tile, _TILE / 4) for tile in _busy_tiles(grey)])
    return float(np.quantile(letters, _SMALL)) if len(letters) >= _FEWEST else None


def _heights(grey: Grey, most: float) -> NDArray[np.int32]:
    """The heights of the marks that are shaped like letters and lower than ``most``."""
    calm = cv2.medianBlur(grey, 3)
    ink, _ = otsu_ink(np.asarray(calm, np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    widths, heights = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    like = (heights >= SPECK) & (heights < most) & (widths < 8 * heights) & (heights < 8 * widths)
    return np.asarray(heights[like], np.int32)


def _busy_tiles(grey: Grey) -> Iterator[Grey]:
    """A few tiles from all over the page, of those in which much is printed."""
    sparse = grey[::_STEP, ::_STEP].astype(np.int16)
    size = _TILE // _STEP
    change = np.abs(np.diff(sparse, axis=1)).astype(np.float32)
    down, across = (max(1, round(side / size)) for side in change.shape)
    busy = cv2.resize(change, (across, down), interpolation=cv2.INTER_AREA).ravel()
    chosen = np.flatnonzero(busy >= _BUSY * busy.max())
    for tile in chosen[np.linspace(0, len(chosen) - 1, min(_TILES, len(chosen))).astype(int)]:
        row, column = divmod(int(tile), across)
        y, x = row * grey.shape[0] // down, column * grey.shape[1] // across
        yield grey[y : y + _TILE, x : x + _TILE]
