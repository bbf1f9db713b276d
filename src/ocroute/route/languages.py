"""Which script a language is written in: ISO 639-1 codes to ISO 15924 codes."""

from __future__ import annotations

from collections.abc import Iterable

SCRIPT_NAMES = {
    "Latn": "Latin",
    "Cyrl": "Cyrillic",
    "Grek": "Greek",
    "Hans": "simplified Chinese",
    "Hant": "traditional Chinese",
    "Jpan": "Japanese",
    "Kore": "Korean",
    "Arab": "Arabic",
    "Hebr": "Hebrew",
    "Deva": "Devanagari",
    "Beng": "Bengali",
    "Taml": "Tamil",
    "Telu": "Telugu",
    "Thai": "Thai",
    "Armn": "Armenian",
    "Geor": "Georgian",
    "Ethi": "Ethiopic",
    "Knda": "Kannada",
    "Mlym": "Malayalam",
    "Gujr": "Gujarati",
    "Guru": "Gurmukhi",
    "Khmr": "Khmer",
    "Laoo": "Lao",
    "Mymr": "Burmese",
    "Sinh": "Sinhala",
}

_LANGUAGES_OF = {
    "Cyrl": "ru uk be bg mk sr kk ky mn tg",
    "Grek": "el",
    "Hans": "zh",
    "Jpan": "ja",
    "Kore": "ko",
    "Arab": "ar fa ur ps ug",
    "Hebr": "he yi",
    "Deva": "hi mr ne sa",
    "Beng": "bn as",
    "Taml": "ta",
    "Telu": "te",
    "Thai": "th",
    "Armn": "hy",
    "Geor": "ka",
    "Ethi": "am ti",
    "Knda": "kn",
    "Mlym": "ml",
    "Gujr": "gu",
    "Guru": "pa",
    "Khmr": "km",
    "Laoo": "lo",
    "Mymr": "my",
    "Sinh": "si",
}
_SCRIPT_OF = {language: script for script, languages in _LANGUAGES_OF.items() for language in languages.split()}


def script_of(language: str) -> str:
    """The script that ``language`` is mostly written in; Latin where the table does not say otherwise."""
    return _SCRIPT_OF.get(language, "Latn")


def missing_scripts(languages: Iterable[str], scripts: Iterable[str]) -> tuple[str, ...]:
    """The scripts that ``languages`` need and ``scripts`` lack, sorted."""
    return tuple(sorted({script_of(language) for language in languages} - set(scripts)))
