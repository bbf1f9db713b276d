"""Draws pages with tables, whose cells are known, and pages that only look as if they had some."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table

Truth = list[tuple[int, int, int, int, str]]  # row, column, row span, column span, text

WIDTH, HEIGHT = A4
WORDS = (  # noqa: SIM905 - a list of one word a line hides the code
    "harbour grain ledger copper survey tariff orchard station canal winter timber parish market clerk vessel slate "
    "barley railway census furnace glass cement estuary archive meadow quarry pilot witness turbine glacier workshop"
).split()
FONTS = ("Helvetica", "Times-Roman")


class Sheet:
    """A page being drawn, from the top down."""

    def __init__(self, path: Path, seed: int) -> None:
        self.rng = random.Random(seed)
        self.canvas = Canvas(str(path), pagesize=A4)
        self.font = self.rng.choice(FONTS)
        self.size = self.rng.choice((8, 9, 10, 11))
        self.y = HEIGHT - 60
        self.truth: list[Truth] = []

    def words(self, low: int, high: int) -> str:
        """Some words."""
        return " ".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(low, high)))

    def name(self) -> str:
        """One or two words with a capital."""
        return self.words(1, 2).capitalize()

    def number(self) -> str:
        """A number as statistics and accounts print them."""
        style = self.rng.randrange(5)
        value = self.rng.uniform(1, 99999)
        return (
            f"{value:,.0f}",
            f"{value / 1000:.2f}",
            f"({value:,.0f})",
            f"{value / 1000:.1f}%",
            f"-{value / 1000:.3f}",
        )[style]

    def prose(self, lines: int, x: float = 60, width: float = WIDTH - 120, *, y: float | None = None) -> float:
        """Justified text; returns where it ends."""
        style = ParagraphStyle("p", fontName=self.font, fontSize=self.size, leading=self.size * 1.25, alignment=4)
        text = ""
        while len(text) < lines * width / (self.size * 0.5):
            text += self.words(6, 14).capitalize() + f" in {self.rng.randint(1800, 2020)}. "
        paragraph = Paragraph(text, style)
        _, height = paragraph.wrap(width, 1000)
        top = self.y if y is None else y
        paragraph.drawOn(self.canvas, x, top - height)
        if y is None:
            self.y = top - height - 14
        return top - height

    def table(self, rows: list[list], style: list, *, x: float = 60, widths: list[float] | None = None) -> None:
        """A table of the given cells, below what is there."""
        base = [("FONT", (0, 0), (-1, -1), self.font, self.size), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        table = Table(rows, colWidths=widths, style=base + style)
        _, height = table.wrap(WIDTH, HEIGHT)
        table.drawOn(self.canvas, x, self.y - height)
        self.y -= height + 16

    def paragraph(self, text: str) -> Paragraph:
        """Text that wraps in its cell."""
        return Paragraph(text, ParagraphStyle("c", fontName=self.font, fontSize=self.size, leading=self.size * 1.2))

    def text(self, x: float, text: str, *, right: bool = False, size: float | None = None, font: str = "") -> None:
        """One line at the present height."""
        self.canvas.setFont(font or self.font, size or self.size)
        (self.canvas.drawRightString if right else self.canvas.drawString)(x, self.y, text)


def plain_rows(sheet: Sheet, columns: int, count: int) -> list[list[str]]:
    head = [sheet.name() for _ in range(columns)]
    return [head] + [[sheet.name() + f" {i}"] + [sheet.number() for _ in range(columns - 1)] for i in range(count)]


def simple(rows: list[list[str]]) -> Truth:
    return [(r, c, 1, 1, text) for r, row in enumerate(rows) for c, text in enumerate(row)]


def _sized(sheet: Sheet) -> list[list[str]]:
    return plain_rows(sheet, sheet.rng.randint(3, 6), sheet.rng.randint(4, 12))


RIGHT = ("ALIGN", (1, 0), (-1, -1), "RIGHT")
BOOK = [("LINEABOVE", (0, 0), (-1, 0), 1, colors.black), ("LINEBELOW", (0, -1), (-1, -1), 1, colors.black)]
UNDER_HEAD = ("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black)
TIGHT = [("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)]


def ruled(sheet: Sheet) -> None:
    rows = _sized(sheet)
    for row in rows[1:]:
        if sheet.rng.random() < 0.3:
            row[-1] = ""
    sheet.table(rows, [("GRID", (0, 0), (-1, -1), 0.5, colors.black), RIGHT])
    sheet.truth.append(simple(rows))


def ruled_wrapped(sheet: Sheet) -> None:
    texts = [["Item", "Description", "Origin", "Price"]]
    for i in range(sheet.rng.randint(4, 8)):
        texts.append([f"A{i}{sheet.rng.randint(10, 99)}", sheet.words(4, 14), sheet.name(), sheet.number()])
    rows = [[sheet.paragraph(t) if c == 1 else t for c, t in enumerate(row)] for row in texts]
    sheet.table(rows, [("GRID", (0, 0), (-1, -1), 0.5, colors.black)], widths=[60, 150, 100, 90])
    sheet.truth.append(simple(texts))


def ruled_spans(sheet: Sheet) -> None:
    head = ["Station", "Spring", "", "Autumn", ""]
    second = ["", "Mean", "Share", "Mean", "Share"]
    body = plain_rows(sheet, 5, sheet.rng.randint(4, 9))[1:]
    spans = [("SPAN", (0, 0), (0, 1)), ("SPAN", (1, 0), (2, 0)), ("SPAN", (3, 0), (4, 0))]
    sheet.table([head, second, *body], [("GRID", (0, 0), (-1, -1), 0.5, colors.black), *spans])
    sheet.truth.append(_spanning(second, body))


def _spanning(second: list[str], body: list[list[str]]) -> Truth:
    truth: Truth = [(0, 0, 2, 1, "Station"), (0, 1, 1, 2, "Spring"), (0, 3, 1, 2, "Autumn")]
    truth += [(1, c, 1, 1, text) for c, text in enumerate(second) if text]
    return truth + [(r + 2, c, 1, 1, text) for r, row in enumerate(body) for c, text in enumerate(row)]


def booktabs(sheet: Sheet) -> None:
    rows = _sized(sheet)
    sheet.table(rows, [*BOOK, UNDER_HEAD, RIGHT, *TIGHT])
    sheet.truth.append(simple(rows))


def booktabs_spans(sheet: Sheet) -> None:
    head = ["", "Spring", "", "Autumn", ""]
    second = ["Station", "Mean", "Share", "Error", "Total"]
    body = plain_rows(sheet, 5, sheet.rng.randint(4, 9))[1:]
    rules = [("LINEBELOW", (0, 1), (-1, 1), 0.5, colors.black)]
    rules += [("LINEBELOW", (a, 0), (a + 1, 0), 0.4, colors.black) for a in (1, 3)]
    spans = [("SPAN", (1, 0), (2, 0)), ("SPAN", (3, 0), (4, 0)), ("ALIGN", (1, 0), (-1, -1), "CENTER")]
    sheet.table([head, second, *body], [*BOOK, *rules, *spans, *TIGHT])
    truth: Truth = [(0, 1, 1, 2, "Spring"), (0, 3, 1, 2, "Autumn")]
    sheet.truth.append(truth + [(r + 1, c, n, m, t) for r, c, n, m, t in simple([second, *body])])


def booktabs_wrapped(sheet: Sheet) -> None:
    texts = [["Name", "Remarks", "Year", "Count"]]
    for _ in range(sheet.rng.randint(4, 7)):
        texts.append([sheet.name(), sheet.words(4, 13), str(sheet.rng.randint(1800, 1999)), sheet.number()])
    rows = [[sheet.paragraph(t) if c == 1 else t for c, t in enumerate(row)] for row in texts]
    sheet.table(rows, [*BOOK, UNDER_HEAD], widths=[100, 170, 60, 80])
    sheet.truth.append(simple(texts))


def shaded(sheet: Sheet) -> None:
    rows = _sized(sheet)
    stripes = [("BACKGROUND", (0, r), (-1, r), colors.HexColor("#e4e8ef")) for r in range(1, len(rows), 2)]
    head = [("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#34405a")), ("TEXTCOLOR", (0, 0), (-1, 0), colors.white)]
    sheet.table(rows, [*stripes, *head, RIGHT])
    sheet.truth.append(simple(rows))


def unruled(sheet: Sheet) -> None:
    rows = _sized(sheet)
    for row in rows[1:]:
        if sheet.rng.random() < 0.2:
            row[sheet.rng.randrange(1, len(row))] = "–"
    sheet.table(rows, [RIGHT, *TIGHT])
    sheet.truth.append(simple(rows))


def framed(sheet: Sheet) -> None:
    rows = _sized(sheet)
    sheet.table(rows, [("BOX", (0, 0), (-1, -1), 0.7, colors.black), UNDER_HEAD, RIGHT, *TIGHT])
    sheet.truth.append(simple(rows))


def financial(sheet: Sheet) -> None:
    """Leaders, indents, currency signs at the column's edge, rules under sums."""
    rows: Truth = [(0, 1, 1, 1, "2021"), (0, 2, 1, 1, "2020")]
    edges = (400, 500)
    for edge, year in zip(edges, ("2021", "2020"), strict=True):
        sheet.text(edge, year, right=True)
        sheet.canvas.line(edge - 70, sheet.y - 3, edge, sheet.y - 3)
    sheet.y -= sheet.size * 1.5
    number = 1
    for group in range(2):
        sheet.text(60, title := ("Operating activities:", "Financing activities:")[group])
        rows.append((number, 0, 1, 1, title))
        number += 1
        sheet.y -= sheet.size * 1.5
        for line in range(sheet.rng.randint(3, 5)):
            label = f"{sheet.words(2, 3).capitalize()} {line}"
            values = [f"{sheet.rng.randint(100, 99999):,}" for _ in edges]
            if sheet.rng.random() < 0.3:
                values[1] = f"({values[1]})"
            sheet.text(72, label)
            start = 72 + stringWidth(label, sheet.font, sheet.size) + 4
            dot = stringWidth(".", sheet.font, sheet.size) * 2
            for k in range(int((320 - start) / dot)):
                sheet.canvas.drawString(start + k * dot, sheet.y, ".")
            for edge, value in zip(edges, values, strict=True):
                sheet.text(edge, value, right=True)
                if line == 0:
                    sheet.text(edge - 68, "$")
            sign = "$ " if line == 0 else ""
            rows.append((number, 0, 1, 1, label))
            rows += [(number, c, 1, 1, sign + v) for c, v in enumerate(values, 1)]
            number += 1
            sheet.y -= sheet.size * 1.5
        for edge in edges:
            sheet.canvas.line(edge - 70, sheet.y + sheet.size * 1.2, edge, sheet.y + sheet.size * 1.2)
    sheet.y -= 12
    sheet.truth.append(rows)


