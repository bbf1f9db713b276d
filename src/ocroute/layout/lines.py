"""Fragments become lines: parted where a gutter runs between them, joined where only a word space does.

A single gap does not tell the two apart: a stretched word space can be wider than a newspaper's gutter. What tells is whether
the white goes on, straight, over several rows with text on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocroute.layout.line_measures import LONG_LINE, Piece, Scale, measure, merged, windows
from ocroute.layout.wording import is_marker
from ocroute.values import Box, Line, Word

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
_WORDS_OF_ONE_LETTER = frozenset("AIOYÀÉÓАВИОСУЯ")

SAME_WORDS_GAP: Final = 0.6
"""Gaps up to here are never a gutter: newspapers keep columns at least this far apart, word spaces are mostly narrower."""

LOOSE_GAP: Final = 1.3
"""Fragments of one baseline further apart than this are joined only where their engine gave them as one line."""

WIDEST_WORD_GAP: Final = 3.0
"""No justified line stretches a word space further; a wider gap is a tab, a leader or a column."""

EVEN_GAPS: Final = 1.4
"""A gap that is not wider than this times the usual one of its line is a word space like the others, all stretched alike."""

WIDEST_EVEN: Final = 1.6
"""In such a line; wider ones are those of a row of a table, however even."""

FEWEST_GAPS: Final = 5
"""Of fewer gaps, what is usual in a line is not known."""

GUTTER: Final = 0.5
"""The narrowest white strip that can part two columns."""

GUTTER_ROWS: Final = 3
"""Rows of text on both sides that a strip needs before it splits a line: rivers in justified text are shorter."""

RIVER_ROWS: Final = 5
"""The same for a gap that an engine read across: it takes more to overrule it."""

SAME_BASELINE: Final = 0.4
"""Baselines this close are one line: a superscript sits higher, the next line lower."""

OFF_BASE: Final = 0.2
"""Baselines further apart than this, with a gap between them, are of two lines."""

OTHER_SIZE: Final = 0.06
"""Share by which known sizes differ that are not one."""

LONG_LINE_NOISE: Final = 0.08
SHORT_LINE_NOISE: Final = 0.2
"""Relative errors of sizes measured from boxes, on lines longer and shorter than that."""

INITIAL_SIZE: Final = 1.7
"""A drop cap is at least two lines high."""


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
    tolerance = LONG_LINE_NOISE if len(piece.text) > LONG_LINE else SHORT_LINE_NOISE
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
    gaps = [right.box.x0 - left.box.x1 for left, right in pairwise(words)]
    even = min(EVEN_GAPS * median(gaps), WIDEST_EVEN * unit) if len(gaps) >= FEWEST_GAPS else 0.0
    run = [words[0]]
    for word, gap in zip(words[1:], gaps, strict=True):
        if gap > max(SAME_WORDS_GAP * unit, even):
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
    to_right, to_left = np.full(len(runs), -1), np.full(len(runs), -1)
    order = np.argsort(base, kind="stable")
    reach = SAME_BASELINE * float(size.max())
    for start, end, low, high in windows(base[order], -reach, reach):
        some, around = order[start:end], np.sort(order[low:high])

        def distance(left: Ints, right: Ints) -> Floats:
            smaller = np.minimum(size[left][:, None], size[right][None, :])
            level = np.abs(base[left][:, None] - base[right][None, :]) < SAME_BASELINE * smaller
            gap = x0[right][None, :] - x1[left][:, None]
            after = x0[right][None, :] > x0[left][:, None]
            return np.where(level & (gap > -0.5 * smaller) & after, gap, np.inf)

        rightward, leftward = distance(some, around), distance(around, some)
        nearest, back = rightward.argmin(axis=1), leftward.argmin(axis=0)
        to_right[some] = np.where(np.isfinite(rightward.min(axis=1)), around[nearest], -1)
        to_left[some] = np.where(np.isfinite(leftward.min(axis=0)), around[back], -1)
    return {left: int(right) for left, right in enumerate(to_right) if right >= 0 and to_left[right] == left}


def _belong(left: Piece, right: Piece, one_source: bool, strips: _Strips) -> bool:
    unit = min(left.size, right.size)
    gap = (right.box.x0 - left.box.x1) / unit
    if gap <= SAME_WORDS_GAP or (gap <= WIDEST_WORD_GAP and is_marker(left.text)):
        return True
    if gap > (WIDEST_WORD_GAP if one_source else LOOSE_GAP) or (not one_source and of_other_print(left, right)):
        return False
    rows = strips.rows(left.box.x1, right.box.x0, (left.base + right.base) / 2 - 0.3 * unit)
    needed = RIVER_ROWS if one_source and gap < LOOSE_GAP else GUTTER_ROWS
    return rows < needed


def of_other_print(left: Piece, right: Piece) -> bool:
    """Whether two runs are of different type, or stand on lines of their own: a caption beside the text that runs around it."""
    smaller, larger = sorted((left.size, right.size))
    told = all(piece.line.font is not None and not piece.measured for piece in (left, right))
    noise = LONG_LINE_NOISE if min(len(left.text), len(right.text)) > LONG_LINE else SHORT_LINE_NOISE
    return smaller < (1 - (OTHER_SIZE if told else 1.5 * noise)) * larger or is_off(left, right)


def is_off(left: Piece, right: Piece) -> bool:
    """Whether the base lines of two runs are two."""
    return abs(left.base - right.base) > OFF_BASE * min(left.size, right.size)


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
        half = GUTTER * self.scale.size / 2
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


def with_initials(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
    """The same pieces, each large initial joined to the first line beside it."""
    rest = list(pieces)
    for initial in pieces:
        if not _is_initial(initial, scale):
            continue
        beside = [p for p in rest if p is not initial and _stands_beside(p, initial)]
        if not beside:
            continue
        first = min(beside, key=lambda p: p.box.y0)
        # "T" + "he", but "A" + "dog": a word of one letter is set a space away where capitals do not follow.
        space = initial.text in _WORDS_OF_ONE_LETTER and first.box.x0 - initial.box.x1 > 0.4 * first.size
        whole = merged([initial, first], separator=" " if space else "")
        rest[rest.index(first)] = Piece(whole.line, first.size, first.base)
        rest.remove(initial)
    return rest


def _is_initial(piece: Piece, scale: Scale) -> bool:
    text = piece.text.strip('"“«‘')
    return len(text) == 1 and text.isupper() and piece.size > INITIAL_SIZE * scale.size


def _stands_beside(piece: Piece, initial: Piece) -> bool:
    near = -0.2 * piece.size < piece.box.x0 - initial.box.x1 < 1.5 * piece.size
    middle = (piece.box.y0 + piece.box.y1) / 2
    return near and initial.box.y0 - 0.3 * piece.size < middle < initial.box.y1 and piece.size < 0.8 * initial.size
