"""Words in scripts that the reference recogniser cannot write, held against drawings of what the text layer says.

OpenCV 5 brings a font with Cyrillic, Greek, Hebrew and Hangul letters. A word of the page is scaled to the size of a drawing of
its text, and of drawings of other letters: where the layer is right, its own text is the one that looks most like the page, in
whatever typeface that is set.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from math import log
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.judge.layer_sample import Probe
from ocroute.judge.line_crops import spread
from ocroute.judge.scripts import script_of
from ocroute.judge.trigrams import ALPHABETS
from ocroute.pages.page import InputPage
from ocroute.raster.grey import grey_of

SCRIPTS: Final = ("Cyrl", "Grek", "Hebr", "Kore")
WORDS: Final = 10  # that are looked at
LETTERS: Final = range(3, 16)  # of such a word
DECOYS: Final = 10  # drawings of other letters beside each; more where words are few
TENTH: Final = (
    0.1  # of the decoys: as many look more like the page than a wrong word, by chance, in a tenth of the cases
)
NEAR: Final = (
    0.12,
    0.03,
)  # share of right words, in unlike typefaces, that up to a tenth of the decoys beat, and that more do
RULE: Final = 0.9  # share of a row or column of a word's box that is inked by a rule and by no letters
MARGIN: Final = 0.1  # likeness by which a word that is spelled otherwise must be more like the page
_HEIGHT: Final = 24
_SIZE: Final = 36
_BLUR: Final = 1.5
_AROUND: Final = ".,;:!?()[]«»„“”\"'…–—-"
_HEBREW: Final = "אבגדהוזחטיכלמנסעפצקרשת"
Patch = NDArray[np.float32]


def available() -> bool:
    """Whether this OpenCV can draw other scripts than Latin."""
    return hasattr(cv2, "FontFace")


def odds(page: InputPage, words: Sequence[Probe]) -> float:
    """The log odds that those of ``words`` that can be drawn are not what ``page`` shows; 0 where nothing can be said."""
    if not available():
        return 0.0
    found: dict[Probe, str] = {word: text for word in words if (text := _drawable(word.text))}
    chosen = spread(list(found), WORDS)
    if not chosen:
        return 0.0
    letters = _letters(found.values())
    decoys = max(DECOYS, 60 // len(chosen))
    total = 0.0
    for word in chosen:
        shown = _shown(page, word)
        others = list(_decoys(found[word], letters, decoys))
        if shown is None or len(others) < decoys // 2:
            continue
        own = _likeness(shown, found[word])
        total += _weight(sum(_likeness(shown, other) > own for other in others), len(others))
    return total


def better(page: InputPage, word: Probe, texts: Sequence[str]) -> str:
    """That of ``texts`` which the page's ``word`` looks clearly more like than its own; empty where there is none, and for words
    with signs at their ends, whose shape differs more between typefaces than that of one letter.
    """
    if not available() or not word.text.isalpha() or not _drawable(word.text) or (shown := _shown(page, word)) is None:
        return ""
    own = _likeness(shown, word.text)
    likeness, text = max(((_likeness(shown, text), text) for text in texts), default=(-1.0, ""))
    return text if likeness > own + MARGIN else ""


def _weight(better: int, others: int) -> float:
    """The log odds of a wrong word where ``better`` of ``others`` decoys look more like the page than its own text."""
    near, far = NEAR
    if better == 0:
        return log(1 / (1 + others) / (1 - near - far))
    return log(TENTH / near) if better <= TENTH * others else log((1 - TENTH) / far)


def _drawable(text: str) -> str:
    """``text``, its signs before and after the letters included; empty where it cannot be drawn and told apart."""
    word = text.strip(_AROUND)
    scripts = {script_of(sign) for sign in word}
    weight = len(word) * (2 if scripts == {"Kore"} else 1)  # a syllable block says as much as two letters
    return text if weight in LETTERS and scripts <= set(SCRIPTS) and word.isalpha() else ""


def _letters(words: Any) -> dict[str, list[str]]:
    """By script, the small letters that decoys are made of: the page's own and the alphabet's."""
    found: dict[str, set[str]] = defaultdict(set)
    for word in words:
        for letter in filter(str.isalpha, word.lower()):
            found[script_of(letter)].add(letter)
    for script, letters in found.items():
        letters |= set({"Hebr": _HEBREW}.get(script, "") or ALPHABETS.get(script, "")[:33])
    return {script: sorted(letters) for script, letters in found.items()}


def _decoys(word: str, letters: dict[str, list[str]], count: int) -> Iterator[str]:
    """Words of other letters, as long as ``word``; equal letters stay equal."""
    chance = random.Random(word)
    for _ in range(count):
        table: dict[int, str] = {}
        for letter in sorted(filter(str.isalpha, set(word.lower()))):
            others = [other for other in letters[script_of(letter)] if other != letter]
            if not others:
                return
            other = chance.choice(others)
            table |= {ord(letter): other, ord(letter.upper()[0]): other.upper()[0]}
        yield word.translate(table)


def _shown(page: InputPage, word: Probe) -> Patch | None:
    """The ink of a word's box, trimmed, without the rules of a table or a drawing that run through it."""
    box = word.box.clamped(*page.size)
    grey = grey_of(page)[int(box.y0) : int(np.ceil(box.y1)), int(box.x0) : int(np.ceil(box.x1))]
    if min(grey.shape) < 6:
        return None
    _, ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if ink.mean() > 0.5:  # light letters on dark ground
        ink = 1 - ink
    across, down = ink.mean(axis=1) > RULE, ink.mean(axis=0) > RULE
    return _trimmed(np.where(across[:, None] | down, 0, ink).astype(np.float32))


@cache
def _faces() -> tuple[Any, ...]:
    return tuple(cv2.FontFace(name) for name in ("sans", "italic"))


def _likeness(shown: Patch, text: str) -> float:
    """How much the ink looks like a drawing of ``text``, in the order it stands in or, as Hebrew may, in the other; -1 to 1."""
    orders = (text, text[::-1]) if any(script_of(sign) == "Hebr" for sign in text) else (text,)
    drawn = [_drawn(order, face) for order in orders for face in range(len(_faces()))]
    found = [_correlation(shown, patch) for patch in drawn if patch is not None]
    return max(found, default=-1.0)


def _drawn(text: str, face: int) -> Patch | None:
    font = _faces()[face]
    x, y, width, height = cv2.getTextSize((0, 0), text, (0, 0), font, _SIZE)
    paper = np.full((height + 40, width + 60, 3), 255, np.uint8)
    cv2.putText(paper, text, (30 - x, 20 - y), (0, 0, 0), font, _SIZE)
    return _trimmed((paper[..., 0] < 128).astype(np.float32))


def _trimmed(ink: Patch) -> Patch | None:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if rows.size < 4 or columns.size < 4:
        return None
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _correlation(shown: Patch, drawn: Patch) -> float:
    """Of two pieces of ink, both scaled to one size and blurred: letters of unlike typefaces are as wide by and by."""
    width = max(12, min(200, round(shown.shape[1] * _HEIGHT / shown.shape[0])))
    one, other = (
        cv2.GaussianBlur(cv2.resize(ink, (width, _HEIGHT), interpolation=cv2.INTER_AREA), (0, 0), _BLUR)
        for ink in (shown, drawn)
    )
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / np.sqrt((one * one).sum() * (other * other).sum() + 1e-9))
