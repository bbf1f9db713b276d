"""Lines as pictures: a text in a face, as a detector cuts it out of a page."""

from __future__ import annotations

import io
import json
import random
import zipfile
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from bench.line_models.line_texts import HIGH, LOW, unknown
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Grey = NDArray[np.uint8]
INK = 160  # what is darker is ink
_PLAIN = str.maketrans(HIGH + LOW, "0123456789" * 2)
_SHIFTED = frozenset(HIGH + LOW)


class Faces:
    """The faces of one half of a pack's ``fonts.zip``.

    Args:
        archive: the file.
        half: ``train`` or ``test``.
    """

    def __init__(self, archive: Path, half: str) -> None:
        with zipfile.ZipFile(archive) as pack:
            letters = json.loads(pack.read("letters.json"))
            names = [name for name in letters if name.startswith(half)]
            self._data = {name: pack.read(name) for name in names}
        self._letters = {name: frozenset(letters[name]) for name in names}
        families: dict[str, list[str]] = {}
        for name in names:
            families.setdefault(name.rsplit("-", 1)[0], []).append(name)
        self._families = {
            script: [faces for family, faces in families.items() if script in family.split("/")[1]] for script in "cg"
        }
        self.font = lru_cache(maxsize=256)(self._font)

    def _font(self, name: str, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(io.BytesIO(self._data[name]), size, layout_engine=ImageFont.Layout.BASIC)

    def families(self, script: str) -> list[list[str]]:
        """The names of the faces of each family with a script, ``c`` or ``g``."""
        return self._families[script]

    def lacks(self, name: str, text: str) -> bool:
        """Whether a face cannot draw all of ``text``; small figures are drawn as plain ones of a smaller size."""
        return bool(unknown(text.translate(_PLAIN), self._letters[name]))

    def fitting(self, text: str, script: str, rng: random.Random) -> str | None:
        """A face that has every character of ``text``: each family as likely as any other; None if ten have not."""
        for _ in range(10):
            name = rng.choice(rng.choice(self._families[script]))
            if not self.lacks(name, text):
                return name
        return None


def drawn(text: str, font: ImageFont.FreeTypeFont, rng: random.Random, *, styled: bool = True) -> Grey:
    """``text`` as dark ink (0) on white (255), with room around it for the crop's margins.

    Args:
        styled: whether it may be underlined, spaced out, set slanting, or stand between rules and parts of other lines.
    """
    size = int(font.size)
    pad = round(0.6 * size)
    if not _SHIFTED.isdisjoint(text):
        return _with_small_figures(text, font, rng, pad)
    spacing = rng.choice((0, 0, 0, 0, 0, 0, 0, 0.03, 0.08, 0.2, -0.03)) * size if styled else 0
    widened = rng.random() < 0.1 if styled else False
    left, top, right, bottom = font.getbbox(text)
    width = round(right + max(0, spacing) * len(text) + (0.4 * size * text.count(" ") if widened else 0))
    image = Image.new("L", (width + 2 * pad, round(max(bottom, size) - min(top, 0) + 2 * pad)), 0)
    pen = ImageDraw.Draw(image)
    at = (pad - left, pad - min(top, 0))
    if spacing or widened:
        x = float(at[0])
        gap = rng.uniform(0.1, 0.4) * size if widened else 0.0
        for letter in text:
            pen.text((x, at[1]), letter, font=font, fill=255)
            x += font.getlength(letter) + spacing + (gap if letter == " " else 0)
    else:
        pen.text(at, text, font=font, fill=255)
    return 255 - np.asarray(image)


def _with_small_figures(text: str, font: ImageFont.FreeTypeFont, rng: random.Random, pad: int) -> Grey:
    """``text`` with its figures above and below the line drawn smaller: as tall as figures of a line, or nearly half as tall."""
    size = int(font.size)
    small = font.font_variant(size=max(5, round(size * rng.uniform(0.5, 0.75))))
    up, down = size * rng.uniform(0.28, 0.5), size * rng.uniform(0.08, 0.25)
    faces = [small if letter in _SHIFTED else font for letter in text]
    ascent = font.getmetrics()[0]
    width = sum(face.getlength(letter.translate(_PLAIN)) + 1 for face, letter in zip(faces, text, strict=True))
    image = Image.new("L", (round(width) + 2 * pad, ascent + size + 2 * pad), 0)
    pen, x = ImageDraw.Draw(image), float(pad)
    for face, letter in zip(faces, text, strict=True):
        y = pad + ascent - (up if letter in HIGH else -down if letter in LOW else 0)
        plain = letter.translate(_PLAIN)
        pen.text((x, y), plain, font=face, fill=255, anchor="ls")
        x += face.getlength(plain)
    return 255 - np.asarray(image)


def cropped(ink: Grey, rng: random.Random, *, styled: bool = True, view: Grey | None = None) -> Grey:
    """A drawn line cut as the detector cuts: margins of 6 to 34 % of the height, sometimes tight, and what stands near.

    Args:
        ink: as `drawn` gives it.
        view: the same place worn, from which to cut instead.
    """
    dark = ink < max(INK, (255 + int(ink.min())) // 2)  # a hairline's ink is grey
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    if not len(rows):
        return ink
    height = max(6, int(rows[-1] - rows[0] + 1))
    low = -0.02 if styled and rng.random() < 0.1 else 0.06
    top, bottom, left, right = (round(height * rng.uniform(low, 0.34)) for _ in range(4))
    y0, y1 = max(0, rows[0] - top), min(ink.shape[0], rows[-1] + 1 + bottom)
    x0, x1 = max(0, columns[0] - max(0, left)), min(ink.shape[1], columns[-1] + 1 + max(0, right))
    piece = np.ascontiguousarray((ink if view is None else view)[y0:y1, x0:x1])
    if styled:
        chance = rng.random()
        if chance < 0.05:
            _underline(piece, height, rng)
        elif chance < 0.10:
            _rule(piece, height, rng)
        elif chance < 0.18:
            _crowd(piece, ink, height, rng)
    return piece


def _underline(piece: Grey, height: int, rng: random.Random) -> None:
    rows, columns = piece.shape
    thick = max(1, round(height * rng.uniform(0.02, 0.07)))
    y = round(rows - 1 - (rows - height) * rng.uniform(0.0, 0.6) - thick)
    start, end = (round(columns * rng.uniform(0, 0.1)), y), (round(columns * rng.uniform(0.6, 1)), y)
    cv2.line(piece, start, end, rng.randrange(90), thick)


def _rule(piece: Grey, height: int, rng: random.Random) -> None:
    """Rules of a table at one to three sides."""
    thick, tone = max(1, round(height * rng.uniform(0.02, 0.08))), rng.randrange(140)
    for side in rng.sample(range(4), rng.randint(1, 3)):
        seen = np.rot90(piece, side)  # a view: its top is one of the sides
        at = rng.randrange(max(1, round(height * 0.07)))
        seen[at : at + thick] = np.minimum(seen[at : at + thick], tone)


def _crowd(piece: Grey, ink: Grey, height: int, rng: random.Random) -> None:
    """Feet of the line above, or heads of the line below, at the rim."""
    part = min(len(piece), max(1, round(height * rng.uniform(0.04, 0.14))))
    other = np.roll(ink, rng.randrange(ink.shape[1]), axis=1)[:, : piece.shape[1]]
    rows = np.flatnonzero((other < INK).any(1))
    if len(rows) < 3 * part or other.shape[1] != piece.shape[1]:
        return
    if rng.random() < 0.5:
        piece[:part] = np.minimum(piece[:part], other[rows[-1] + 1 - part : rows[-1] + 1])
    else:
        piece[-part:] = np.minimum(piece[-part:], other[rows[0] : rows[0] + part])
