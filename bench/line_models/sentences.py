"""Sentences and words out of unpacked packages: translations, manuals, help, sayings, word lists."""

from __future__ import annotations

import gzip
import html
import random
import re
import struct
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.line_models.alphabet import CYRILLIC, GREEK, LATIN, readable
from bench.line_models.debian_packages import LANGUAGES

LATIN_LANGUAGES = (
    "de",
    "fr",
    "es",
    "it",
    "pt_BR",
    "pl",
    "cs",
    "tr",
    "nl",
    "sv",
    "hu",
    "ro",
    "lv",
    "lt",
    "fi",
    "hr",
    "sk",
    "sl",
)
MOST = 900_000  # characters of sentences of one language
MOST_LATIN = 120_000
MOST_WORDS = 40_000
HELD_OUT = 12  # one name in so many is kept for the test
ENOUGH = 1.3  # times as much is gathered as is kept
SUFFIXES = {".mo", ".html", ".htm", ".page", ".xml", ".gz", "", ".u8"}
DENSE = 0.6  # share of a sentence's characters that are letters of its language's script

Bank = dict[str, dict[str, list[str]]]


def held_out(name: str, share: int = HELD_OUT) -> bool:
    """Whether what bears this name is kept for the test: the same on every machine."""
    return zlib.crc32(name.lower().encode()) % share == 0


