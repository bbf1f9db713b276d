"""Words whose long s was read as f: ``langfam`` for ``langſam``, as from Fraktur and all print before 1800."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ocroute.judge.trigrams import fluency, fold, surprises, words

SHORTEST: Final = 4  # letters of a word that tells
GAIN: Final = 3.0  # bits by which an s makes a word likelier
LETTERS: Final = 4  # f's before a word's end, at least
MOSTLY: Final = 0.6  # share of them among f and s there; other texts have far more s than f
_INSIDE_F: Final = re.compile(r"f(?=.)")
_INSIDE_S: Final = re.compile(r"s(?=.)")


def long_s(text: str) -> list[str]:
    """The words of a text in Latin letters that are likelier with s in place of f, where hardly an s stands within words.

    They are none where as many words have an s: there a few t or s were misread as f.
    """
    every = words(text)  # capitals as they are: no S is read as F
    count_f, count_s = (sum(len(found.findall(word)) for word in every) for found in (_INSIDE_F, _INSIDE_S))
    if count_f < LETTERS or count_f < MOSTLY * (count_f + count_s):
        return []
    found = fluency(fold(_INSIDE_F.sub("s", " ".join(every))), "Latn")
    likelier = _likelier(every, found.language) if found else []
    return likelier if len(likelier) > len({word for word in every if _INSIDE_S.search(word)}) else []


def _likelier(every: Sequence[str], language: str) -> list[str]:
    suspects = [word for word in dict.fromkeys(every) if len(word) >= SHORTEST and _INSIDE_F.search(word)]
    ways = [[fold(way) for way in (word, *_with_s(word))] for word in suspects]
    bits = iter(surprises([way for each in ways for way in each], "Latn", language).tolist())
    told = [[next(bits) for _ in each] for each in ways]
    return [fold(word) for word, (said, *others) in zip(suspects, told, strict=True) if 0 < min(others) <= said - GAIN]


def _with_s(word: str) -> list[str]:
    """The word with s for each f, and for all of them."""
    single = [word[: found.start()] + "s" + word[found.end() :] for found in _INSIDE_F.finditer(word)]
    return [*single, _INSIDE_F.sub("s", word)]
