"""Which script letters belong to, and what a user installs to have one read."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache
from typing import Final

from ocroute.languages import package, scripts_of
from ocroute.ppocr.published_models import command_for

# ISO 15924 codes by the first word of a letter's Unicode name.
_NAMES: Final = {
    "LATIN": "Latn", "CYRILLIC": "Cyrl", "GREEK": "Grek", "CJK": "Hani", "HIRAGANA": "Jpan", "KATAKANA": "Jpan",
    "HANGUL": "Kore", "ARABIC": "Arab", "HEBREW": "Hebr", "DEVANAGARI": "Deva", "THAI": "Thai", "ARMENIAN": "Armn",
    "GEORGIAN": "Geor", "BENGALI": "Beng", "TAMIL": "Taml", "TELUGU": "Telu", "FULLWIDTH": "Latn",
}  # fmt: skip
# Scripts whose pages are written in letters of other names: the scripts of their letters.
_LETTERS: Final = {"Hans": {"Hani"}, "Hant": {"Hani"}, "Jpan": {"Hani", "Jpan"}, "Kore": {"Hani", "Kore"}}


@cache
def script_of(letter: str) -> str:
    """The ISO 15924 code of one letter's script; empty for what is no letter."""
    if not letter.isalpha():
        return ""
    return _NAMES.get(unicodedata.name(letter, "").split(" ")[0], "Zyyy")


def census(text: str) -> Counter[str]:
    """How many letters of each script stand in ``text``."""
    counts = Counter(text)
    scripts: Counter[str] = Counter()
    for letter, count in counts.items():
        if script := script_of(letter):
            scripts[script] += count
    return scripts


def letters_of(language: str) -> set[str]:
    """The scripts of the letters in text of ``language``."""
    return set().union(*(_LETTERS.get(script, {script}) for script in scripts_of(language)))


def advice(language: str) -> str:
    """What to do so that pages in ``language`` can be read, without a system administrator first."""
    data = f"its data for Tesseract (apt install tesseract-ocr {package(language)})"
    if command := command_for(scripts_of(language)):
        return f"Fetch a line model ({command}) or install {data}, and read again with --lang {language}"
    return f"Install {data} and read again with --lang {language}"
