"""Which script letters belong to, and what a user installs to have one read."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache
from typing import Final

# ISO 15924 codes by the first word of a letter's Unicode name.
_NAMES: Final = {
    "LATIN": "Latn", "CYRILLIC": "Cyrl", "GREEK": "Grek", "CJK": "Hani", "HIRAGANA": "Jpan", "KATAKANA": "Jpan",
    "HANGUL": "Kore", "ARABIC": "Arab", "HEBREW": "Hebr", "DEVANAGARI": "Deva", "THAI": "Thai", "ARMENIAN": "Armn",
    "GEORGIAN": "Geor", "BENGALI": "Beng", "TAMIL": "Taml", "TELUGU": "Telu", "FULLWIDTH": "Latn",
}  # fmt: skip
# Languages that are not written in Latin letters: the scripts of their letters, and the name of their Tesseract data.
NOT_LATIN: Final = {
    "ru": (("Cyrl",), "rus"), "uk": (("Cyrl",), "ukr"), "be": (("Cyrl",), "bel"), "bg": (("Cyrl",), "bul"),
    "mk": (("Cyrl",), "mkd"), "kk": (("Cyrl",), "kaz"), "el": (("Grek",), "ell"), "zh": (("Hani",), "chi-sim"),
    "ja": (("Hani", "Jpan"), "jpn"), "ko": (("Kore", "Hani"), "kor"), "ar": (("Arab",), "ara"), "fa": (("Arab",), "fas"),
    "ur": (("Arab",), "urd"), "he": (("Hebr",), "heb"), "hi": (("Deva",), "hin"), "mr": (("Deva",), "mar"),
    "th": (("Thai",), "tha"), "hy": (("Armn",), "hye"), "ka": (("Geor",), "kat"), "bn": (("Beng",), "ben"),
    "ta": (("Taml",), "tam"), "te": (("Telu",), "tel"),
}  # fmt: skip


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


def advice(language: str) -> str:
    """What to do so that pages in ``language`` (ISO 639-1) can be read."""
    pack = NOT_LATIN.get(language, ((), language))[1]
    return f"Install its data for Tesseract (apt install tesseract-ocr-{pack}) and read again with --lang {language}"
