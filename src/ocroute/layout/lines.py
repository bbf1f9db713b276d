"""Fragments become lines: parted where a gutter runs between them, joined where only a word space does.

A single gap does not tell the two apart: a stretched word space can be wider than a newspaper's gutter. What tells is whether
the white goes on, straight, over several rows with text on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ocroute.layout import limits
from ocroute.layout.pieces import Piece, Scale, measure, merged
from ocroute.values import Box, Line, Word

Floats = NDArray[np.float64]


def assemble(lines: Sequence[Line], scale: Scale) -> list[Piece]:
    """Pieces that lie within one column each, from lines or fragments. Turned lines stay as they are.

    Args:
        lines: words where known; a line without words is taken as one fragment.
    """
    sources: list[int] = []
    runs: list[Piece] = []
    turned: list[Piece] = []
    for number, line in enumerate(lines):
        whole = measure(line, tight=scale.tight, roomy=scale.roomy)
        if whole.turned:
            turned.append(whole)
            continue
        for run in _runs(line, scale):
            sources.append(number)
            runs.append(measure(run, tight=scale.tight, roomy=scale.roomy))
    following = _neighbours(runs)
    strips = _Strips(runs, scale)
    joined_to = {
        left: right
        for left, right in following.items()
        if _belong(runs[left], runs[right], sources[left] == sources[right], strips)
    }
    return [_even(merged(chain), scale) for chain in _chains(runs, joined_to)] + turned


def _even(piece: Piece, scale: Scale) -> Piece:
    """A piece whose measured size is the body's but for the chance of its letters has exactly the body's size."""
    known = piece.line.font is not None and piece.line.font.size > 0
    tolerance = limits.LONG_LINE_NOISE if len(piece.text) > limits.LONG_LINE else limits.SHORT_LINE_NOISE
    if known or abs(piece.size - scale.size) > tolerance * scale.size:
        return piece
    return Piece(piece.line, scale.size, piece.base)


def _runs(line: Line, scale: Scale) -> Iterator[Line]:
    """A line cut at every gap that might be more than a word space."""
    words = sorted(line.words, key=lambda word: word.box.x0)
    if len(words) < 2 or "".join(word.text for word in line.words) != "".join(line.text.split()):
        yield line
        return
    unit = line.font.size if line.font and line.font.size else scale.size
    run = [words[0]]
    for word in words[1:]:
        if word.box.x0 - run[-1].box.x1 > limits.SAME_WORDS_GAP * unit:
            yield _line_of(run, line)
            run = []
        run.append(word)
    yield line if len(run) == len(words) else _line_of(run, line)


def _line_of(words: Sequence[Word], line: Line) -> Line:
    text = " ".join(word.text for word in words)
    return Line(text, Box.around(word.box for word in words), line.confidence, tuple(words), line.font)


def _neighbours(runs: Sequence[Piece]) -> dict[int, int]:
    """For every run the next one to the right on its baseline, where each is the other's nearest."""
    if len(runs) < 2:
        return {}
    x0, x1, _, _ = edges(runs)
    base = np.array([run.base for run in runs])
    size = np.array([run.size for run in runs])
    level = np.abs(base[:, None] - base[None, :]) < limits.SAME_BASELINE * np.minimum(size[:, None], size[None, :])
    gap = x0[None, :] - x1[:, None]
    overlap = 0.5 * np.minimum(size[:, None], size[None, :])
    distance = np.where(level & (gap > -overlap) & (x0[None, :] > x0[:, None]), gap, np.inf)
    nearest_right = distance.argmin(axis=1)
    nearest_left = distance.argmin(axis=0)
    return {
        left: int(right)
        for left, right in enumerate(nearest_right)
        if np.isfinite(distance[left, right]) and nearest_left[right] == left
    }


def _belong(left: Piece, right: Piece, one_source: bool, strips: _Strips) -> bool:
    unit = min(left.size, right.size)
    gap = (right.box.x0 - left.box.x1) / unit
    if gap <= limits.SAME_WORDS_GAP:
        return True
    if gap > (limits.WIDEST_WORD_GAP if one_source else limits.LOOSE_GAP):
        return False
    rows = strips.rows(left.box.x1, right.box.x0, (left.base + right.base) / 2 - 0.3 * unit)
    needed = limits.RIVER_ROWS if one_source and gap < limits.LOOSE_GAP else limits.GUTTER_ROWS
    return rows < needed


def _chains(runs: Sequence[Piece], joined_to: dict[int, int]) -> Iterator[list[Piece]]:
    inside = set(joined_to.values())
    for start in range(len(runs)):
        if start in inside:
            continue
        chain = [start]
        while chain[-1] in joined_to:
            chain.append(joined_to[chain[-1]])
        yield [runs[index] for index in chain]


def edges(pieces: Sequence[Piece]) -> tuple[Floats, Floats, Floats, Floats]:
    """The boxes of pieces as arrays x0, x1, y0, y1."""
    boxes = np.array([(b.x0, b.x1, b.y0, b.y1) for b in (p.line.box for p in pieces)], dtype=np.float64).reshape(-1, 4)
    return boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3]


class _Strips:
    """Answers how far the white of a gap goes on above and below it."""

    def __init__(self, runs: Sequence[Piece], scale: Scale) -> None:
        self.x0, self.x1, self.y0, self.y1 = edges(runs)
        self.middle = (self.y0 + self.y1) / 2
        self.scale = scale

    def rows(self, left: float, right: float, y: float) -> int:
        """Rows of text on the emptier side of the longest white strip through the gap ``left``..``right`` at ``y``."""
        half = limits.GUTTER * self.scale.size / 2
        return max(self._rows(x, half, y) for x in (left + half, (left + right) / 2, right - half))

    def _rows(self, x: float, half: float, y: float) -> int:
        blocking = (self.x0 < x + half - 0.01) & (self.x1 > x - half + 0.01)
        above = self.y1[blocking & (self.middle < y)].max(initial=0.0)
        below = self.y0[blocking & (self.middle >= y)].min(initial=self.scale.height)
        within = (self.middle > above) & (self.middle < below)
        reach = 40 * self.scale.size
        on_left = within & (self.x1 <= x) & (self.x1 > x - reach)
        on_right = within & (self.x0 >= x) & (self.x0 < x + reach)
        return min(self._count(on_left), self._count(on_right))

    def _count(self, chosen: NDArray[np.bool_]) -> int:
        """Distinct rows among the chosen runs."""
        middles = np.sort(self.middle[chosen])
        return int(middles.size and 1 + (np.diff(middles) > 0.5 * self.scale.size).sum())
