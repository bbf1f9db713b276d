"""Rows of print among the places where an engine saw letters and wrote nothing; pictures and strokes of a pen are others."""

from __future__ import annotations

from statistics import median
from typing import Final

from ocroute.engines.base import Reading
from ocroute.pages.page import InputPage
from ocroute.raster.sameness import sameness
from ocroute.values import Line

HEIGHT: Final = (0.55, 1.8)  # of a row, in heights of the lines that were written
LONG: Final = 6.0  # of its own heights that a row is wide at least
SHAPES: Final = 6  # of letters or joined words in a row; a signature has fewer


def rows_among(page: InputPage, reading: Reading) -> list[Line]:
    """The blanks of a reading that are rows of print, by the size of its lines and how many shapes stand in them."""
    heights = [line.box.height for line in reading.lines if not line.angle]
    if not heights or not reading.blanks:
        return []
    least, most = (share * median(heights) for share in HEIGHT)
    long = [line for line in reading.blanks if line.box.width >= LONG * line.box.height]
    level = [line for line in long if least <= line.box.height <= most]
    found = sameness(page, [line.box for line in level]) if level else []
    return [line for line, seen in zip(level, found, strict=True) if seen.shapes >= SHAPES]
