"""Signs that dust made: a speck beside a letter is read as a full stop, one in a gap as a dot that joins two words.

The recogniser is less sure of such a sign than of a printed one, and it often stands where none can. Where a full stop ends or
begins a word it may be sure and wrong: there the stop has to stand on the line, as letters beside it do.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np

from ocroute.pages.page import Raster
from ocroute.ppocr.traced import Traced
from ocroute.raster.grey import otsu_ink, to_grey

SURE: Final = 0.995  # probability from which a sign is believed wherever it stands
SURE_FIRST: Final = 0.99  # the same before a word
SURE_ELSEWHERE: Final = (
    0.9  # the same of any sign where the recogniser thought of a space, or behind a word that it cannot end
)
SURE_LAST: Final = 0.9  # the same behind a word, where most stops are
LONG: Final = 3  # letters on both sides of an apostrophe from which these may be two words
FEET: Final = {".": (-0.25, 0.22), "'": (0.45, 1.3), "’": (0.45, 1.3)}
"""Of signs that a speck is read as, how far their feet may be above the line, in heights of a letter."""
DOTS: Final = "·•"  # never between letters, but in Catalan
NEVER_LAST: Final = "*^~`°"  # hardly any word ends with these
FIRST: Final = ".,;:·•"  # no word begins with these; some begin with the first, which is sure then
ALONE: Final = frozenset(".,'`")  # a whole line of one of these says nothing: a speck on the paper
NEAR: Final = 0.25  # of the crop's height from a sign's middle to that of its ink
LETTER: Final = 0.2  # of the crop's height that a letter has at least
SPECK: Final = 0.6  # of a letter's height that a sign has at most
LEVEL: Final = (
    0.12  # of a letter's height that the feet of a stop and of a letter differ by where both stand on the line
)
LEAST_LEVEL: Final = 1.5  # and pixels
DOT: Final = 0.2  # of a letter's height that a stop has
BESIDE: Final = 8  # letters before and behind by which the line is known
ROUND: Final = 1.2  # of its width that a speck is high at most; an apostrophe is higher
APART: Final = 0.18  # of the crop's height that parts two words, with a speck between them
SPACE: Final = 0.03  # probability of a space from which there is one
_TAILS: Final = frozenset("gjpqyQ")


class _Mark(NamedTuple):
    """A shape of ink: its middle, its edges, and where its foot is."""

    middle: float
    left: int
    right: int
    foot: int
    height: int


def swept(traced: Traced, pixels: Raster) -> Traced:
    """The line of an (H, W, 3) RGB crop without the signs that are dust; a blank stands for those between two words."""
    unsure = [
        at
        for at, (sign, sure) in enumerate(zip(traced.text, traced.probabilities.tolist(), strict=True))
        if (sure < SURE or sign == ".") and not (sign.isalnum() or sign.isspace())
    ]
    if not unsure:
        return traced
    marks = _marks(pixels)
    height = pixels.shape[0]
    signs = list(traced.text)
    for at in unsure:
        if _is_dust(traced, at, marks, height):
            signs[at] = " " if _parts_words(traced, at, marks, height) else ""
    kept = [at for at, sign in enumerate(signs) if sign]
    return Traced("".join(signs), *(of[kept] for of in (traced.probabilities, traced.centers, traced.spaces)))


def _is_dust(traced: Traced, at: int, marks: list[_Mark], height: int) -> bool:
    text, sign, sure = traced.text, traced.text[at], float(traced.probabilities[at])
    before, behind = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
    thought = max(traced.spaces[at : at + 2].tolist())
    space = thought >= SPACE and _may_be_two_words(text, at)
    if sign == "." and sure >= SURE:
        return not (before.isdigit() and behind.isdigit()) and _is_off_the_line(traced, at, marks, height)
    if before.isspace() and behind.isalnum() and sign in FIRST:
        return sure < SURE_FIRST or _is_off_the_line(traced, at, marks, height)
    if sure < SURE_ELSEWHERE and (space or (before.isalnum() and behind.isspace() and sign in NEVER_LAST)):
        return True
    if before.isdigit() and behind.isdigit():
        return False  # what parts figures may be misread, but it is there
    if sign in DOTS:
        return before.isalpha() and behind.isalpha() and not before == behind == "l"
    if sign not in FEET:
        return False
    own = _sign(marks, float(traced.centers[at]), height)
    line = _line(traced, at, marks, height)
    if own is None or line is None or own.height > SPECK * line[1]:
        return False
    foot = (line[0] - own.foot) / line[1]
    low, high = FEET[sign]
    round_ = own.height <= ROUND * (own.right - own.left)
    between = round_ and before.isalpha() and not behind.isupper()
    astray = _is_off_the_line(traced, at, marks, height) if sign == "." else not low <= foot <= high
    return astray or (between and space)


def _is_off_the_line(traced: Traced, at: int, marks: list[_Mark], height: int) -> bool:
    """Whether specks are where a stop was read, and none of them stands as low as a letter beside it; or another stop has it."""
    letters = _letters(traced, at, marks, height)
    center = float(traced.centers[at])
    specks = _specks(marks, center, height)
    if not letters or not specks:
        return False
    stops = [speck for speck in specks if any(_on_line(speck, letter) for letter in letters)]
    if not stops:
        return True
    twin = _twin(traced.text, at)
    if len(stops) > 1 or twin is None:
        return False
    own, other = (abs(stops[0].middle - place) for place in (center, float(traced.centers[twin])))
    return other <= NEAR * height and (own, at) > (other, twin)


def _on_line(speck: _Mark, letter: _Mark) -> bool:
    """Whether a speck stands on a letter's line, or holds what does: dust below it that touches it."""
    low = speck.foot - letter.foot
    inside = min(DOT * letter.height, speck.height - low)
    return abs(low) <= max(LEAST_LEVEL, LEVEL * letter.height) or (low > 0 and inside >= DOT / 2 * letter.height)


