"""Which printed lines a reading leaves out: the measurement behind the checks ``coverage`` and ``truncated``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ocroute.engines.base import Reading
from ocroute.judge.pieces import pieces
from ocroute.pages.page import InputPage
from ocroute.raster.ink import InkLine, ink_of
from ocroute.values import Box, Category

LEAST_GLYPHS: Final = 5  # shorter rows are as often marks as words
UNCOVERED: Final = 0.5  # a line is left out when less than this share of its ink is covered
PICTURES: Final = 0.5  # pictures may hide this share of the page's lines; a page is not one picture


@dataclass(frozen=True, slots=True)
class Missing:
    """The printed lines without text, their glyphs, and the share of all glyphs that stand in them."""

    lines: tuple[InkLine, ...]
    glyphs: int
    share: float


def missing(page: InputPage, reading: Reading) -> Missing:
    """The printed lines that no piece of ``reading`` covers; all pieces should have boxes."""
    ink = ink_of(page)
    if not ink.glyphs:
        return Missing((), 0, 0.0)
    boxes = [piece.box for piece in pieces(reading) if piece.box is not None]
    covered = ink.cover(boxes, margin=0.15)
    pictures = [block.box for block in reading.blocks if block.category is Category.PICTURE and block.box is not None]
    if pictures:
        hidden = ink.cover(pictures)
        if float((ink.text & hidden).sum()) <= PICTURES * max(1.0, float(ink.text.sum())):
            covered |= hidden
    rows: list[Box] = [line.box for line in ink.lines]
    shares = ink.share(covered, rows)
    lost = [
        (line, line.glyphs * (1 - float(share)))
        for line, share in zip(ink.lines, shares, strict=True)
        if share < UNCOVERED and line.glyphs >= LEAST_GLYPHS
    ]
    glyphs = float(sum(count for _, count in lost))
    return Missing(tuple(line for line, _ in lost), round(glyphs), glyphs / ink.glyphs)
