"""The reference recogniser: where is text on this page, and what do these few crops say?

Both use the PP-OCR models and share them, and the detected regions, with the ``rapidocr`` engine: to
check a page that it read costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from ocroute.document.model import Finding
from ocroute.errors import EngineUnavailable
from ocroute.pages.page import InputPage, Raster
from ocroute.ppocr import crops, line_models, model_files, recogniser
from ocroute.ppocr.detector import detect
from ocroute.ppocr.line_choice import PageLines
from ocroute.ppocr.preprocessing import HEIGHT, scaled
from ocroute.ppocr.traced import Traced
from ocroute.values import Box

SQUEEZE: Final = 0.72


def available() -> bool:
    """Whether the models are here. Cheap, never raises."""
    try:
        model_files.find()
    except EngineUnavailable:
        return False
    return True


def alphabets() -> dict[str, frozenset[str]]:
    """By ISO 15924 code of a script, what the line model here that is asked for it writes; empty without models.

    Takes some milliseconds.
    """
    try:
        models = line_models.every()
    except EngineUnavailable:
        return {}
    return {script: model.alphabet for model in reversed(models) for script in model.scripts}


def nobody_looked(code: str, what: str) -> Finding:
    """The remark of a check that goes without its second pair of eyes: ``what`` was not compared with the page."""
    return Finding(
        code,
        0.0,
        1.0,
        f"{what} not compared with the page: the models that would read parts of it again are not here.",
        refuses=False,
        weight=0.1,
        next_step=f"{model_files.INSTALL}, then read the page again",
    )


def text_boxes(page: InputPage, threads: int = 1) -> tuple[Box, ...]:
    """Where the detector sees lines of text, in page pixels, from top to bottom. Found once a page.

    Raises:
        EngineUnavailable: the models are not installed.
    """
    return tuple(region.box for region in detect(page, threads))


def recognise(page: InputPage, boxes: Sequence[Box], threads: int = 1, script: str = "Latn") -> list[tuple[str, float]]:
    """What stands in each of ``boxes`` (upright lines or words, page pixels): text and confidence from 0 to 1.

    Args:
        page: the page.
        boxes: where to read.
        threads: the most threads to use.
        script: ISO 15924 code of what is expected there; the first recogniser that writes it reads, PP-OCR's where none does.

    Raises:
        EngineUnavailable: the models are not installed.
    """
    return [(line.text.strip(), line.confidence) for line in trace(page, boxes, threads, script)]


def trace(page: InputPage, boxes: Sequence[Box], threads: int = 1, script: str = "Latn") -> list[Traced]:
    """The same with how sure the recogniser is of each letter.

    Raises:
        EngineUnavailable: the models are not installed.
    """
    raster = page.raster()
    pieces = [crops.cut_box(raster, box).pixels for box in boxes]
    return recogniser.recognise(pieces, threads, _model(script))


def read_lines(page: InputPage, boxes: Sequence[Box], threads: int = 1) -> list[tuple[str, float]]:
    """As `recognise`, each line by the recogniser that reads it best of all that are here.

    Raises:
        EngineUnavailable: the models are not installed.
    """
    raster = page.raster()
    reader = PageLines(line_models.every(), threads)
    lines = reader.read([crops.cut_box(raster, box).pixels for box in boxes])
    return [(line.text.strip(), line.confidence) for line in lines]


def _model(script: str) -> Path:
    models = line_models.every()
    return next((model for model in models if script in model.scripts), models[0]).path


def glance(page: InputPage, strips: Sequence[Sequence[Box]], threads: int = 1, script: str = "Latn") -> list[str]:
    """What stands in the boxes of each strip, read as if they followed each other on one line.

    A call of the network costs as much as a word does. The strips are squeezed too: time goes with their columns, and clean
    print stands it; what then seems to differ is to be read again with `recognise`.

    Raises:
        EngineUnavailable: the models are not installed.
    """
    raster = page.raster()
    rows = [_joined([crops.cut_box(raster, box).pixels for box in boxes]) for boxes in strips]
    return [line.text.strip() for line in recogniser.recognise(rows, threads, _model(script))]


def _joined(pieces: Sequence[Raster]) -> Raster:
    """The crops side by side, as high as the recogniser wants them. Their margins part them."""
    sizes = (max(1, round(SQUEEZE * piece.shape[1] * HEIGHT / piece.shape[0])) for piece in pieces)
    return np.concatenate([scaled(piece, size) for piece, size in zip(pieces, sizes, strict=True)], axis=1)
