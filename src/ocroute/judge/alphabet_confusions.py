"""Letters of one alphabet that engines write for those of another, when they do not know the other."""

from __future__ import annotations

import re
from math import inf
from typing import Final

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
