"""What stands on a page, as pure values: boxes, words, lines, tables, blocks. Imports nothing of ocroute but an error.

Coordinates are pixels of the page as it was read: upright, origin top left, x to the right, y down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    import pandas


def excerpt(text: str, most: int = 60) -> str:
    """``text`` on one line and quoted, its end left out where it has more than ``most`` characters."""
    line = " ".join(text[: 8 * most].split())
    return repr(line if len(line) <= most and len(text) <= 8 * most else line[: most - 1] + "…")


class Category(StrEnum):
    """The twelve kinds of block, by the names that layout models use; ``Code`` is a listing, whose text keeps its indents."""

    CAPTION = "Caption"
    CODE = "Code"
    FOOTNOTE = "Footnote"
    FORMULA = "Formula"
    LIST_ITEM = "List-item"
    PAGE_FOOTER = "Page-footer"
    PAGE_HEADER = "Page-header"
    PICTURE = "Picture"
    SECTION_HEADER = "Section-header"
    TABLE = "Table"
    TEXT = "Text"
    TITLE = "Title"

    @property
    def is_furniture(self) -> bool:
        """Whether the block is printed on the page but is no part of its running text."""
        return self in (Category.PAGE_HEADER, Category.PAGE_FOOTER)


class Box(msgspec.Struct, frozen=True, array_like=True):
    """A rectangle in page pixels: ``x0 <= x1``, ``y0 <= y1``, right and bottom edges excluded.

    Raises:
        ValueError: the corners are in the wrong order or not finite.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not (self.x0 <= self.x1 and self.y0 <= self.y1 and self.x1 - self.x0 < float("inf")):
            raise ValueError(f"not a box: {self.x0}, {self.y0}, {self.x1}, {self.y1}")

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the middle."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def intersection(self, other: Box) -> float:
        """Square pixels that both boxes cover."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)

    def moved(self, x: float, y: float) -> Box:
        """This box, so many pixels further right and down."""
        return Box(self.x0 + x, self.y0 + y, self.x1 + x, self.y1 + y)

    def clamped(self, width: float, height: float) -> Box:
        """This box cut to a page of ``width`` x ``height`` pixels."""
        x0, x1 = (min(max(x, 0.0), width) for x in (self.x0, self.x1))
        y0, y1 = (min(max(y, 0.0), height) for y in (self.y0, self.y1))
        return Box(x0, y0, x1, y1)

    @staticmethod
    def around(boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all of ``boxes`` (at least one)."""
        every = list(boxes)
        return Box(
            min(b.x0 for b in every), min(b.y0 for b in every), max(b.x1 for b in every), max(b.y1 for b in every)
        )