def beside_prose(sheet: Sheet) -> None:
    """Two columns of print, the table in one of them."""
    column = (WIDTH - 140) / 2
    sheet.size = min(sheet.size, 9)
    left = sheet.rng.random() < 0.5
    table_x, prose_x = (60, 80 + column) if left else (80 + column, 60)
    top = sheet.y
    sheet.prose(44, prose_x, column, y=top)
    sheet.y = sheet.prose(12, table_x, column, y=top) - 20
    rows = plain_rows(sheet, 4, sheet.rng.randint(4, 7))
    rows = [[cell.split()[0] if r == 0 else cell for cell in row] for r, row in enumerate(rows)]
    widths = [column * 0.34, *[column * 0.22] * 3]
    sheet.table(rows, [*BOOK, UNDER_HEAD, *TIGHT], x=table_x, widths=widths)
    sheet.prose(12, table_x, column, y=sheet.y)
    sheet.truth.append(simple(rows))


def two_tables(sheet: Sheet) -> None:
    sheet.text(60, "Table 1: " + sheet.words(4, 8).capitalize() + ".")
    sheet.y -= 6
    booktabs(sheet)
    sheet.text(60, "Table 2: " + sheet.words(4, 8).capitalize() + ".")
    sheet.y -= 6
    booktabs(sheet)


