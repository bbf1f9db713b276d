"""Runs of characters: cut where the text breaks off, joined where it goes on, divided into words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.pdf_text import accented, is_accent

Floats = NDArray[np.float64]
SPACE, DOT = 0x20, 0x2E

_TICKS = (0x2610, 0x2612)
"""Ballot boxes: each is a word, however close it stands."""

_IDEOGRAPHS = (
    (0x2E80, 0x312F),
    (0x3190, 0xA4CF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFF20),
    (0x20000, 0x3FFFF),
)
"""Ideographs, kana and their punctuation, among which words are not parted; those of Korean are."""

_EVEN = 0.1
"""Ems by which the white between a few ideographs may differ that are set apart evenly, as the name of a field is."""

WORD_GAP = 0.115
"""White between two words, in ems: letters of one word stand closer, even where they are kerned apart."""

_TOUCHING, _WITHIN = 0.02, 0.1
"""Ems between letters that touch, and how far before the end of a letter a space begins that lies within it."""

FRAGMENT_GAP = (1.0, 1.4)
"""White that parts columns or table cells, in ems; within these bounds it follows the line's own word gaps."""

_OVERLAP = 0.5
"""Part of the lower text's height that must stand beside the other for both to be on one line."""

_UNLIKE = 3.0
"""How much larger type is that does not go on with other type, as a watermark's: note marks are two fifths of theirs."""

_BACKWARD = 0.6
"""Ems that a character may stand left of the end of the one before it and still follow it (kerning, accents, slants)."""


class Run(NamedTuple):
    """Characters that follow one another, as columns of (N,) in a frame in which the text runs to the right, y down.

    Attributes:
        code: code points.
        x0, x1: where each begins and ends.
        base, top, bottom: baseline, and the font's reach above and below it.
        size: em height.
        style: index of the style.
    """

    code: NDArray[np.int64]
    x0: Floats
    x1: Floats
    base: Floats
    top: Floats
    bottom: Floats
    size: Floats
    style: NDArray[np.int64]

    def take(self, chosen: NDArray[np.intp] | slice) -> Run:
        """The chosen characters."""
        x0, x1, base, top, bottom, size = (column[chosen] for column in self[1:7])
        return Run(self.code[chosen], x0, x1, base, top, bottom, size, self.style[chosen])

    def cut(self, before: NDArray[np.intp]) -> Iterator[Run]:
        """This run in pieces that begin at the positions ``before`` (and at 0)."""
        edges = [0, *before.tolist(), len(self.code)]
        for start, end in pairwise(edges):
            if start < end:
                yield self.take(slice(start, end))

    def words(self) -> tuple[Run, NDArray[np.intp]]:
        """The line without its spaces, and where in it each word begins: parted by spaces in the file or by white."""
        solid = self.code != SPACE
        inked = self.take(np.flatnonzero(solid))
        if not len(inked.code):
            return inked, np.array([], np.intp)
        gaps = _gaps(inked)
        spaced = (np.diff(np.cumsum(~solid)[solid]) > 0) & ~_roomless(self, solid, gaps)
        # Letters set wide apart, as in S P A C E D headings, are still one word; dots of a leader are no letters.
        letters = gaps[(inked.code[1:] != DOT) | (inked.code[:-1] != DOT)]
        tracking = _quarter(letters) if len(letters) > 3 else 0.0
        # Some programs write a blank after each ideograph, which takes no place: between those the white alone tells.
        signs = _are_ideographs(inked.code)
        ideographs = signs[1:] & signs[:-1]
        if 2 * ideographs.sum() > len(gaps) and (len(gaps) > 3 or (len(gaps) > 1 and np.ptp(gaps) < _EVEN)):
            tracking = _median(gaps[ideographs])
        wide = gaps > WORD_GAP + max(0.0, tracking if tracking > 0.06 else 0.0)
        spaced &= ~ideographs
        ticks = (inked.code >= _TICKS[0]) & (inked.code <= _TICKS[1])
        return inked, np.concatenate([[0], np.flatnonzero(wide | spaced | ticks[1:] | ticks[:-1]) + 1])


def _roomless(run: Run, solid: NDArray[np.bool_], gaps: Floats) -> NDArray[np.bool_]:
    """Between which neighbours spaces take no room: they lie within the letter before, at whose end the next one begins. Some
    programs write a blank behind each ligature so.
    """
    places = np.flatnonzero(solid)
    first = np.minimum(places[:-1] + 1, len(run.code) - 1)  # what follows in the file: a space, where there is one
    ends, size = run.x1[places[:-1]], np.maximum(run.size[places[:-1]], 1e-3)
    return np.asarray((abs(gaps) < _TOUCHING) & (run.x0[first] < ends - _WITHIN * size))


