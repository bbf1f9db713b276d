"""Pieces of the text for retrieval: as JSON, one a line, each under its headings and of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from ocroute.document.doubtful_places import places_of
from ocroute.document.exporters.json import encoded
from ocroute.document.exporters.markdown import Markdown
from ocroute.document.exporters.prepared import heading_level, plain_text, printed
from ocroute.document.model import Document, Page, Status, Verdict
from ocroute.values import Block, Box, Category, Cell, Table

_HEADINGS = (Category.TITLE, Category.SECTION_HEADER)
_GAP = 2  # characters between two blocks of a chunk


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a part of a chunk stands: boxes in pixels of the upright page ``page``, as in ``json``."""

    page: int
    boxes: tuple[Box, ...] = ()


class Chunk(msgspec.Struct, frozen=True):
    """One line of the format ``chunks``.

    Attributes:
        source: the document.
        headings: those that the text stands under, from the title down.
        text: in Markdown; a table that goes on in the next chunk repeats its header rows there.
        places: pages and boxes.
        status: the worst verdict of its pages.
    """

    source: str
    headings: tuple[str, ...]
    text: str
    places: tuple[Place, ...]
    status: Status


class _Part(msgspec.Struct, frozen=True):
    """A piece that is not cut any further."""

    text: str
    page: Page
    block: Block


class Chunks:
    """Pieces of the text for retrieval, one JSON object a line: text in Markdown, at most ``--chunk-size`` characters but for a
    table's row or a word that is longer, the headings above it, pages and boxes, and the worst verdict of its pages. A
    table is cut between rows only.
    """

    suffix: ClassVar[str] = ".chunks.jsonl"
    media_type: ClassVar[str] = "application/jsonl"

    def __init__(self, *, keep_headers_footers: bool = False, chunk_size: int = 2000) -> None:
        self.keep_headers_footers, self.chunk_size = keep_headers_footers, chunk_size

    def export(self, document: Document) -> bytes:
        """As many lines of UTF-8 as there are chunks."""
        return b"".join(encoded(chunk) for chunk in self._chunks(document))

    def _chunks(self, document: Document) -> Iterator[Chunk]:
        path: list[tuple[int, str]] = []
        held: list[_Part] = []
        for page in document.pages:
            for block in printed(page, keep_headers_footers=self.keep_headers_footers):
                if block.category in _HEADINGS and (said := " ".join(plain_text(block).split())):
                    yield from _closed(document, path, held)
                    held = []
                    level = heading_level(block)
                    path = [*(one for one in path if one[0] < level), (level, said)]
                for text in _cut(block, page, self.chunk_size):
                    size = sum(len(part.text) + _GAP for part in held)
                    if held and size + len(text) > self.chunk_size:
                        yield from _closed(document, path, held)
                        held = []
                    held.append(_Part(text, page, block))
        yield from _closed(document, path, held)


def _closed(document: Document, path: list[tuple[int, str]], parts: list[_Part]) -> Iterator[Chunk]:
    if not parts:
        return
    places: dict[int, dict[Box, None]] = {}
    for part in parts:
        places.setdefault(part.page.number, {}).update(dict.fromkeys(places_of(part.block)))
    yield Chunk(
        document.source,
        tuple(said for _, said in path),
        "\n\n".join(part.text for part in parts),
        tuple(Place(number, tuple(boxes)) for number, boxes in places.items()),
        min((part.page.verdict for part in parts), key=lambda verdict: (verdict.fine, verdict.score)).status,
    )


def _cut(block: Block, page: Page, most: int) -> Iterator[str]:
    """What ``block`` says in Markdown, in pieces of at most ``most`` characters where it can be cut."""
    text = _written(block, page)
    if len(text) <= most or not text:
        yield from [text] if text else []
    elif block.table is not None:
        yield from (_written(msgspec.structs.replace(block, table=table), page) for table in _rows(block, page, most))
    else:
        yield from _wrapped(text, most)


def _written(block: Block, page: Page) -> str:
    fine = Verdict("accepted", 1.0)  # what is said of the page stands beside the text
    alone = msgspec.structs.replace(page, blocks=(block,), notes=(), verdict=fine)
    return Markdown(keep_headers_footers=True).export(Document(page.source, (alone,))).decode().strip("\n")


def _rows(block: Block, page: Page, most: int) -> Iterator[Table]:
    """The table in tables of as many rows as fit, each with the header rows; rows that a cell spans stay together."""
    table = block.table
    assert table is not None
    top = table.header_rows()
    head = [cell for cell in table.cells if cell.row < top]
    joined = {row for cell in table.cells for row in range(cell.row + 1, cell.row + max(1, cell.row_span))}
    starts = [row for row in range(top, table.rows) if row not in joined] or [top]
    first = starts[0]
    for start, stop in zip(starts, [*starts[1:], table.rows], strict=True):
        candidate = _part_of(table, head, top, first, stop)
        if first < start and len(_written(msgspec.structs.replace(block, table=candidate), page)) > most:
            yield _part_of(table, head, top, first, start)
            first = start
    yield _part_of(table, head, top, first, table.rows)


def _part_of(table: Table, head: list[Cell], top: int, first: int, stop: int) -> Table:
    body = [
        msgspec.structs.replace(cell, row=cell.row - first + top)
        for cell in table.cells
        if max(first, top) <= cell.row < stop
    ]
    return Table(top + stop - first, table.columns, (*head, *body))


def _wrapped(text: str, most: int) -> Iterator[str]:
    """``text`` cut at blanks; a word longer than ``most`` stays whole."""
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > most:
            yield line.strip()
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line.strip():
        yield line.strip()
