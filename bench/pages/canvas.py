"""A page with known text: what is written on it, and where."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ocroute.pages.page import InputPage, Raster
from ocroute.values import Box, Font, Line, Word


class ArrayPage(InputPage):
    """A page without a file.

    Args:
        pixels: (H, W, 3) uint8, anything that numpy makes that of, or a function that gives it when it is asked for.
        layer: its text layer.
        rules: its ruling lines, as a PDF has them.
        size: (width, height), with a function.
        fills: its filled boxes, as a PDF has them.
    """

    def __init__(
        self,
        pixels: Any,
        layer: tuple[Line, ...] | None = None,
        rules: Iterable[tuple[float, float, float, float]] | None = None,
        *,
        size: tuple[int, int] | None = None,
        dpi: float | None = None,
        source: str = "drawn",
        fills: Iterable[tuple[float, float, float, float]] = (),
    ) -> None:
        super().__init__()
        self.source, self.number, self.dpi = source, 1, dpi
        self.pixels = pixels if callable(pixels) else np.ascontiguousarray(pixels)
        self.layer, self._rules, self._size = layer, None if rules is None else tuple(rules), size
        self._fills = tuple(fills)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self._size or (self.pixels.shape[1], self.pixels.shape[0])

    def _render(self) -> Raster:
        raster: Raster = self.pixels() if callable(self.pixels) else self.pixels
        return raster

    def text_layer(self) -> tuple[Line, ...] | None:
        """What was handed over."""
        return self.layer

    def rules(self) -> tuple[tuple[float, float, float, float], ...] | None:
        """What was handed over."""
        return self._rules

    def fills(self) -> tuple[tuple[float, float, float, float], ...]:
        """What was handed over."""
        return self._fills


@dataclass
class Sheet:
    """One page of the bench.

    Attributes:
        kind: what it imitates.
        language: of its text.
        lines: the truth, in reading order.
        columns: for each line, which column it stands in.
    """

    kind: str
    image: Image.Image
    language: str = "en"
    lines: list[Line] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw = ImageDraw.Draw(self.image)

    def write(
        self, x: float, y: float, text: str, font: ImageFont.FreeTypeFont, *, ink: object = "black", column: int = 0
    ) -> float:
        """Set one line with its top left corner at (x, y) and note its words; returns the x after it."""
        words = []
        space = font.getlength(" ")
        start = x
        for token in text.split(" "):
            if token:
                self.draw.text((start, y), token, font=font, fill=ink)
                x0, y0, x1, y1 = font.getbbox(token)
                words.append(Word(token, Box(start + x0, y + y0, start + max(x1, x0 + 1), y + max(y1, y0 + 1))))
            start += font.getlength(token) + space
        if words:
            box = Box.around(word.box for word in words)
            self.lines.append(
                Line(
                    " ".join(w.text for w in words),
                    box,
                    words=tuple(words),
                    font=Font(font.getname()[0] or "", font.size),
                )
            )
            self.columns.append(column)
        return start

    def paragraph(
        self,
        box: tuple[float, float, float, float],
        text: str,
        font: ImageFont.FreeTypeFont,
        *,
        lead: float = 1.35,
        ink: object = "black",
        column: int = 0,
    ) -> float:
        """Set text in a box until it is full; returns the y below it."""
        x0, y, x1, y1 = box
        for row in wrap(text, font, x1 - x0):
            if y + font.size * 1.2 > y1:
                break
            self.write(x0, y, row, font, ink=ink, column=column)
            y += font.size * lead
        return y

    def page(self) -> ArrayPage:
        """As an input page, with the truth as its text layer."""
        return ArrayPage(np.asarray(self.image.convert("RGB")), tuple(self.lines))


def wrap(text: str, font: ImageFont.FreeTypeFont, width: float) -> Iterator[str]:
    """Break text to lines; Chinese breaks anywhere."""
    units = text.split(" ") if " " in text else list(text)
    joint = " " if " " in text else ""
    row = ""
    for unit in units:
        longer = f"{row}{joint}{unit}" if row else unit
        if row and font.getlength(longer) > width:
            yield row
            row = unit
        else:
            row = longer
    if row:
        yield row


def photo(rng: random.Random, width: int, height: int) -> Image.Image:
    """Something like a photograph: smooth light, soft shapes, grain and edges."""
    noise = np.random.default_rng(rng.randrange(1 << 30))
    layers = np.zeros((height, width))
    for cells in (3, 8, 24, 70):
        grid = Image.fromarray(noise.uniform(0, 255, (cells, cells)).astype(np.uint8))
        layers += np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC), dtype=float) / cells**0.6
    layers += noise.normal(0, 4, layers.shape)
    layers = 255 * (layers - layers.min()) / np.ptp(layers)
    image = Image.fromarray(layers.astype(np.uint8)).convert("RGB")
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, r = rng.randrange(width), rng.randrange(height), rng.randrange(10, max(11, height // 4))
        draw.ellipse((x - r, y - r // 2, x + r, y + r // 2), fill=tuple(rng.randrange(256) for _ in range(3)))
    return image
