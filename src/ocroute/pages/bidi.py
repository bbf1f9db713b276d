"""Right-to-left text: from the order in which characters stand on a line to the order in which they are read.

PDFs hold Hebrew and Arabic in either order, and pdfium turns some of it around. So a line is taken as it stands, from left to
right, and the Unicode bidirectional algorithm (UAX 9) is undone on it: what runs to the left is turned around, Latin words and
numbers in it are not.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.pdf_runs import SPACE, Run

_BLOCKS = ((0x590, 0x8FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFC), (0x10800, 0x10FFF), (0x1E800, 0x1EFFF))
"""Code points that run to the left, in ranges."""

_ARABIC, _LAM, _ALEFS = (0x600, 0x8FF), 0x644, frozenset((0x622, 0x623, 0x625, 0x627, 0x671))

_SAME_LINE = 0.6
"""Ems by which baselines of characters that follow each other on one line may differ."""

_BESIDE = 4
"""Characters between a mark and its letter at most: other marks, a sign that the file writes before it."""

_MIRRORED = {a: b for pair in ("()", "[]", "{}", "<>", "«»", "‹›") for a, b in ((pair[0], pair[1]), (pair[1], pair[0]))}
_ENDS = frozenset(".,:;!?،؛؟۔")
_OPENING = frozenset("([{<«‹")


class Item(NamedTuple):
    """A letter with its marks, or the white between two words.

    Attributes:
        places: of its characters in the line.
        kind: R, L, N (a digit), WS (white), or its own bidirectional class.
        turned: whether it is read towards the left.
    """

    places: tuple[int, ...]
    kind: str
    turned: bool = False


def runs_left(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which code points belong to scripts that run from right to left."""
    found = np.zeros(codes.shape, np.bool_)
    if codes.size and codes.max() >= _BLOCKS[0][0]:
        for first, last in _BLOCKS:
            found |= (codes >= first) & (codes <= last)
    return found


def mainly_left(codes: NDArray[np.int64]) -> bool | None:
    """Whether most letters of a page run to the left; None where none does."""
    left = int(runs_left(codes).sum())
    return 2 * left > sum(map(str.isalpha, map(chr, codes.tolist()))) if left else None


def as_they_stand(run: Run) -> Run:
    """``run``, in the order of the file, with each line that has right-to-left letters in the order of its places.

    Marks follow their letters and take their place, so that they leave no white behind.
    """
    left = runs_left(run.code)
    if not left.any():
        return run
    run = run._replace(code=_with_ligatures(run))
    jumps = np.abs(np.diff(run.base)) > _SAME_LINE * np.maximum(run.size[1:], run.size[:-1])
    x0, x1 = run.x0.copy(), run.x1.copy()
    order: list[int] = []
    for start, end in pairwise([0, *(np.flatnonzero(jumps) + 1).tolist(), len(run.code)]):
        if left[start:end].any():
            order += _placed(run, x0, x1, start, end)
        else:
            order += range(start, end)
    return run._replace(x0=x0, x1=x1).take(np.array(order, np.intp))


def _with_ligatures(run: Run) -> NDArray[np.int64]:
    """The code points, those of ligatures in the order of reading.

    pdfium turns around the letters that a file says a glyph stands for, and not those of a presentation form. Which of the two
    a page has is seen on ligatures of two: lam is the first in them, alef the last.
    """
    arabic = (run.code >= _ARABIC[0]) & (run.code <= _ARABIC[1])
    joined = arabic[1:] & arabic[:-1] & (run.x0[1:] == run.x0[:-1]) & (run.base[1:] == run.base[:-1])
    ligatures: list[slice] = []
    for at in np.flatnonzero(joined).tolist():
        if _is_mark(run.code[at]) or _is_mark(run.code[at + 1]):
            continue
        if ligatures and ligatures[-1].stop == at + 1:
            ligatures[-1] = slice(ligatures[-1].start, at + 2)
        else:
            ligatures.append(slice(at, at + 2))
    pairs = [run.code[part].tolist() for part in ligatures if part.stop - part.start == 2]
    straight = sum(first == _LAM or last in _ALEFS for first, last in pairs)
    turned = sum(last == _LAM or first in _ALEFS for first, last in pairs)
    if straight > turned:
        return run.code
    code = run.code.copy()
    for part in ligatures:
        code[part] = run.code[part][::-1]
    return code


