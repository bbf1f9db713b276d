"""Words of a PDF's text layer held against the letters of the very font that they are printed in.

A font file says of its glyphs which letters they are, by a table of its own or by their names; what a PDF says of them is another
table, which may be wrong. Where the file's own letters, drawn at their places, are what the page shows, the layer is right; where
another letter of the font is shown in a place, it is wrong. This needs nobody who can read the script. A file whose own table
is none, or counts glyphs, draws nothing that the page shows: then nothing is said.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.judge.font_file import REACH, Drawn, FontFile, Grey, soft
from ocroute.judge.scripts import script_of
from ocroute.pages.page import InputPage
from ocroute.raster.grey import grey_of
from ocroute.values import Box

SMALLEST: Final = 16.0  # pixels of an em; smaller letters are blots
LONGEST: Final = 24  # signs of a word that is looked at
STRETCH: Final = (0.9, 1.12)  # width of a word over its letters' advances; others are set wider, or in another font
SAME: Final = 0.88  # likeness of a letter to what the page shows in its place, from which it is that one
OTHER: Final = 0.75  # below which it is not, if
CLEARLY: Final = 0.15  # another is so much more like it
SURELY: Final = 0.92  # and is itself so like it
LEAST_SURE: Final = 2  # letters of a word in which another is wrong
KNOWN: Final = 150  # letters of the page, the most frequent, that may be shown in the place of another
NEARLY: Final = 0.8  # likeness of each letter of a word that is the page's
CERTAIN: Final = 0.97  # of a letter that need not be held against others
NARROWLY: Final = 0.02  # by which another may be more like what is shown: a light l and an I
FILES: Final = 6  # of a page's fonts that a word is held against
_SLACK: Final = 0.12  # of an em, by which a letter may stand beside its place
_INDIC: Final = ("Deva", "Beng", "Taml", "Telu", "Knda", "Mlym", "Gujr", "Guru", "Sinh")
_JOINED: Final = (*_INDIC, "Arab", "Syrc", "Khmr", "Mymr", "Tibt", "Mong")
"""Scripts whose letters have no shape of their own beside each other."""

Floats = NDArray[np.float32]
_Pens = list[tuple[float, ...]]


class _Match(NamedTuple):
    """A word beside the letters of a file.

    Attributes:
        likeness: of each of its signs to the page, -1 to 1.
        pens: where each may begin on the ``picture``, the page around the word.
        base: the row of the picture at which the letters' pictures begin.
    """

    text: str
    likeness: tuple[float, ...]
    file: FontFile
    size: int
    picture: Grey
    pens: _Pens
    base: int


def own_letters(page: InputPage) -> OwnLetters:
    """Those of ``page``, made once."""
    return page.once("judge.own_letters", lambda: OwnLetters(page))


class OwnLetters:
    """The fonts of a page, and words held against them.

    Args:
        page: as it is shown.
    """

    def __init__(self, page: InputPage) -> None:
        self._grey = grey_of(page)
        self._files = {name: [FontFile(data) for data in files] for name, files in page.typefaces().items()}
        lines = page.text_layer() or () if self._files else ()
        count = Counter(sign for line in lines for sign in line.text if sign.isalnum())
        self._letters = [sign for sign, _ in count.most_common(KNOWN)]

    @property
    def known(self) -> bool:
        """Whether the page has fonts whose files are at hand."""
        return bool(self._files)

    def shows(self, text: str, box: Box, font: str, size: float) -> bool:
        """Whether the page shows ``text`` in ``box``, each letter of it more than any other that it has."""
        found = self._best(text, box, font, size)
        if found is None or min(found.likeness) < NEARLY:
            return False
        return all(
            value >= CERTAIN or not self._shown(found, at, value + NARROWLY) for at, value in enumerate(found.likeness)
        )

    def shown(self, text: str, box: Box, font: str, size: float) -> str | None:
        """What the page shows in the place of ``text``: the same, or, where some of its letters surely are others and as many
        surely are as it says, with these; empty where that is not sure. None where the fonts do not have its letters.
        """
        found = self._best(text, box, font, size)
        if found is None:
            return None
        wrong = [at for at, value in enumerate(found.likeness) if value < OTHER]
        sure = sum(value >= SAME for value in found.likeness)
        if not wrong:
            return found.text if sure == len(found.text) else ""
        if sure < max(LEAST_SURE, len(wrong)):
            return ""
        shown = list(found.text)
        for at in wrong:
            likely = max(SURELY, found.likeness[at] + CLEARLY)
            shown[at] = self._shown(found, at, likely) if shown[at].isalnum() else ""
        return "".join(shown) if all(shown) else ""

    def _best(self, text: str, box: Box, font: str, size: float) -> _Match | None:
        """The word beside the letters of the file that it looks most like."""
        text = "".join(text.split())
        if size < SMALLEST or not 0 < len(text) <= LONGEST or not all(map(_stands_apart, text)):
            return None
        best: _Match | None = None
        for file in self._of(font):
            found = self._beside(text, box, file, round(size))
            if found is not None and (best is None or min(found.likeness) > min(best.likeness)):
                best = found
            if best is not None and min(best.likeness) >= SAME:
                break
        return best

    def _of(self, name: str) -> list[FontFile]:
        own = self._files.get(name, [])
        others = (file for other, files in self._files.items() if other != name for file in files)
        return [file for file in (*own, *others) if file.usable][:FILES]

    def _beside(self, text: str, box: Box, file: FontFile, size: int) -> _Match | None:
        advances = [file.advance(sign) * size for sign in text]
        if not all(advances) or not STRETCH[0] <= box.width / sum(advances) <= STRETCH[1]:
            return None
        strip = self._strip(box, size)
        if strip is None:
            return None
        picture, left = strip
        backwards = any(script_of(sign) == "Hebr" for sign in text)
        for pens in _pens(advances, box.x0 - left, box.width, backwards=backwards):
            rows = [
                _either(_rows(picture, file.draw(sign, size), pen, size) for pen in at)
                for sign, at in zip(text, pens, strict=True)
            ]
            told = [row for row in rows if row is not None]
            if len(told) < len(text):
                return None
            base = int(np.argmax(np.sum(told, axis=0)))
            likeness = tuple(_at(row, base) for row in told)
            if min(likeness) >= SAME:
                break
        return _Match(text, likeness, file, size, picture, pens, base)

    def _shown(self, match: _Match, at: int, least: float) -> str:
        """The letter that the page shows in the place of one, at least so like; empty where there is none."""
        best, found, own = least, "", match.text[at]
        for sign in self._letters:
            if sign == own or not match.file.advance(sign):
                continue
            drawn = match.file.draw(sign, match.size)
            row = _either(_rows(match.picture, drawn, pen, match.size) for pen in match.pens[at])
            if row is not None and (value := _at(row, match.base)) >= best:
                best, found = value, sign
        return found

    def _strip(self, box: Box, size: int) -> tuple[Grey, int] | None:
        """The page around a word, light on dark, and the column where it begins; None at the page's edge."""
        height, width = self._grey.shape
        slack = round(_SLACK * size) + size // 3
        middle, tall = (box.y0 + box.y1) / 2, sum(round(reach * size) for reach in REACH)
        half = max(tall, box.height) / 2 + 0.2 * size
        x0, x1 = int(box.x0) - slack, int(box.x1) + slack
        y0, y1 = int(middle - half), int(middle + half) + 1
        part = self._grey[max(0, y0) : y1, max(0, x0) : x1]
        if min(part.shape) < tall // 2 or not part.size:
            return None
        own = self._grey[max(0, int(box.y0)) : int(box.y1) + 1, max(0, int(box.x0)) : int(box.x1) + 1]
        if not own.size or own.max() == own.min():
            return None
        _, ink = cv2.threshold(own, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
        paper = 0 if 2 * cv2.countNonZero(ink) > ink.size else 255
        edges = (max(0, -y0), max(0, y1 - height), max(0, -x0), max(0, x1 - width))
        whole = cv2.copyMakeBorder(part, *edges, cv2.BORDER_CONSTANT, value=paper)
        return soft(cv2.bitwise_not(whole) if paper else whole), x0


def _rows(picture: Grey, drawn: Drawn | None, pen: float, size: int) -> Floats | None:
    """How like the letter what stands at its pen is, row by row of its upper edge: the best of the columns near it."""
    if drawn is None:
        return None
    slack = max(1, round(_SLACK * size))
    start = round(pen) + drawn.left - slack
    end = start + drawn.picture.shape[1] + 2 * slack
    if start < 0 or end > picture.shape[1] or drawn.picture.shape[0] > picture.shape[0]:
        return None
    found = cv2.matchTemplate(picture[:, start:end], drawn.picture, cv2.TM_CCOEFF_NORMED)
    return np.asarray(found.max(axis=1), np.float32)


def _pens(advances: list[float], start: float, width: float, *, backwards: bool) -> Iterator[_Pens]:
    """Where each letter of a word may begin: first where it does in a word set a little wider or closer; then also as far from
    either end as the letters before it, or behind it, are wide, for a wrong one moves the others.
    """
    order = advances[::-1] if backwards else advances
    before = [0.0, *accumulate(order)]
    step, rest = width / before[-1], width - before[-1]
    evenly = [start + step * at for at in before[:-1]]
    sides = [(even, start + at, start + rest + at) for even, at in zip(evenly, before[:-1], strict=True)]
    for pens in ([(even,) for even in evenly], sides):
        yield list(reversed(pens)) if backwards else list(pens)


def _either(rows: Iterable[Floats | None]) -> Floats | None:
    """The greater of each row."""
    told = [row for row in rows if row is not None]
    return np.maximum.reduce(told) if told else None


def _at(row: Floats, base: int) -> float:
    """The likeness at a row, or the one before or behind it."""
    return float(row[max(0, base - 1) : base + 2].max())


def _stands_apart(sign: str) -> bool:
    """Whether a letter looks the same whatever stands beside it."""
    return (
        not unicodedata.combining(sign)
        and script_of(sign) not in _JOINED
        and unicodedata.category(sign) not in ("Mn", "Mc", "Cf", "Co")
    )
