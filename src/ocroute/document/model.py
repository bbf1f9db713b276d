"""The result of reading, as pure values. Nothing here opens, decides or writes.

Coordinates are pixels of the page as it was read: upright, origin top left, x to the right, y down. A page record carries
the size of that frame, its resolution and the turn that made it upright, so every box can be taken back to the source.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Literal

import msgspec


class Category(StrEnum):
    """The eleven kinds of block, by the names that layout models use."""

    CAPTION = "Caption"
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


class Word(msgspec.Struct, frozen=True, omit_defaults=True):
    """One word and where it stands. Confidence runs from 0 to 1; None where the engine gives none."""

    text: str
    box: Box
    confidence: float | None = None


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


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """One cell of a table; rows and columns count from 0."""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1
    header: bool = False
    box: Box | None = None


class Table(msgspec.Struct, frozen=True):
    """A table as its cells. A position that no cell covers is empty."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]


Markup = Literal["plain", "markdown", "html", "latex"]


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


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one check measured on one page.

    Attributes:
        code: the check's name in the registry.
        value: what was measured.
        limit: what it was held against.
        sentence: the finding in words, with the number in it.
        refuses: whether the text should not be believed. A finding that does not refuse is a remark.
        weight: how bad, 0 (harmless) to 1 (worthless); the verdict's score is 1 less the worst weight.
        next_step: what the user can do, e.g. a package to install.
    """

    code: str
    value: float
    limit: float
    sentence: str
    refuses: bool = True
    weight: float = 0.5
    next_step: str = ""


Status = Literal["accepted", "blank", "doubtful", "failed"]


class Verdict(msgspec.Struct, frozen=True):
    """What the judge says of a page.

    ``accepted``: believable. ``blank``: nothing is printed there, which is a fine result. ``doubtful``: text that was refused
    but is the best there is. ``failed``: no text could be had.
    """

    status: Status
    score: float
    findings: tuple[Finding, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether a document with this page is a success."""
        return self.status in ("accepted", "blank")


AttemptOutcome = Literal["accepted", "refused", "declined", "failed", "crashed", "timed_out"]


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One engine's try at one page. One that timed out may have left a text, which is then cut."""

    engine: str
    outcome: AttemptOutcome
    reason: str = ""
    score: float = 0.0
    findings: tuple[Finding, ...] = ()
    seconds: dict[str, float] = {}


class Provenance(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a page's text comes from. ``seconds`` is the only part that differs between equal runs.

    Attributes:
        engine: its registered name.
        model: the weights that it read with: a folder, a hub id, or a server's name for them.
        model_hash: of those weights.
        kernel: of attention, by part of the model, e.g. ``vision flash4, text sdpa (unproven)``.
        device: where it ran; empty where that is the business of a server.
        versions: of the libraries behind it.
        settings: what else the text depends on.
        seconds: by step.
    """

    engine: str = ""
    model: str = ""
    model_hash: str = ""
    kernel: str = ""
    device: str = "cpu"
    versions: dict[str, str] = {}
    settings: dict[str, Any] = {}
    seconds: dict[str, float] = {}


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """One page record. N pages in, N records out, in order, whatever happens.

    Attributes:
        source: the input's path as the user gave it.
        number: the page's number in its source, from 1.
        width, height: of the upright frame that boxes are in, pixels.
        dpi: pixels per inch of that frame, or None where the source does not say.
        turned: degrees counter-clockwise by which the source was turned to stand upright (0, 90, 180, 270).
        skew: degrees counter-clockwise that were straightened besides.
        blocks: in reading order.
        attempts: every engine tried, in order, with what was seen.
        rejected: every engine not tried: name and reason.
        error: why there is no text, in words, when the verdict is ``failed``.
    """

    source: str
    number: int
    width: float
    height: float
    verdict: Verdict
    blocks: tuple[Block, ...] = ()
    dpi: float | None = None
    turned: int = 0
    skew: float = 0.0
    provenance: Provenance = Provenance()
    attempts: tuple[Attempt, ...] = ()
    rejected: dict[str, str] = {}
    error: str = ""


class Document(msgspec.Struct, frozen=True):
    """All pages of one input, in order."""

    source: str
    pages: tuple[Page, ...]

    @property
    def ok(self) -> bool:
        """Whether every page was accepted or is blank. A document without pages is not."""
        return bool(self.pages) and all(page.verdict.fine for page in self.pages)

    def export(self, name: str, *, keep_furniture: bool = False) -> bytes:
        """This document in the format registered as ``name`` (``md``, ``json``, ``html``, ``txt``, ``hocr``, ``alto``)."""
        from ocroute.document.exporters import export

        return export(self, name, keep_furniture=keep_furniture)

    def to_markdown(self, *, keep_furniture: bool = False) -> str:
        """This document as Markdown; page headers and footers are left out unless asked for."""
        return self.export("md", keep_furniture=keep_furniture).decode()
