"""Tesseract's TSV output: one row a page, block, paragraph, line or word."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from ocroute.values import Box, Line, Word

WORD_LEVEL = "5"


class _Row(NamedTuple):
    line: tuple[str, ...]
    word: Word


def lines(tsv: str, scale: float, width: float, height: float) -> Iterator[Line]:
    """The lines that have words.

    Args:
        tsv: what ``tesseract ... tsv`` printed.
        scale: page pixels for one pixel of the image that tesseract was given.
        width, height: of the page, pixels; boxes are cut to it.
    """
    for _, rows in groupby(_rows(tsv, scale, width, height), key=lambda row: row.line):
        words = tuple(row.word for row in rows)
        letters = sum(len(word.text) for word in words)
        confidence = sum((word.confidence or 0.0) * len(word.text) for word in words) / letters
        yield Line(" ".join(word.text for word in words), Box.around(word.box for word in words), confidence, words)


def _rows(tsv: str, scale: float, page_width: float, page_height: float) -> Iterator[_Row]:
    for row in tsv.splitlines():
        fields = row.split("\t", 11)
        if len(fields) < 12 or fields[0] != WORD_LEVEL or not fields[11].strip():
            continue
        left, top, width, height = (float(value) * scale for value in fields[6:10])
        box = Box(left, top, left + width, top + height).clamped(page_width, page_height)
        confidence = min(1.0, max(0.0, float(fields[10]) / 100))
        yield _Row(tuple(fields[1:5]), Word(fields[11].strip(), box, confidence))
