"""Languages by codes and names, the scripts they are written in (ISO 15924), and the names of their Tesseract data."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ocroute.errors import NextStep, UsageError


@dataclass(frozen=True, slots=True)
class TesseractData:
    """One of Tesseract's data files: its language's ISO 639 code and ISO 15924 script."""

    language: str
    script: str


@dataclass(frozen=True, slots=True)
class Language:
    """A language.

    Attributes:
        code: ISO 639-1, or ISO 639-2 (T) where it has none.
        others: its further codes: ISO 639-2 T and B, and what stood for it in earlier editions.
        names: in English, the usual one first.
        native: its own names.
        data: Tesseract's data files, the usual one first, each with its script.
    """

    code: str
    others: tuple[str, ...]
    names: tuple[str, ...]
    native: tuple[str, ...]
    data: dict[str, str]


# code | further codes | English names | native names | Tesseract's data files and their scripts
_TABLE = """
en|eng|English|English|eng Latn
de|deu ger|German|Deutsch|deu Latn
fr|fra fre|French|français|fra Latn
es|spa|Spanish/Castilian|español/castellano|spa Latn
it|ita|Italian|italiano|ita Latn
pt|por|Portuguese|português|por Latn
nl|nld dut|Dutch/Flemish|Nederlands/Vlaams|nld Latn
pl|pol|Polish|polski|pol Latn
cs|ces cze|Czech|čeština|ces Latn
sk|slk slo|Slovak|slovenčina|slk Latn
sl|slv|Slovenian/Slovene|slovenščina|slv Latn
hr|hrv scr|Croatian|hrvatski|hrv Latn
bs|bos|Bosnian|bosanski|bos Latn
hu|hun|Hungarian|magyar|hun Latn
ro|ron rum mo mol|Romanian/Moldovan|română/moldovenească|ron Latn
sv|swe|Swedish|svenska|swe Latn
da|dan|Danish|dansk|dan Latn
no|nor nb nob nn nno|Norwegian/Norwegian Bokmål/Norwegian Nynorsk|norsk/bokmål/nynorsk|nor Latn
fi|fin|Finnish|suomi|fin Latn
et|est|Estonian|eesti|est Latn
lv|lav|Latvian|latviešu|lav Latn
lt|lit|Lithuanian|lietuvių|lit Latn
tr|tur|Turkish|Türkçe|tur Latn
vi|vie|Vietnamese|Tiếng Việt|vie Latn
id|ind|Indonesian|Bahasa Indonesia|ind Latn
ms|msa may|Malay|Bahasa Melayu|msa Latn
ca|cat|Catalan/Valencian|català/valencià|cat Latn
eu|eus baq|Basque|euskara|eus Latn
gl|glg|Galician|galego|glg Latn
is|isl ice|Icelandic|íslenska|isl Latn
ga|gle|Irish|Gaeilge|gle Latn
cy|cym wel|Welsh|Cymraeg|cym Latn
af|afr|Afrikaans|Afrikaans|afr Latn
sq|sqi alb|Albanian|shqip|sqi Latn
mt|mlt|Maltese|Malti|mlt Latn
eo|epo|Esperanto|Esperanto|epo Latn
la|lat|Latin|latina|lat Latn
sw|swa|Swahili|Kiswahili|swa Latn
az|aze|Azerbaijani|azərbaycan/азәрбајҹан|aze Latn aze_cyrl Cyrl
uz|uzb|Uzbek|oʻzbek/ўзбек|uzb Latn uzb_cyrl Cyrl
tl|tgl fil|Filipino/Tagalog|Filipino/Tagalog|fil Latn
ht|hat|Haitian Creole/Haitian|kreyòl ayisyen|hat Latn
lb|ltz|Luxembourgish|Lëtzebuergesch|ltz Latn
oc|oci|Occitan|occitan|oci Latn
br|bre|Breton|brezhoneg|bre Latn
ru|rus|Russian|русский|rus Cyrl
uk|ukr|Ukrainian|українська|ukr Cyrl
be|bel|Belarusian|беларуская|bel Cyrl
bg|bul|Bulgarian|български|bul Cyrl
sr|srp scc|Serbian|српски/srpski|srp Cyrl srp_latn Latn
mk|mkd mac|Macedonian|македонски|mkd Cyrl
kk|kaz|Kazakh|қазақ|kaz Cyrl
ky|kir|Kyrgyz/Kirghiz|кыргызча|kir Cyrl
mn|mon|Mongolian|монгол|mon Cyrl
tg|tgk|Tajik|тоҷикӣ|tgk Cyrl
tt|tat|Tatar|татар|tat Cyrl
el|ell gre|Greek/Modern Greek|ελληνικά|ell Grek
zh|zho chi cmn|Chinese/Mandarin|中文/汉语/漢語|chi_sim Hans chi_tra Hant
ja|jpn|Japanese|日本語|jpn Jpan
ko|kor|Korean|한국어|kor Kore
ar|ara|Arabic|العربية|ara Arab
fa|fas per|Persian/Farsi|فارسی|fas Arab
ur|urd|Urdu|اردو|urd Arab
ps|pus|Pashto|پښتو|pus Arab
ug|uig|Uyghur/Uighur|ئۇيغۇرچە|uig Arab
he|heb iw|Hebrew|עברית|heb Hebr
yi|yid ji|Yiddish|ייִדיש|yid Hebr
hi|hin|Hindi|हिन्दी|hin Deva
mr|mar|Marathi|मराठी|mar Deva
ne|nep|Nepali|नेपाली|nep Deva
sa|san|Sanskrit|संस्कृतम्|san Deva
bn|ben|Bengali/Bangla|বাংলা|ben Beng
as|asm|Assamese|অসমীয়া|asm Beng
ta|tam|Tamil|தமிழ்|tam Taml
te|tel|Telugu|తెలుగు|tel Telu
th|tha|Thai|ไทย|tha Thai
hy|hye arm|Armenian|հայերեն|hye Armn
ka|kat geo|Georgian|ქართული|kat Geor
am|amh|Amharic|አማርኛ|amh Ethi
ti|tir|Tigrinya|ትግርኛ|tir Ethi
kn|kan|Kannada|ಕನ್ನಡ|kan Knda
ml|mal|Malayalam|മലയാളം|mal Mlym
gu|guj|Gujarati|ગુજરાતી|guj Gujr
pa|pan|Punjabi/Panjabi|ਪੰਜਾਬੀ|pan Guru
km|khm|Khmer|ខ្មែរ|khm Khmr
lo|lao|Lao|ລາວ|lao Laoo
my|mya bur|Burmese/Myanmar|မြန်မာ|mya Mymr
si|sin|Sinhala/Sinhalese|සිංහල|sin Sinh
"""


def _parsed(line: str) -> Language:
    code, others, names, native, data = line.split("|")
    files = data.split()
    return Language(
        code,
        tuple(others.split()),
        tuple(names.split("/")),
        tuple(native.split("/")),
        dict(zip(files[::2], files[1::2], strict=True)),
    )


LANGUAGES = {language.code: language for language in map(_parsed, _TABLE.split("\n")[1:-1])}
"""Every language known here, by its code."""

DATA = {
    name: TesseractData(language.code, script)
    for place in (0, 1)  # the usual file of every language before a second one: engines take the first few
    for language in LANGUAGES.values()
    for name, script in list(language.data.items())[place : place + 1]
}
"""Tesseract's data files by the names of the .traineddata files."""

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

