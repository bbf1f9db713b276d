"""Draws every page that the tests are made of: pixels without a file, lines of type at known places, tables, letters.

Pages with ink are `bench.pages.canvas.ArrayPage`. Text is our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
import reportlab
from bench.pages.canvas import ArrayPage, Sheet
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfbase.pdfmetrics import stringWidth

from ocroute.values import Box, Font, Line, Table, Word

FONTS = Path("/usr/share/fonts/truetype")
SERIF = FONTS / "liberation/LiberationSerif-Regular.ttf"
SANS = FONTS / "dejavu/DejaVuSans.ttf"
VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
"""Comes with reportlab, so that pages set in it are the same everywhere."""

ENGLISH = (
    "The harbour office opens at seven, except on Sundays.",
    "Boats under 12 metres pay 18.50 a night; longer ones 31.",
    "Please keep the quay clear, and do not feed the gulls.",
    "A map (with depths) hangs beside the door.",
)
RUSSIAN = (
    "Контора порта открывается в семь утра каждый день.",
    "Просим не загромождать причал и не кормить чаек.",
    "Карта глубин висит рядом с дверью на стене.",
    "Лодки платят за ночь тридцать один рубль.",
)
PROSE = (
    "The harbour master kept a ledger of every vessel that had come in since the autumn gales. Most of them carried timber "
    "and grain, a few brought letters, and one had been towed in without a crew. He wrote the names in a slow and careful "
    "hand, because the owners would ask for them in spring, when the insurers came up from the city to settle what the "
    "winter had taken. Nobody remembered a year with so many losses."
)
LIGHTHOUSE = (
    "The lighthouse keeper wrote down the weather every morning for forty years and never missed a day. "
    "His notebooks were found in a tin box under the stairs when the tower was sold to the town. "
    "They are now kept in the small museum by the harbour and can be read on request. "
    "Scholars of the climate come from far away to compare his figures with those of the satellites. "
    "Most of them agree within half a degree, which nobody had expected from a man with one thermometer."
)
QUARRY_IN_RUSSIAN = (
    "Весной карьер закрыли, и почти все семьи, работавшие там три поколения подряд, переехали к морю. "
    "Немногие остались."
)


def blank_page(width: int, height: int, rules: Iterable[tuple[float, float, float, float]] = ()) -> ArrayPage:
    """White paper; its rules are known as those of a PDF, and not drawn."""
    return ArrayPage(lambda: np.full((height, width, 3), 255, np.uint8), None, rules, size=(width, height))


def ruled_page(rules: Sequence[tuple[float, float, float, float]] = (), *, scan: bool = False) -> ArrayPage:
    """Grainy paper of 1000 x 1400 with rules drawn on it; they are known as those of a PDF too, unless it is a ``scan``."""

    def paper() -> np.ndarray:
        drawn = np.random.default_rng(0).normal(235, 5, (1400, 1000, 3)).clip(0, 255).astype(np.uint8)
        for x0, y0, x1, y1 in rules:
            cv2.line(drawn, (int(x0), int(y0)), (int(x1), int(y1)), (40, 40, 40), 2)
        return drawn

    return ArrayPage(paper, None, None if scan else rules, size=(1000, 1400))


def face(path: Path, size: int) -> ImageFont.FreeTypeFont:
    if not path.is_file():
        pytest.skip(f"the font {path} is not installed")
    return ImageFont.truetype(str(path), size)


def typeset(lines: Sequence[str], *, font: Path = SERIF, size: int = 30, left: int = 50, width: int = 900) -> ArrayPage:
    """Lines set one below the other, with the text layer that a PDF of the page would have."""
    letters = face(font, size)
    image = Image.new("RGB", (width, 80 + len(lines) * 2 * size), "white")
    draw = ImageDraw.Draw(image)
    layer = []
    for index, text in enumerate(lines):
        top = 40 + index * 2 * size
        draw.text((left, top), text, font=letters, fill="black")
        words, x = [], float(left)
        for word in text.split():
            words.append(Word(word, Box(x, top, x + letters.getlength(word), top + size)))
            x += letters.getlength(word + " ")
        layer.append(Line(text, Box.around(word.box for word in words), words=tuple(words)))
    return ArrayPage(image, tuple(layer), dpi=200)


def sheet(size: tuple[int, int] = (1240, 1000), ground: object = "white") -> Sheet:
    """An empty page to write on."""
    return Sheet("test", Image.new("RGB", size, ground))


def letter(*, ink: object = "black", ground: object = "white", size: int = 24) -> Sheet:
    """A page of one paragraph."""
    made = sheet(ground=ground)
    made.paragraph((100, 100, 1140, 950), LIGHTHOUSE, vera(size), ink=ink)
    return made


def vera(size: int) -> ImageFont.FreeTypeFont:
    """The same font everywhere, in pixels to the em."""
    return ImageFont.truetype(str(VERA), size)


@dataclass
class TypesetPage:
    """A page that is being set. Pixels at 200 dpi; ``fonts`` says whether lines come as from a text layer or as from OCR."""

    width: int = 1700
    height: int = 2200
    fonts: bool = True
    lines: list[Line] = field(default_factory=list)
    rules: list[tuple[float, float, float, float]] = field(default_factory=list)

    @property
    def page(self) -> ArrayPage:
        return blank_page(self.width, self.height, self.rules)

    def line(
        self, text: str, x: float, y: float, *, size: float = 28, bold: bool = False, width: float | None = None
    ) -> None:
        """One line with its top left corner at (x, y), stretched to ``width`` if given."""
        face = "Times-Bold" if bold else "Times-Roman"
        words = text.split()
        natural = [stringWidth(word, face, size) for word in words]
        space = stringWidth(" ", face, size)
        if width is not None and len(words) > 1:
            space = (width - sum(natural)) / (len(words) - 1)
        placed, left = [], x
        for word, extent in zip(words, natural, strict=True):
            placed.append(Word(word, Box(left, y, left + extent, y + 1.15 * size)))
            left += extent + space
        font = Font(face, size, bold=bold) if self.fonts else None
        self.lines.append(Line(text, Box.around(word.box for word in placed), None, tuple(placed), font))

    def centred(self, text: str, y: float, *, size: float = 28, bold: bool = False) -> None:
        """One line in the middle of the page."""
        extent = stringWidth(text, "Times-Bold" if bold else "Times-Roman", size)
        self.line(text, (self.width - extent) / 2, y, size=size, bold=bold)

    def prose(
        self, text: str, x: float, y: float, width: float, *, size: float = 28, indent: float = 0, hanging: float = 0
    ) -> float:
        """A justified paragraph; returns the y below it. ``@`` in a word is where it may be broken."""
        pending, current, first = text.split(), "", True
        while pending or current:
            room = width - (indent if first else hanging)
            left = x + (indent if first else hanging)
            while pending and stringWidth(f"{current} {pending[0].replace('@', '')}", "Times-Roman", size) <= room:
                current = f"{current} {pending.pop(0).replace('@', '')}".strip()
            if pending and "@" in pending[0]:
                head, _, tail = pending[0].partition("@")
                if stringWidth(f"{current} {head}-", "Times-Roman", size) <= room:
                    current, pending[0] = f"{current} {head}-".strip(), tail
            self.line(current, left, y, size=size, width=room if pending else None)
            y, first, current = y + 1.22 * size, False, ""
        return y


CHAR, HEIGHT = 10, 20
"""Of letters of `line`."""


def line(x, y, text):
    """One line with its words; a space is half a letter wide."""
    words, at = [], x
    for part in text.split(" "):
        words.append(Word(part, Box(at, y, at + CHAR * len(part), y + HEIGHT)))
        at += CHAR * len(part) + CHAR * 0.5
    return Line(text, Box.around(w.box for w in words), None, tuple(words))


def rows(top, columns, texts, *, pitch=28):
    """One line for every text that is not empty, row below row, each at its column's left edge."""
    return [
        line(x, top + pitch * number, text)
        for number, row in enumerate(texts)
        for x, text in zip(columns, row, strict=True)
        if text
    ]


def across(x0, x1, *ys):
    """Horizontal rules."""
    return [(x0, y, x1, y) for y in ys]


def down(y0, y1, *xs):
    """Vertical rules."""
    return [(x, y0, x, y1) for x in xs]


def grid(table: Table) -> list[list[str]]:
    """The text at every position; a cell with a span stands at all of its positions."""
    out = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        for r in range(cell.row, cell.row + cell.row_span):
            for c in range(cell.column, cell.column + cell.column_span):
                assert not out[r][c], f"two cells at row {r}, column {c}"
                out[r][c] = cell.text
    return out