def prose(sheet: Sheet) -> None:
    sheet.prose(sheet.rng.randint(20, 40))


def columns(sheet: Sheet) -> None:
    count = sheet.rng.choice((2, 3))
    width = (WIDTH - 120 - 18 * (count - 1)) / count
    for k in range(count):
        sheet.prose(40, 60 + k * (width + 18), width, y=HEIGHT - 60)


def listing(sheet: Sheet) -> None:
    for i in range(12):
        sheet.text(60, sheet.rng.choice(("•", f"{i + 1}.", f"({chr(97 + i)})")))
        sheet.text(90, sheet.words(4, 10).capitalize())
        sheet.y -= sheet.size * 1.4


def contents(sheet: Sheet) -> None:
    page = 1
    for i in range(18):
        title = f"{i // 4 + 1}.{i % 4 + 1}   " + sheet.words(2, 5).capitalize()
        page += sheet.rng.randint(0, 9)
        sheet.text(60, title)
        sheet.text(500, str(page), right=True)
        if sheet.rng.random() < 0.8:
            start = 66 + stringWidth(title, sheet.font, sheet.size)
            sheet.text(start, "." * int((480 - start) / stringWidth(".", sheet.font, sheet.size)))
        sheet.y -= sheet.size * 1.5


def references(sheet: Sheet) -> None:
    for i in range(10):
        sheet.text(60, f"[{i + 1}]")
        for _ in range(2):
            sheet.text(85, sheet.words(8, 9).title() + f", {sheet.rng.randint(1950, 2020)}")
            sheet.y -= sheet.size * 1.3