def _placed(run: Run, x0: NDArray[np.float64], x1: NDArray[np.float64], start: int, end: int) -> list[int]:
    middle = ((x0 + x1) / 2)[start:end].tolist()
    codes, origin = run.code[start:end].tolist(), run.x0[start:end].tolist()
    marks, left = [_is_mark(code) for code in codes], runs_left(run.code[start:end]).tolist()
    letters: list[list[int]] = []  # each with the marks on it
    for at, mark in enumerate(marks):
        if mark:
            continue
        # Parts of a ligature stand on one spot, in the order in which they are read.
        if letters and at and not marks[at - 1] and origin[at] == origin[at - 1] and codes[at] != SPACE:
            letters[-1].append(at)
        else:
            letters.append([at])
    owner = {place: letter for letter in letters for place in letter}
    for at in (at for at, mark in enumerate(marks) if mark):
        beside = [i for i in range(max(0, at - _BESIDE), min(len(codes), at + _BESIDE + 1)) if left[i] and not marks[i]]
        near = min(beside, key=lambda i: abs(middle[i] - middle[at]), default=None)
        if near is None:
            letters.append([at])
            continue
        owner[near].append(at)
        x0[start + at], x1[start + at] = x0[start + near], x1[start + near]
    letters.sort(key=lambda letter: middle[letter[0]])
    return [start + at for letter in letters for at in letter]


def _is_mark(code: int) -> bool:
    return code >= 0x300 and unicodedata.category(chr(code)) == "Mn"


def in_reading_order(run: Run, starts: Sequence[int], *, mainly: bool) -> list[list[tuple[int, int]]]:
    """The words of a line of characters as they stand, in the order of reading.

    Args:
        run: the line without its spaces, from left to right.
        starts: where its words begin.
        mainly: whether the page's text mainly runs to the left, so that a line with both does too.

    Returns:
        Of each word its characters: place in ``run`` and code point, brackets turned as they are meant.
    """
    codes = run.code.tolist()
    items = _items(codes, run.x0.tolist(), frozenset(starts))
    ordered = _from_the_right(items) if _begins_right(items, codes, mainly=mainly) else _from_the_left(items)
    _set_brackets(ordered, codes)
    words: list[list[tuple[int, int]]] = [[]]
    for item in ordered:
        if item.kind == "WS":
            words.append([])
        words[-1] += [(place, codes[place]) for place in item.places]
    return [word for word in words if word]


def _items(codes: Sequence[int], x0: Sequence[float], starts: frozenset[int]) -> list[Item]:
    items: list[Item] = []
    arabic = any(unicodedata.bidirectional(chr(code)) == "AL" for code in codes)
    for at, code in enumerate(codes):
        if at and at in starts:
            items.append(Item((), "WS"))
        elif at and (_is_mark(code) or x0[at] == x0[at - 1]):
            items[-1] = items[-1]._replace(places=(*items[-1].places, at))
            continue
        items.append(Item((at,), _class_of(chr(code), arabic=arabic)))
    return _joined_numbers(items)


def _class_of(char: str, *, arabic: bool) -> str:
    kind = unicodedata.bidirectional(char)
    if kind in ("EN", "AN"):
        return "N"
    if arabic and kind in ("ES", "ET"):
        return "ON"  # among Arabic letters signs do not belong to the digits beside them
    return "R" if kind == "AL" else kind


