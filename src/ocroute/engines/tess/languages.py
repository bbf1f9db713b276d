"""Which of Tesseract's installed languages to read with, and what its script detection speaks of."""

from __future__ import annotations

from collections.abc import Iterable

from ocroute.languages import DATA, codes_of

# What script detection prints -> the scripts that may be meant.
DETECTED = {
    "Latin": ("Latn",),
    "Fraktur": ("Latn",),
    "Cyrillic": ("Cyrl",),
    "Greek": ("Grek",),
    "Han": ("Hans", "Hant"),
    "Japanese": ("Jpan",),
    "Katakana": ("Jpan",),
    "Hiragana": ("Jpan",),
    "Korean": ("Kore",),
    "Hangul": ("Kore",),
    "Arabic": ("Arab",),
    "Hebrew": ("Hebr",),
    "Devanagari": ("Deva",),
    "Bengali": ("Beng",),
    "Tamil": ("Taml",),
    "Telugu": ("Telu",),
    "Thai": ("Thai",),
    "Armenian": ("Armn",),
    "Georgian": ("Geor",),
    "Ethiopic": ("Ethi",),
    "Kannada": ("Knda",),
    "Malayalam": ("Mlym",),
    "Gujarati": ("Gujr",),
    "Gurmukhi": ("Guru",),
    "Khmer": ("Khmr",),
    "Lao": ("Laoo",),
    "Myanmar": ("Mymr",),
    "Sinhala": ("Sinh",),
}

MANY = 4  # each further language costs time; more than these are not read together unless asked for


def chosen(languages: Iterable[str], installed: Iterable[str]) -> tuple[list[str], list[str]]:
    """The installed codes for ISO 639-1 ``languages``, and those of the languages that have none installed."""
    have, found, missing = set(installed), [], []
    for language in languages:
        candidates = codes_of(language)
        present = [code for code in candidates if code in have]
        if present:
            found += present[:2] if language == "zh" else present[:1]
        else:
            missing.append(language)
    return found, missing


def of_scripts(scripts: Iterable[str], installed: Iterable[str]) -> list[str]:
    """The installed codes that write one of ``scripts``, English also, since Latin words stand in texts of every script."""
    have, wanted = list(installed), set(scripts)
    codes = sorted((code for code in have if code in DATA and DATA[code].script in wanted), key=list(DATA).index)
    if codes and "eng" in have and "eng" not in codes:
        codes = [*codes[: MANY - 1], "eng"]
    return codes[:MANY]