def code(sheet: Sheet) -> None:
    for _ in range(24):
        indent = "    " * sheet.rng.randint(0, 3)
        line = indent + sheet.rng.choice(WORDS) + " = " + sheet.rng.choice(WORDS) + f"({sheet.rng.randint(0, 99)})"
        if sheet.rng.random() < 0.4:
            line = f"{line:<44}# {sheet.words(2, 4)}"
        sheet.text(60, line, font="Courier")
        sheet.y -= sheet.size * 1.3


def letter(sheet: Sheet) -> None:
    for left, right in zip(
        ("N. Pemberton", "51 Quay Street", "Brackley"),
        ("Invoice 1449", "13 October 2016", "Due in 30 days"),
        strict=True,
    ):
        sheet.text(60, left)
        sheet.text(400, right)
        sheet.y -= sheet.size * 1.4
    sheet.y -= 40
    for key in ("From:", "To:", "Date:", "Subject:"):
        sheet.text(60, key)
        sheet.text(130, sheet.words(2, 5).capitalize())
        sheet.y -= sheet.size * 1.4
    sheet.y -= 20
    sheet.prose(12)


def figure(sheet: Sheet) -> None:
    """Axes with ticks, and a plot of lines."""
    pen, x0, y0 = sheet.canvas, 110, sheet.y - 220
    pen.line(x0, y0, x0 + 300, y0)
    pen.line(x0, y0, x0, y0 + 200)
    for k in range(6):
        pen.drawString(x0 + 60 * k - 4, y0 - 14, str(20 * k))
        pen.drawRightString(x0 - 6, y0 + 40 * k - 3, f"{k / 5:.1f}")
        if k:
            pen.line(x0, y0 + 40 * k, x0 + 300, y0 + 40 * k)
            pen.line(x0 + 60 * k - 60, y0 + sheet.rng.randint(0, 200), x0 + 60 * k, y0 + sheet.rng.randint(0, 200))
    sheet.y = y0 - 40
    sheet.text(60, "Figure 1: " + sheet.words(5, 9))
    sheet.y -= 20
    sheet.prose(15)


def formulas(sheet: Sheet) -> None:
    for i in range(4):
        sheet.prose(4)
        sheet.text(200, "f (x)  =  a x  +  b  −  c y")
        sheet.text(WIDTH - 60, f"({i + 1})", right=True)
        sheet.y -= 30


def index(sheet: Sheet) -> None:
    """The index of a book, three columns."""
    for k in range(3):
        sheet.y = HEIGHT - 60
        for _ in range(30):
            pages = ", ".join(str(sheet.rng.randint(1, 400)) for _ in range(sheet.rng.randint(1, 3)))
            sheet.text(60 + 160 * k, f"{sheet.name()}, {pages}", size=8)
            sheet.y -= 12


WITH_TABLES: dict[str, Callable[[Sheet], None]] = {
    f.__name__: f
    for f in (
        ruled, ruled_wrapped, ruled_spans, booktabs, booktabs_spans, booktabs_wrapped, shaded, unruled, framed, financial,
        beside_prose, two_tables,
    )
}  # fmt: skip
TABLE_FREE: dict[str, Callable[[Sheet], None]] = {
    f.__name__: f for f in (prose, columns, listing, contents, references, code, letter, figure, formulas, index)
}


def draw(kind: str, seed: int, folder: Path) -> tuple[Path, list[Truth]]:
    """Draw one page; the same seed gives the same page. Returns the PDF and the cells of its tables."""
    path = folder / f"{kind}-{seed}.pdf"
    sheet = Sheet(path, seed * 1000 + len(kind))
    if kind in WITH_TABLES:
        if kind != "beside_prose":
            sheet.prose(4)
        WITH_TABLES[kind](sheet)
        if kind != "beside_prose":
            sheet.prose(4)
    else:
        TABLE_FREE[kind](sheet)
    sheet.canvas.save()
    return path, sheet.truth
