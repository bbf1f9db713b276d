"""Fonts that hold the letters of one code page under the names of another, as many of before Unicode do.

A Russian font of the nineties calls its letters ``Icircumflex`` and ``atilde``, and its text comes as ``Îãëàâëåíèå``; a font
of a Mac's taken for one of Windows' gives ``DurÈe`` for ``Durée``. What was meant is certain where the letters as they come are
no writing at all; whether the page shows it is the judge's question, as for all text.
"""

from __future__ import annotations

import re
import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 0.7  # share of a font's letters with accents, of which no language that has them has a third
FEWEST: Final = 8  # letters in words of which it is seen
USUAL: Final = 0.9  # share of a font's letters in words written small, large, or with a large letter first
_FREQUENT: Final = (
    0xE0,
    0xC0,
)  # the place of а and А, without which there is hardly a Russian line; Greek has ΰ and ΐ there
_WORD: Final = re.compile(r"[^\W\d_]+")


def _moved(source: str, target: str) -> dict[int, int]:
    """Code points above ASCII as they come from ``source``, to what is meant by ``target``."""
    found = {}
    for code in range(0x80, 0x100):
        try:
            found[ord(bytes([code]).decode(source))] = ord(bytes([code]).decode(target))
        except UnicodeDecodeError:
            continue
    return found


_CYRILLIC: Final = _moved("cp1252", "cp1251")
_ACCENTS: Final = "¯ˇ˝˛\uf8ff"  # as often as not those of TeX, printed beside their letter
_MAC: Final = {
    code: meant
    for code, meant in _moved("mac_roman", "cp1252").items()
    if (0xDF <= meant <= 0xFF or chr(meant) in "šœž") and not chr(code).islower() and chr(code) not in _ACCENTS
}


def cyrillic(codes: NDArray[np.int64], font: NDArray[np.int64]) -> NDArray[np.int64]:
    """``codes`` with Cyrillic letters where a font has them in the place of letters with accents.

    Args:
        codes: (N,) of a page's characters in the order of the file, blanks among them.
        font: (N,) number of the font of each.
    """
    high = (codes >= 0xC0) & (codes <= 0xFF)
    if not high.any():
        return codes
    changed = codes.copy()
    for number in np.unique(font[high]).tolist():
        mine = font == number
        said = codes[mine]
        letters = (said < 0x80) & np.isin(said | 0x20, np.arange(0x61, 0x7B))
        if high[mine].sum() < MOST * (high[mine].sum() + letters.sum()) or not np.isin(said, _FREQUENT).any():
            continue
        meant = np.array([_CYRILLIC.get(code, code) for code in said.tolist()], np.int64)
        if _is_written("".join(map(chr, meant.clip(0, 0xFFFF).tolist()))):
            changed[mine] = meant
    return changed


def _is_written(text: str) -> bool:
    words = [word for word in _WORD.findall(text) if len(word) >= 3]
    usual = sum(len(word) for word in words if word[1:].islower() or word.isupper())
    return usual >= max(FEWEST, USUAL * sum(map(len, words)))


def of_mac(codes: list[int]) -> list[int]:
    """A word's code points with small letters where large ones, or signs, stand that have their place in a Mac's code page.

    Only where all its letters with accents, and such signs, can be that: a large letter with an accent stands between small
    ones in no language, and ‰ between no letters.
    """
    odd = [
        at
        for at, code in enumerate(codes)
        if code >= 0x80 and (code in _MAC or chr(min(code, sys.maxunicode)).isalpha())
    ]
    if not odd or 2 * len(odd) > len(codes) or any(codes[at] not in _MAC for at in odd):
        return codes
    meant = list(codes)
    for at in odd:
        meant[at] = _MAC[codes[at]]
    text = "".join(map(chr, meant))
    for at in odd:
        is_letter, last = chr(codes[at]).isupper(), at + 1 == len(text)
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if not (before.islower() if is_letter else before.isalpha()) or not (is_letter if last else after.islower()):
            return codes
    return meant
