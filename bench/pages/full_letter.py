"""A page of print with the answer that is right for it, for benches in which a model of random weights is to read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
from bench.pages.texts import REPORT, TUNE
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ocroute.engines.neural import canary
from ocroute.engines.neural.canary.draw import LEADING, LEFT, LETTERS, TOP
from ocroute.models.dots_ocr.input_size import InputSize
from ocroute.values import Box

SENTENCES = [*TUNE["en"], *REPORT["en"]]
DPI = 200
LETTER = (1700, 2200)  # pixels of US Letter at DPI
SMALL = (532, 336)
SLIP = (532, 168)


@dataclass(frozen=True)
class Cell:
    """One element of a page's layout; ``box`` in pixels of its image."""

    box: Box
    category: str
    text: str


@dataclass(frozen=True)
class Sheet:
    """A page and what stands on it, in reading order.

    Attributes:
        image: RGB.
    """

    image: Image.Image
    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        """All of it, a line a cell."""
        return "\n".join(cell.text for cell in self.cells)

    def answer(self, frame: InputSize) -> str:
        """The layout as dots.ocr writes it, boxes in pixels of ``frame``."""
        cells = (
            {"bbox": list(frame.from_page(cell.box, self.image.size)), "category": cell.category, "text": cell.text}
            for cell in self.cells
        )
        return json.dumps(list(cells), ensure_ascii=False)


def full() -> Sheet:
    """A Letter page at 200 dpi, full of text, as a scanner gives it."""
    return drawn(LETTER, letters=33, sentences=5, seed=1)


def small() -> Sheet:
    """A few lines, to try things on a processor."""
    return drawn(SMALL, letters=20, sentences=2, seed=2)


def slip() -> Sheet:
    """A few lines of another size, to begin with."""
    return drawn(SLIP, letters=20, sentences=1, seed=3)


def canary_sheet() -> Sheet:
    """The canary page, line by line."""
    boxes = (Box(LEFT, TOP + at * LEADING, canary.SIZE[0] - LEFT, TOP + at * LEADING + LETTERS) for at in range(4))
    lines = canary.TRUTH.splitlines()
    return Sheet(canary.page(), tuple(Cell(box, "Text", line) for box, line in zip(boxes, lines, strict=True)))


def drawn(size: tuple[int, int], *, letters: int, sentences: int, seed: int) -> Sheet:
    """Paragraphs of so many ``sentences`` under section headers, set in ``letters`` pixels, from margin to margin."""
    image = Image.new("L", size, 255)
    margin, step = size[0] // 10, round(1.3 * letters)
    y, cells = margin, []
    for category, text in _parts(Random(seed), sentences):
        face = ImageFont.load_default(letters if category == "Text" else round(1.25 * letters))
        lines = _wrapped(text, face, size[0] - 2 * margin)
        if y + len(lines) * step > size[1] - margin:
            break
        ImageDraw.Draw(image).multiline_text((margin, y), "\n".join(lines), font=face, fill=25, spacing=step - letters)
        right = margin + max(face.getlength(line) for line in lines)
        cells.append(Cell(Box(margin, y, right, y + len(lines) * step), category, text))
        y += len(lines) * step + step
    return Sheet(_scanned(image, seed), tuple(cells))


def _parts(rng: Random, sentences: int) -> Iterator[tuple[str, str]]:
    """A header, and three paragraphs below it, and so on."""
    number = 1
    while True:
        yield "Section-header", f"{number}. Notes of the district, part {number}"
        for _ in range(3):
            yield "Text", " ".join(rng.sample(SENTENCES, sentences))
        number += 1


def _wrapped(text: str, face: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if face.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _scanned(page: Image.Image, seed: int) -> Image.Image:
    """Soft letters on paper with grain."""
    grain = np.random.default_rng(seed).normal(0, 4, (page.height, page.width))
    ink = np.asarray(page.filter(ImageFilter.GaussianBlur(0.6)), float) * 0.88 + 28
    return Image.fromarray(np.clip(ink + grain, 0, 255).astype(np.uint8)).convert("RGB")
