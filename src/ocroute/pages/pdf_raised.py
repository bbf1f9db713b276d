"""Which characters of a line stand above or below it in smaller type: powers, indices, note marks."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.pdf_runs import Run

Signs = NDArray[np.int8]

SMALLER: Final = (0.42, 0.92)
"""Size of raised type by that of the line. What is smaller still stands beside a drop cap or a large sign."""

RAISED: Final = (0.12, 1.0)
"""Ems of the line by which baselines of raised type lie above its own: 0.33 in word processors, 0.36 to 0.41 in TeX."""

LOWERED: Final = (-0.6, -0.05)
"""The same for lowered type: -0.14 in word processors, -0.15 to -0.25 in TeX."""

SAME_SIZE_RAISED: Final = 0.25
"""Ems by which type as large as the line's is raised, where it is raised at all."""

_LEVEL_TOP = 0.70
"""Ems above the baseline that raised letters reach: what ends with the capitals is no power, as the A in TeX's logo."""

_CAPITAL = 0.68
_LONGEST, _LONGEST_LARGE, _MARK = 24, 4, 3
"""Characters in a row, in one of the line's own size, and in one that stands alone; more are print beside a line."""

_TOUCHING = 0.18
"""Ems of white between a character and what is raised or lowered beside it."""

_SIGNS = frozenset("+-\u2212=()[]*\u2217†‡§¶#'\u2032\u2033°ªº,.:;/!–~∼<>|")
_ALWAYS = frozenset("0123456789+\u2212")
_RAISED_SIGNS = dict(zip("0123456789+\u2212=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", strict=True))
_LOWERED_SIGNS = dict(zip("0123456789+\u2212=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", strict=True))


def raised(run: Run) -> Signs | None:
    """(N,) 1 for raised, -1 for lowered characters of a run without spaces, 0 for others; None where all stand on the line."""
    size, base = run.size, run.base
    largest = float(size.max())
    if len(size) < 2 or (size.min() > SMALLER[1] * largest and base.max() - base.min() < SAME_SIZE_RAISED * largest):
        return None
    full = _full_size(size)
    letters, alnum = (np.array([test(chr(code)) for code in run.code.tolist()]) for test in (str.isalpha, str.isalnum))
    if full is None or not alnum[full].any():  # dots that lead the eye are no line to be raised from
        return None
    usual = abs(base - np.median(base[full])) < 0.5 * SAME_SIZE_RAISED * largest
    if (full & usual).sum() > 0.7 * full.sum():  # else the line runs uphill
        full &= usual
    place = _neighbours(full)
    lift = (base[place] - base) / size[place]
    share = size / size[place]
    small = (share >= SMALLER[0]) & (share <= SMALLER[1])
    up = small & (lift > RAISED[0]) & (lift < RAISED[1]) & (~letters | (lift + _CAPITAL * share > _LEVEL_TOP))
    up |= (share > SMALLER[1]) & (share < 1.1) & (lift > SAME_SIZE_RAISED) & (lift < RAISED[1])
    down = small & (lift > LOWERED[0]) & (lift < LOWERED[1])
    found = up.astype(np.int8) - down.astype(np.int8)
    _drop_unlikely(found, run)
    return found if found.any() else None


def _full_size(size: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Which characters are of the line's own size: the largest, but for one or two that are a drop cap or a large sign."""
    left = size
    while len(left):
        largest = left.max()
        members = left > SMALLER[1] * largest
        rest = left[~members]
        if members.sum() > 2 or not len(rest) or rest.max() > SMALLER[0] * largest:
            return np.asarray((size > SMALLER[1] * largest) & (size <= largest))
        left = rest
    return None


def _neighbours(full: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each character the one of full size that it stands behind, or, at the start of the line, before."""
    numbers = np.arange(len(full))
    before = np.maximum.accumulate(np.where(full, numbers, -1))
    return np.where(before < 0, int(full.argmax()), before)


def _drop_unlikely(found: Signs, run: Run) -> None:
    """Take back what is no letter, digit or mark, what does not touch the line's own type, and rows too long to be one."""
    largest = float(run.size.max())
    for start, end in _rows(found):
        row = [chr(code) for code in run.code[start:end].tolist()]
        longest = _LONGEST if run.size[start] < SMALLER[1] * largest else _LONGEST_LARGE
        # Only a note's own mark, at the start of its line, stands alone.
        touches = start > 0 and run.x0[start] - run.x1[start - 1] < _TOUCHING * largest
        alone = start == 0 and found[start] > 0
        if alone and end < len(found):
            touches = end - start <= _MARK or run.x0[end] - run.x1[end - 1] < _TOUCHING * largest
        if not touches or end - start > longest or not all(sign.isalnum() or sign in _SIGNS for sign in row):
            found[start:end] = 0
    if len(found) > 8 and np.count_nonzero(found) > 0.7 * len(found):
        found[:] = 0


def _rows(found: Signs) -> list[tuple[int, int]]:
    """From where to where characters are raised, or lowered, in a row."""
    edges = np.flatnonzero(np.diff(found, prepend=0, append=0)).tolist()
    return [(start, end) for start, end in pairwise(edges) if found[start]]


def set_off(code: NDArray[np.int64], signs: Signs) -> NDArray[np.int64]:
    """``code`` with digits and signs that are raised or lowered as the characters that are so by themselves.

    So are n and i, brackets and the equals sign, where all of their row has such a character: ``xⁿ⁺¹``, but ``min``.
    """
    changed = code.copy()
    for start, end in _rows(signs):
        to = _RAISED_SIGNS if signs[start] > 0 else _LOWERED_SIGNS
        row = [chr(one) for one in code[start:end].tolist()]
        for at, sign in enumerate(row):
            if sign == "-" and at + 1 < len(row) and row[at + 1] in to:
                row[at] = "\u2212"  # a minus before a number
        whole = all(sign in to for sign in row) and any(map(str.isalnum, row))
        wanted = to.keys() if whole else _ALWAYS
        changed[start:end] = [ord(to[sign]) if sign in wanted else ord(sign) for sign in row]
    return changed
