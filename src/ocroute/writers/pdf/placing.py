"""Where the words of a page record stand on its page: strings with their matrices, in the order in which they are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from math import cos, hypot, radians, sin
from typing import NamedTuple

from ocroute.document.affine import Matrix
from ocroute.document.exporters.prepared import PlacedLine, placed_lines, settled
from ocroute.values import Block, Box
from ocroute.writers.pdf.glyphless import DESCENT

_GAP = 0.15
"""The least space between two words, in parts of the line's height: readers part words there."""

_BACK = 0.5
"""A word that begins so far before the end of the last, in parts of the line's height, begins a new string."""

_LEAST = 0.05  # parts of the line's height that a word takes at least
_FLAT = 0.3  # of cos² - sin²: below it a box does not tell length from thickness
_WIDE_GAP = 0.6  # parts of the height: signs of Chinese and Japanese further apart have a blank between them

_LEVEL = 0.1
"""Tangent of the angle under which a line counts as level."""

_FULL, _NEARLY = 0.85, 0.05
"""Part of the width that words cover where PDFium is sure that their lines are level, and by how much more than of the height
where it is not; its own limits are 0.8 and 0."""

_THIN = 0.05  # of a line's height

_BEYOND = re.compile("[\U00010000-\U0010ffff]+")  # the first plane: two units in UTF-16
_LEFT_TO_RIGHT = "\u200e"

_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
"""As brackets look in text that runs from right to left, which readers turn back."""


class Piece(NamedTuple):
    """A word, or the blank behind one; ``start`` and ``end`` are along its line, where the line's height is 1.

    Attributes:
        word: as it is read; empty for a blank.
        text: its characters from left to right.
    """

    word: str
    text: str
    start: float
    end: float


class Strip(NamedTuple):
    """Pieces that follow each other on one line.

    Attributes:
        matrix: from a space where the line's baseline is y = 0 and its height is 1, y up, to pixels of the upright page.
        pieces: from left to right, words and the blanks between them.
    """

    matrix: Matrix
    pieces: tuple[Piece, ...]


def strips(block: Block) -> Iterator[Strip]:
    """The words of ``block`` where they stand, line by line; those whose place nobody knows are not among them."""
    for part in settled(block):
        for line in placed_lines(part):
            yield from _strips_of(line, block.direction == "ttb")


def with_direction(strips: Sequence[Strip]) -> list[Strip]:
    """``strips``, and where PDFium would not see that their lines are level, a thin blank behind them, as wide as they all are.

    It takes a page for one of vertical lines where its words cover more of the height than of the width, as in short columns
    that stand far apart, and then parts every word from the next.
    """
    level = [strip for strip in strips if abs(strip.matrix[1]) < _LEVEL * abs(strip.matrix[0])]
    if 2 * len(level) <= len(strips):
        return list(strips)
    spans = [(_across(strip, strip.pieces[0].start), _across(strip, strip.pieces[-1].end)) for strip in level]
    feet = [strip.matrix[5] + DESCENT * strip.matrix[0] for strip in level]
    across = _filled(spans)
    if (
        across > _FULL
        or across > _filled((foot - strip.matrix[0], foot) for foot, strip in zip(feet, level, strict=True)) + _NEARLY
    ):
        return list(strips)
    left, right = min(start for start, _ in spans), max(end for _, end in spans)
    height, *_, baseline = level[-1].matrix
    thin = _THIN * height  # so that it is not what is met when a word is pointed at
    blank = Piece("", " ", left / thin, right / thin)
    return [*strips, Strip((thin, 0.0, 0.0, -thin, 0.0, baseline), (blank,))]


def _filled(spans: Iterable[tuple[float, float]]) -> float:
    """The share of the way from the first start to the last end that ``spans`` cover."""
    ordered = sorted(spans)
    first = reached = ordered[0][0]
    covered = 0.0
    for start, end in ordered:
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered / max(reached - first, 1.0)


def _across(strip: Strip, place: float) -> float:
    return strip.matrix[0] * place + strip.matrix[4]


