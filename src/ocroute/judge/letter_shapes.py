"""Whether equal letters of a text layer look equal on the page: a check that knows no typeface and needs no model.

Where the letters of a word stand apart, each has its shape. A letter that looks like none of those that the layer calls by the
same name, but exactly like several that it calls by another, is a wrong letter, in any alphabet whose letters stand apart. A
layer that exchanges all letters of a kind is equal to itself: words must be read for that, but few.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.engines.base import Reading
from ocroute.judge.layer_sample import lines_of
from ocroute.judge.line_crops import spread
from ocroute.judge.scripts import script_of
from ocroute.pages.page import InputPage
from ocroute.raster.grey import grey_of
from ocroute.values import Line, Word

SCRIPTS: Final = ("Latn", "Cyrl", "Grek", "Hebr")  # letters that stand apart in print
MOST: Final = 1200  # letters that are compared: where one in a hundred is wrong, a dozen are among them
FEWEST: Final = 30  # letters that say anything of each other
SMALLEST: Final = 10  # pixels of a line's height
ALIKE: Final = 0.92  # likeness of two prints of a letter in one typeface
CLEARLY: Final = 0.08  # by which a wrong letter is less like its namesakes than like others
SURE: Final = 0.85  # likeness to its namesakes of a letter that is right
LONG: Final = 4  # letters of a word that tells whether it is another
MATES: Final = 3  # others that it must be so like, all of one name
_SIDE: Final = 12  # pixels to which a shape is scaled
_SIZE: Final = 0.3  # likeness that is lost by a shape e times as high, or as wide
_OVER: Final = 0.5  # of the narrower of two marks that stand over each other, as a dot and its letter do
_DUST: Final = 3  # pixels of ink

# Letters of several alphabets, and figures, that are printed alike.
_TWINS: Final = {
    **str.maketrans("АВЕКМНОРСТУХаеорсухкмтіјѕ", "abekmhopctyxaeopcyxkmtljs"),
    **str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονικυρχ", "abezhlkmnoptyxovlkupx"),
    **str.maketrans("01i5$", "ollss"),
}
_TWINS_OF_MARKS: Final = {"i": "l"}  # where the dot is lost
_PIECES: Final = dict.fromkeys('ыЫ"“”„«»', 2) | {"…": 3}  # signs of more than one mark beside each other
Patch = NDArray[np.float32]


class OddWord(NamedTuple):
    """A word with a letter that is drawn as another: ``said`` by the layer, looking like ``shown``."""

    word: Word
    said: str
    shown: str


@dataclass(frozen=True, slots=True)
class Shapes:
    """How the letters of a layer look.

    Attributes:
        letters: how many could be compared.
        odd: the words with one that is drawn as another.
        foreign: words most of whose letters are drawn as others: another word is printed there, or marks were taken for the wrong
            letters.
    """

    letters: int = 0
    odd: tuple[OddWord, ...] = ()
    foreign: tuple[Word, ...] = ()

    @property
    def share(self) -> float:
        """How many of the letters are in the wrong place, about: those of `odd` over all."""
        return len(self.odd) / max(1, self.letters)


class _Letter(NamedTuple):
    """A letter of the layer and its ink; ``size`` is its height and width over the line's."""

    name: str
    sign: str
    word: Word
    patch: NDArray[Any]
    size: tuple[float, float]


def shapes_of(page: InputPage, reading: Reading) -> Shapes:
    """Compare letters of ``reading``'s words, from all over the page, with each other."""
    grey = grey_of(page)
    lines = [line for line in lines_of(reading) if not line.angle and line.words and line.box.height >= SMALLEST]
    letters: list[_Letter] = []
    for line in spread(lines, len(lines)):
        if len(letters) >= MOST:
            break
        letters += _letters_of(grey, line)
    if len(letters) < FEWEST:
        return Shapes()
    others, sure = _others(letters)
    found: dict[str, OddWord] = {}
    for at, other in _odd(letters, others, sure):
        word = letters[at].word
        found.setdefault(word.text, OddWord(word, letters[at].sign, other))
    return Shapes(len(letters), tuple(found.values()), tuple(_foreign(letters, others)))


def _odd(letters: Sequence[_Letter], others: Mapping[int, str], sure: NDArray[np.bool_]) -> Iterator[tuple[int, str]]:
    """Those of ``others`` beside which letters look as they should, and are not what these look like: marks that were taken for
    the wrong letters of their word are off by one.
    """
    for at, other in sorted(others.items()):
        beside = [
            near for near in (at - 1, at + 1) if 0 <= near < len(letters) and letters[near].word is letters[at].word
        ]
        if all(sure[near] for near in beside) and all(
            _TWINS_OF_MARKS.get(letters[near].name, letters[near].name) != other for near in beside
        ):
            yield at, other


def _foreign(letters: Sequence[_Letter], others: Mapping[int, str]) -> Iterator[Word]:
    for word, places in groupby(range(len(letters)), key=lambda at: letters[at].word):
        listed = list(places)
        if len(listed) >= LONG and sum(at in others for at in listed) > len(listed) / 2:
            yield word


