"""Whether a few printed words stand anywhere in a text, whatever its line ends, hyphens, case and markup."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

FEWEST: Final = 5  # letters from which words are looked for; ideographs count twice
SAME: Final = 0.75  # likeness from which two stretches are the same but for slips
DIGITS: Final = 3  # of a figure that is worth looking for: shorter ones stand in any text
TELLING: Final = 0.65  # of the letters that are in long words, from which these may tell by themselves
_MARKUP: Final = re.compile(r"</?[a-zA-Z][^<>]*>|\\[a-zA-Z]+|[{}]")
_FIGURE: Final = re.compile(r"\d(?:[.,:/'’ -]?\d)*")
_LONG: Final = 5  # letters of a word that tells by itself
_ALIKE: Final = str.maketrans("01|!iI5$8", "olllllssb")


def solid(text: str) -> str:
    """The letters and figures of ``text`` in small letters, without accents and ligatures, look-alikes made one."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in folded.translate(_ALIKE) if sign.isalnum()).replace("rn", "m")


def weight(text: str) -> int:
    """The letters and figures of ``text``; an ideograph counts twice, for it says as much as two letters."""
    return sum(1 + ("\u2e80" <= sign <= "\ud7ff") for sign in text if sign.isalnum())


def figures(text: str) -> list[str]:
    """The numbers in ``text`` of `DIGITS` digits or more, without what stands between their digits."""
    digits = ("".join(sign for sign in found if sign.isdigit()) for found in _FIGURE.findall(_MARKUP.sub("", text)))
    return [number for number in digits if len(number) >= DIGITS]


@dataclass(frozen=True)
class SearchedText:
    """A text in which printed words are looked for.

    Attributes:
        text: as an engine wrote it; tags and LaTeX commands are passed over, what they mark is not.
    """

    text: str

    def likeness(self, printed: str) -> float:
        """How much of ``printed`` stands in the text, 0 to 1: in one piece with slips, or word by word.

        The second is for print that a reader rightly takes apart: the cells of a table, a note's sign within a line.
        """
        needle = solid(printed)
        if not needle or needle in self._solid:
            return float(bool(needle))
        whole = 1.0 - _edits(needle, self._solid) / len(needle)
        words = [word for word in map(solid, printed.split()) if len(word) >= _LONG]
        letters = sum(map(len, words))
        if whole >= SAME or letters < TELLING * len(needle):
            return whole
        return max(whole, sum(len(word) for word in words if word in self._solid) / letters)

    def times(self, printed: str) -> int:
        """How often ``printed`` stands there letter by letter."""
        return self._solid.count(solid(printed))

    def has_figure(self, digits: str) -> bool:
        """Whether one of the text's numbers has ``digits`` in a row; separators may be others."""
        return any(digits in number for number in self.figures)

    @cached_property
    def figures(self) -> list[str]:
        """The text's own numbers."""
        return figures(self._bare)

    @cached_property
    def _bare(self) -> str:
        return unescape(_MARKUP.sub("", re.sub(r"</?(?:t[drh]|p|br|li)\b[^<>]*>", "\n", self.text)))

    @cached_property
    def _solid(self) -> str:
        return solid(self._bare)


def _edits(needle: str, text: str) -> int:
    """The fewest letters to add, drop or change until ``needle`` is some part of ``text``.

    The part is looked for around the best match of the needle's own length; one elsewhere that needs fewer is rare.
    """
    found = fuzz.partial_ratio_alignment(needle, text)
    if found is None:
        return len(needle)
    slack = max(2, len(needle) // 4)
    starts = range(max(0, found.dest_start - slack), found.dest_start + slack + 1)
    ends = range(found.dest_end - slack, min(len(text), found.dest_end + slack) + 1)
    fewest = len(needle)
    for start in starts:
        for end in ends:
            fewest = min(fewest, Levenshtein.distance(needle, text[start:end], score_cutoff=fewest))
    return fewest
