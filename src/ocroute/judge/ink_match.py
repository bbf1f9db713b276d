"""A reading against the ink: printed lines without text, text on blank paper, and how much text the lines can hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ocroute.engines.base import Reading
from ocroute.judge.reading_pieces import Piece, pieces
from ocroute.pages.page import InputPage
from ocroute.raster.ink import Ink, ink_of
from ocroute.raster.text_rows import InkLine
from ocroute.values import Box, Category

LEAST_GLYPHS: Final = 5  # shorter rows are as often marks as words
UNCOVERED: Final = 0.5  # a line is left out when less than this share of its ink is covered
PICTURES: Final = 0.5  # pictures may hide this share of the page's lines; a page is not one picture
BLANK_PAPER: Final = 0.008  # a line's box with less of its area inked is blank paper; the thinnest type inks 4 %
LATIN: Final = 1.75  # characters (without spaces) to a line's width over its height, for letters
HAN: Final = 0.95  # the same for ideographs, kana and hangul


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


def blank_paper(ink: Ink, placed: Sequence[Piece]) -> list[bool]:
    """Of each piece, all with boxes, whether its box is blank paper.

    A block of several lines may be mostly paper, like a form: it is blank when no printed line stands in it either.
    """
    shares = ink.inked(piece.box for piece in placed if piece.box is not None)
    return [share < BLANK_PAPER and not _has_lines(ink, piece) for piece, share in zip(placed, shares, strict=True)]


def _has_lines(ink: Ink, piece: Piece) -> bool:
    box = piece.box
    if box is None or piece.rows == 1:
        return False
    return any(box.intersection(line.box) > 0.5 * line.box.area for line in ink.lines)


def capacity(lines: Iterable[InkLine], text: str) -> float:
    """About how many characters, spaces left out, ``lines`` hold in the script of ``text``."""
    letters = [sign for sign in text if sign.isalpha()]
    wide = sum("\u2e80" <= sign <= "\ud7ff" for sign in letters) / max(1, len(letters))
    per_square = LATIN + (HAN - LATIN) * wide
    return per_square * sum(line.box.width / max(1.0, line.box.height) for line in lines)
