"""How likely letters follow each other: a trigram table for each of 28 languages of Latin, Cyrillic and Greek script.

The tables (``data/letters.npz``) hold statistics only; ``bench/judge/build_letters.py`` counts them, mostly from the translated
messages of the programs installed on a Linux machine, and says more. Accents are folded away, so that one table serves careful
and careless spelling, and capitals are folded too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

ALPHABETS: Final = {
    "Latn": "abcdefghijklmnopqrstuvwxyz",
    "Cyrl": "абвгдежзиклмнопрстуфхцчшщъыьэюяієґјљњћђџѕәғқңөұүһ",
    "Grek": "αβγδεζηθικλμνξοπρστυφχψω",
}
STEP: Final = 1.0  # bits of surprise to one level of a table
LEVELS: Final = 13  # levels of a table: from no surprise to "hardly ever"

_FOLDED: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ς": "σ", "ſ": "s"}
)
_WORD: Final = re.compile(r"[^\W\d_]+")


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
    if text.isascii():
        return text.lower()
    bare = unicodedata.normalize("NFD", text.lower().translate(_FOLDED))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def words(text: str, *, least: int = 3) -> list[str]:
    """The words worth weighing: letters only, ``least`` long; not part numbers, addresses or paths."""
    found: list[str] = []
    for token in text.split():
        if token.isalpha():  # most are, and the rest need not be asked
            found += (token,) if len(token) >= least else ()
            continue
        if any(sign.isdigit() for sign in token) or "@" in token or "://" in token or token.count("/") > 1:
            continue
        found += (word for word in _WORD.findall(token) if len(word) >= least)
    return found


def codes(script: str, every: Iterable[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The trigrams of folded words as table indices, and which word each belongs to. Words of other letters are left out."""
    size = len(ALPHABETS[script]) + 1
    running = "".join(f"{word}\n" for word in every)
    signs = np.frombuffer(running.encode("utf-32-le"), np.uint32)
    places = _places(script)
    letters = places[np.minimum(signs, places.size - 1)]
    owner = np.cumsum(signs == _END) - (signs == _END)
    last = np.concatenate(([0], letters[:-1])).astype(np.intp)
    before = np.where(last == 0, 0, np.concatenate(([0], last[:-1])))  # nothing of the word before
    other = np.isin(owner, owner[(letters < 0) | ((letters == 0) & (last == 0))])  # words of other letters, or of none
    trigrams = (before * size + last) * size + letters
    return trigrams[~other], owner[~other]


_END: Final = ord("\n")


@cache
def _places(script: str) -> NDArray[np.intp]:
    """By code point, a letter's number in the alphabet from 1; 0 for the end of a word, -1 for all other signs."""
    alphabet = [ord(letter) for letter in ALPHABETS[script]]
    places = np.full(max(alphabet) + 2, -1, np.intp)  # the last stands for all beyond
    places[alphabet] = np.arange(1, len(alphabet) + 1)
    places[_END] = 0
    return places


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
    known = _tables()[script]
    means = known.levels[:, trigrams].mean(axis=1) * STEP
    best = int(means.argmin())
    return Fluency(known.languages[best], float(means[best]), int(letters))


def surprises(every: Sequence[str], script: str, language: str) -> NDArray[np.float64]:
    """For each of ``every`` folded word the bits of its three least likely trigrams in a row, which a wrong letter all changes;
    0 for words with other letters than those of ``script``.

    Args:
        every: words as `fold` gives them.
        script: one of `ALPHABETS`.
        language: as `fluency` names it.
    """
    found = np.zeros(len(every))
    trigrams, owner = codes(script, every)
    known = _tables()[script]
    bits = known.levels[known.languages.index(language)][trigrams] * STEP
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    for start, end in pairwise([*starts.tolist(), len(owner)]):
        found[owner[start]] = max(bits[at : at + 3].sum() for at in range(start, max(start, end - 3) + 1))
    return found


def languages(script: str) -> tuple[str, ...]:
    """The ISO 639-1 codes of the languages of ``script`` that are known here."""
    return _tables()[script].languages


class _Tables(NamedTuple):
    """Of one script: its languages, and (languages, trigrams) levels of surprise."""

    languages: tuple[str, ...]
    levels: NDArray[np.uint8]


@cache
def _tables() -> dict[str, _Tables]:
    tables: dict[str, dict[str, NDArray[np.uint8]]] = {script: {} for script in ALPHABETS}
    with (files("ocroute.judge") / "data" / "letters.npz").open("rb") as stream, np.load(stream) as packed:
        for name in packed.files:
            script, language = name.split("_")
            size = (len(ALPHABETS[script]) + 1) ** 3
            pairs = packed[name]
            tables[script][language] = np.stack((pairs >> 4, pairs & 15), axis=1).reshape(-1)[:size]
    return {script: _Tables(tuple(each), np.stack(list(each.values()))) for script, each in tables.items()}
