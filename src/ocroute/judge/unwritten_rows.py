"""Rows of print among the places where an engine saw letters and wrote nothing; pictures and strokes of a pen are others."""

from __future__ import annotations

from statistics import median
from typing import Final

from ocroute.engines.base import Reading
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.raster.sameness import sameness
from ocroute.values import Line

HEIGHT: Final = (0.55, 1.8)  # of a row, in heights of the lines that were written
LONG: Final = 5.0  # of its own heights that a row is wide at least
SHARED: Final = 0.5  # of a row that the ink shows which is in the blank
SHAPES: Final = 6  # of letters or joined words in a row; a signature has fewer


def rows_among(page: InputPage, reading: Reading) -> list[Line]:
    """The blanks of a reading that are rows of print, by how many shapes stand in them, and their size beside that of its lines.

    Where no line was written, the ink has to show a row at the same place.
    """
    heights = [line.box.height for line in reading.lines if not line.angle]
    blanks = [line for line in reading.blanks if line.box.width >= LONG * line.box.height]
    if heights:
        least, most = (share * median(heights) for share in HEIGHT)
        blanks = [line for line in blanks if least <= line.box.height <= most]
    elif blanks:
        printed = [row.box for row in ink_of(page).lines]
        blanks = [line for line in blanks if any(row.intersection(line.box) >= SHARED * row.area for row in printed)]
    found = sameness(page, [line.box for line in blanks]) if blanks else []
    return [line for line, seen in zip(blanks, found, strict=True) if seen.shapes >= SHAPES]
