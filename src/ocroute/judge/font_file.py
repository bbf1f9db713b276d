"""The letters of a font's file as the file itself names them, drawn as a page shows them."""

from __future__ import annotations

import io
from functools import cached_property
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

_FINE: Final = 4  # times as large as letters are drawn first, so that they are not fitted to pixels
REACH: Final = (0.85, 0.3)  # above and below the baseline, in ems, that a letter is compared in
_BLUR: Final = 0.8

Grey = NDArray[np.uint8]


class Drawn(NamedTuple):
    """A letter, light on dark: ``left`` is the column of its picture that stands ``left`` pixels right of the pen."""

    picture: Grey
    left: int


class FontFile:
    """A font's file: its letters at the sizes that are asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._fonts: dict[int, ImageFont.FreeTypeFont] = {}
        self._drawn: dict[tuple[str, int], Drawn | None] = {}
        self._advance: dict[str, float] = {}

    @cached_property
    def usable(self) -> bool:
        """Whether it can be drawn from at all."""
        try:
            return self._missing is not None
        except (OSError, ValueError):
            return False

    @cached_property
    def _missing(self) -> tuple[bytes, float]:
        return self._picture("\U0010fffe")

    def _font(self, size: int) -> ImageFont.FreeTypeFont:
        if size not in self._fonts:
            self._fonts[size] = ImageFont.truetype(io.BytesIO(self._data), size, layout_engine=ImageFont.Layout.BASIC)
        return self._fonts[size]

    def _picture(self, sign: str) -> tuple[bytes, float]:
        font = self._font(40)
        return bytes(font.getmask(sign, "L")), font.getlength(sign)

    def advance(self, sign: str) -> float:
        """In ems; 0 where the file does not have the letter by its own table."""
        if sign not in self._advance:
            found = self._picture(sign)
            self._advance[sign] = found[1] / 40 if found != self._missing else 0.0
        return self._advance[sign]

    def draw(self, sign: str, size: int) -> Drawn | None:
        """The letter with an em of ``size`` pixels, all heights of a line around it; None where it leaves no ink."""
        if (sign, size) not in self._drawn:
            self._drawn[sign, size] = self._draw(sign, size)
        return self._drawn[sign, size]

    def _draw(self, sign: str, size: int) -> Drawn | None:
        font = self._font(size * _FINE)
        mask, (x, y) = font.getmask2(sign, "L", anchor="ls")
        width, height = mask.size
        if not width or not height or width > 3 * size * _FINE:
            return None
        above, below = (round(reach * size) * _FINE for reach in REACH)
        before = (x // _FINE - 1) * _FINE  # a column of white at each side
        columns = -(-(x + width - before) // _FINE) + 1
        paper = np.zeros((above + below, columns * _FINE), np.uint8)
        ink = np.frombuffer(bytes(mask), np.uint8).reshape(height, width)
        top, left = above + y, x - before
        cut = ink[max(0, -top) : max(0, paper.shape[0] - top)]
        top = max(0, top)
        paper[top : top + cut.shape[0], left : left + width] = cut
        picture = cv2.resize(paper, (columns, (above + below) // _FINE), interpolation=cv2.INTER_AREA)
        return Drawn(soft(picture), before // _FINE) if picture.any() else None


def soft(picture: Any) -> Grey:
    """Blurred a little: thin strokes may stand half a pixel beside each other."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), _BLUR), np.uint8)
