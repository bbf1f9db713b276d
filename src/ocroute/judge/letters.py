"""How likely letters follow each other: a trigram table for each of two dozen languages of Latin, Cyrillic and Greek script.

The tables (``data/letters.npz``) hold statistics only; ``bench/judge/build_letters.py`` counts them from the translated messages
of the programs installed on a Linux machine and says more. Accents are folded away, so that one table serves careful and
careless spelling, and capitals are folded too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

ALPHABETS: Final = {
    "Latn": "abcdefghijklmnopqrstuvwxyz",
    "Cyrl": "абвгдежзиклмнопрстуфхцчшщъыьэюяієґјљњћђџ",
    "Grek": "αβγδεζηθικλμνξοπρστυφχψω",
}
STEP: Final = 1.0  # bits of surprise to one level of a table
LEVELS: Final = 13  # levels of a table: from no surprise to "hardly ever"

_FOLDED: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ς": "σ", "ſ": "s"}
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_TOKEN: Final = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Fluency:
    """How well words fit the language they fit best.

    Attributes:
        language: ISO 639-1 code of that language.
        surprise: mean bits a letter; running text has 3 to 4, lists of names and drugs below 5, a cipher 6 and more.
        letters: how many letters were weighed.
    """

    language: str
    surprise: float
    letters: int


def fold(text: str) -> str:
    """``text`` in small letters without accents."""
    bare = unicodedata.normalize("NFD", text.lower().translate(_FOLDED))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def words(text: str, *, least: int = 3) -> list[str]:
    """The words worth weighing: letters only, ``least`` long; not part numbers, addresses or paths."""
    found: list[str] = []
    for token in _TOKEN.findall(text):
        if any(sign.isdigit() for sign in token) or "@" in token or "://" in token or token.count("/") > 1:
            continue
        found += (word for word in _WORD.findall(token) if len(word) >= least)
    return found


def codes(script: str, every: Iterable[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The trigrams of folded words as table indices, and which word each belongs to. Words of other letters are left out."""
    alphabet = ALPHABETS[script]
    size = len(alphabet) + 1
    place = {letter: at for at, letter in enumerate(alphabet, start=1)}
    trigrams: list[int] = []
    owner: list[int] = []
    for at, word in enumerate(every):
        digits = [place.get(letter, -1) for letter in word]
        if -1 in digits or not digits:
            continue
        before, last = 0, 0
        for digit in (*digits, 0):
            trigrams.append((before * size + last) * size + digit)
            owner.append(at)
            before, last = last, digit
    return np.array(trigrams, np.intp), np.array(owner, np.intp)


@lru_cache(maxsize=4)  # several checks ask it of the same page
def fluency(text: str, script: str, *, cap: int = 600) -> Fluency | None:
    """How fluent the words of ``script`` in ``text`` are; None where it has none.

    Of long texts about ``cap`` words are weighed, evenly spread.
    """
    every = [fold(word) for word in words(text)]
    if len(every) > cap:
        every = every[:: len(every) // cap + 1]
    trigrams, owner = codes(script, every)
    if not trigrams.size:
        return None
    letters = trigrams.size - np.unique(owner).size  # each word ends with one trigram that predicts its end
    means = {language: float(table[trigrams].mean()) * STEP for language, table in _tables()[script].items()}
    language = min(means, key=means.__getitem__)
    return Fluency(language, means[language], int(letters))


@cache
def _tables() -> dict[str, dict[str, NDArray[np.uint8]]]:
    tables: dict[str, dict[str, NDArray[np.uint8]]] = {script: {} for script in ALPHABETS}
    with (files("ocroute.judge") / "data" / "letters.npz").open("rb") as stream, np.load(stream) as packed:
        for name in packed.files:
            script, language = name.split("_")
            size = (len(ALPHABETS[script]) + 1) ** 3
            pairs = packed[name]
            tables[script][language] = np.stack((pairs >> 4, pairs & 15), axis=1).reshape(-1)[:size]
    return tables