InlineStyle = Literal["bold", "italic", "code", "superscript", "subscript", "strike", "underline", "link"]


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a part of a text is set: its characters from ``start`` up to ``end``. Spans of one text may overlap.

    Raised and lowered digits are raised and lowered in the text too (``10⁶``), so that who leaves spans aside reads no 106.

    Attributes:
        style: ``code`` is monospaced type among other type, ``strike`` is struck through.
        href: of a link, the address that it leads to.
    """

    start: int
    end: int
    style: InlineStyle
    href: str = ""


class Word(msgspec.Struct, frozen=True, omit_defaults=True):
    """One word and where it stands. Confidence runs from 0 to 1; None where the engine gives none. Spans are over ``text``."""

    text: str
    box: Box
    confidence: float | None = None
    spans: tuple[Span, ...] = ()


class Font(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a line is set: as a text layer says, or, without a name, as measured on the ink. ``size`` is in page pixels.

    ``hidden``: the text is there to be searched, not seen, like the OCR layer of a scanned PDF.
    """

    name: str = ""
    size: float = 0.0
    bold: bool = False
    italic: bool = False
    hidden: bool = False


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of text, or one fragment of a line where columns or table cells lie side by side.

    ``angle``: degrees counter-clockwise by which the text is turned on the upright page: 0 for nearly all, 90 for a stamp
    that runs up the margin, others for watermarks.
    """

    text: str
    box: Box
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    font: Font | None = None
    angle: int = 0

    def __repr__(self) -> str:
        """On one line, the text cut short."""
        return f"Line({excerpt(self.text)}, {self.box})"

    def moved(self, x: float, y: float) -> Line:
        """This line, so many pixels further right and down, its words with it."""
        words = tuple(msgspec.structs.replace(word, box=word.box.moved(x, y)) for word in self.words)
        return msgspec.structs.replace(self, box=self.box.moved(x, y), words=words)

    @staticmethod
    def of_words(words: Sequence[Word]) -> Line:
        """One line of ``words`` (at least one, none empty); its confidence is theirs, weighted by letters."""
        letters = sum(len(word.text) for word in words)
        confidence = sum((word.confidence or 0.0) * len(word.text) for word in words) / letters
        text = " ".join(word.text for word in words)
        return Line(text, Box.around(word.box for word in words), confidence, tuple(words))


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """A comment that somebody left on a page, which is not printed there.

    Attributes:
        text: what it says, one or several lines.
        box: of the place that it speaks of, or None where it is not known.
        author: who left it, or empty.
    """

    text: str
    box: Box | None = None
    author: str = ""


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """One cell of a table; rows and columns count from 0. Spans are over ``text``."""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1
    header: bool = False
    box: Box | None = None
    spans: tuple[Span, ...] = ()


MOST_PLACES: Final = 1_000_000
"""Rows times columns of a table; no page holds more."""


class Table(msgspec.Struct, frozen=True):
    """A table as its cells. A position that no cell covers is empty.

    Raises:
        ValueError: it has more places than any page can hold, or a cell stands before the first.
    """

    rows: int
    columns: int
    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        height = max([self.rows, *(cell.row + 1 for cell in self.cells)])
        width = max([self.columns, *(cell.column + 1 for cell in self.cells)])
        if height * width > MOST_PLACES:
            raise ValueError(f"a table of {height} x {width} places; no page holds more than {MOST_PLACES:,}")
        if any(cell.row < 0 or cell.column < 0 for cell in self.cells):
            raise ValueError("a cell of a table stands before its first row or column")

    def __repr__(self) -> str:
        """On one line."""
        return f"Table({self.rows} x {self.columns}, {len(self.cells)} cell{'' if len(self.cells) == 1 else 's'})"

    def grid(self) -> list[list[str]]:
        """The text of every position, row by row, all rows equally long.

        A cell that spans several positions is repeated in each; a position that no cell covers is ``""``. Of cells that
        claim one position none is lost: those that begin there stand in it, one below the other.
        """
        return [["\n".join(dict.fromkeys(cell.text for cell in place)) for place in row] for row in self._placed()]

    def header_rows(self) -> int:
        """How many rows from the top say what stands in the columns: those in which every cell with a text is a header."""
        count = 0
        for row in self._placed():
            said = [cell.header for place in row for cell in place if cell.text]
            if not said or not all(said):
                break
            count += 1
        return count

    def to_dataframe(self) -> pandas.DataFrame:
        """This table for pandas, as ``pandas.read_html`` would lay it out: the `header_rows` become the columns.

        Several header rows become a ``MultiIndex``; without any, columns are numbered from 0. All else is as in `grid`:
        spans repeat, empty places are ``""``. Values are texts as printed: ``pandas.to_numeric`` makes numbers of them.

        Raises:
            PackageMissing: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            from ocroute.errors import NextStep, PackageMissing

            step = NextStep(command="pip install pandas")
            raise PackageMissing("a data frame needs pandas, which is not installed", next_step=step) from error
        grid, top = self.grid(), self.header_rows()
        width = len(grid[0]) if grid else self.columns
        labels = [tuple(row[column] for row in grid[:top]) for column in range(width)]
        columns: pandas.Index | range = range(width)
        if top > 1:
            columns = pandas.MultiIndex.from_tuples(labels)
        elif top:
            columns = pandas.Index(
                [label for (label,) in labels], dtype=object
            )  # pandas' own texts take no half characters
        return pandas.DataFrame(grid[top:], columns=columns, dtype=object)

    def _placed(self) -> list[list[list[Cell]]]:
        """The cells of every position: those that begin there, else the first that reaches into it."""
        height = max([self.rows, *(cell.row + 1 for cell in self.cells)])
        width = max([self.columns, *(cell.column + 1 for cell in self.cells)])
        grid: list[list[list[Cell]]] = [[[] for _ in range(width)] for _ in range(height)]
        for cell in self.cells:
            grid[cell.row][cell.column].append(cell)
        for cell in self.cells:
            for row in range(cell.row, min(cell.row + cell.row_span, height)):
                for column in range(cell.column, min(cell.column + cell.column_span, width)):
                    grid[row][column] = grid[row][column] or [cell]
        return grid


Markup = Literal["plain", "markdown", "html", "latex"]
Direction = Literal["ltr", "rtl", "ttb"]
"""From left to right; from right to left; from top to bottom, in columns from right to left."""


class Block(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece of a page, in reading order among its like.

    Attributes:
        text: what it says, in ``markup``. Lines are joined; a hyphen at a line end is resolved. A list item's text has no marker.
        box: where it stands, or None where the engine gives no boxes.
        confidence: 0 to 1, or None.
        level: of a section header 1 to 6, of a list item 0 upwards.
        marker: of a list item, as printed: ``"•"``, ``"3."``, ``"(a)"``.
        lines: the lines it was made of, for formats that show geometry.
        table: of a table, its cells.
        image: the part of the upright page that shows the block as printed, where its text alone does not say it: a figure, a
            formula that nobody could read. Only its place: a format that shows pictures cuts the pixels out of the page.
        spans: how parts of ``text`` are set, in order; only where ``markup`` is ``plain``.
        direction: in which its lines run.
        engine: that read it, where that is another one than the page's.
    """

    category: Category
    text: str
    box: Box | None = None
    confidence: float | None = None
    markup: Markup = "plain"
    level: int | None = None
    marker: str | None = None
    lines: tuple[Line, ...] = ()
    table: Table | None = None
    image: Box | None = None
    spans: tuple[Span, ...] = ()
    direction: Direction = "ltr"
    engine: str = ""

    def __repr__(self) -> str:
        """On one line, the text cut short."""
        told = [str(self.category), excerpt(self.text)]
        told += [repr(self.box)] if self.box else []
        told += [repr(self.table)] if self.table else []
        return f"Block({', '.join(told)})"