def gather(folder: Path) -> Bank:
    """By language, and by ``train``, ``test`` and ``words``, what the packages under ``folder`` say."""
    chance = random.Random(1)
    found: dict[str, dict[str, set[str]]] = {
        language: {"train": set(), "test": set()} for language in (*LANGUAGES, "en", *LATIN_LANGUAGES)
    }
    size: Counter[tuple[str, str]] = Counter()

    def is_full(language: str, half: str) -> bool:
        most = MOST_LATIN if language in LATIN_LANGUAGES else MOST
        return size[language, half] > ENOUGH * most / (1 if half == "train" else 6)

    for path in sorted(_files(folder), key=lambda path: zlib.crc32(str(path.relative_to(folder)).encode())):
        half = "test" if held_out(_name(path)) else "train"
        if (own := _language(path)) and is_full(own, half):
            continue
        for language, sentence in _sentences(path):
            if language in found and not is_full(language, half) and (plain := _sentence(sentence, language)):
                size[language, half] += len(plain)
                found[language][half].add(plain)
    bank: Bank = {}
    for language, halves in found.items():
        most = MOST_LATIN if language in LATIN_LANGUAGES else MOST
        test = halves["test"]
        train = halves["train"] - test
        words = {word for word in _words(folder, language) if readable(word) == word}
        bank[language] = {
            "train": _capped(sorted(train), most, chance),
            "test": _capped(sorted(test), most // 8, chance),
            "words": chance.sample(sorted(words), min(MOST_WORDS, len(words))),
        }
    return bank


def _files(folder: Path) -> Iterator[Path]:
    """The files that may hold texts."""
    for package in folder.iterdir():
        if package.is_dir() and not package.name.startswith("fonts-"):
            yield from (path for path in package.glob("usr/**/*") if path.suffix in SUFFIXES and path.is_file())


def _capped(sentences: list[str], most: int, chance: random.Random) -> list[str]:
    chance.shuffle(sentences)
    kept, total = [], 0
    for sentence in sentences:
        if total > most:
            break
        kept.append(sentence)
        total += len(sentence)
    return kept


def _name(path: Path) -> str:
    """What a text is called in every language: a catalogue, a page of a manual."""
    return path.name.split(".")[0]


def _language(path: Path) -> str | None:
    known = {*LANGUAGES, *LATIN_LANGUAGES}
    for part in reversed(path.parts[:-1]):
        code = part.partition("@")[0]
        if "@latin" in part.lower():
            return None
        if code in known:
            return code
        if code.split("_")[0] in LANGUAGES:
            return code.split("_")[0]
        if (end := re.search(r"-(\w\w)$", part)) and end[1] in LANGUAGES:
            return end[1]
    return None


def _sentences(path: Path) -> Iterator[tuple[str, str]]:
    """Language and text of everything that ``path`` says."""
    if path.suffix == ".mo":
        language = _language(path)
        for source, translated in _catalogue(path.read_bytes()) if language else ():
            if language == "ru":
                yield "en", source
            if language:
                yield language, translated
        return
    language = _language(path) or ("en" if path.parts[-2:-1] == ("fortunes",) else None)
    if language is None:
        return
    if re.search(r"/man\d/.*\.gz$", str(path)):
        text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        kept = "\n".join(line for line in text.splitlines() if not line.startswith((".", "'")))
        yield from (
            (language, part)
            for part in re.sub(r"\\f.|\\[-&]", lambda m: "-" if m[0] == "\\-" else "", kept).split("\n")
        )
    elif path.suffix in {".html", ".page", ".xml", ".htm"}:
        text = path.read_bytes().decode("utf-8", "replace")
        text = re.sub(r"(?s)<(script|style).*?</\1>", " ", text)
        text = re.sub(r"</?(b|i|em|strong|a|span|code|tt|emph|literal|ahelp|gui|app|link|key)\b[^>]*>", "", text)
        yield from ((language, html.unescape(part)) for part in re.sub(r"<[^>]*>", "\0", text).split("\0"))
    elif path.parent.name in {"fortunes", language} and path.suffix in {"", ".u8"} and "fortunes" in str(path):
        yield from ((language, part) for part in path.read_bytes().decode("utf-8", "replace").split("\n"))


def _catalogue(data: bytes) -> Iterator[tuple[str, str]]:
    """Source and translation of each entry of a gettext catalogue."""
    if data[:4] != b"\xde\x12\x04\x95":
        return
    count, sources, targets = struct.unpack("<3I", data[8:20])
    for at in range(1, count):
        pair = []
        for table in (sources, targets):
            length, start = struct.unpack_from("<2I", data, table + 8 * at)
            pair.append(data[start : start + length].decode("utf-8", "replace"))
        yield from zip(re.split("[\0\n]", pair[0].rpartition("\4")[2]), re.split("[\0\n]", pair[1]), strict=False)


def _sentence(text: str, language: str) -> str | None:
    """``text`` without marks of menus and markup, if it is a piece of running text of its language."""
    text = re.sub(r"<[^>]*>|[_~&](?=\w)|\$\([^)]*\)|%[-\d.$]*[a-zA-Z]+|%\d|\{[^}]*\}|\$\{?\w+\}?", "", text)
    text = re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u00ad", "").replace("\u2011", "-")).strip(" |*#=")
    text = unicodedata.normalize("NFC", text)
    if not 6 <= len(text) <= 600 or "\ufffd" in text or re.search(r"https?:|[\w/]{25}|--\w|\w_\w|\\", text):
        return None
    own = GREEK if language == "el" else CYRILLIC if language in LANGUAGES else LATIN
    if sum(letter in own for letter in text) < DENSE * len(text):
        return None
    return readable(text)


def _words(folder: Path, language: str) -> Iterator[str]:
    """The words of a language's lists."""
    lists = {"ru": "russian", "uk": "ukrainian", "bg": "bulgarian", "en": "american-english"}
    for path in folder.glob(f"*/usr/share/dict/{lists.get(language, '-')}"):
        yield from _decoded(path).split()
    for path in folder.glob(f"hunspell-{language}/usr/share/hunspell/*.dic"):
        yield from (line.split("/")[0].strip() for line in _decoded(path).splitlines()[1:])


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        names = {"ru_RU.dic": "koi8-r", "el_GR.dic": "iso8859-7", "bg_BG.dic": "cp1251"}
        return data.decode(names.get(path.name, "koi8-u" if "ukr" in path.name else "koi8-r"), "replace")
