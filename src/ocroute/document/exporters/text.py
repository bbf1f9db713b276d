"""Plain text: what is printed and nothing else, tables in aligned columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from ocroute.document.exporters.asides import notes
from ocroute.document.exporters.prepared import code_lines, notice, printed, styled_lines
from ocroute.document.inline import Marked, level_digits, lines_of_pieces, nested, pieces_of
from ocroute.document.markup import columns_of, filled_rows
from ocroute.document.model import Document
from ocroute.values import Block, Category, Cell, Table

_GAP = 2  # blanks between columns
_PAGE_BREAK = "\f\n"
_RAISED_WORDS = frozenset({"st", "nd", "rd", "th", "er", "re", "ème", "tm", "sm"})


class Text:
    """Blocks with an empty line between them, a form feed between pages, a line in brackets before a doubtful page, notes
    in brackets after a page.
    """

    suffix: ClassVar[str] = ".txt"
    media_type: ClassVar[str] = "text/plain"

    def __init__(self, *, keep_headers_footers: bool = False) -> None:
        self.keep_headers_footers = keep_headers_footers

    def export(self, document: Document) -> bytes:
        """UTF-8."""
        pages = []
        for page in document.pages:
            parts = [f"[{said}]"] if (said := notice(page)) else []
            parts += _paragraphs(printed(page, keep_headers_footers=self.keep_headers_footers))
            parts += [f"[{note}]" for note in notes(page)]
            pages.append("\n\n".join(parts) + "\n" if parts else "")
        return _PAGE_BREAK.join(pages).encode()


def _paragraphs(blocks: Iterator[Block]) -> Iterator[str]:
    """One string a block; items of a list stay together."""
    items: list[str] = []
    for block in blocks:
        if block.category is Category.LIST_ITEM and block.table is None:
            items += _item(block)
            continue
        written = _columns(block.table) if block.table else "\n".join(_lines(block))
        if written:
            if items:
                yield "\n".join(items)
                items = []
            yield written
    if items:
        yield "\n".join(items)


def _item(block: Block) -> list[str]:
    marker = (block.marker or "-") + " "
    indent = "  " * min(block.level or 0, 20)
    lines = _lines(block) or ([""] if block.marker else [])
    return [(indent + (" " * len(marker) if i else marker) + line).rstrip() for i, line in enumerate(lines)]


def _lines(block: Block) -> list[str]:
    if block.category is Category.CODE:
        return code_lines(block)
    return [nested(line, str, _marked) for line in styled_lines(block)]


def _marked(marked: Marked) -> str:
    """What must not be read as if it stood on the line or were still valid is marked; the look of type is left out."""
    if marked.style == "strike":
        return f"~~{marked.written}~~"
    if marked.style in ("superscript", "subscript") and any(
        sign.isalpha() and level_digits(sign) == sign for sign in marked.text
    ):
        if marked.text.casefold() in _RAISED_WORDS:
            return marked.written
        return ("^" if marked.style == "superscript" else "_") + marked.written
    return marked.written


def _columns(table: Table) -> str:
    """The table in columns as wide as their widest line; a cell over several columns runs on into them."""
    rows = [[_written_cell(cell) for cell in row] for row in filled_rows(table)]
    widths: dict[int, int] = {}
    for cell in sorted((cell for row in rows for cell in row), key=lambda cell: cell.column_span):
        wanted = max(map(_width, cell.text.split("\n")))
        covered = columns_of(cell, table)
        missing = wanted - sum(widths.get(column, 0) for column in covered) - _GAP * (len(covered) - 1)
        if missing > 0:
            widths[covered[-1]] = widths.get(covered[-1], 0) + missing
    starts = {}
    position = 0
    for column in range(max(table.columns, *(column + 1 for column in widths), 0)):
        starts[column] = position
        position += widths.get(column, 0) + _GAP
    lines: list[str] = []
    for row in rows:
        for part in range(max((cell.text.count("\n") + 1 for cell in row), default=0)):
            line = ""
            for cell in row:
                said = cell.text.split("\n")[part : part + 1]
                if said and said[0]:
                    line += " " * max(starts[cell.column] - _width(line), _GAP if line else 0) + said[0]
            lines.append(line)
    return "\n".join(line for line in lines if line.strip())


def _written_cell(cell: Cell) -> Cell:
    if not cell.spans:
        return cell
    lines = lines_of_pieces(pieces_of(cell.text, cell.spans))
    return msgspec.structs.replace(cell, text="\n".join(nested(line, str, _marked) for line in lines), spans=())


def _width(text: str) -> int:
    """Columns that a terminal takes for ``text``."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
