"""Whether signs of Indic scripts stand where they can: a PDF that gives them as they are printed, not as they are written, has a
vowel sign before its letter, which no text has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

SCRIPTS: Final = range(0x0900, 0x0D80)  # Devanagari to Malayalam, each 128 code points laid out alike
_VOWEL_SIGNS: Final = range(0x3E, 0x4D)  # places in a block
_VOWELS: Final = range(0x05, 0x15)
_VIRAMA: Final = 0x4D
_MARKS: Final = range(0x00, 0x04)  # of nasals and breath


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
