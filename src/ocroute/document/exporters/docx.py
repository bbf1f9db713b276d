"""Word documents, by python-docx."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.document.exporters.asides import notes, remark
from ocroute.document.exporters.figure_links import alternative, beside, figure_of
from ocroute.document.exporters.prepared import (
    NUMBER,
    clean,
    code_lines,
    heading_level,
    notice,
    plain_text,
    printed,
    state_markers,
    styled_lines,
)
from ocroute.document.formats import Figure
from ocroute.document.inline import Piece, lines_of_pieces, pieces_of
from ocroute.document.model import Document, Page
from ocroute.errors import NextStep, OutputError, PackageMissing
from ocroute.values import Block, Box, Category, Table

if TYPE_CHECKING:
    from docx.document import Document as Word
    from docx.text.paragraph import Paragraph

_DEEPEST = 3  # list levels that the styles of Word's own template have
_WIDTH = 6.0  # inches between the margins of that template's page
_STYLES = {Category.CAPTION: "Caption", Category.FORMULA: "Quote"}


class Docx:
    """A Word document: headings, lists, tables with cells that span, bold, italic and the like, links as text, pictures that were
    saved, footnotes as small paragraphs where they were read. A doubtful page begins with a notice.
    """

    suffix: ClassVar[str] = ".docx"
    media_type: ClassVar[str] = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    def __init__(
        self, *, keep_headers_footers: bool = False, figures: Mapping[tuple[int, Box], Figure] | None = None
    ) -> None:
        self.keep_headers_footers, self.figures = keep_headers_footers, figures or {}

    def export(self, document: Document) -> bytes:
        """A zip archive. Equal documents give equal bytes.

        Raises:
            PackageMissing: python-docx is not installed.
        """
        try:
            import docx
        except ImportError as error:
            step = NextStep(command="pip install 'ocroute[docx]'")
            raise PackageMissing("a Word document needs python-docx, which is not installed", next_step=step) from error
        word = docx.Document()
        word.core_properties.title = clean(PurePath(document.source).name)[:255]
        word.core_properties.author = ""
        for number, page in enumerate(document.pages):
            if number:
                word.add_page_break()
            self._page(word, page)
        held = io.BytesIO()
        word.save(held)
        return _settled(held.getvalue())

    def _page(self, word: Word, page: Page) -> None:
        if said := notice(page) or remark(page):
            word.add_paragraph(said[0].upper() + said[1:], style="Intense Quote")
        every = list(printed(page, keep_headers_footers=self.keep_headers_footers))
        states = state_markers(every)
        for block in every:
            if (figure := figure_of(self.figures, page, block)) is not None:
                _picture(word, figure, block, page, alternative(page, block))
                block = beside(block)  # noqa: PLW2901 - what is left of it
            if block.table is not None:
                _table(word, block.table)
            elif lines := _lines(block):
                paragraph = _paragraph(word, block, states)
                for place, line in enumerate(lines):
                    if place:
                        paragraph.add_run().add_break()
                    _runs(paragraph, line)
        for note in notes(page):
            word.add_paragraph(note, style="Quote")


def _lines(block: Block) -> list[list[Piece]]:
    if block.category is Category.CODE:
        return [[Piece(line, frozenset({"code"}))] for line in code_lines(block)]
    if block.markup in ("latex", "markdown"):
        text = block.text if block.markup == "latex" else plain_text(block)
        return [[Piece(line)] for line in text.split("\n") if line.strip()]
    return styled_lines(block)


def _paragraph(word: Word, block: Block, states: frozenset[tuple[int, str]]) -> Paragraph:
    """A paragraph in the style of the block, without its text."""
    if block.category is Category.TITLE:
        return word.add_heading(level=0)
    if block.category is Category.SECTION_HEADER:
        return word.add_heading(level=min(heading_level(block) - 1, 9))
    if block.category is Category.LIST_ITEM:
        return _item(word, block, states)
    paragraph = word.add_paragraph(style=_STYLES.get(block.category))
    if block.category is Category.FOOTNOTE or block.category.is_furniture:
        from docx.shared import Pt

        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.style = word.styles["Body Text 3"]
    return paragraph


def _item(word: Word, block: Block, states: frozenset[tuple[int, str]]) -> Paragraph:
    """A bullet is Word's own; a number is printed, as Word would count in its own way."""
    from docx.shared import Inches

    level, marker = block.level or 0, block.marker or ""
    printed_marker = NUMBER.fullmatch(marker) or any(map(str.isalnum, marker)) or (level, marker) in states
    if not printed_marker:
        deep = min(level, _DEEPEST - 1)
        return word.add_paragraph(style=f"List Bullet {deep + 1}" if deep else "List Bullet")
    paragraph = word.add_paragraph()
    paragraph.paragraph_format.left_indent = Inches(0.25 * (level + 1))
    paragraph.paragraph_format.first_line_indent = Inches(-0.25)
    paragraph.add_run(f"{clean(marker)}\t")
    paragraph.paragraph_format.tab_stops.add_tab_stop(Inches(0.25 * (level + 1)))
    return paragraph


def _runs(paragraph: Paragraph, line: Iterable[Piece]) -> None:
    for piece in line:
        run = paragraph.add_run(piece.text)
        font, styles = run.font, piece.styles
        for style in styles - {"code", "link"}:
            setattr(font, style, True)
        if "code" in styles:
            font.name = "Courier New"


def _table(word: Word, table: Table) -> None:
    height = max([table.rows, *(cell.row + 1 for cell in table.cells)])
    width = max([table.columns, *(cell.column + 1 for cell in table.cells)])
    if not (height and width):
        return
    made = word.add_table(height, width, style="Table Grid")
    taken: set[tuple[int, int]] = set()
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.column)):
        last = min(cell.row + max(cell.row_span, 1), height) - 1, min(cell.column + max(cell.column_span, 1), width) - 1
        places = {(row, column) for row in range(cell.row, last[0] + 1) for column in range(cell.column, last[1] + 1)}
        target = made.cell(cell.row, cell.column)
        if len(places) > 1 and not places & taken:
            target = target.merge(made.cell(*last))
        taken |= places
        _fill(target, list(lines_of_pieces(pieces_of(cell.text, cell.spans))), header=cell.header)


def _fill(target: Any, lines: Sequence[Sequence[Piece]], *, header: bool) -> None:
    paragraph = target.paragraphs[0]
    if paragraph.text and lines:  # two cells that claim one place: both are kept
        paragraph = target.add_paragraph()
    for place, line in enumerate(lines):
        if place:
            paragraph.add_run().add_break()
        _runs(paragraph, [Piece(one.text, one.styles | {"bold"}, one.href) if header else one for one in line])


def _picture(word: Word, figure: Figure, block: Block, page: Page, told: str) -> None:
    from docx.image.exceptions import UnrecognizedImageError
    from docx.shared import Inches

    share = block.image.width / page.width if block.image and page.width else 0.5
    try:
        shape = word.add_picture(str(figure.path), width=Inches(max(0.3, min(_WIDTH, share * 8.3))))
    except (UnrecognizedImageError, OSError) as error:
        raise OutputError(f"{figure.path} cannot be put into a Word document: {error}") from error
    shape._inline.docPr.set("descr", told)


def _settled(data: bytes) -> bytes:
    """The archive without the time at which it was made."""
    import zipfile

    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(zipfile.ZipInfo(item.filename), old.read(item), zipfile.ZIP_DEFLATED)
    return held.getvalue()