_SCRIPT_OF_REGION = {"zh-cn": "zh-Hans", "zh-sg": "zh-Hans", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-mo": "zh-Hant"}
_ONE_SCRIPT = {
    "zh-Hans": ("simplified Chinese", "Chinese (simplified)", "简体中文", "简体"),
    "zh-Hant": ("traditional Chinese", "Chinese (traditional)", "繁體中文", "繁体中文", "繁體"),
}
_NEAR = 3
"""Names that are suggested for one that is not known."""


def resolved(given: str | Iterable[str]) -> tuple[str, ...]:
    """The languages that a user named, each once.

    Args:
        given: ISO 639-1 or 639-2 codes (``ru``, ``rus``, ``ger``), BCP 47 tags (``zh-Hant``, ``pt-BR``), names of Tesseract's
            data (``chi_sim``), English or native names, in any case and with or without accents; a string may hold several,
            with ``,`` or ``+`` between them.

    Returns:
        Codes as in `LANGUAGES`; where one script of several was named, a tag such as ``sr-Latn``.

    Raises:
        UsageError: one is not known; the next step has near names.
    """
    several = [given] if isinstance(given, str) else given
    parts = (part.strip() for one in several for part in str(one).replace("+", ",").split(","))
    return tuple(dict.fromkeys(_resolved(part) for part in parts if part))


def _resolved(name: str) -> str:
    known, key = _known(), _key(name)
    if key in known:
        return known[key]
    main, *subtags = key.split("-")
    if subtags and main in known:  # a region or variant says nothing of letters, except in Chinese
        tag = f"{known[main].partition('-')[0]}-{subtags[0].title()}"
        code = _SCRIPT_OF_REGION.get("-".join([main, *subtags[:1]]), known[main])
        if len(subtags[0]) != 4 or subtags[0].isdigit():
            return code
        if scripts_of(tag):
            return tag
    near = difflib.get_close_matches(key, known, n=2 * _NEAR, cutoff=0.6)
    meant = list(dict.fromkeys(known[one] for one in near))[:_NEAR]
    said = " or ".join(f"--lang {code} ({name_of(code)})" for code in meant)
    raise UsageError(
        f"{name!r} is no language known here",
        next_step=f"Write {said}" if said else NextStep(command="ocroute languages"),
    )


def checked(languages: Iterable[str]) -> tuple[str, ...]:
    """``languages`` as they are, if every one is as `resolved` gives it.

    Raises:
        UsageError: one is not.
    """
    given = tuple(languages)
    for language in given:
        if (codes := resolved(language)) != (language,):
            raise UsageError(f"{language!r} is no code of a language", next_step=f"Write: --lang {','.join(codes)}")
    return given


@cache
def _known() -> dict[str, str]:
    """What a language may be called, folded, to its code or tag. Codes win over names."""
    known = {_key(name): tag for tag, names in _ONE_SCRIPT.items() for name in names}
    for language in LANGUAGES.values():
        known |= {_key(name): language.code for name in (*language.names, *language.native)}
    for name, data in DATA.items():
        several = len(scripts_of(data.language)) > 1
        usual = name == next(iter(LANGUAGES[data.language].data)) and name in LANGUAGES[data.language].others
        known[_key(name)] = f"{data.language}-{data.script}" if several and not usual else data.language
    for language in LANGUAGES.values():
        known |= dict.fromkeys((language.code, *language.others), language.code)
    return known


def _key(name: str) -> str:
    """``name`` without case and accents; an underscore counts as a hyphen."""
    parts = unicodedata.normalize("NFKD", name.casefold()).replace("_", "-")
    return "".join(part for part in parts if not unicodedata.combining(part)).strip()


def language_of(tag: str) -> str:
    """The code of the language in a tag: ``sr`` of ``sr-Latn``."""
    return tag.partition("-")[0]


def name_of(tag: str) -> str:
    """The English name of a language, with the script where the tag names one."""
    code, _, script = tag.partition("-")
    name = LANGUAGES[code].names[0]
    return (
        f"{name} in {SCRIPT_NAMES.get(script, script)} letters"
        if script and code != "zh"
        else _ONE_SCRIPT.get(tag, (name,))[0]
    )


def codes_of(tag: str) -> tuple[str, ...]:
    """The names of Tesseract's data for a language, the usual one first; empty where it has none."""
    code, _, script = tag.partition("-")
    data = LANGUAGES[code].data if code in LANGUAGES else {}
    return tuple(name for name, of in data.items() if script in ("", of))


def scripts_of(tag: str) -> tuple[str, ...]:
    """The scripts that a language may be written in; empty for an unknown one."""
    return tuple(dict.fromkeys(DATA[name].script for name in codes_of(tag)))


def package(tag: str) -> str:
    """The package of Debian and Ubuntu that brings a language's usual Tesseract data."""
    name = next(iter(codes_of(tag)), tag)
    return f"tesseract-ocr-{name.lower().replace('_', '-')}"


def missing_scripts(languages: Iterable[str], scripts: Iterable[str]) -> tuple[str, ...]:
    """One script for every language that none of ``scripts`` can write, sorted."""
    have = set(scripts)
    needed = (scripts_of(language) for language in languages)
    return tuple(sorted({wanted[0] for wanted in needed if wanted and not have & set(wanted)}))
