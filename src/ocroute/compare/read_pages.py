"""One page as somebody read it, or as it is known to be: what measures need, whatever format it was in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ocroute.compare.measures import Cell
from ocroute.document.exporters.markdown import Markdown
from ocroute.document.exporters.prepared import plain_text, settled, styled_lines
from ocroute.document.model import Document, Page
from ocroute.values import Box, Table

HYPHEN = re.compile(r"(?<=\w)[-\u00ad\u2010]\n(?=[^\W\d_])")
"""A hyphen at a line end that parts a word."""

_SAYS_SOMETHING = re.compile(r"\w")


WHOLE = 0
"""The number of a page that is a whole document, where somebody does not tell its pages apart."""


class PageKey(NamedTuple):
    """Which page: the document's name without folders above and suffixes, and the page's number from 1."""

    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.name} p. {self.number}" if self.number else self.name


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph, a heading, an item, or a row of a table, with the place that it was read at, where that is known."""

    text: str
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What a run has of one page.

    Attributes:
        parts: of the running text, in reading order.
        furniture: page headers and footers, as far as they are told apart.
        tables: the cells of each.
        markdown: as it was, or as ocroute writes it.
        status: the judge's verdict; empty where nobody judged.
        findings: codes of those that refuse it.
        error: why there is no text; such a page counts as read worst.
        seconds: that it took; None where that is not known.
        record: of ocroute; None of others.
    """

    parts: tuple[Part, ...] = ()
    furniture: tuple[Part, ...] = ()
    tables: tuple[tuple[Cell, ...], ...] = ()
    markdown: str = ""
    status: str = ""
    findings: tuple[str, ...] = ()
    error: str = ""
    seconds: float | None = None
    record: Page | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The running text, a part a line."""
        return "\n".join(part.text for part in self.parts)


def of_record(page: Page) -> ReadPage:
    """A page record of ocroute."""
    from ocroute.compare.markdown_pages import of_markdown  # which rests on this module

    parts: tuple[list[Part], list[Part]] = ([], [])
    tables = []
    for given in page.blocks:
        for block in settled(given):
            side = parts[block.category.is_furniture]
            if block.table is not None:
                tables.append(cells_of(block.table))
                side += rows_of(block.table, block.box)
                continue
            if block.markup == "markdown":
                more = of_markdown(block.text)
                tables += more.tables
                side += [Part(part.text, block.box) for part in more.parts]
                continue
            lines = ["".join(piece.text for piece in line) for line in styled_lines(block)]
            text = " ".join(lines) if lines else plain_text(block)
            marker = block.marker or ""
            text = f"{marker} {text}" if _SAYS_SOMETHING.search(marker) else text
            side += [Part(text, block.box)] if text.strip() else []
    provenance = page.provenance
    tried = sum(sum(one.seconds.values()) for one in page.attempts) or sum(provenance.seconds.values())
    return ReadPage(
        parts=tuple(parts[0]),
        furniture=tuple(parts[1]),
        tables=tuple(tables),
        markdown=Markdown().export(Document(page.source, (page,))).decode(),
        status=page.verdict.status,
        findings=tuple(dict.fromkeys(one.code for one in page.verdict.findings if one.refuses)),
        error=page.error or ("no text" if page.verdict.status == "failed" else ""),
        seconds=tried or None,
        record=page,
    )


def of_text(source: str) -> ReadPage:
    """Plain text: a line a part."""
    parts = tuple(Part(line.strip()) for line in source.splitlines() if line.strip())
    return ReadPage(parts, markdown=_unhyphenated(parts))


def of_lines(
    lines: Iterable[Part], tables: Sequence[tuple[Cell, ...]] = (), furniture: Iterable[Part] = ()
) -> ReadPage:
    """Lines with their places, as hOCR and ALTO have them."""
    parts = tuple(part for part in lines if part.text.strip())
    return ReadPage(parts, tuple(furniture), tuple(tables), markdown=_unhyphenated(parts))


def _unhyphenated(parts: Sequence[Part]) -> str:
    return HYPHEN.sub("", "\n".join(part.text for part in parts))


def cells_of(table: Table) -> tuple[Cell, ...]:
    """As measures take them."""
    return tuple((one.row, one.column, one.row_span, one.column_span, one.text) for one in table.cells)


def rows_of(table: Table, box: Box | None) -> Iterator[Part]:
    """Row by row, cells from left to right."""
    rows: dict[int, list[tuple[int, str, Box | None]]] = {}
    for cell in table.cells:
        rows.setdefault(cell.row, []).append((cell.column, " ".join(cell.text.split()), cell.box))
    for _, cells in sorted(rows.items()):
        if text := " ".join(said for _, said, _ in sorted(cells, key=lambda one: one[0]) if said):
            boxes = [one for *_, one in cells if one]
            yield Part(text, Box.around(boxes) if boxes else box)
