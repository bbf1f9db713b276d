"""CommonMark with HTML tables, to be read by people as it stands: escaped is what a parser would take for markup, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

from ocroute.document.exporters.asides import notes, remark
from ocroute.document.exporters.figure_links import alternative, beside, figure_of
from ocroute.document.exporters.markdown_text import NO_NOTES, heading_text, paragraph_lines
from ocroute.document.exporters.note_marks import labels, split_note, with_raised_marks
from ocroute.document.exporters.pipe_tables import has_spans, pipe_table
from ocroute.document.exporters.prepared import (
    NUMBER,
    code_lines,
    heading_level,
    lines_of,
    notice,
    printed,
    state_markers,
    styled_lines,
)
from ocroute.document.formats import Figure
from ocroute.document.inert_markdown import inert
from ocroute.document.inline import Piece
from ocroute.document.markup import html_table
from ocroute.document.model import Document, Page
from ocroute.values import Block, Box, Category, Table

_HARD_BREAK = "  \n"
_BRACKET = re.compile(r"(?<!\\)([\[\]])")
_NEW_LIST = "<!-- -->"
_TASKS = {"☑": "[x]", "☐": "[ ]"}


class Markdown:
    """Headings, lists with their printed numbers and ticks, HTML tables because cells may span, formulas between ``$$``.

    Pictures are links where they were saved; else those without text leave no trace. Pages follow each other after a comment that
    names the page; a page that is doubtful or failed says so in that comment, even when it is the only one.
    """

    suffix: ClassVar[str] = ".md"
    media_type: ClassVar[str] = "text/markdown"

    def __init__(
        self,
        *,
        keep_headers_footers: bool = False,
        page_marks: bool = False,
        tables: Literal["html", "markdown", "auto"] = "html",
        figures: Mapping[tuple[int, Box], Figure] | None = None,
    ) -> None:
        self.keep_headers_footers = keep_headers_footers
        self.page_marks, self.tables, self.figures = page_marks, tables, figures or {}

    def export(self, document: Document) -> bytes:
        """UTF-8, one line end at the end."""
        parts: list[str] = []
        every = [list(printed(page, keep_headers_footers=self.keep_headers_footers)) for page in document.pages]
        named = labels([(page.number, blocks) for page, blocks in zip(document.pages, every, strict=True)])
        for index, (page, blocks, notes_of) in enumerate(zip(document.pages, every, named, strict=True)):
            if said := notice(page) or remark(page) or (f"page {page.number}" if index or self.page_marks else ""):
                parts.append(_comment(said))
            parts.extend(self._blocks(page, blocks, notes_of))
            parts.extend(_note(note) for note in notes(page))
        return ("\n\n".join(parts) + "\n").encode() if parts else b""

    def _blocks(self, page: Page, every: Sequence[Block], named: Mapping[str, str]) -> Iterator[str]:
        """One string a block; a whole list is one string."""
        open_list = _List(state_markers(every), named)
        for block in (with_raised_marks(block, named) for block in every):
            if block.category is Category.LIST_ITEM and block.table is None:
                open_list.add(block)
                continue
            picture = self._picture(page, block)
            told = beside(block) if picture else block
            if written := picture + (self._table(told.table) if told.table else _block(told, named)):
                yield from open_list.close()
                yield written
        yield from open_list.close()

    def _picture(self, page: Page, block: Block) -> str:
        """The link to the picture of a block that was saved; what it says stands below."""
        figure = figure_of(self.figures, page, block)
        if figure is None:
            return ""
        told = alternative(page, block)
        name = _BRACKET.sub(r"\\\1", heading_text([Piece(told)])) if told else "picture"
        return f"![{name}]({figure.href})" + ("\n\n" if _block(beside(block)) else "")

    def _table(self, table: Table) -> str:
        pipes = self.tables == "markdown" or (self.tables == "auto" and not has_spans(table))
        return pipe_table(table) if pipes else html_table(table)


def _block(block: Block, named: Mapping[str, str] = NO_NOTES) -> str:
    lines = lines_of(block.text)
    if not lines:
        return ""
    if block.category is Category.CODE:
        return _fenced(code_lines(block))
    if block.category in (Category.TITLE, Category.SECTION_HEADER):
        level = heading_level(block)
        one_line = [piece for line in styled_lines(block) for piece in (Piece(" "), *line)][1:]
        return f"{'#' * level} {heading_text(one_line)}"
    if block.markup == "latex":
        return "\n".join(["$$", *lines, "$$"])
    if block.markup == "markdown":
        return inert(block.text.strip("\n"))
    if block.category is Category.FOOTNOTE and (note := named.get(split_note(block)[0])):
        told = paragraph_lines(styled_lines(split_note(block)[1]))
        return f"[^{note}]: " + "\n".join(told).replace("\n", "  \n    ")
    return _HARD_BREAK.join(paragraph_lines(styled_lines(block), named))


def _fenced(lines: list[str]) -> str:
    """A listing between fences that are longer than any in it."""
    fence = "`" * max(3, 1 + max(len(run) for line in lines for run in ["", *re.findall("`+", line)]))
    return "\n".join([fence, *lines, fence])


def _note(text: str) -> str:
    return "\n".join(f"> {line}" for line in _block(Block(Category.TEXT, text)).split("\n"))


class _List:
    """List items that follow each other, nested by their levels.

    Args:
        states: levels and markers that stay, because they say whether something is ticked.
        named: raised marks that lead to footnotes, and what these are called.
    """

    def __init__(self, states: frozenset[tuple[int, str]], named: Mapping[str, str]) -> None:
        self._states, self._named = states, named
        self._lines: list[str] = []
        self._open: list[tuple[int, int, str]] = []  # of each open item: level, column of its text, marker

    def add(self, item: Block) -> None:
        """One more item."""
        level, marker, label = item.level or 0, item.marker or "-", ""
        state = _TASKS.get(marker, marker) if (level, marker) in self._states else ""
        if not NUMBER.fullmatch(marker):
            if any(character.isalnum() for character in marker):  # (a) or IV., which no Markdown list can count
                label = marker
            marker = "-"
        lines = _item_lines(item, label, self._named) or ([""] if NUMBER.fullmatch(marker) else [])
        if not lines:
            return
        if state:
            lines = [f"{state} {lines[0]}", *lines[1:]]
        sibling = self._leave(level)
        indent = self._open[-1][1] if self._open else 0
        if _clashes(sibling, marker):
            self._lines += ["", " " * indent + _NEW_LIST, ""]
        elif sibling is None and self._open and marker not in ("-", "1.", "1)"):
            self._lines.append("")  # only a list that starts at 1 may interrupt the text above it
        text_column = indent + len(marker) + 1
        self._open.append((level, text_column, marker))
        first, *others = lines
        self._lines.append(f"{' ' * indent}{marker} {first}".rstrip() + ("  " if others else ""))
        self._lines += [" " * text_column + line + "  " for line in others[:-1]]
        self._lines += [" " * text_column + line for line in others[-1:]]

    def _leave(self, level: int) -> str | None:
        """Close the items at ``level`` and below; the marker of the one that was open at this place."""
        sibling = None
        while self._open and self._open[-1][0] >= level:
            sibling = self._open.pop()[2]
        return sibling

    def close(self) -> Iterator[str]:
        """The list so far, if there is one; the next item starts another."""
        if self._lines:
            yield "\n".join(self._lines)
        self._lines, self._open = [], []


def _item_lines(item: Block, label: str, named: Mapping[str, str]) -> list[str]:
    if item.markup == "markdown":
        first, *others = lines_of(inert(item.text)) or [""]
        return [line for line in (f"{label} {first}".strip(), *others) if line]
    first_line, *other_lines = styled_lines(item) or [[]]
    if label:
        first_line = [Piece(f"{label} " if first_line else label), *first_line]
    return paragraph_lines([line for line in (first_line, *other_lines) if line], named)


def _clashes(before: str | None, marker: str) -> bool:
    """Whether ``marker`` after ``before`` in one list would be renumbered by a parser."""
    if before is None or marker == "-" or before == "-":
        return False
    first, second = NUMBER.fullmatch(before), NUMBER.fullmatch(marker)
    return bool(first and second and first[2] == second[2] and int(second[1]) != int(first[1]) + 1)


def _comment(text: str) -> str:
    """Only a bracket can end a comment; hyphens stay, for the text may name an option."""
    return f"<!-- {text.replace('>', '›')} -->"