def _strips_of(line: PlacedLine, runs_down: bool) -> Iterator[Strip]:
    words = [(word.text, word.box) for word in line.words if word.box is not None]
    if not words:
        return
    angle = -90 if runs_down and line.angle == 0 else line.angle
    c, s = cos(radians(angle)), sin(radians(angle))
    measured = [(text, *_measured(box, text, c, s)) for text, box in words]
    heights = sorted(height for *_, height in measured)
    height = heights[-1]
    if line.box is not None:  # a word without tall letters stands on the line of its neighbours
        whole = _measured(line.box, line.words[0].text, c, s)[1]
        height = whole if height <= whole <= 1.6 * height else height
    height = max(height, 1.0)
    shares_line = line.box is not None and abs(s) < 0.01 and height > heights[-1]
    placed = []
    for (text, box), (_, length, _) in zip(words, measured, strict=True):
        x, y = box.center if not (shares_line and line.box) else (box.center[0], line.box.center[1])
        along, below = x * c - y * s, x * s + y * c  # in the frame of the line, y down
        placed.append((text, (along - length / 2) / height, (along + length / 2) / height, below))
    if any(is_right_to_left(text) for text, *_ in placed):
        placed.sort(key=lambda word: word[1])  # as it is seen; readers put it into order
    for group in _parted(placed):
        below = sum(word[3] for word in group) / len(group) + (0.5 - DESCENT) * height
        origin = (below * s, below * c)
        matrix = (c * height, -s * height, -s * height, -c * height, *origin)
        yield Strip(matrix, tuple(_pieces([word[:3] for word in group])))


def _measured(box: Box, text: str, c: float, s: float) -> tuple[float, float]:
    """Length and thickness of the text in ``box``, which runs at an angle of this cosine and sine."""
    c, s = abs(c), abs(s)
    flat = c * c - s * s
    if abs(flat) >= _FLAT:
        length, thickness = (box.width * c - box.height * s) / flat, (box.height * c - box.width * s) / flat
        if length > 0 and thickness > 0:
            return length, thickness
    thickness = hypot(box.width, box.height) / (0.5 * len(text) + 1)
    return max(hypot(box.width, box.height) - thickness, thickness / 2), thickness


def _parted(words: Sequence[tuple[str, float, float, float]]) -> Iterator[list[tuple[str, float, float, float]]]:
    """The words in groups of which each goes on to the right, at about one height."""
    group: list[tuple[str, float, float, float]] = []
    for word in words:
        if group and word[1] < group[-1][2] - _BACK:
            yield group
            group = []
        group.append(word)
    yield group


def _pieces(words: Sequence[tuple[str, float, float]]) -> Iterator[Piece]:
    """The words, each ending before the next begins, and the blanks between them."""
    any_right = any(is_right_to_left(word) for word, *_ in words)
    for place, (word, start, stop) in enumerate(words):
        shown = word[::-1].translate(_MIRRORED) if is_right_to_left(word) else word
        if any_right:  # PDFium would turn the two units of such a sign round with the line
            shown = _BEYOND.sub(rf"{_LEFT_TO_RIGHT}\g<0>{_LEFT_TO_RIGHT}", shown)
        if place + 1 == len(words):
            yield Piece(word, shown, start, max(stop, start + _LEAST))
            return
        following, next_start, _ = words[place + 1]
        blank = not (is_wide(word[-1]) and is_wide(following[0]) and next_start - stop < _WIDE_GAP)
        end = max(min(stop, next_start - (_GAP if blank else 0.0)), start + _LEAST)
        yield Piece(word, shown, start, end)
        if blank:
            yield Piece("", " ", end, max(next_start, end + _LEAST))


def is_right_to_left(text: str) -> bool:
    """Whether signs of a script that runs from right to left are in it."""
    return not text.isascii() and any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def is_wide(character: str) -> bool:
    """Whether it is a sign of a script that puts no blanks between words, as Chinese and Japanese."""
    return not character.isascii() and unicodedata.east_asian_width(character) in "WF"