def _twin(text: str, at: int) -> int | None:
    """The other of two stops, not of three, that were read one behind the other."""
    run = [at]
    while text[run[0] - 1 : run[0]] == ".":
        run.insert(0, run[0] - 1)
    while text[run[-1] + 1 : run[-1] + 2] == ".":
        run.append(run[-1] + 1)
    return next(one for one in run if one != at) if len(run) == 2 else None


def _may_be_two_words(text: str, at: int) -> bool:
    """Whether what a sign joins may be two words: about an apostrophe only long ones are, for it joins short ones rightly."""
    least = LONG if text[at] in "'’" else 1
    return at >= least and text[at - least : at].isalnum() and text[at + 1 : at + 1 + least].isalnum()


def _parts_words(traced: Traced, at: int, marks: list[_Mark], height: int) -> bool:
    """Whether there is a space in place of a sign: the recogniser thought of one, or letters are as far apart as words are."""
    if not 0 < at < len(traced.text) - 1 or traced.text[at - 1].isspace() or traced.text[at + 1].isspace():
        return False
    if max(traced.spaces[at : at + 2].tolist()) >= SPACE:
        return True
    left, right = (_letter(marks, float(traced.centers[near]), height) for near in (at - 1, at + 1))
    return left is not None and right is not None and right.left - left.right >= APART * height


def _line(traced: Traced, at: int, marks: list[_Mark], height: int) -> tuple[float, float] | None:
    """Where the letters about a sign stand, and how high they are, pixels; None where there are none."""
    found = _letters(traced, at, marks, height)
    if not found:
        return None
    return float(np.median([letter.foot for letter in found])), float(np.median([letter.height for letter in found]))


def _letters(traced: Traced, at: int, marks: list[_Mark], height: int) -> list[_Mark]:
    """The shapes of letters about a sign that stand on the line."""
    near = range(max(0, at - BESIDE), min(len(traced.text), at + BESIDE + 1))
    places = (place for place in near if traced.text[place].isalnum() and traced.text[place] not in _TAILS)
    return [letter for place in places if (letter := _letter(marks, float(traced.centers[place]), height)) is not None]


def _letter(marks: list[_Mark], center: float, height: int) -> _Mark | None:
    """The shape of the letter whose middle is about there."""
    near = (mark for mark in marks if mark.left - 2 <= center <= mark.right + 2 and mark.height >= LETTER * height)
    return min(near, key=lambda mark: abs(mark.middle - center), default=None)


def _sign(marks: list[_Mark], center: float, height: int) -> _Mark | None:
    """The shape of the small sign whose middle is about there."""
    return min(_specks(marks, center, height), key=lambda mark: abs(mark.middle - center), default=None)


def _specks(marks: list[_Mark], center: float, height: int) -> list[_Mark]:
    """The small shapes whose middles are about there."""
    return [mark for mark in marks if abs(mark.middle - center) <= NEAR * height and mark.height < LETTER * height]


def _marks(pixels: Raster) -> list[_Mark]:
    ink, _ = otsu_ink(to_grey(pixels))
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    return [
        _Mark(left + width / 2, left, left + width, top + high, high)
        for left, top, width, high, _ in stats[1:].tolist()
    ]
