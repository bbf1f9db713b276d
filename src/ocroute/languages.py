"""Languages by their ISO 639-1 codes, the scripts they are written in (ISO 15924), and the names of their Tesseract data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ocroute.errors import UsageError


@dataclass(frozen=True, slots=True)
class TesseractData:
    """One of Tesseract's data files: its ISO 639-1 language and ISO 15924 script."""

    language: str
    script: str


# code -> language, script; the codes are the names of the .traineddata files. Where a language has several, the usual one first.
DATA = {
    code: TesseractData(language, script)
    for script, pairs in {
        "Latn": "eng=en deu=de fra=fr spa=es ita=it por=pt nld=nl pol=pl ces=cs slk=sk slv=sl hrv=hr bos=bs hun=hu ron=ro "
        "swe=sv dan=da nor=no fin=fi est=et lav=lv lit=lt tur=tr vie=vi ind=id msa=ms cat=ca eus=eu glg=gl isl=is gle=ga "
        "cym=cy afr=af sqi=sq mlt=mt epo=eo lat=la swa=sw aze=az uzb=uz fil=tl hat=ht ltz=lb oci=oc bre=br",
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
} | {"srp_latn": TesseractData("sr", "Latn")}

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


def checked(languages: Iterable[str]) -> tuple[str, ...]:
    """``languages`` as they are, if every one is a code that we know.

    Raises:
        UsageError: one is not; the message suggests the code that was probably meant.
    """
    known = {data.language for data in DATA.values()}
    for language in languages:
        if language not in known:
            meant = DATA[language].language if language in DATA else "en or ru"
            raise UsageError(
                f"{language!r} is no ISO 639-1 language code known here", next_step=f"Write, e.g.: --lang {meant}"
            )
    return tuple(languages)


def codes_of(language: str) -> tuple[str, ...]:
    """Tesseract's codes for a language, the usual one first; empty where it has none."""
    return tuple(code for code, data in DATA.items() if data.language == language)


def scripts_of(language: str) -> tuple[str, ...]:
    """The scripts that a language may be written in; empty for an unknown one."""
    return tuple(dict.fromkeys(DATA[code].script for code in codes_of(language)))


def package(language: str) -> str:
    """The package of Debian and Ubuntu that brings a language's usual Tesseract data."""
    code = next(iter(codes_of(language)), language)
    return f"tesseract-ocr-{code.lower().replace('_', '-')}"


def missing_scripts(languages: Iterable[str], scripts: Iterable[str]) -> tuple[str, ...]:
    """One script for every language that none of ``scripts`` can write, sorted."""
    have = set(scripts)
    needed = (scripts_of(language) for language in languages)
    return tuple(sorted({wanted[0] for wanted in needed if wanted and not have & set(wanted)}))
