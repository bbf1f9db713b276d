"""Letters of one alphabet that engines write for those of another, when they do not know the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf
from typing import Final

from ocroute.judge.scripts import census, script_of
from ocroute.judge.trigrams import fluency

# What Latin-only engines write for Cyrillic shapes; where they vary, the commonest.
_TO_CYRILLIC: Final = str.maketrans(
    {
        "A": "а", "B": "в", "C": "с", "E": "е", "H": "н", "K": "к", "M": "м", "O": "о", "P": "р", "T": "т", "X": "х",
        "Y": "у", "N": "и", "R": "я", "J": "л", "F": "г", "Q": "о", "W": "ш", "U": "и", "I": "г", "D": "д",
        "a": "а", "b": "ь", "c": "с", "d": "д", "e": "е", "g": "д", "h": "н", "k": "к", "m": "м", "n": "п", "o": "о",
        "p": "р", "r": "г", "s": "я", "t": "т", "u": "и", "w": "ш", "x": "х", "y": "у", "i": "и", "j": "л", "l": "л",
        "6": "б", "3": "з", "4": "ч", "9": "я", "0": "о", "v": "у", "q": "о", "z": "г",
    }
)  # fmt: skip
_TO_LATIN: Final = str.maketrans(
    {
        "а": "a", "в": "b", "с": "c", "е": "e", "н": "h", "к": "k", "м": "m", "о": "o", "р": "p", "т": "t", "х": "x",
        "у": "y", "и": "u", "г": "r", "п": "n", "ь": "b", "ш": "w", "я": "r", "л": "l", "д": "d", "з": "s",
        "і": "i", "ј": "j", "ѕ": "s", "б": "b", "й": "n", "ц": "u", "ч": "y", "ж": "x", "э": "o", "ю": "o", "ф": "f",
    }
)  # fmt: skip
_CAPITAL_INSIDE: Final = re.compile(r"[^\W\d_]*[a-zа-яё][A-ZА-ЯЁ][^\W\d_]*")
_WORD: Final = re.compile(r"[^\W_]*[^\W\d_][^\W_]*")
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")
TWINS: Final = {"Latn": frozenset("ABCEHKMOPTXYaceopxyijs"), "Cyrl": frozenset("АВСЕНКМОРТХУасеорхуіјѕ")}
"""Letters that no reader can tell from one of the other alphabet."""
_LEAST_OF_A_LINE: Final = 8  # letters in words, below which a line says nothing about its language
_LEAST_OF_LINES: Final = 30
"""Letters; of 5,850 short pages in 30 languages of Latin letters two are refused from there on, five from 20 on."""
_WHOLE: Final = 3  # letters of a word that may stand whole in another alphabet, and different words that prove it


def as_other_script(text: str, script: str, *, strange: float) -> tuple[str, float, float] | None:
    """How fluent ``text``, written in ``script``, is as it stands and as the alphabet it may have been misread from.

    Returns:
        (the other script, bits a letter as it stands, bits a letter as the other), or None where that cannot be said. Text
        that reads well as it stands, with at most ``strange`` bits a letter, is not weighed as the other: infinite bits.
    """
    if script == "Latn":
        other, mapped = "Cyrl", text.translate(_TO_CYRILLIC)
    elif script == "Cyrl":
        other, mapped = "Latn", text.lower().translate(_TO_LATIN)
    else:
        return None
    here = fluency(text, script)
    if here is not None and here.surprise <= strange:
        return other, here.surprise, inf
    there = fluency(mapped, other)
    return (other, here.surprise, there.surprise) if here and there else None


def odd_capitals(text: str) -> float:
    """The share of words with a capital after a small letter, or a figure among letters: MockBa, 3aBoA.

    Words of fewer than three signs do not count.
    """
    every = [word for word in _WORD.findall(text) if len(word) >= 3]
    odd = sum(
        1
        for word in every
        if _CAPITAL_INSIDE.fullmatch(word) or (any(s.isdigit() for s in word[:-2]) and any(s.islower() for s in word))
    )
    return odd / len(every) if every else 0.0


def misread_lines(text: str, *, strange: float, clearly: float, readable: float, odd: float) -> tuple[str, float]:
    """Lines that do not read well, but all together as another alphabet, as when a recogniser without it read them.

    Args:
        text: lines or paragraphs.
        strange: bits a letter from which a line does not read well.
        clearly: bits a letter by which the other alphabet must fit them better.
        readable: bits a letter that it may need at most.
        odd: share of words with capitals or figures inside from which it need not fit so well, only better.

    Returns:
        that alphabet, and the share of the text's letters in such lines; empty and 0 where there are none.
    """
    every = text.splitlines()
    total = max(1, census(text).total())
    for script in TWINS:
        lines = [line for line in every if _is_strange(line, script, strange)]
        joined = "\n".join(lines)
        found = fluency(joined, script)
        if found is None or found.letters < _LEAST_OF_LINES:
            continue
        other = as_other_script(joined, script, strange=strange)
        if other is None or other[2] >= other[1]:
            continue
        if other[2] < min(other[1] - clearly, readable) or odd_capitals(joined) >= odd:
            return other[0], census(joined)[script] / total
    return "", 0.0


def _is_strange(line: str, script: str, strange: float) -> bool:
    if census(line)[script] < _LEAST_OF_A_LINE:
        return False
    found = fluency(line, script)
    return found is not None and found.letters >= _LEAST_OF_A_LINE and found.surprise > strange


def lookalikes(text: str, *, clearly: float) -> tuple[int, float]:
    """Words with letters of one alphabet in the place of those of another that look the same: РOCT, or CCCP among Russian words.

    A whole word in look-alikes may be a name or a short form of the other alphabet. So they count only where there are three
    different ones or more, and all together read better, by ``clearly`` bits a letter, as what the rest of their lines is.

    Returns:
        how many words, and their share of all words.
    """
    mixed = every = 0
    whole: dict[str, list[str]] = {script: [] for script in TWINS}
    for line in text.splitlines():
        words = _LETTERS.findall(line)
        every += len(words)
        mixed += sum(map(_mixes_twins, words))
        for word, script in _strangers(words):
            whole[script].append(word)
    for script, words in whole.items():
        if len(different := dict.fromkeys(words)) >= _WHOLE:
            other = as_other_script(" ".join(different), script, strange=0.0)
            mixed += len(words) if other is not None and other[2] < other[1] - clearly else 0
    return mixed, mixed / max(1, every)


def _mixes_twins(word: str) -> bool:
    """Whether the letters of one of its two alphabets all look like some of the other."""
    letters: dict[str, set[str]] = {}
    for letter in word:
        letters.setdefault(script_of(letter), set()).add(letter)
    return set(letters) == set(TWINS) and any(letters[script] <= TWINS[script] for script in TWINS)


def _strangers(words: list[str]) -> Iterator[tuple[str, str]]:
    """The words of a line that are all look-alikes, and their script, where the line's telling letters are of another."""
    telling = {
        script: sum(script_of(s) == script and s not in TWINS[script] for w in words for s in w) for script in TWINS
    }
    for word in words:
        for script, twins in TWINS.items():
            if len(word) >= _WHOLE and twins.issuperset(word) and not telling[script] and any(telling.values()):
                yield word, script
