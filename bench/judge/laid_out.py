"""Pages as our own layout gives them, from lines that are known: born digital, worn, photographed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import cv2
import numpy as np
from bench.judge.readings import noisy
from bench.pages.canvas import ArrayPage
from bench.pages.leaves import draw
from bench.pages.wear import WEARS, camera, photographed, worn
from msgspec.structs import replace
from PIL import Image

from ocroute.engines.base import Reading
from ocroute.layout.arrange import arrange
from ocroute.pages import InputPage, open_input
from ocroute.values import Box, Line

MEDIA = ("digital", "office", "faded", "photo")
SLIPS = 0.01  # of the letters of a scan are misread


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A page with a clean reading of it."""

    medium: str
    page: InputPage
    reading: Reading

    @property
    def engine_kind(self) -> str:
        """What would have read it."""
        return "textlayer" if self.medium == "digital" else "ocr"


def laid_out(kind: str, half: str, seed: int, media: Sequence[str] = MEDIA) -> Iterator[LaidOut]:
    """The first page of a document in each of the media."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.pdf"
        file.write_bytes(draw(kind, half, seed)[0])
        with open_input(str(file)) as source:
            page = source.page(1)
            lines = page.text_layer() or ()
            grey = np.asarray(Image.fromarray(page.raster()).convert("L"))
            for medium in media:
                seen, told = (page, lines) if medium == "digital" else _pictured(grey, lines, medium, seed)
                yield LaidOut(medium, seen, Reading(lines=told, blocks=arrange(seen, told)))


def _pictured(grey: np.ndarray, lines: Sequence[Line], medium: str, seed: int) -> tuple[InputPage, tuple[Line, ...]]:
    """The page as a picture that stands upright, and its lines as a good engine reads them there."""
    if medium == "photo":
        picture = photographed(grey, seed)
        warp, _ = camera(grey.shape[1], grey.shape[0], seed)
        lines = [_warped(line, warp) for line in lines]
    else:
        picture = worn(grey, WEARS[medium]._replace(skew=0.0), seed)
    said = noisy(lines, Random(seed), SLIPS)
    return ArrayPage(np.asarray(picture.convert("RGB"))), tuple(said)


def _warped(line: Line, warp: np.ndarray) -> Line:
    words = tuple(replace(word, box=_box(word.box, warp)) for word in line.words)
    return replace(line, box=_box(line.box, warp), words=words)


def _box(box: Box, warp: np.ndarray) -> Box:
    corners = np.array([[[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]]], np.float32)
    x, y = cv2.perspectiveTransform(corners, warp)[0].T
    return Box(float(x.min()), float(y.min()), float(x.max()), float(y.max()))