def _others(letters: Sequence[_Letter]) -> tuple[dict[int, str], NDArray[np.bool_]]:
    """The letters that are unlike their namesakes and like several others, by their places, with the name of those; and which
    letters look as they should, or have no namesake to be like.
    """
    names = np.array([letter.name for letter in letters])
    order = np.argsort(names, kind="stable")  # namesakes together: what is needed of them is a part of one table
    table = _likeness([letters[at] for at in order.tolist()])
    edges = [0, *(np.flatnonzero(names[order][1:] != names[order][:-1]) + 1).tolist(), len(letters)]
    parts = list(pairwise(edges))

    def nearest(rows: Patch, count: int) -> Patch:
        return np.partition(rows, -count, axis=1)[:, -count]

    own = np.full(len(letters), -1.0, np.float32)
    for start, end in parts:
        if end - start > 1:
            mates = table[start:end, start:end].copy()
            np.fill_diagonal(mates, -1.0)
            own[start:end] = nearest(mates, min(MATES, end - start - 1))
    doubtful = np.flatnonzero(own < 1.0 - CLEARLY)
    best = np.full(doubtful.size, -1.0, np.float32)
    name_of = np.full(doubtful.size, "", dtype=object)
    for start, end in parts:
        if end - start < MATES or not doubtful.size:
            continue
        like = nearest(table[doubtful, start:end], MATES)
        like[(doubtful >= start) & (doubtful < end)] = -1.0
        name_of[like > best] = letters[order[start]].name
        best = np.maximum(best, like)
    liked = (best >= ALIKE) & (best >= own[doubtful] + CLEARLY)
    others = dict(zip(order[doubtful[liked]].tolist(), name_of[liked].tolist(), strict=True))
    counts = np.repeat([end - start for start, end in parts], [end - start for start, end in parts])
    sure = np.zeros(len(letters), np.bool_)
    sure[order] = (own >= SURE) | (counts == 1)
    return others, sure


def _likeness(letters: Sequence[_Letter]) -> Patch:
    """Of each two: 1 for the same shape and size, less the more they differ."""
    shapes = np.stack([letter.patch for letter in letters]).reshape(len(letters), -1).astype(np.float32)
    shapes -= shapes.mean(axis=1, keepdims=True)
    shapes /= np.linalg.norm(shapes, axis=1, keepdims=True) + 1e-6
    sizes = np.log(np.array([letter.size for letter in letters], np.float32))
    table = shapes @ shapes.T
    for size in sizes.T:
        table -= _SIZE * np.abs(size[:, None] - size[None, :])
    return table


def _letters_of(grey: NDArray[np.uint8], line: Line) -> Iterator[_Letter]:
    """The letters of those of its words that show as many separate marks as they have signs."""
    height, width = grey.shape
    box = line.box.clamped(width, height)
    x0, y0 = max(0, int(box.x0) - 2), max(0, int(box.y0) - 1)
    crop = grey[y0 : int(np.ceil(box.y1)) + 1, x0 : int(np.ceil(box.x1)) + 2]
    if min(crop.shape) < SMALLEST // 2:
        return
    _, ink = cv2.threshold(crop, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    light = 2 * cv2.countNonZero(ink) > ink.size
    marks = _marks(np.asarray(1 - ink if light else ink, np.uint8))
    dark = crop if light else cv2.bitwise_not(crop)
    middles = [x0 + (left + right) / 2 for left, _, right, _ in marks]
    size = line.font.size if line.font and line.font.size else line.box.height
    for word in line.words:
        signs = [sign for sign in word.text if not sign.isspace()]
        first, last = bisect_left(middles, word.box.x0 - 1), bisect_left(middles, word.box.x1 + 1)
        if last - first != sum(_PIECES.get(sign, 1) for sign in signs):
            continue
        at = first
        for sign in signs:
            left, top, right, bottom = marks[at]
            at += _PIECES.get(sign, 1)
            if sign not in _PIECES and (name := _name(sign)):
                patch = cv2.resize(dark[top:bottom, left:right], (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
                yield _Letter(name, sign, word, patch, ((bottom - top) / size, (right - left) / size))


def _marks(ink: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
    """(left, top, right, bottom) of the marks from left to right, those that stand over each other as one."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_16U)
    rows = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= _DUST]
    rows = rows[np.argsort(rows[:, cv2.CC_STAT_LEFT], kind="stable")]
    rows[:, 2:4] += rows[:, :2]
    marks: list[tuple[int, int, int, int]] = []
    for left, top, right, bottom, _ in rows.tolist():
        if marks and left < marks[-1][2]:
            before = marks[-1]
            if min(before[2], right) - left > _OVER * min(right - left, before[2] - before[0]):
                marks[-1] = (before[0], min(before[1], top), max(before[2], right), max(before[3], bottom))
                continue
        marks.append((left, top, right, bottom))
    return marks


@lru_cache(maxsize=2000)
def _name(sign: str) -> str:
    """What a letter or figure is called here: one name for what is printed alike; empty for other signs."""
    if not sign.isalnum() or not (sign.isdecimal() or script_of(sign) in SCRIPTS):
        return ""
    bare = "".join(part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part))
    return bare.translate(_TWINS).casefold().translate(_TWINS)
