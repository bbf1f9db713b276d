"""A cheap second pair of eyes for the judge: where is text on this page, and what do these few crops say?

Both use the PP-OCR models of the rapidocr wheel and share them, and the detected regions, with the ``rapidocr`` engine: to
witness a page that it read costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ocroute.errors import EngineUnavailable
from ocroute.pages.page import InputPage, Raster
from ocroute.ppocr import crops, model_files, recogniser
from ocroute.ppocr.detector import detect
from ocroute.values import Box


def available() -> bool:
    """Whether the models are here. Cheap, never raises."""
    try:
        model_files.find()
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


def glance(page: InputPage, strips: Sequence[Sequence[Box]], threads: int = 1) -> list[str]:
    """What stands in the boxes of each strip, read as if they followed each other on one line.

    A call of the network costs as much as a word does; eight words on two strips cost what five cost by themselves.

    Raises:
        EngineUnavailable: the models are not installed.
    """
    raster = page.raster()
    rows = [_joined([crops.cut_box(raster, box).pixels for box in boxes]) for boxes in strips]
    return [line.text.strip() for line in recogniser.recognise(rows, threads)]


def _joined(pieces: Sequence[Raster]) -> Raster:
    """The crops side by side, as high as the recogniser wants them. Their margins part them."""
    scaled: list[Raster] = []
    for piece in pieces:
        height, width = piece.shape[:2]
        method = cv2.INTER_AREA if height > 1.5 * recogniser.HEIGHT else cv2.INTER_LINEAR
        size = (max(1, round(width * recogniser.HEIGHT / height)), recogniser.HEIGHT)
        scaled.append(cv2.resize(piece, size, interpolation=method))
    return np.concatenate(scaled, axis=1)
