"""What a line says: crops of the full-resolution raster through the PP-OCR recogniser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import Raster
from ocroute.ppocr import accents, inference, model_files
from ocroute.ppocr.preprocessing import HEIGHT, line_tensor
from ocroute.ppocr.second_look import in_doubt, put_back
from ocroute.ppocr.traced import Traced

STEP = 8  # input columns to one time step of the output
PEAK = 0.25  # where in its step a character's middle is, on average; measured on rendered lines
LONG = 6.0  # widths over height from which a line is squeezed: its time goes with its columns
SQUEEZE = 0.9  # by this; errors rise below 0.85, and not yet here
WIDTH_STEP = 32  # widths are rounded up to this, so that few shapes are seen
WIDER = 1.1  # how much words are stretched that are looked at again: narrow letters run into each other
HELD_BACK = 0.12  # probability of a letter from which it stands where only the blank is likelier
ROOM = 2  # steps to what is written beside it that it needs: what is nearer belongs to that


@dataclass(frozen=True, slots=True, eq=False)
class _Peaks:
    """For each step of a line the likeliest class, and the likeliest letter, accents not looked at; with how likely they are.

    ``spaces`` is how likely a space is there. ``columns`` of the input were the line's, the rest was padding. ``space`` is the
    class of the space: where there is one is often in doubt, and the ink knows better.
    """

    classes: NDArray[np.intp]
    probabilities: NDArray[np.float32]
    bare: NDArray[np.intp]
    bare_probabilities: NDArray[np.float32]
    spaces: NDArray[np.float32]
    columns: int
    space: int


def recognise(crops: Sequence[Raster], threads: int, model: Path | None = None) -> list[Traced]:
    """One traced line a crop, in order. Crops of one page are best read together: all of them show whether it has accents.

    Args:
        crops: (H, W, 3) RGB with the text upright, any size above 0.
        threads: the most threads to use.
        model: the recogniser's ONNX file; without one, PP-OCR's.

    Raises:
        EngineUnavailable: there is no such file.
    """
    recogniser = model or model_files.find().recogniser
    letters = model_files.characters(recogniser)
    family = accents.kin(letters)
    session = inference.session(recogniser, threads, parallel=True)

    def read(pictures: Sequence[Raster], squeeze: float) -> list[_Peaks]:
        order = sorted(range(len(pictures)), key=lambda at: pictures[at].shape[1] / pictures[at].shape[0])
        tensors = (_tensor(pictures[at], squeeze) for at in order)
        found = session.map(tensors, lambda output: _peaks(output[0], family))
        columns = (_columns(pictures[at], squeeze) for at in order)
        peaks = {at: _Peaks(*one, wide, len(letters) - 1) for at, one, wide in zip(order, found, columns, strict=True)}
        return [peaks[at] for at in range(len(pictures))]

    def decoded(pictures: Sequence[Raster], peaks: Sequence[_Peaks]) -> list[Traced]:
        lines = (_without_accents(line, doubted) for line in peaks)
        widths = (picture.shape[1] for picture in pictures)
        return [_decode(line, letters, width, family) for line, width in zip(lines, widths, strict=True)]

    peaks = read(crops, SQUEEZE)
    doubted = family.doubted((line.classes, line.probabilities) for line in peaks)
    lines = decoded(crops, peaks)
    looked = [in_doubt(line, crop) if _is_long(crop) else [] for line, crop in zip(lines, crops, strict=True)]
    pictures = [crop[:, piece.x0 : piece.x1] for crop, some in zip(crops, looked, strict=True) for piece in some]
    again = iter(decoded(pictures, read(pictures, WIDER)))
    return [put_back(line, some, [next(again) for _ in some]) for line, some in zip(lines, looked, strict=True)]


def _is_long(crop: Raster) -> bool:
    return bool(crop.shape[1] > LONG * crop.shape[0])


def _columns(crop: Raster, squeeze: float) -> int:
    """How many input columns the crop takes; a short one is not squeezed."""
    height, width = crop.shape[:2]
    columns: int = math.ceil(HEIGHT * width / height * (squeeze if squeeze > 1 or _is_long(crop) else 1.0))
    return max(STEP, columns)


def _tensor(crop: Raster, squeeze: float) -> NDArray[np.float32]:
    columns = _columns(crop, squeeze)
    return line_tensor(crop, columns, math.ceil(columns / WIDTH_STEP) * WIDTH_STEP)[None]


def _peaks(
    output: NDArray[np.float32], family: accents.Kin
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    classes = output.argmax(axis=1)
    likeliest = np.take_along_axis(output, classes[:, None], axis=1)[:, 0]
    return classes, likeliest, *family.bared(output), output[:, -1].copy()


def _without_accents(line: _Peaks, doubted: NDArray[np.bool_]) -> _Peaks:
    """The line with bare letters in place of the ``doubted`` ones whose accents are not sure."""
    unsure = doubted[line.classes] & (line.probabilities < accents.SURE)
    probabilities = np.where(unsure, line.bare_probabilities, line.probabilities)
    return replace(line, classes=np.where(unsure, line.bare, line.classes), probabilities=probabilities)


def _new(classes: NDArray[np.intp]) -> NDArray[np.bool_]:
    """The steps at which a character begins: CTC says one several times in a row."""
    new: NDArray[np.bool_] = classes != 0
    new[1:] &= classes[1:] != classes[:-1]
    return new


def _decode(line: _Peaks, letters: tuple[str, ...], width: int, family: accents.Kin) -> Traced:
    held = _held_back(line) & family.fits(line.classes)  # a line in another script holds back letters of its own
    classes = np.where(held, line.bare, line.classes)
    probabilities = np.where(held, line.bare_probabilities, line.probabilities)
    steps = np.flatnonzero(_new(line.classes) | held)
    text = "".join(letters[index] for index in classes[steps])
    centers = (steps + PEAK) * STEP * width / line.columns
    return Traced(text, probabilities[steps], centers, _spaces(line, steps))


def _spaces(line: _Peaks, steps: NDArray[np.intp]) -> NDArray[np.float32]:
    """For each character the greatest probability of a space from the step of the one before it to its own."""
    if not len(steps):
        return np.zeros(0, np.float32)
    first = np.maximum.reduceat(line.spaces, np.append(0, steps[:-1]))
    return np.maximum(first, line.spaces[steps])


def _held_back(line: _Peaks) -> NDArray[np.bool_]:
    """The steps at which a letter stands that the blank kept from being written, e.g. because dust touches it."""
    written = (line.classes != 0) & (line.classes != line.space)
    held: NDArray[np.bool_] = (line.classes == 0) & (line.bare_probabilities >= HELD_BACK)
    for away in range(1, ROOM):
        held[away:] &= ~written[:-away]
        held[:-away] &= ~written[away:]
    held[1:] &= ~(held[:-1] & (line.bare_probabilities[:-1] >= line.bare_probabilities[1:]))
    return held
