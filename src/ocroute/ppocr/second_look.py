"""The few words of a line that its reading is in doubt of, to be read again by themselves, and put back in their place.

A line in doubt is in doubt of one or two letters: of 90 letters read surely nothing is learnt by reading them twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ocroute.pages.page import Raster
from ocroute.ppocr import column_ink
from ocroute.ppocr.traced import Traced

DOUBT = 0.3  # letters of a word that are expected to be wrong, from which it is read again
HOPELESS = 0.4  # the same as a share of a line's letters, from which nothing helps: another script, no text
NARROWEST = 3.0  # line heights of a piece; shorter words are read with their neighbours
MOST = 0.6  # of the line's width in pieces from which it is read again as a whole
FEWER = 0.7  # of the letters of a piece that another reading has at least

_WORD = re.compile(r"\S+")


class Piece(NamedTuple):
    """Some words of a line: the characters ``start`` to ``end`` of its text, the columns ``x0`` to ``x1`` of its crop."""

    start: int
    end: int
    x0: int
    x1: int


def in_doubt(line: Traced, crop: Raster, doubt: float = DOUBT) -> list[Piece]:
    """The pieces of an (H, W, 3) crop of a line that are worth another look, from left to right."""
    height, width = crop.shape[:2]
    words = [match.span() for match in _WORD.finditer(line.text)]
    doubts = [float((1 - line.probabilities[start:end]).sum()) for start, end in words]
    if not any(one >= doubt for one in doubts) or line.doubt >= HOPELESS * len(line.text):
        return []
    edges = [0, *_between(line, crop, words), width]
    pieces: list[tuple[int, int]] = []
    for at, one in enumerate(doubts):
        if one < doubt:
            continue
        first, last = at, at + 1
        while edges[last] - edges[first] < NARROWEST * height and last - first < len(words):
            first, last = max(0, first - 1), min(len(words), last + 1)
        if pieces and first <= pieces[-1][1]:
            first = min(first, pieces.pop()[0])
        pieces.append((first, last))
    if sum(edges[last] - edges[first] for first, last in pieces) > MOST * width:
        pieces = [(0, len(words))]
    return [Piece(words[first][0], words[last - 1][1], edges[first], edges[last]) for first, last in pieces]


def _between(line: Traced, crop: Raster, words: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Where each two words part: in the middle of the widest gap between their letters."""
    seen = column_ink.measure(crop)
    for (_, end), (start, _) in pairwise(words):
        left, right = float(line.centers[end - 1]), float(line.centers[start])
        cut = (left + right) / 2
        if seen is not None and len(seen.gaps):
            near = (seen.gaps[:, 1] > left) & (seen.gaps[:, 0] < right)
            best = int(np.argmax(np.where(near, seen.widths, 0)))
            cut = float(seen.gaps[best].mean()) if near[best] else cut
        yield round(cut)


def put_back(line: Traced, pieces: Sequence[Piece], others: Sequence[Traced]) -> Traced:
    """``line`` with those of ``others``, readings of its ``pieces``, that are in less doubt."""
    for piece, other in reversed(list(zip(pieces, others, strict=True))):
        new = other.stripped()
        old = line.part(piece.start, piece.end)
        if new.doubt < old.doubt and _letters(new) >= FEWER * _letters(old):
            line = line.part(0, piece.start) + new.moved(piece.x0) + line.part(piece.end, len(line.text))
    return line


def _letters(line: Traced) -> int:
    return sum(not sign.isspace() for sign in line.text)
