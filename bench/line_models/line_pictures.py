"""Lines as the network takes them: what they say, drawn, worn, scaled to its height."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from bench.line_models.alphabet import classes
from bench.line_models.line_drawing import Faces, cropped, drawn
from bench.line_models.line_texts import Writer, said
from bench.line_models.line_wear import worn
from numpy.typing import NDArray

HEIGHT, STEP, LONG, SQUEEZE = 48, 8, 6.0, 0.9  # as in ocroute.ppocr.recogniser; a test holds them together
SMALLEST, LARGEST = 10.0, 60.0  # pixels of the em


class Picture(NamedTuple):
    """A line for the network.

    Attributes:
        pixels: (`HEIGHT`, W), grey.
        classes: what it says.
        language: its code.
    """

    pixels: NDArray[np.uint8]
    classes: list[int]
    language: str


def columns_of(width: int, height: int) -> int:
    """How many columns of the network's input a crop takes."""
    squeeze = SQUEEZE if width > LONG * height else 1.0
    return max(STEP, math.ceil(HEIGHT * width / height * squeeze))


def scaled(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A grey line as (`HEIGHT`, columns)."""
    method = cv2.INTER_AREA if pixels.shape[0] > 1.5 * HEIGHT else cv2.INTER_LINEAR
    return np.asarray(
        cv2.resize(pixels, (columns_of(pixels.shape[1], pixels.shape[0]), HEIGHT), interpolation=method), np.uint8
    )


def training_lines(bank: dict[str, Any], fonts: Path, seed: int) -> Iterator[Picture]:
    """Lines without end, of the texts and faces to train with."""
    rng, writer, faces = random.Random(seed), Writer(bank, "train", seed), Faces(fonts, "train")
    while True:
        language, text = writer.line()
        name = faces.fitting(text, "g" if language == "el" else "c", rng)
        if name is None:
            continue
        size = math.exp(rng.uniform(math.log(SMALLEST), math.log(LARGEST)))
        shrink = rng.choice((1, 2, 2, 3)) if size < 30 else rng.choice((1, 1, 2))
        ink = cropped(drawn(text, faces.font(name, round(size * shrink)), rng), rng)
        pixels = scaled(worn(ink, rng, shrink))
        if pixels.shape[1] < 2200 and pixels.shape[1] // STEP > len(text):
            yield Picture(pixels, classes(said(text)), language)
