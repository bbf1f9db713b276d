"""What nobody writes: letters that no language has so many of, and signs of Indic scripts where none can stand.

A PDF whose glyphs have numbers for meanings gives the former, one that has them in the order of print the latter: a vowel sign
before its letter, which no text has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

SCRIPTS: Final = range(0x0900, 0x0D80)  # Devanagari to Malayalam, each 128 code points laid out alike
_RARE: Final = (
    range(0x180, 0x2B0),
    range(0x3E2, 0x3F0),
)  # behind the letters of Europe, with those of phonetics; Coptic
_USED: Final = frozenset("ơƠưƯƴƙɓɗəƏɛƐɔƆșȘțȚǎǍǐǏǒǑǔǓǖǘǚǜǧǦǩǨǫǪ")  # those of them that languages are written with
_FEWEST: Final = 3  # letters
_VOWEL_SIGNS: Final = range(0x3E, 0x4D)  # places in a block
_VOWELS: Final = range(0x05, 0x15)
_VIRAMA: Final = 0x4D
_MARKS: Final = range(0x00, 0x04)  # of nasals and breath


def rare(text: str) -> float:
    """The share of the letters of ``text`` that no language has many of; 0 where it has hardly any letters."""
    letters = [sign for sign in text if sign.isalpha()]
    if len(letters) < _FEWEST:
        return 0.0
    return sum(sign not in _USED and any(ord(sign) in some for some in _RARE) for sign in letters) / len(letters)


def misplaced(text: str) -> float:
    """The share of the vowel signs and viramas in ``text`` that begin a word, or stand behind a vowel or one another; 0 where
    it has none.
    """
    signs = wrong = 0
    for before, sign in _pairs(text):
        place = ord(sign) % 0x80
        if place in _VOWEL_SIGNS or place == _VIRAMA:
            signs += 1
            last = ord(before) % 0x80 if before and ord(before) in SCRIPTS else -1
            wrong += last < 0 or last in _VOWEL_SIGNS or last in _VOWELS or last in _MARKS or last == _VIRAMA
    return wrong / signs if signs else 0.0


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Each sign of these scripts, and the one before it; invisible joiners are passed over."""
    before = ""
    for sign in text:
        if sign in "\u200c\u200d":
            continue
        if ord(sign) in SCRIPTS:
            yield before, sign
        before = sign
