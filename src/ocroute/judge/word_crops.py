"""Spot-checks of a text layer: a few words, chosen without chance, read again from the pixels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rapidfuzz.distance import Indel

from ocroute.engines.base import Reading
from ocroute.errors import EngineError, EngineUnavailable
from ocroute.judge import reference_recogniser
from ocroute.judge.fuzzy_search import SAME, solid
from ocroute.judge.line_crops import LEGIBLE, around, spread
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.values import Box, Line, Word

SURE: Final = 0.6  # confidence below which the reference recogniser has no say
STRIP: Final = 4  # words that are read at once where each of them is likely to be right
ALIKE: Final = 0.96  # likeness of eight such words, joined, that allows for one slip
_READABLE: Final = re.compile(r"[A-Za-zÀ-ɏﬀ-ﬆ0-9.,:;()'’\-]{4,24}")
_SHORT: Final = 6  # letters up to which a word is read for half the price, and tells as much


def spots(reading: Reading, most: int) -> list[Word]:
    """Up to ``most`` words that the reference recogniser can read, spread over fonts and places, the same ones every time."""
    groups: dict[str, list[Word]] = defaultdict(list)
    for line in _lines(reading):
        for word in line.words:
            text = word.text.strip()
            long = sum(sign.isalnum() for sign in text) >= 4
            if long and _READABLE.fullmatch(text) and LEGIBLE[0] <= word.box.height <= min(LEGIBLE[1], word.box.width):
                groups[line.font.name if line.font else ""].append(word)
    fonts = sorted(groups.values(), key=len, reverse=True)
    every = sum(map(len, fonts))
    fonts = [_short(words) for words in fonts if len(words) >= 0.03 * every]
    shares = [max(1, round(most * len(words) / max(1, every))) for words in fonts]
    picked = [spread(words, share) for words, share in zip(fonts, shares, strict=True)]
    # Interleaved, so that the first few already come from all fonts and from all over the page.
    ordered = [word for turn in range(most) for words in picked for word in words[turn : turn + 1]]
    return ordered[:most]


@dataclass(frozen=True, slots=True)
class Spot:
    """One word of the layer, and what the page shows in its place. ``likeness`` is from 0 to 1."""

    said: str
    shown: str
    likeness: float

    @property
    def same(self) -> bool:
        """Whether they are one word, but for slips of the reference recogniser."""
        return self.likeness >= SAME


def plainly_so(page: InputPage, words: Sequence[Word], threads: int) -> bool:
    """Whether the page shows ``words`` letter for letter, as a cheap reading of them in strips tells.

    It looks for any wrong letter, not for wrong words: the reference recogniser hardly errs on words like these, and a layer
    in which two words of five are wrong has one time in ten no wholly wrong word among five.
    """
    strips = [words[at::2] for at in range(min(2, len(words)))] if len(words) > STRIP else [words]
    try:
        shown = reference_recogniser.glance(
            page, [[around(page, word.box) for word in strip] for strip in strips if strip], threads
        )
    except (EngineUnavailable, EngineError):
        return False
    return likeness(" ".join(word.text for strip in strips for word in strip), " ".join(shown)) >= ALIKE


def agreement(page: InputPage, words: Sequence[Word], threads: int) -> list[Spot]:
    """Each word that the reference recogniser could read, beside what it read."""
    if not words:
        return []
    try:
        shown = reference_recogniser.recognise(page, [around(page, word.box) for word in words], threads)
    except (EngineUnavailable, EngineError):  # no second pair of eyes here: geometry and language must do
        return []
    return [
        Spot(word.text, text, likeness(word.text, text))
        for word, (text, confidence) in zip(words, shown, strict=True)
        if confidence >= SURE and text
    ]


def likeness(one: str, other: str) -> float:
    """How alike two words are, 0 to 1, whatever their case, ligatures, punctuation and look-alike signs."""
    return Indel.normalized_similarity(solid(one), solid(other))


def gaps(page: InputPage, reading: Reading) -> float | None:
    """The ink between neighbouring words over the ink inside words; None where there are too few words to say.

    A layer that belongs to the page has its gaps where the page has them, in any script.
    """
    inside: list[Box] = []
    between: list[Box] = []
    for line in _lines(reading):
        if line.box.height > line.box.width:
            continue
        for left, right in zip(line.words, line.words[1:], strict=False):
            gap = right.box.x0 - left.box.x1
            if 0.12 * line.box.height <= gap <= 1.0 * line.box.height:
                shrink = 0.2 * gap
                between.append(Box(left.box.x1 + shrink, line.box.y0, right.box.x0 - shrink, line.box.y1))
                inside.append(left.box)
    if len(between) < 20:
        return None
    ink = ink_of(page)
    letters = float(np.mean(ink.inked(inside)))
    return float(np.mean(ink.inked(between))) / letters if letters > 0.01 else None


def _lines(reading: Reading) -> list[Line]:
    return [line for block in reading.blocks for line in block.lines] or list(reading.lines)


def _short(words: list[Word]) -> list[Word]:
    """The short ones of ``words``, where there are enough of them."""
    short = [word for word in words if len(word.text) <= _SHORT]
    return short if 3 * len(short) >= len(words) else words
