"""A cheap second pair of eyes for the judge: where is text on this page, and what do these few crops say?

Both use the PP-OCR models of the rapidocr wheel and share them, and the detected regions, with the ``rapidocr`` engine: to
witness a page that it read costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from ocroute.document.model import Box
from ocroute.engines.ppocr import crops, files
from ocroute.engines.ppocr import recognise as recogniser
from ocroute.engines.ppocr.detect import detect
from ocroute.errors import EngineUnavailable
from ocroute.pages.page import InputPage


def available() -> bool:
    """Whether the models are here. Cheap, never raises."""
    try:
        files.find()
    except EngineUnavailable:
        return False
    return True


def text_boxes(page: InputPage, threads: int = 1) -> tuple[Box, ...]:
    """Where the detector sees lines of text, in page pixels, from top to bottom. Found once a page.

    Raises:
        EngineUnavailable: the models are not installed.
    """
    return tuple(region.box for region in detect(page, threads))


def recognise(page: InputPage, boxes: Sequence[Box], threads: int = 1) -> list[tuple[str, float]]:
    """What stands in each of ``boxes`` (upright lines or words, page pixels): text and confidence from 0 to 1.

    Raises:
        EngineUnavailable: the models are not installed.
    """
    raster = page.raster()
    pieces = [crops.cut_box(raster, box).pixels for box in boxes]
    return [(line.text.strip(), line.confidence) for line in recogniser.recognise(pieces, threads)]
