"""Measures of text that is no language, each a share from 0 to 1. None needs a dictionary."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import groupby, pairwise
from typing import Final

from ocroute.judge.scripts import census, script_of
from ocroute.judge.trigrams import ALPHABETS, fluency, words

ALPHABET: Final = 8  # letters in the order of the alphabet that are no word
SURPRISE: Final = 5.35  # bits a letter: rare names and drugs stay below 4.9, ciphers above 5.7
WINDOW: Final = 150  # letters weighed together: fewer say too little, more hide a garbled paragraph
SOUP: Final = 0.3  # of the signs in a line; lines of dense program code have 0.2
FEWEST: Final = 60  # letters below which language cannot be told from chance
_CID: Final = re.compile(r"\(cid:\d+\)")
_MOJIBAKE: Final = re.compile(r"[ÂÃâÐÑÅÄØÙ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]+")
_LEADERS: Final = frozenset("._-–—―=*·•…|│─━_~□☐")
_QUIET: Final = frozenset(["Sm", "Sc", "Nd", "No", "Nl", "Lm", "Lo", "Lu", "Ll", "Lt", "Mn", "Mc", "Me"])


def broken_characters(text: str) -> float:
    """Replacement, private-use, control and unassigned characters, and glyph numbers in place of letters."""
    glyphs = _CID.findall(text)
    solid = Counter(sign for sign in _CID.sub("", text) if not sign.isspace())
    total = solid.total() + len(glyphs)
    broken = sum(
        count for sign, count in solid.items() if sign == "\ufffd" or _category(sign) in ("Cc", "Co", "Cn", "Cs")
    )
    return (broken + len(glyphs)) / total if total >= 8 else 0.0


def mojibake(text: str) -> float:
    """Characters that are UTF-8 read as Latin-1 or Windows-1252."""
    return sum(map(len, _MOJIBAKE.findall(text))) / max(1, len(text)) if len(text) >= 20 else 0.0


def symbols(text: str) -> float:
    """The share of the text in lines that are ``SOUP`` or more loose signs: neither letters, figures nor mathematics.

    A run of one sign (a dot leader, a rule) counts once; leaders and short lines do not count at all.
    """
    weighed = bad = 0
    for line in text.splitlines():
        signs = [sign for sign, _ in groupby(sign for sign in line if not sign.isspace()) if sign not in _LEADERS]
        if len(signs) >= 12:
            weighed += len(signs)
            bad += len(signs) * (sum(_category(sign) not in _QUIET for sign in signs) >= SOUP * len(signs))
    return bad / weighed if weighed >= 25 else 0.0


def rare_ideographs(text: str) -> float:
    """Ideographs outside the everyday sets of simplified, traditional and Japanese writing, whichever fits best."""
    signs = Counter(sign for sign in text if script_of(sign) == "Hani")
    if signs.total() < 20:
        return 0.0
    sets = (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6), ("shift_jis", 0x88, 0x97))
    everyday = max(sum(n for sign, n in signs.items() if _in_rows(sign, *rows)) for rows in sets)
    return 1 - everyday / signs.total()


def unreadable(text: str) -> float:
    """The share of the letters in passages whose letters follow each other as in no language that we know.

    Zero where too little of the text is running words of an alphabet to say so.
    """
    text = "\n".join(" ".join(word for word in line.split() if not _is_alphabet(word)) for line in text.splitlines())
    letters = census(text)
    worst = 0.0
    for script in ALPHABETS:
        if letters[script] < 0.3 * letters.total():
            continue
        weighed = bad = 0
        for window in _windows(text):
            found = fluency(window, script)
            if found is None or found.letters < FEWEST:
                continue
            weighed += found.letters
            bad += found.letters * (found.surprise > SURPRISE)
        solid = sum(map(len, text.split()))
        if weighed and weighed >= 0.15 * solid:
            worst = max(worst, bad / weighed)
    return worst


def _is_alphabet(word: str) -> bool:
    """Whether its letters stand in the order of their alphabet, as where a typeface is shown."""
    letters = [sign for sign in word.casefold() if sign.isalpha()]
    return len(letters) >= ALPHABET and all(one < other for one, other in pairwise(letters))


def _windows(text: str) -> Iterator[str]:
    """Passages of whole lines with about ``WINDOW`` letters in words each; the last may be longer."""
    passages: list[list[str]] = [[]]
    count = 0
    for line in _breakable(text):
        if count >= WINDOW:
            passages.append([])
            count = 0
        passages[-1].append(line)
        count += sum(map(len, words(line)))
    if len(passages) > 1 and count < WINDOW / 2:
        rest = passages.pop()
        passages[-1] += rest
    yield from ("\n".join(passage) for passage in passages)


def _breakable(text: str) -> Iterator[str]:
    """Lines; of very long ones, stretches of forty words."""
    for line in text.splitlines():
        every = line.split()
        yield from (" ".join(every[at : at + 40]) for at in range(0, len(every), 40))


@cache
def _category(sign: str) -> str:
    return unicodedata.category(sign)


@cache
def _in_rows(sign: str, encoding: str, first: int, last: int) -> bool:
    try:
        code = sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and first <= code[0] <= last
