"""What the viewer's script is given: plain values that JSON can hold, see `ocroute.viewer`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ocroute.document.doubtful_places import places_of, unsure_boxes
from ocroute.document.exporters.asides import notes
from ocroute.document.exporters.prepared import clean, plain_text, settled, styled_lines
from ocroute.document.inline import NESTING, Piece, lines_of_pieces, pieces_of
from ocroute.document.markup import filled_rows
from ocroute.document.model import Attempt, Finding, Page
from ocroute.values import Block, Box, Cell, Table

Json = dict[str, Any]


def viewer_data(
    title: str,
    pages: Sequence[Json],
    *,
    told: str = "",
    nav: Mapping[str, Any] | None = None,
    contents: Sequence[Json] = (),
) -> Json:
    """All that one view shows.

    Args:
        title: e.g. the file's name.
        pages: each of `page_data`; none for a page of contents.
        told: a sentence about the whole.
        nav: where pages are files of their own: ``index``, ``previous``, ``next``, ``nextDoubtful`` are addresses, ``total``
            is how many pages there are.
        contents: for the page of contents: ``number``, ``status``, ``href`` and ``said`` of each page.
    """
    return {"title": clean(title), "told": clean(told), "pages": list(pages), "nav": nav, "contents": list(contents)}


def page_data(page: Page, image: str | None, *, readings: Sequence[Json] = (), missing: str = "") -> Json:
    """One page.

    Args:
        page: its record.
        image: address of the upright page's image.
        readings: each of `reading_data`; that of ``page`` itself where there are none.
        missing: why there is no image.
    """
    return {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "image": image,
        "missing": clean(missing),
        "readings": list(readings) or [reading_data(page)],
    }


def reading_data(page: Page, title: str = "") -> Json:
    """What one record says of a page: verdict, findings, blocks in reading order, attempts.

    Args:
        page: the record.
        title: what to call it beside others.
    """
    engine = page.provenance.engine
    told = [f"read by {engine}" if engine else "", page.provenance.model]
    told += [f"turned by {page.turned}°" if page.turned else "", f"deskewed by {page.skew:.1f}°" if page.skew else ""]
    told += ["seen from above" if page.sheet else ""]
    return {
        "title": clean(title),
        "status": page.verdict.status,
        "score": page.verdict.score,
        "told": clean(", ".join(part for part in told if part)),
        "error": clean(page.error),
        "findings": [_finding(one) for one in page.verdict.findings],
        "attempts": [_attempt(one) for one in page.attempts],
        "blocks": [_block(one) for one in page.blocks],
        "notes": list(notes(page)),
    }


def _finding(finding: Finding) -> Json:
    return {
        "code": finding.code,
        "sentence": clean(finding.sentence),
        "refuses": finding.refuses,
        "step": clean(finding.next_step),
        "box": _corners(finding.image),
    }


def _attempt(attempt: Attempt) -> Json:
    return {
        "engine": attempt.engine,
        "outcome": attempt.outcome,
        "reason": clean(attempt.reason),
        "seconds": sum(attempt.seconds.values()),
    }


def _block(block: Block) -> Json:
    return {
        "category": block.category.value,
        "boxes": [_corners(box) for box in places_of(block)],
        "level": block.level,
        "markup": block.markup,
        "engine": block.engine,
        "direction": block.direction,
        "unsure": [_corners(box) for box in unsure_boxes(block)],
        "parts": list(_parts(block)),
    }


def _parts(block: Block) -> Iterator[Json]:
    for part in settled(block):
        if part.table is not None:
            yield {"rows": _rows(part.table)}
        elif part.markup in ("latex", "markdown"):
            text = part.text if part.markup == "latex" else plain_text(part)
            yield {"marker": part.marker, "lines": [[{"text": line}] for line in text.split("\n")]}
        elif lines := styled_lines(part):
            yield {"marker": part.marker, "lines": [_runs(line) for line in lines]}


def _rows(table: Table) -> list[list[Json]]:
    return [[_cell(cell) for cell in row] for row in filled_rows(table)]


def _cell(cell: Cell) -> Json:
    lines = lines_of_pieces(pieces_of(cell.text, cell.spans))
    return {
        "rows": cell.row_span,
        "columns": cell.column_span,
        "header": cell.header,
        "lines": [_runs(line) for line in lines],
    }


def _runs(line: Sequence[Piece]) -> list[Json]:
    return [
        {
            "text": piece.text,
            "styles": [style for style in NESTING if style in piece.styles and style != "link"],
            "href": piece.href,
        }
        for piece in line
    ]


def _corners(box: Box | None) -> list[float] | None:
    return None if box is None else [round(value, 1) for value in (box.x0, box.y0, box.x1, box.y1)]
