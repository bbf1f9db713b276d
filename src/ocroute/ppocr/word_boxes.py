"""From a traced line to words in their places, and to one `Line` for each column that the detector ran together.

The recogniser says which letters there are and, within a time step, where; the ink says where words end. A space that the
recogniser wrote is put at the gap nearest to it. A gap as wide as the line's spaces where it wrote none is a space it missed, if
it had one in mind there: ink alone parts words, for a figure 1 has much white beside it, and so has a letter that has faded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocroute.ppocr import column_ink, dust, raised_figures
from ocroute.ppocr.crops import Crop
from ocroute.ppocr.traced import Traced
from ocroute.values import Line, Word

DOUBTFUL = 0.5  # confidence below which a line says nothing that can be believed
UNWRITTEN = 0.3  # letters written for each stroke seen, below which a line was not read
MISSED = 0.75  # a gap of this share of the line's median space is a space
MISSED_ALONE = 0.4  # the same, as a share of the height, where the line has too few spaces to compare with
NARROW = (
    0.4  # a gap of less than this share of the line's median space is within a word, whatever the recogniser thinks
)
TELLING = 3  # spaces of a line from which that is known
CERTAIN = 0.9  # but not what it thinks from this probability
HALF_SEEN = 0.05
"""Probability of a space from which the recogniser had one in mind; within words it is that in 1 of 2,000 gaps."""
WELL_SEEN = 0.1
"""The same from which a gap as between letters is enough before a letter: dust lies in it. Of 26 such places 23 were spaces."""
BETWEEN_FIGURES = 0.15  # the same between two figures
STOPS = ",;."
AFTER_STOP = (0.03, 0.18)
"""The same behind one of these, with the share of the height that the gap has: within numbers of 1,000 it is below 0.003."""
SPECKLED = (0.16, 2.0)
"""White between two letters, dust in it left out, as a share of the height and in usual gaps, from which it is a space that the
recogniser had in mind, though it is narrower than others."""
SURELY = 1.6  # a gap of this many of the line's spaces, and as wide as the line is high, is one whatever it had in mind
OTHERS = 2.5  # and it is this many times the median gap between letters
COLUMN = 1.5  # a gap of this many line heights parts columns
COLUMN_SPACES = 2.5  # if it is also this many times the line's median space
STRANGER = 0.4  # ink beyond a gap of this many line heights, with no letter in it, is none of the line's
UNSPACED = 0x2E80  # from here on letters are CJK, which stand apart without spaces


@dataclass(frozen=True, slots=True)
class _Break:
    """A word boundary before letter ``at``: the blank columns ``x0`` to ``x1``."""

    at: int
    x0: float
    x1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0


def lines(crop: Crop, traced: Traced) -> tuple[list[Line], list[Line]]:
    """What the crop says and what it keeps to itself, in page pixels.

    Returns:
        the line, in as many pieces as it has columns, and nothing; nothing at all for a speck; or nothing, and the line as a
        place where letters stand that were not written: doubtful, empty, or a few stray marks for many letters, as of a script
        that is not known.
    """
    traced = dust.swept(traced, crop.pixels)
    letters = np.array([index for index, letter in enumerate(traced.text) if not letter.isspace()], np.intp)
    seen = column_ink.measure(crop.pixels)
    height, width = crop.pixels.shape[:2]
    if traced.confidence < DOUBTFUL or not letters.size or (seen and len(letters) < UNWRITTEN * seen.strokes):
        return [], [Line(traced.text.strip(), crop.box(0, width, 0, height), traced.confidence)]
    if traced.text.strip() in dust.ALONE:
        return [], []
    traced = raised_figures.marked(traced, crop.pixels)
    breaks = sorted(_breaks(traced, letters, seen, height), key=lambda each: each.at)
    left, right = _ends(seen, traced.centers[letters], height) if seen else (0, width)
    words = list(_words(crop, traced, letters, breaks, left, right))
    return [Line.of_words(piece) for piece in _columns(words, breaks, height)], []


def _ends(seen: column_ink.ColumnInk, centers: NDArray[np.floating], height: int) -> tuple[int, int]:
    """First and last inked column, less what stands apart beyond the outermost letters: a piece of the next column."""
    wide = seen.gaps[seen.widths >= STRANGER * height]
    before, after = wide[wide[:, 1] <= centers[0]], wide[wide[:, 0] >= centers[-1]]
    return int(before[-1, 1]) if len(before) else seen.left, int(after[0, 0]) if len(after) else seen.right


def _breaks(
    traced: Traced, letters: NDArray[np.intp], seen: column_ink.ColumnInk | None, height: int
) -> Iterator[_Break]:
    """Boundaries between consecutive letters: those the recogniser wrote, then those that only the ink shows."""
    centers = traced.centers[letters]
    spaced = np.flatnonzero(np.diff(letters) > 1) + 1
    middles = [(centers[at - 1] + centers[at]) / 2 for at in spaced]
    if seen is None or not len(seen.gaps):
        yield from (_Break(int(at), float(x), float(x)) for at, x in zip(spaced, middles, strict=True))
        return
    free = seen.widths.astype(float)
    written, found = list[float](), list[_Break]()
    for at, middle in zip(spaced, middles, strict=True):
        # The widest gap between the two letters, give or take half a letter; one gap serves one space.
        near = (seen.gaps[:, 1] > centers[at - 1]) & (seen.gaps[:, 0] < centers[at])
        best = int(np.argmax(np.where(near, free, 0)))
        if near[best] and free[best] > 0:
            written.append(float(free[best]))
            free[best] = 0
            found.append(_Break(int(at), float(seen.gaps[best, 0]), float(seen.gaps[best, 1])))
        else:
            found.append(_Break(int(at), float(middle), float(middle)))
    least = NARROW * float(np.median(written)) if len(written) >= TELLING else 0.0
    yield from (each for each in found if not 0 < each.width < least or traced.spaces[letters[each.at]] >= CERTAIN)
    taken = {0, len(letters), *spaced.tolist()}
    as_wide = _as_wide_as_spaces(free, written, height)
    for index in np.flatnonzero(free >= AFTER_STOP[1] * height).tolist():
        place = int(np.searchsorted(centers, seen.gaps[index].mean()))
        if place < len(letters) and traced.text[letters[place]] in STOPS and centers[place] < seen.gaps[index, 1]:
            place += 1  # a stop too faint to be seen
        if place in taken or _unspaced(traced, letters, place):
            continue
        wide = free[index] >= max(height, SURELY * float(np.median(written)) if written else 0.0)
        missed = free[index] >= as_wide and (wide or _had_in_mind(traced, letters, place))
        if missed or _stopped(traced, letters, place):
            taken.add(place)
            yield _Break(place, float(seen.gaps[index, 0]), float(seen.gaps[index, 1]))
    for letter in _speckled(traced, letters, seen, free, height, least):
        if letter not in taken:
            between = seen.gaps[_between(seen, centers, letter)]
            yield _Break(letter, float(between[0, 0]), float(between[-1, 1]))


def _speckled(
    traced: Traced,
    letters: NDArray[np.intp],
    seen: column_ink.ColumnInk,
    free: NDArray[np.floating],
    height: int,
    narrowest: float,
) -> Iterator[int]:
    """The letters before which the recogniser had a space in mind, and white is, with dust in it or narrower than elsewhere."""
    usual = float(np.median(free[free > 0])) if free.any() else 0.0
    least = max(SPECKLED[0] * height, SPECKLED[1] * usual, narrowest)
    for at in np.flatnonzero(traced.spaces[letters] >= HALF_SEEN).tolist():
        if not at or _unspaced(traced, letters, at) or not _had_in_mind(traced, letters, at):
            continue
        known = traced.spaces[letters[at]] >= WELL_SEEN and traced.text[letters[at]].isalpha()
        white = free[_between(seen, traced.centers[letters], at)].sum()
        if white > 0 and white >= (max(usual, narrowest) if known else least):
            yield at


def _between(seen: column_ink.ColumnInk, centers: NDArray[np.floating], at: int) -> NDArray[np.bool_]:
    """Which gaps are between letter ``at`` and the one before it."""
    inside: NDArray[np.bool_] = (seen.gaps[:, 0] > centers[at - 1]) & (seen.gaps[:, 1] < centers[at])
    return inside


def _as_wide_as_spaces(free: NDArray[np.floating], written: list[float], height: int) -> float:
    """How wide a gap without a space is, at least, to be as wide as one."""
    between = free[free > 0]
    limit = MISSED * float(np.median(written)) if len(written) >= 2 else MISSED_ALONE * height
    return max(limit, OTHERS * float(np.median(between)) if between.size else 0.0, 0.2 * height)


def _had_in_mind(traced: Traced, letters: NDArray[np.intp], at: int) -> bool:
    """Whether the recogniser saw a space before letter ``at``, if only as the less likely reading."""
    left, right = (traced.text[letters[place]] for place in (at - 1, at))
    needed = BETWEEN_FIGURES if left.isdigit() and right.isdigit() else HALF_SEEN
    return bool(traced.spaces[letters[at]] >= needed)


def _stopped(traced: Traced, letters: NDArray[np.intp], at: int) -> bool:
    """Whether a stop stands before letter ``at``, and the recogniser thought of a space behind it."""
    return traced.text[letters[at - 1]] in STOPS and bool(traced.spaces[letters[at]] >= AFTER_STOP[0])


def _unspaced(traced: Traced, letters: NDArray[np.intp], at: int) -> bool:
    return ord(traced.text[letters[at - 1]]) >= UNSPACED or ord(traced.text[letters[at]]) >= UNSPACED


def _words(
    crop: Crop, traced: Traced, letters: NDArray[np.intp], breaks: list[_Break], left: float, right: float
) -> Iterator[Word]:
    height = crop.pixels.shape[0]
    starts, ends = [0, *(each.at for each in breaks)], [*(each.at for each in breaks), len(letters)]
    lefts, rights = [left, *(each.x1 for each in breaks)], [*(each.x0 for each in breaks), right]
    for start, end, x0, x1 in zip(starts, ends, lefts, rights, strict=True):
        own = letters[start:end]
        text = "".join(traced.text[index] for index in own)
        box = crop.box(min(x0, x1), max(x0, x1), 0, height)
        yield Word(text, box, float(traced.probabilities[own].mean()))


def _columns(words: list[Word], breaks: list[_Break], height: int) -> Iterator[list[Word]]:
    widths = [each.width for each in breaks]
    limit = max(COLUMN * height, COLUMN_SPACES * float(np.median(widths))) if len(widths) > 2 else COLUMN * height
    cuts = [0, *(index + 1 for index, width in enumerate(widths) if width >= limit), len(words)]
    for start, end in pairwise(cuts):
        yield words[start:end]
