"""What nobody writes: letters that no language has so many of or so few, and letters and signs where none of them can stand.

A PDF whose glyphs have numbers for meanings gives the first. The others come where glyphs have the meanings of others, or are
in the order of print: a vowel sign before its letter, a letter that ends words (ם, ة) within them.
"""

from __future__ import annotations

from collections import Counter
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
_THAI: Final = range(0x0E00, 0x0F00)  # and Lao, laid out alike
_THAI_CONSONANTS: Final = range(0x01, 0x2F)
_THAI_LEADING: Final = range(0x40, 0x45)  # vowels that are written before their consonant
_THAI_ABOVE: Final = (0x31, *range(0x34, 0x3D), *range(0x47, 0x4F))  # vowels and tones above and below it
_ENDING: Final = frozenset("ךםןףץةς")
"""Letters that only end words."""
_FEWEST_ENDING: Final = 6  # of them that tell
_ARABIC: Final = range(0x620, 0x6D4)
_ALEF: Final = "ا"
_PAGE: Final = 150  # letters from which their shares are those of the language


def rare(text: str) -> float:
    """The share of the letters of ``text`` that no language has many of; 0 where it has hardly any letters."""
    letters = {sign: count for sign, count in Counter(text).items() if sign.isalpha()}
    total = sum(letters.values())
    if total < _FEWEST:
        return 0.0
    strange = (sign not in _USED and any(ord(sign) in some for some in _RARE) for sign in letters)
    return sum(count for count, odd in zip(letters.values(), strange, strict=True) if odd) / total


def misplaced(text: str) -> float:
    """The share of the vowel signs, viramas and tones in ``text`` that begin a word, or stand behind a vowel or one another where
    they cannot; of Thai and Lao also of the vowels that no consonant follows. 0 where it has none.
    """
    signs = wrong = 0
    if max(text, default="") < chr(SCRIPTS.start):
        return 0.0
    for before, sign in _pairs(text, SCRIPTS):
        place = ord(sign) % 0x80
        if place in _VOWEL_SIGNS or place == _VIRAMA:
            signs += 1
            last = _place(before, SCRIPTS)
            wrong += last < 0 or last in _VOWEL_SIGNS or last in _VOWELS or last in _MARKS or last == _VIRAMA
    for before, sign in _pairs(text, _THAI):
        place, last = ord(sign) % 0x80, _place(before, _THAI)
        if place in _THAI_ABOVE:
            signs += 1
            wrong += last not in _THAI_CONSONANTS and last not in _THAI_ABOVE
        elif last in _THAI_LEADING:
            signs += 1
            wrong += place not in _THAI_CONSONANTS
    return wrong / signs if signs else 0.0


def within(text: str) -> float:
    """The share of the letters of ``text`` that only end words that have another letter behind them; 0 where it has few."""
    ends = [text[at + 1 : at + 2].isalpha() for at, sign in enumerate(text) if sign in _ENDING]
    return sum(ends) / len(ends) if len(ends) >= _FEWEST_ENDING else 0.0


def alefs(text: str) -> float:
    """The share of alefs in the Arabic letters of ``text``: every language of that script has many. 1 for short texts."""
    if max(text, default="") < chr(_ARABIC.start):
        return 1.0
    letters = [sign for sign in text if ord(sign) in _ARABIC and sign.isalpha()]
    return letters.count(_ALEF) / len(letters) if len(letters) >= _PAGE else 1.0


def _place(sign: str, scripts: range) -> int:
    return ord(sign) % 0x80 if sign and ord(sign) in scripts else -1


def _pairs(text: str, scripts: range) -> Iterator[tuple[str, str]]:
    """Each sign of these scripts, and the one before it; invisible joiners are passed over."""
    before = ""
    for sign in text:
        if sign in "\u200c\u200d":
            continue
        if ord(sign) in scripts:
            yield before, sign
        before = sign
