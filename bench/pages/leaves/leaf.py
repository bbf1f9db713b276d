"""A page that is set as a PDF, and its truth: what has to be read there, in which order."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import reportlab
from bench.pages.canvas import photo
from bench.pages.leaves.speech import Speech
from bench.pages.truth import Flow, Truth
from reportlab.lib.colors import Color, HexColor, black
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

A4 = (595.0, 842.0)
LEFT, RIGHT, TOP = 62.0, 533.0, 64.0

_LINUX = Path("/usr/share/fonts/truetype")
_REPORTLAB = Path(reportlab.__file__).parent / "fonts"
_TYPES = {  # half: for each style, what is set with by even and by odd seeds
    "tune": {
        "serif": ("liberation/LiberationSerif-Regular", "Times-Roman"),
        "sans": ("liberation/LiberationSans-Regular", "Helvetica"),
        "bold": ("liberation/LiberationSans-Bold", "Helvetica-Bold"),
        "mono": ("liberation/LiberationMono-Regular", "Courier"),
    },
    "report": {
        "serif": ("dejavu/DejaVuSerif", "dejavu/DejaVuSerifCondensed"),
        "sans": ("dejavu/DejaVuSansCondensed", "Vera"),
        "bold": ("dejavu/DejaVuSansCondensed-Bold", "VeraBd"),
        "mono": ("dejavu/DejaVuSansMono", "dejavu/DejaVuSansMono"),
    },
}


class Leaf:
    """A document being set. Lengths in points, origin top left, y down to the base line."""

    def __init__(self, kind: str, half: str, seed: int) -> None:
        self.kind, self.half, self.seed = kind, half, seed
        self.rng = random.Random(f"leaf-{kind}-{half}-{seed}")
        self.speech = Speech(half, self.rng)
        self.size, self.width, self.height = 10.5, *A4
        self.ink: Color = black
        self.y = TOP
        self._file = io.BytesIO()
        self.canvas = Canvas(self._file, pagesize=A4, invariant=1)
        self._pages: list[list[Flow]] = [[]]
        self.body = self.type(self.rng.choice(("serif", "sans")))

    # what is made ready

    def paper(self, width: float, height: float, ground: str = "") -> None:
        """Another size, or a tinted page; before anything is set."""
        self.width, self.height = width, height
        self.canvas.setPageSize((width, height))
        if ground:
            self.tint(0, 0, width, height, ground)

    def type(self, style: str) -> str:
        """The name of a font of this half."""
        return registered(_TYPES[self.half][style][self.seed % 2])

    def next_page(self) -> None:
        """Go on on another one."""
        self.canvas.showPage()
        self._pages.append([])
        self.y = TOP

    def flow(self, *, beside: bool = False, anywhere: bool = False, needed: bool = True, cells: bool = False) -> None:
        """What is set from here on is read after all before it.

        Args:
            beside: it may as well be read before the flow before it.
            anywhere: no place in the order is the right one.
        """
        ranks = [flow.rank for flow in self._pages[-1] if flow.rank >= 0]
        last = ranks[-1] if ranks else -1
        rank = -1 if anywhere or not needed else max(0, last) if beside else last + 1
        self._pages[-1].append(Flow([], rank, needed, cells))

    # what is set

    def write(
        self, x: float, y: float, text: str, *, style: str = "", size: float = 0, align: str = "left", new: bool = True
    ) -> float:
        """One line with its base line at y; a block of its own unless it is not ``new``. Returns the x at its end."""
        font, size = self.type(style) if style else self.body, size or self.size
        width = stringWidth(text, font, size)
        x -= {"left": 0.0, "right": width, "centre": width / 2}[align]
        self.canvas.setFillColor(self.ink)
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, self.height - y, text)
        self.note(text, new=new)
        return x + width

    def upwards(self, x: float, y: float, text: str, *, size: float = 0) -> None:
        """One line that runs up the page from its base line's start at (x, y); a block of its own."""
        self.canvas.saveState()
        self.canvas.translate(x, self.height - y)
        self.canvas.rotate(90)
        self.canvas.setFillColor(self.ink)
        self.canvas.setFont(self.type("sans"), size or self.size)
        self.canvas.drawString(0, 0, text)
        self.canvas.restoreState()
        self.note(text)

    def note(self, text: str, *, new: bool = True) -> None:
        """Put a line into the truth; of the block before where it is not ``new``."""
        if not self._pages[-1]:
            self.flow()
        blocks = self._pages[-1][-1].blocks
        if new or not blocks:
            blocks.append([text])
        else:
            blocks[-1].append(text)

    def relate(self, text: str) -> None:
        """Say otherwise in the truth what the line before says, e.g. with a raised figure."""
        self._pages[-1][-1].blocks[-1][-1] = text

    def line(self, text: str, *, x: float = LEFT, style: str = "", size: float = 0, after: float = 1.35) -> None:
        """A block of one line at the present height."""
        size = size or self.size
        self.write(x, self.y + size, text, style=style, size=size)
        self.y += size * after

    def paragraph(
        self,
        text: str,
        *,
        x: float = LEFT,
        width: float = RIGHT - LEFT,
        size: float = 0,
        lead: float = 1.3,
        indent: float = 0,
        bottom: float = 0,
        style: str = "",
    ) -> None:
        """Lines that break where they are full, at the present height; ends with space below. Stops at ``bottom``."""
        size = size or self.size
        font = self.type(style) if style else self.body
        for at, row in enumerate(wrapped(text, font, size, width - indent)):
            if self.y + size > (bottom or self.height - 40):
                return
            self.write(x + (indent if at else 0), self.y + size, row, size=size, style=style, new=not at)
            self.y += size * lead
        self.y += size * 0.7

    def heading(self, text: str, *, x: float = LEFT, size: float = 14) -> None:
        """A line in bold with space around it."""
        self.y += size * 0.5
        self.line(text, x=x, style="bold", size=size, after=1.6)

    def number(self, text: str, x: float = 0, y: float = 0) -> None:
        """Furniture: a page's number, or a running head."""
        self.flow(needed=False)
        self.write(x or self.width / 2, y or self.height - 34, text, size=9, align="centre")

    def rule(self, x0: float, y0: float, x1: float, y1: float, width: float = 0.7) -> None:
        """A line that is drawn."""
        self.canvas.setStrokeColor(self.ink)
        self.canvas.setLineWidth(width)
        self.canvas.line(x0, self.height - y0, x1, self.height - y1)

    def frame(self, x0: float, y0: float, x1: float, y1: float, width: float = 0.7) -> None:
        """A box that is drawn."""
        self.canvas.setStrokeColor(self.ink)
        self.canvas.setLineWidth(width)
        self.canvas.rect(x0, self.height - y1, x1 - x0, y1 - y0)

    def tint(self, x0: float, y0: float, x1: float, y1: float, colour: str) -> None:
        """A box that is filled."""
        self.canvas.setFillColor(HexColor(colour))
        self.canvas.rect(x0, self.height - y1, x1 - x0, y1 - y0, stroke=0, fill=1)

    def picture(self, x: float, y: float, width: float, height: float) -> None:
        """A photograph with its top left corner at (x, y)."""
        held = io.BytesIO()
        photo(self.rng, max(40, round(width * 0.7)), max(40, round(height * 0.7))).convert("L").save(
            held, "JPEG", quality=40
        )
        self.canvas.drawImage(ImageReader(held), x, self.height - y - height, width, height)

    def columns(
        self, rows: Sequence[Sequence[str]], starts: Sequence[float], *, right: Sequence[int] = (), step: float = 1.5
    ) -> None:
        """Rows of cells at the present height; each in the truth a cell. Columns ``right`` end at their start."""
        self.flow(cells=True)
        for row in rows:
            for place, (x, cell) in enumerate(zip(starts, row, strict=True)):
                if cell:
                    self.write(x, self.y + self.size, cell, align="right" if place in right else "left")
            self.y += self.size * step

    def finished(self) -> tuple[bytes, Truth]:
        """The file and its truth."""
        self.canvas.showPage()
        self.canvas.save()
        pages = [[flow for flow in flows if flow.blocks] for flows in self._pages]
        return self._file.getvalue(), Truth(self.kind, self.half, self.seed, pages)


Maker = Callable[[Leaf], None]


def wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    """Lines no wider than ``width``, but for words that are."""
    rows, row = [], ""
    for word in text.split():
        longer = f"{row} {word}".strip()
        if row and stringWidth(longer, font, size) > width:
            rows.append(row)
            longer = word
        row = longer
    return [*rows, row] if row else rows


@cache
def registered(name: str) -> str:
    """The font's name for reportlab: one that every viewer has, or a file that is embedded."""
    if "/" not in name and not name.startswith("Vera"):
        return name
    stem = Path(name).name
    file = _LINUX / f"{name}.ttf" if "/" in name else _REPORTLAB / f"{name}.ttf"
    pdfmetrics.registerFont(TTFont(stem, str(file)))
    return stem
