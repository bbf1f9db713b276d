"""Short rows that the detector took for one tall region, as it does with the numbers of a column, one below the other.

Such a region is as tall as a line that runs up the page and is read as one: two page numbers become a percent sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import InputPage
from ocroute.ppocr.detector import Region
from ocroute.raster.grey import grey_of, otsu_ink
from ocroute.values import Box

TALLER: Final = 1.5  # usual heights of a region from which it may hold two rows
NARROW: Final = 3.0  # usual heights that it is wide at most
WHITE: Final = 0.35  # the same of the white between two rows; letters that run up the page are closer
ROW: Final = (0.3, 1.1)  # the same of a row of letters without the white around it
LEVEL: Final = 0.35  # the same by which a row and the line that it belongs to are off each other
SPECK: Final = 0.15  # the same of what is no row
AROUND: Final = 0.25  # the same of white that is read with a row


def parted(page: InputPage, regions: Sequence[Region]) -> list[Region]:
    """``regions``, those that hold several short rows cut into these."""
    usual = median(region.box.height for region in regions) if regions else 0.0
    levels = np.array([region.box.center[1] for region in regions if region.box.height < TALLER * usual])
    return [part for region in regions for part in _rows(page, region, usual, levels) or [region]]


def _rows(page: InputPage, region: Region, usual: float, levels: NDArray[np.float64]) -> list[Region]:
    """The rows in a region, each at one of the ``levels`` of lines beside it; none where it is one line."""
    box = region.box.clamped(*page.size)
    if box.height < TALLER * usual or box.width > min(NARROW * usual, box.height):
        return []
    left, top, right, bottom = (round(side) for side in (box.x0, box.y0, box.x1, box.y1))
    if right - left < 2 or bottom - top < 2:
        return []
    ink, _ = otsu_ink(grey_of(page)[top:bottom, left:right])
    runs = [run for run in _runs(ink.sum(axis=1) >= 2, WHITE * usual) if run[1] - run[0] >= SPECK * usual]
    if len(runs) < 2 or not all(ROW[0] * usual <= end - start <= ROW[1] * usual for start, end in runs):
        return []
    if not all(np.abs(levels - top - (start + end) / 2).min(initial=np.inf) < LEVEL * usual for start, end in runs):
        return []
    around = AROUND * usual
    boxes = (Box(box.x0, max(0.0, top + start - around), box.x1, top + end + around) for start, end in runs)
    return [Region.upright(row.clamped(*page.size), region.score) for row in boxes]


def _runs(inked: NDArray[np.bool_], least: float) -> Iterator[tuple[int, int]]:
    """Starts and ends of inked rows, those less than ``least`` apart together."""
    places = np.flatnonzero(inked)
    if not places.size:
        return
    for run in np.split(places, np.flatnonzero(np.diff(places) > least) + 1):
        yield int(run[0]), int(run[-1]) + 1
