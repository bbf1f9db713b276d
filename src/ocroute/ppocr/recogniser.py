"""What a line says: crops of the full-resolution raster through the PP-OCR recogniser."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import Raster
from ocroute.ppocr import accents, inference, model_files
from ocroute.ppocr.preprocessing import HEIGHT, line_tensor

STEP = 8  # input columns to one time step of the output
PEAK = 0.25  # where in its step a character's middle is, on average; measured on rendered lines
LONG = 6.0  # widths over height from which a line is squeezed: its time goes with its columns
SQUEEZE = 0.9  # by this; errors rise below 0.85, and not yet here
WIDTH_STEP = 32  # widths are rounded up to this, so that few shapes are seen
WIDER = 1.2  # how much a long line is stretched that is looked at again: narrow letters run into each other
DOUBT = 0.3  # letters that are expected to be wrong, from which it is
DOUBT_OF_ALL = 0.3  # share of the steps from which no second look helps: another script, no text
HELD_BACK = 0.12  # probability of a letter from which it stands where only the blank is likelier
ROOM = 2  # steps to what is written beside it that it needs: what is nearer belongs to that


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A line as the recogniser wrote it.

    Attributes:
        text: the characters.
        probabilities: one a character.
        centers: of each character, about, in crop pixels from the left.
        spaces: how likely a space stands between each character and the one before it, as far as the recogniser knows.
    """

    text: str
    probabilities: NDArray[np.float32]
    centers: NDArray[np.floating]
    spaces: NDArray[np.float32]

    @property
    def confidence(self) -> float:
        """The mean probability of the characters, 0 to 1; 0 for an empty line."""
        return float(self.probabilities.mean()) if self.text else 0.0


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

    @property
    def doubt(self) -> float:
        """How many of its letters are expected to be wrong or left out, as far as the recogniser knows."""
        new = _new(self.classes) & (self.classes != self.space)
        held = (self.classes == 0) & (self.bare_probabilities >= HELD_BACK)
        return float((1 - self.probabilities[new]).sum() + self.bare_probabilities[held].sum())


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

    def read(indices: Iterable[int], squeeze: float) -> dict[int, _Peaks]:
        order = sorted(indices, key=lambda index: crops[index].shape[1] / crops[index].shape[0])
        tensors = (_tensor(crops[index], squeeze) for index in order)
        found = session.map(tensors, lambda output: _peaks(output[0], family))
        return {
            index: _Peaks(*peaks, _columns(crops[index], squeeze), len(letters) - 1)
            for index, peaks in zip(order, found, strict=True)
        }

    peaks = read(range(len(crops)), SQUEEZE)
    wider = read((index for index, line in peaks.items() if _worth_a_second_look(line, crops[index])), WIDER)
    peaks |= {index: line for index, line in wider.items() if line.doubt < peaks[index].doubt}
    if family.has_no_accents((line.classes, line.probabilities) for line in peaks.values()):
        peaks = {index: _without_accents(line, family) for index, line in peaks.items()}
    return [_decode(peaks[index], letters, crops[index].shape[1], family) for index in range(len(crops))]


def _worth_a_second_look(line: _Peaks, crop: Raster) -> bool:
    """Whether some letters of a long line are in doubt."""
    return crop.shape[1] > LONG * crop.shape[0] and DOUBT <= line.doubt < DOUBT_OF_ALL * len(line.classes)


def _columns(crop: Raster, squeeze: float) -> int:
    """How many input columns the crop takes; a short one is not squeezed."""
    height, width = crop.shape[:2]
    columns: int = math.ceil(HEIGHT * width / height * (squeeze if width > LONG * height else 1.0))
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


def _without_accents(line: _Peaks, family: accents.Kin) -> _Peaks:
    """The line with bare letters in place of those whose accents are not sure."""
    unsure = family.is_accented[line.classes] & (line.probabilities < accents.SURE)
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
    return Traced(text, probabilities[steps], (steps + PEAK) * STEP * width / line.columns, _spaces(line, steps))


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
