"""Whether a page is in the language that its file says: many a program writes its own language into all files."""

from __future__ import annotations

from typing import Final

from ocroute.errors import UsageError
from ocroute.judge.scripts import census, letters_of
from ocroute.judge.trigrams import ALPHABETS, fluency, languages
from ocroute.languages import language_of, resolved

SHORT: Final = 120  # letters from which the language is known by them


def told_language(told: str, text: str) -> str:
    """``told``, a BCP 47 tag, or empty where ``text`` is in other letters or clearly in another language."""
    try:
        (tag,) = resolved(told)
    except (UsageError, ValueError):
        return ""
    letters = census(text)
    if letters and letters.most_common(1)[0][0] not in letters_of(tag):
        return ""
    for script in ALPHABETS:
        if (
            language_of(tag) in languages(script)
            and letters[script] >= SHORT
            and letters[script] > 0.5 * letters.total()
        ):
            found = fluency(text, script)
            if found and found.letters >= SHORT and found.language != language_of(tag):
                return ""
    return told