def _joined_numbers(items: list[Item]) -> list[Item]:
    """Separators between two digits and signs at a number become parts of it."""
    kinds = [item.kind for item in items]
    for at, kind in enumerate(kinds):
        if kind in ("CS", "ES") and 0 < at < len(kinds) - 1 and kinds[at - 1] == kinds[at + 1] == "N":
            kinds[at] = "N"
    for order in (range(1, len(kinds)), range(len(kinds) - 2, -1, -1)):
        for at in order:
            beside = at - order.step
            if kinds[at] == "ET" and kinds[beside] == "N":
                kinds[at] = "N"
    return [item._replace(kind=kind) for item, kind in zip(items, kinds, strict=True)]


def _begins_right(items: Sequence[Item], codes: Sequence[int], *, mainly: bool) -> bool:
    """Whether a line with right-to-left letters is read from its right end.

    It is where both ends are such letters, and not where both are Latin. Else the sentence's end tells, then the page.
    """
    strong = [item.kind for item in items if item.kind in ("R", "L")]
    if not strong or strong[0] == strong[-1]:
        return mainly if not strong else strong[0] == "R"
    if (chr(codes[0]) in _ENDS) != (chr(codes[-1]) in _ENDS):
        return chr(codes[0]) in _ENDS
    return mainly or strong.count("R") > strong.count("L")


def _from_the_right(items: Sequence[Item]) -> list[Item]:
    """Read from the right, but stretches of Latin with the numbers about them, and numbers alone, from the left."""
    pieces: list[list[Item]] = []
    for is_left, group in groupby(items, key=lambda item: item.kind == "R"):
        some = list(group)
        if is_left:
            pieces += [[item] for item in some]
            continue
        latin = any(item.kind == "L" for item in some)
        inside = [at for at, item in enumerate(some) if item.kind in "LN"]
        for at, item in enumerate(some):
            if not inside or not inside[0] <= at <= inside[-1]:
                pieces.append([item])
            elif at > inside[0] and (latin or (item.kind == "N" and some[at - 1].kind == "N")):
                pieces[-1].append(item)
            else:
                pieces.append([item])
    for piece in pieces:
        if len(piece) == 1 and piece[0].kind not in "LN":
            piece[0] = piece[0]._replace(turned=True)
    return [item for piece in reversed(pieces) for item in piece]


def _from_the_left(items: Sequence[Item]) -> list[Item]:
    """Read from the left, but stretches of right-to-left letters, with what stands between them, from the right."""
    ordered: list[Item] = []
    for is_latin, group in groupby(items, key=lambda item: item.kind == "L"):
        some = list(group)
        inside = [at for at, item in enumerate(some) if item.kind == "R"]
        if is_latin or not inside:
            ordered += some
            continue
        first, last = inside[0], inside[-1] + 1
        ordered += [*some[:first], *_from_the_right(some[first:last]), *some[last:]]
    return ordered


def _set_brackets(ordered: Sequence[Item], codes: list[int]) -> None:
    """Turn the brackets among what runs to the left, the others, or all, where more of them pair then.

    Some files say what a bracket looks like, some what it means, and pdfium turns those that it takes for right-to-left.
    """
    brackets = {place for place, code in enumerate(codes) if chr(code) in _MIRRORED}
    if not brackets:
        return
    turned = brackets & {place for item in ordered if item.turned for place in item.places}
    reading = [place for item in ordered for place in item.places]

    def flipped(chosen: set[int]) -> list[int]:
        return [ord(_MIRRORED[chr(code)]) if place in chosen else code for place, code in enumerate(codes)]

    tried: list[list[int]] = [flipped(chosen) for chosen in (set(), turned, brackets - turned, brackets)]
    best = min(tried, key=lambda some: _alone(chr(some[place]) for place in reading))
    codes[:] = best


def _alone(chars: Iterable[str]) -> int:
    """How many brackets have no partner."""
    opened: Counter[str] = Counter()
    alone = 0
    for char in chars:
        if char in _OPENING:
            opened[char] += 1
        elif char in _MIRRORED:
            if opened[_MIRRORED[char]]:
                opened[_MIRRORED[char]] -= 1
            else:
                alone += 1
    return alone + opened.total()
