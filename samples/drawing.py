"""Sets sheets as PDF pages: lines filled word by word, divided where the content allows it, justified in columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from content import Part, Sheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

PAGE = (595.0, 842.0)  # A4 in points
MARGIN = 64.0
GUTTER = 24.0
SOFT = "|"  # in the content, where a word may be divided

FONTS = {
    "Serif": "liberation/LiberationSerif-Regular.ttf",
    "Serif-Bold": "liberation/LiberationSerif-Bold.ttf",
    "Sans": "dejavu/DejaVuSans.ttf",
    "Sans-Bold": "dejavu/DejaVuSans-Bold.ttf",
}
SIZES = {"title": 1.6, "heading": 1.2, "footnote": 0.8, "header": 0.8, "footer": 0.8}


def register_fonts(folder: Path) -> None:
    """Make the fonts under ``folder`` (as Debian and Ubuntu lay them out) known to ReportLab."""
    for name, path in FONTS.items():
        if not (folder / path).exists():
            raise SystemExit(f"{folder / path} is missing: apt install fonts-liberation fonts-dejavu-core")
        pdfmetrics.registerFont(TTFont(name, str(folder / path)))


def write_pdf(path: Path, sheets: Iterable[Sheet], *, visible: bool = True) -> None:
    """One page a sheet; the same bytes every time."""
    canvas = Canvas(str(path), pagesize=PAGE, invariant=1, pageCompression=1)
    canvas.setTitle("")
    for sheet in sheets:
        Setter(canvas, sheet, visible=visible).run()
        canvas.showPage()
    canvas.save()


class Setter:
    """Sets one sheet from top to bottom, column after column."""

    def __init__(self, canvas: Canvas, sheet: Sheet, *, visible: bool = True) -> None:
        self.canvas = canvas
        self.sheet = sheet
        self.mode = 0 if visible else 3
        self.width = PAGE[0] - 2 * MARGIN
        self.x = MARGIN
        self.y = PAGE[1] - MARGIN
        self.top = self.y
        self.bottom = MARGIN

    def run(self) -> None:
        """Draw everything."""
        footnotes = [part for part in self.sheet.parts if part.kind == "footnote"]
        for part in self.sheet.parts:
            if part.kind in ("header", "footer"):
                self.furniture(part)
        if footnotes:
            self.bottom += 40
        before = ""
        for part in self.sheet.parts:
            self.y -= self.sheet.size * 0.5 if before == "item" and part.kind != "item" else 0
            before = part.kind
            if part.kind in ("ruled", "unruled"):
                self.table(part)
            elif part.kind not in ("header", "footer", "footnote"):
                self.block(part)
            if part.kind == "title" and self.sheet.columns == 2:
                self.top, self.width = self.y, (self.width - GUTTER) / 2
        for part in footnotes:
            self.bottom, self.y = 0, MARGIN + 22
            if self.sheet.columns == 2:
                self.canvas.line(self.x, self.y + 14, self.x + 80, self.y + 14)
            self.block(part)

    def furniture(self, part: Part) -> None:
        """A line at the very top or bottom, in the middle."""
        y = PAGE[1] - MARGIN / 2 if part.kind == "header" else MARGIN / 2
        size = self.sheet.size * SIZES[part.kind]
        width = pdfmetrics.stringWidth(part.text, self.sheet.font, size)
        self.write((PAGE[0] - width) / 2, y, part.text, self.sheet.font, size)

    def block(self, part: Part) -> None:
        """A heading, paragraph, address or item of a list."""
        bold = part.kind in ("title", "heading")
        font = self.sheet.font + ("-Bold" if bold else "")
        size = self.sheet.size * SIZES.get(part.kind, 1.0)
        indent = 22.0 if part.kind == "item" else 0.0
        self.y -= size * 0.5 if part.kind == "heading" else 0
        for number, paragraph in enumerate(part.text.split("\n")):
            lines = list(fill(paragraph, font, size, self.width - indent))
            for index, line in enumerate(lines):
                self.advance(size * self.sheet.leading)
                if part.marker and number == index == 0:
                    self.write(self.x + 4, self.y, part.marker, font, size)
                last = index == len(lines) - 1
                justified = part.kind == "text" and self.sheet.columns == 2 and not last
                self.write(self.x + indent, self.y, line, font, size, self.width if justified else None)
        self.y -= size * (0.25 if part.kind in ("item", "heading") else 0.7)

    def advance(self, height: float) -> None:
        """Down by one line, or to the top of the next column."""
        self.y -= height
        if self.y < self.bottom and self.sheet.columns == 2 and self.x == MARGIN:
            self.x += self.width + GUTTER
            self.y = self.top - height

    def table(self, part: Part) -> None:
        """Columns as wide as their widest cell; numbers to the right; lines around the cells where it is ruled."""
        size, font = self.sheet.size, self.sheet.font
        pad = 8.0 if part.kind == "ruled" else 22.0
        columns = list(zip(*part.rows, strict=True))
        widths = [
            max(pdfmetrics.stringWidth(cell, font + "-Bold", size) for cell in column) + 2 * pad for column in columns
        ]
        height = size * 1.9
        top = self.y
        for index, row in enumerate(part.rows):
            x = self.x
            for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
                face = font + ("-Bold" if index == 0 else "")
                inner = pdfmetrics.stringWidth(cell, face, size)
                self.write(
                    x + pad if number == 0 else x + width - pad - inner, self.y - height * 0.68, cell, face, size
                )
                x += width
            self.y -= height
        if part.kind == "ruled":
            self.canvas.setLineWidth(0.8)
            xs = [self.x + sum(widths[:count]) for count in range(len(widths) + 1)]
            self.canvas.grid(xs, [top - height * count for count in range(len(part.rows) + 1)])
        self.y -= size

    def write(self, x: float, y: float, words: str, font: str, size: float, width: float | None = None) -> None:
        """One line, stretched between its words to ``width`` where that is given."""
        words = words.replace(SOFT, "")
        if not words:
            return
        if width is None or " " not in words:
            self.place(x, y, words, font, size)
            return
        gap = (width - sum(pdfmetrics.stringWidth(word, font, size) for word in words.split())) / words.count(" ")
        for word in words.split():
            self.place(x, y, word, font, size)
            x += pdfmetrics.stringWidth(word, font, size) + gap

    def place(self, x: float, y: float, words: str, font: str, size: float) -> None:
        """Words at a point."""
        line = self.canvas.beginText(x, y)
        line.setTextRenderMode(self.mode)
        line.setFont(font, size)
        line.textOut(words)
        self.canvas.drawText(line)


def fill(paragraph: str, font: str, size: float, width: float) -> Iterator[str]:
    """Lines of at most ``width`` points; a word that does not fit is divided at a bar where one helps."""
    line = ""
    for word in paragraph.split():
        rest = word
        while True:
            longer = f"{line} {rest}".strip()
            if measure(longer, font, size) <= width:
                line = longer
                break
            heads = [rest[:at] for at in range(len(rest)) if rest[at] == SOFT]
            fitting = [head for head in heads if measure(f"{line} {head}-".strip(), font, size) <= width]
            if fitting:
                yield f"{line} {fitting[-1]}-".strip()
                rest = rest[len(fitting[-1]) + 1 :]
            else:
                yield line
            line = ""
    yield line


def measure(words: str, font: str, size: float) -> float:
    """Points from the left to the right end of ``words``."""
    return float(pdfmetrics.stringWidth(words.replace(SOFT, ""), font, size))