def _are_ideographs(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    found = np.zeros(len(codes), np.bool_)
    if len(codes) and codes.max() >= _IDEOGRAPHS[0][0]:
        for low, high in _IDEOGRAPHS:
            found |= (codes >= low) & (codes <= high)
    return found


def set_accents(run: Run) -> Run:
    """Accents printed over the letter before or after them become one character with it, as TeX's old fonts need it."""
    code, gone = run.code.copy(), []
    for i in np.flatnonzero(is_accent(run.code)).tolist():
        beside = [j for j in (i + 1, i - 1) if 0 <= j < len(code) and _shared(run, i, j) >= 0.5]
        for letter in sorted(beside, key=lambda j: -_shared(run, i, j)):
            both = accented(int(code[i]), int(code[letter]))
            if both is not None:
                code[letter] = both
                gone.append(i)
                break
    return run._replace(code=code).take(np.delete(np.arange(len(code)), gone)) if gone else run


def _shared(run: Run, a: int, b: int) -> float:
    """Part of the narrower character's width in which both stand."""
    width = min(run.x1[a] - run.x0[a], run.x1[b] - run.x0[b])
    near = abs(run.base[a] - run.base[b]) < run.size[b]
    return float((min(run.x1[a], run.x1[b]) - max(run.x0[a], run.x0[b])) / max(width, 1e-3)) if near else 0.0


def _median(values: Floats) -> float:
    """Of at least one value; numpy's own takes ten times as long where there are few, and lines are many."""
    ordered = np.sort(values)
    return float((ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2)


def _quarter(values: Floats) -> float:
    """The value that a quarter stay below: the gap of letters even where most words are single signs, as in code."""
    return float(np.sort(values)[values.size // 4])


def _gaps(run: Run) -> Floats:
    """White between neighbours, in ems of the smaller of the two."""
    size = np.maximum(np.minimum(run.size[1:], run.size[:-1]), 1e-3)
    return np.asarray((run.x0[1:] - run.x1[:-1]) / size)


def split_runs(all_of_it: Run) -> Iterator[Run]:
    """``all_of_it``, in the order of the file, in pieces on one line without wide white in them."""
    chars = all_of_it.take(np.flatnonzero(all_of_it.code != SPACE)) if len(all_of_it.code) else all_of_it
    return iter(()) if not len(chars.code) else _split(all_of_it)


def _split(run: Run) -> Iterator[Run]:
    solid = np.flatnonzero(run.code != SPACE)
    chars = run.take(solid)
    gaps = _gaps(chars)
    size = np.maximum(np.maximum(chars.size[1:], chars.size[:-1]), 1e-3)
    overlap = np.minimum(chars.bottom[1:], chars.bottom[:-1]) - np.maximum(chars.top[1:], chars.top[:-1])
    lower = np.minimum(chars.bottom[1:] - chars.top[1:], chars.bottom[:-1] - chars.top[:-1])
    apart = (overlap < _OVERLAP * lower) | (gaps < -_BACKWARD - (chars.x1 - chars.x0)[:-1] / size)
    apart |= gaps > FRAGMENT_GAP[1]
    apart |= size > _UNLIKE * np.minimum(chars.size[1:], chars.size[:-1])
    starts = solid[np.flatnonzero(apart) + 1]
    for piece in run.cut(starts):
        yield from _split_at_gutters(piece)


def _split_at_gutters(run: Run) -> Iterator[Run]:
    solid = np.flatnonzero(run.code != SPACE)
    gaps = _gaps(run.take(solid))
    between_words = gaps[gaps > WORD_GAP]
    if not len(between_words):
        yield run
        return
    usual = min(_median(between_words), 0.6)
    limit = min(max(2.2 * usual, FRAGMENT_GAP[0]), FRAGMENT_GAP[1])
    yield from run.cut(solid[np.flatnonzero(gaps > limit) + 1])


class _Ends(NamedTuple):
    left: float
    right: float
    base: float
    top: float
    bottom: float
    size: float


def _ends(run: Run) -> _Ends:
    # The line's height is its main text's: a superscript must not carry it up.
    main = run.size >= 0.8 * run.size.max()
    return _Ends(
        float(run.x0.min()),
        float(run.x1.max()),
        _median(run.base[main]),
        _median(run.top[main]),
        _median(run.bottom[main]),
        _median(run.size[main]),
    )


def join_runs(runs: Iterable[Run]) -> list[Run]:
    """Pieces that stand next to each other on one line joined, in the order in which each line begins in the file."""
    pieces = list(runs)
    ends = [_ends(run) for run in pieces]
    order = sorted(range(len(pieces)), key=lambda i: ends[i].left)
    lines: list[tuple[list[int], _Ends]] = []
    for index in order:
        place = _line_before(lines, ends[index])
        if place is None:
            lines.append(([index], ends[index]))
        else:
            members, line = lines[place]
            members.append(index)
            lines[place] = (members, _merged(line, ends[index]))
    lines.sort(key=lambda entry: min(entry[0]))
    return [_chained([pieces[i] for i in members]) for members, _ in lines]


def _chained(pieces: list[Run]) -> Run:
    return Run(*(np.concatenate(columns) for columns in zip(*pieces, strict=True)))


def _line_before(lines: list[tuple[list[int], _Ends]], new: _Ends) -> int | None:
    best, best_cost = None, np.inf
    for place, (_, line) in enumerate(lines):
        small, large = sorted((line.size, new.size))
        gap = new.left - line.right
        if gap > FRAGMENT_GAP[0] * small or gap < -_BACKWARD * large or large > 2.2 * small:
            continue
        overlap = min(line.bottom, new.bottom) - max(line.top, new.top)
        if overlap < _OVERLAP * min(line.bottom - line.top, new.bottom - new.top):
            continue
        cost = abs(line.base - new.base) + max(0.0, gap)
        if cost < best_cost:
            best, best_cost = place, cost
    return best


def _merged(line: _Ends, new: _Ends) -> _Ends:
    main = line if line.size >= 0.8 * new.size else new
    return main._replace(left=min(line.left, new.left), right=max(line.right, new.right))
