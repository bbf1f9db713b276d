"""What a line says: crops of the full-resolution raster through the PP-OCR recogniser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import Raster
from ocroute.ppocr import inference, model_files
from ocroute.ppocr.preprocessing import HEIGHT, line_tensor

STEP = 8  # input columns to one time step of the output
PEAK = 0.25  # where in its step a character's middle is, on average; measured on rendered lines
LONG = 6.0  # widths over height from which a line is squeezed: its time goes with its columns
SQUEEZE = 0.9  # by this; errors rise below 0.85, and not yet here
WIDTH_STEP = 32  # widths are rounded up to this, so that few shapes are seen


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A line as the recogniser wrote it.

    Attributes:
        text: the characters.
        probabilities: one a character.
        centers: of each character, about, in crop pixels from the left.
    """

    text: str
    probabilities: NDArray[np.float32]
    centers: NDArray[np.floating]

    @property
    def confidence(self) -> float:
        """The mean probability of the characters, 0 to 1; 0 for an empty line."""
        return float(self.probabilities.mean()) if self.text else 0.0


def recognise(crops: Sequence[Raster], threads: int, model: Path | None = None) -> list[Traced]:
    """One traced line a crop, in order.

    Args:
        crops: (H, W, 3) RGB with the text upright, any size above 0.
        threads: the most threads to use.
        model: the recogniser's ONNX file; without one, PP-OCR's.

    Raises:
        EngineUnavailable: there is no such file.
    """
    recogniser = model or model_files.find().recogniser
    letters = model_files.characters(recogniser)
    order = sorted(range(len(crops)), key=lambda index: crops[index].shape[1] / crops[index].shape[0])
    session = inference.session(recogniser, threads, parallel=True)
    peaks = session.map((_tensor(crops[index]) for index in order), _peaks)
    lines: list[Traced | None] = [None] * len(crops)
    for index, (classes, probabilities) in zip(order, peaks, strict=True):
        width = crops[index].shape[1]
        lines[index] = _decode(classes, probabilities, letters, STEP * width / _columns(crops[index]))
    return [line for line in lines if line is not None]


def _columns(crop: Raster) -> int:
    """How many input columns the crop takes."""
    height, width = crop.shape[:2]
    squeeze = SQUEEZE if width > LONG * height else 1.0
    columns: int = math.ceil(HEIGHT * width / height * squeeze)
    return max(STEP, columns)


def _tensor(crop: Raster) -> NDArray[np.float32]:
    columns = _columns(crop)
    return line_tensor(crop, columns, math.ceil(columns / WIDTH_STEP) * WIDTH_STEP)[None]


def _peaks(output: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    classes = output[0].argmax(axis=1)
    return classes, np.take_along_axis(output[0], classes[:, None], axis=1)[:, 0]


def _decode(
    classes: NDArray[np.intp], probabilities: NDArray[np.float32], letters: tuple[str, ...], step: float
) -> Traced:
    new = classes != 0
    new[1:] &= classes[1:] != classes[:-1]
    steps = np.flatnonzero(new)
    return Traced("".join(letters[index] for index in classes[steps]), probabilities[steps], (steps + PEAK) * step)
