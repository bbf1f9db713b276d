"""Two small networks of PP-OCR, run on single lines: is it upside down, and how readable is it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import Raster
from ocroute.ppocr import model_files
from ocroute.ppocr.inference import session
from ocroute.ppocr.preprocessing import HEIGHT, line_tensor

_CLASSIFIER_WIDTH = 192
_RECOGNISER_WIDTH = 320


def flipped_votes(lines: Sequence[Raster], threads: int = 1) -> NDArray[np.float32]:
    """For each line, 0 to 1: how surely it stands upside down.

    Raises:
        EngineUnavailable: the models are not here.
    """
    return np.asarray(_run(model_files.classifier(), lines, _CLASSIFIER_WIDTH, threads)[:, 1])


def reading_confidence(lines: Sequence[Raster], threads: int = 1) -> float:
    """How sure the recogniser is of what it reads on all lines together, 0 to 1; 0 where it reads nothing.

    Raises:
        EngineUnavailable: the models are not here.
    """
    if not lines:
        return 0.0
    steps = _run(model_files.find().recogniser, lines, _RECOGNISER_WIDTH, threads)
    best = steps.argmax(axis=2)
    written = best != 0  # class 0 is the CTC blank
    return float(steps.max(axis=2)[written].mean()) if written.any() else 0.0


def _run(model: Path, lines: Sequence[Raster], width: int, threads: int) -> NDArray[np.float32]:
    batch = np.stack([_tensor(line, width) for line in lines])
    return session(model, max(1, threads), parallel=True).map([batch], np.array)[0]


def _tensor(line: Raster, width: int) -> NDArray[np.float32]:
    height, length = line.shape[:2]
    return line_tensor(np.ascontiguousarray(line), min(width, max(1, round(length * HEIGHT / height))), width)
