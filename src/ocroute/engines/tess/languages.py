"""Tesseract's language codes, and the scripts that its data files and its script detection speak of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Data(NamedTuple):
    """One data file: its ISO 639-1 language and ISO 15924 script."""

    language: str
    script: str


# code -> language, script; the codes are the names of the .traineddata files.
DATA = {
    code: Data(language, script)
    for script, pairs in {
        "Latn": "eng=en deu=de fra=fr spa=es ita=it por=pt nld=nl pol=pl ces=cs slk=sk slv=sl hrv=hr bos=bs hun=hu ron=ro "
        "swe=sv dan=da nor=no fin=fi est=et lav=lv lit=lt tur=tr vie=vi ind=id msa=ms cat=ca eus=eu glg=gl isl=is gle=ga "
        "cym=cy afr=af sqi=sq mlt=mt epo=eo lat=la swa=sw srp_latn=sr aze=az uzb=uz fil=tl hat=ht ltz=lb oci=oc bre=br",
        "Cyrl": "rus=ru ukr=uk bel=be bul=bg srp=sr mkd=mk kaz=kk kir=ky mon=mn tgk=tg tat=tt uzb_cyrl=uz aze_cyrl=az",
        "Grek": "ell=el",
        "Hans": "chi_sim=zh",
        "Hant": "chi_tra=zh",
        "Jpan": "jpn=ja",
        "Kore": "kor=ko",
        "Arab": "ara=ar fas=fa urd=ur pus=ps uig=ug",
        "Hebr": "heb=he yid=yi",
        "Deva": "hin=hi mar=mr nep=ne san=sa",
        "Beng": "ben=bn asm=as",
        "Taml": "tam=ta",
        "Telu": "tel=te",
        "Thai": "tha=th",
        "Armn": "hye=hy",
        "Geor": "kat=ka",
        "Ethi": "amh=am tir=ti",
        "Knda": "kan=kn",
        "Mlym": "mal=ml",
        "Gujr": "guj=gu",
        "Guru": "pan=pa",
        "Khmr": "khm=km",
        "Laoo": "lao=lo",
        "Mymr": "mya=my",
        "Sinh": "sin=si",
    }.items()
    for code, language in (pair.split("=") for pair in pairs.split())
}

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


def codes_of(language: str) -> tuple[str, ...]:
    """Tesseract's codes for an ISO 639-1 language, the usual one first; empty where it has none."""
    return tuple(code for code, data in DATA.items() if data.language == language)


def package(code: str) -> str:
    """The package of Debian and Ubuntu that brings a language's data."""
    return f"tesseract-ocr-{code.lower().replace('_', '-')}"


def chosen(languages: Iterable[str], installed: Iterable[str]) -> tuple[list[str], list[str]]:
    """The installed codes for ISO 639-1 ``languages``, and the usual codes of those that have none installed."""
    have, found, missing = set(installed), [], []
    for language in languages:
        candidates = codes_of(language)
        present = [code for code in candidates if code in have]
        if present:
            found += present[:2] if language == "zh" else present[:1]
        else:
            missing.append(candidates[0] if candidates else language)
    return found, missing


def of_scripts(scripts: Iterable[str], installed: Iterable[str]) -> list[str]:
    """The installed codes that write one of ``scripts``, English also, since Latin words stand in texts of every script."""
    have, wanted = list(installed), set(scripts)
    codes = sorted((code for code in have if code in DATA and DATA[code].script in wanted), key=list(DATA).index)
    if codes and "eng" in have and "eng" not in codes:
        codes = [*codes[: MANY - 1], "eng"]
    return codes[:MANY]
