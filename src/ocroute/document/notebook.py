"""How a document shows itself in a notebook: short, everything escaped, nothing that runs or is fetched."""

from __future__ import annotations

from html import escape

import msgspec

from ocroute.document.exporters.html import elements
from ocroute.document.exporters.prepared import clean, notice, printed
from ocroute.document.model import Document, Page
from ocroute.values import Block, Table

MOST_BYTES = 20_000
"""The most that a cell's output takes: notebooks are kept in version control, and long cells make them slow."""

_ROOM = MOST_BYTES - 3000  # for what stands around the text
_NOTICES = 5
_LONGEST = 300  # characters of a notice, and of a block that has no room
_ROWS = 20  # of a table that has no room


def shown(document: Document) -> str:
    """``document`` as an HTML fragment of at most `MOST_BYTES`: verdicts, doubtful pages, then the text as far as it goes."""
    troubled = [said for page in document.pages if (said := notice(page))]
    parts = [f"<p><b>{_text(repr(document))}</b></p>"]
    parts += [f"<p>⚠ {_text(said)}</p>" for said in troubled[:_NOTICES]]
    if len(troubled) > _NOTICES:
        parts.append(f"<p>⚠ and {len(troubled) - _NOTICES} more pages like these</p>")
    room = _ROOM - sum(len(part.encode()) for part in parts)
    for index, page in enumerate(document.pages):
        blocks, whole = _fitting(page, room)
        text = "\n".join(elements(blocks))
        room -= len(text.encode()) + 100
        if text:
            parts.append(f'<section aria-label="Page {page.number}"><hr>\n{text}\n</section>')
        if not whole or room <= 0:
            rest = [f"the rest of page {page.number}"] if not whole else []
            later = len(document.pages) - index - 1
            rest += [f"{later} more page{'' if later == 1 else 's'}"] if later else []
            parts += [f"<p><i>Not shown: {' and '.join(rest)}.</i></p>"] if rest else []
            break
    return "\n".join(["<div>", *parts, "</div>"])


def _fitting(page: Page, room: int) -> tuple[list[Block], bool]:
    """The blocks of ``page``, from the first on, that fit into ``room`` bytes, and whether these are all."""
    blocks: list[Block] = []
    for block in printed(page, keep_headers_footers=False):
        size = _size(block)
        if size > room:
            start = _start(block)
            return [*blocks, *([start] if _size(start) <= room else [])], False
        room -= size
        blocks.append(block)
    return blocks, True


def _size(block: Block) -> int:
    return sum(len(element.encode()) + 1 for element in elements([block]))


def _start(block: Block) -> Block:
    """The first rows or words of a block that is too long."""
    if block.table is None:
        return msgspec.structs.replace(block, text=block.text[:_LONGEST] + "…", markup="plain")
    cells = tuple(cell for cell in block.table.cells if cell.row < _ROWS)
    return msgspec.structs.replace(block, table=Table(min(block.table.rows, _ROWS), block.table.columns, cells))


def _text(text: str) -> str:
    text = clean(text)
    return escape(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
