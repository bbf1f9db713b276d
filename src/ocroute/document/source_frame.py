"""A page record with its boxes where they stand in the source, which may lie turned or askew, or be a photograph."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians, sin

import msgspec

from ocroute.document.affine import Matrix, compose
from ocroute.document.model import Page
from ocroute.values import Block, Box, Line, Table

_Map = Callable[[Box], Box]


def from_upright(page: Page) -> Matrix:
    """From pixels of the upright page to those of the page as its source shows it: turn and skew undone.

    Of a sheet in a photograph, to those of the sheet seen from above: what leads on from there is no affine map.
    """
    width, height = _unturned_size(page)
    unskew: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    if page.skew:
        turn, x, y = radians(page.skew), page.width / 2, page.height / 2
        c, s = cos(turn), sin(turn)
        unskew = (c, s, -s, c, x - c * x + s * y, y - s * x - c * y)
    unturn: dict[int, Matrix] = {
        0: (1, 0, 0, 1, 0, 0),
        90: (0, 1, -1, 0, width, 0),
        180: (-1, 0, 0, -1, width, height),
        270: (0, -1, 1, 0, 0, height),
    }
    return compose(unskew, unturn[page.turned % 360])


def source_size(page: Page) -> tuple[float, float]:
    """(width, height) of the page as its source shows it, in the pixels in which it was read."""
    return (page.sheet.width, page.sheet.height) if page.sheet else _unturned_size(page)


def _unturned_size(page: Page) -> tuple[float, float]:
    return (page.height, page.width) if page.turned % 180 else (page.width, page.height)


def in_source_frame(page: Page) -> Page:
    """``page`` with every box around the same ink in the page as its source shows it; lines say how they are turned there."""
    sheet = page.sheet
    if not (page.turned or page.skew or sheet):
        return page
    matrix, (width, height) = from_upright(page), source_size(page)
    turn = -round(page.turned + page.skew)

    def moved(box: Box) -> Box:
        a, b, c, d, e, f = matrix
        corners = [(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
        places = [(a * x + c * y + e, b * x + d * y + f) for x, y in corners]
        xs, ys = zip(*(sheet.in_photograph(x, y) for x, y in places) if sheet else places, strict=True)
        return Box(min(xs), min(ys), max(xs), max(ys)).clamped(width, height)

    blocks = tuple(_block(block, moved, turn) for block in page.blocks)
    return msgspec.structs.replace(page, width=width, height=height, blocks=blocks, turned=0, skew=0.0, sheet=None)


def _block(block: Block, moved: _Map, turn: int) -> Block:
    return msgspec.structs.replace(
        block,
        box=block.box and moved(block.box),
        image=block.image and moved(block.image),
        lines=tuple(_line(line, moved, turn) for line in block.lines),
        table=block.table and _table(block.table, moved),
    )


def _line(line: Line, moved: _Map, turn: int) -> Line:
    words = tuple(msgspec.structs.replace(word, box=moved(word.box)) for word in line.words)
    return msgspec.structs.replace(line, box=moved(line.box), words=words, angle=(line.angle + turn) % 360)


def _table(table: Table, moved: _Map) -> Table:
    cells = tuple(msgspec.structs.replace(cell, box=cell.box and moved(cell.box)) for cell in table.cells)
    return Table(table.rows, table.columns, cells)
