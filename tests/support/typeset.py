"""Sets pages of type, so that tests know where every word stands and in which order it is read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from reportlab.pdfbase.pdfmetrics import stringWidth

from ocroute.pages import InputPage, Raster
from ocroute.values import Box, Font, Line, Word

PROSE = (
    "The harbour master kept a ledger of every vessel that had come in since the autumn gales. Most of them carried timber "
    "and grain, a few brought letters, and one had been towed in without a crew. He wrote the names in a slow and careful "
    "hand, because the owners would ask for them in spring, when the insurers came up from the city to settle what the "
    "winter had taken. Nobody remembered a year with so many losses."
)


class Blank(InputPage):
    """A white page of a given size."""

    def __init__(self, width: int, height: int, rules: tuple[tuple[float, float, float, float], ...] = ()) -> None:
        super().__init__()
        self.source, self.number = "typeset", 1
        self._size, self._rules = (width, height), rules

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    def _render(self) -> Raster:
        return np.full((self._size[1], self._size[0], 3), 255, np.uint8)

    def rules(self) -> tuple[tuple[float, float, float, float], ...]:
        return self._rules


@dataclass
class Sheet:
    """A page that is being set. Pixels at 200 dpi; ``fonts`` says whether lines come as from a text layer or as from OCR."""

    width: int = 1700
    height: int = 2200
    fonts: bool = True
    lines: list[Line] = field(default_factory=list)
    rules: list[tuple[float, float, float, float]] = field(default_factory=list)

    @property
    def page(self) -> Blank:
        return Blank(self.width, self.height, tuple(self.rules))

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
