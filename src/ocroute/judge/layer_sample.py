"""Which words of a text layer are read back: few, but so that every font and nearly every letter of each is among them."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from ocroute.engines.base import Reading
from ocroute.judge import reference_recogniser
from ocroute.judge.fuzzy_search import solid
from ocroute.judge.line_crops import spread
from ocroute.judge.scripts import script_of
from ocroute.values import Box, Font, Line, Word

WHOLE: Final = 300  # letters of a short layer, which are all read: its one wrong letter is in no other word
LETTERS: Final = (
    104  # that are read of a longer one which proves right: fewer let one with each twentieth letter wrong pass
)
VOUCHED: Final = 50  # the same where equal letters look equal: enough to know each by name
MOST: Final = 130  # where many fonts have many letters
PIECE: Final = 12  # signs of a longer run of ideographs that are read of it
LONGEST: Final = 80  # signs of a word that is read in one piece
HIGH: Final = (7.0, 900.0)  # pixels of a word's box; smaller ones are no letters to anybody
UPRIGHT: Final = 1.5  # height over width of a word that runs down the page
FONTS: Final = 16  # fonts of which a word each is read before the budget counts
EVEN: Final = 8  # words that are read wherever they stand, evenly over the page
CONSIDERED: Final = 200  # words, evenly over the page, that the choice is made from
LONG_VOWEL: Final = "ー"  # of kana; Unicode counts it to no script
READ: Final = (
    "Cyrl",
    "Grek",
)  # scripts that other models than the first write; their letters stand apart, from left to right
_TWINS: Final = str.maketrans(
    "авезбкмнорстухіјѕαβεζηικμνορτυχーニロカヘタエハトミョュャッぁぃぅぇぉっゃゅょ",
    "abe36kmhopctyxljsabezhlkmnoptyx一二口力へ夕工八卜三ヨユヤツあいうえおつやゆよ",
)


_NO_FONT: Final = Font()

Alphabets = Mapping[str, frozenset[str]]
"""What is written by who reads a script; see `reference_recogniser.alphabets`."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A word of the layer that can be read back.

    Attributes:
        text: as the layer has it.
        letters: what of it is compared; see `fuzzy_search.solid`.
        box: where it stands, page pixels.
        font: the name of its line's font; empty where there is none.
        size: pixels of that font's em; 0 where it is not known.
        script: ISO 15924 code of what its reader has to write; empty where there is none here.
    """

    text: str
    letters: str
    box: Box
    font: str
    script: str
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Words:
    """The upright words of a layer, by who can say whether they are right.

    Attributes:
        readable: in letters that a line model here writes.
        others: in other scripts.
        unknown: how many characters of all lines stand for nothing that is known.
    """

    readable: tuple[Probe, ...]
    others: tuple[Probe, ...]
    unknown: int = 0


def words_of(reading: Reading) -> Words:
    """All words with letters in them that ``reading`` has from the file, in its order."""
    readable: list[Probe] = []
    others: list[Probe] = []
    unknown, known = 0, reference_recogniser.alphabets()
    for line in lines_of(reading):
        if line.angle or line.confidence is not None:  # an engine that gives confidences has read it, not the file
            continue
        unknown += line.text.count("\ufffd")
        font = line.font or _NO_FONT
        for word in line.words:
            if HIGH[0] <= word.box.height <= HIGH[1] and word.box.width >= 2:
                for probe in _probes(word.text.strip(), word.box, font, known):
                    (readable if probe.script else others).append(probe)
    return Words(tuple(readable), tuple(others), unknown)


def lines_of(reading: Reading) -> list[Line]:
    """Its lines as they came, before layout joined them, or those of its blocks."""
    return list(reading.lines) or [line for block in reading.blocks for line in block.lines]


def probe_of(word: Word) -> Probe:
    """A word of any line, to be read back."""
    return _probe(word.text.strip(), word.box, _NO_FONT, reference_recogniser.alphabets())


def first_choice(words: Sequence[Probe], least: int = LETTERS) -> list[Probe]:
    """Words to begin with: one of each font, some evenly over the page, then those with the most letters not yet seen.

    About ``least`` letters; of a layer that has no more than `WHOLE` all. The same ones every time.
    """
    if sum(len(word.letters) for word in words) <= WHOLE:
        return list(words)
    pool = spread(words, min(CONSIDERED, len(words)))
    by_font: dict[str, list[Probe]] = defaultdict(list)
    for word in words:
        by_font[word.font].append(word)
    fonts = sorted(by_font.values(), key=len, reverse=True)[:FONTS]
    chosen = dict.fromkeys(max(font[:40], key=lambda word: min(len(word.letters), 7)) for font in fonts)
    chosen |= dict.fromkeys(spread([word for word in pool if len(word.letters) >= 3], EVEN))
    seen = {pair for word in chosen for pair in _pairs(word)}
    letters = sum(len(word.letters) for word in chosen)
    for word in _by_news(pool, seen):
        news = len(_pairs(word) - seen)
        if letters >= (least + MOST - LETTERS if news else least):
            break
        if word not in chosen:
            chosen[word] = None
            seen |= _pairs(word)
            letters += len(word.letters)
    return list(chosen)


def more(words: Sequence[Probe], read: Iterable[Probe], fonts: set[str], letters: int) -> list[Probe]:
    """About ``letters`` more letters of words that are not ``read`` yet: first of ``fonts``, then from all over the page."""
    known = set(read)
    rest = [word for word in words if word not in known]
    suspect = spread([word for word in rest if word.font in fonts], letters // 4)
    wide = spread(rest, letters // 4)
    chosen: dict[Probe, None] = {}
    for word in (*take(suspect, letters // 2), *take(wide, letters)):
        if sum(len(each.letters) for each in chosen) >= letters:
            break
        chosen[word] = None
    return list(chosen)


def take(words: Iterable[Probe], letters: int) -> Iterator[Probe]:
    """The first of ``words`` up to about so many ``letters``."""
    for word in words:
        if letters <= 0:
            return
        letters -= len(word.letters)
        yield word


def _by_news(pool: Sequence[Probe], seen: set[tuple[str, str]]) -> Iterator[Probe]:
    """The pool, each time the word that has the most letters new to its font for its length; ``seen`` grows meanwhile."""
    left = [word for word in pool if len(word.letters) >= 3] or list(pool)
    for turn in range(len(left)):
        best = max(left, key=lambda word: len(_pairs(word) - seen) / (len(word.letters) + 2))
        if not _pairs(best) - seen:
            yield from spread(left, len(left))
            return
        left.remove(best)
        yield best
        if turn > 4 * FONTS:
            yield from spread(left, len(left))
            return


def _pairs(word: Probe) -> set[tuple[str, str]]:
    return {(word.font, letter) for letter in word.letters}


def folded(text: str) -> str:
    """The letters of ``text`` as they are compared: what is printed alike in several alphabets is one."""
    letters = solid(text)
    return letters if letters.isascii() else letters.translate(_TWINS)


def _probe(text: str, box: Box, font: Font, known: Alphabets) -> Probe:
    letters = solid(text)
    return Probe(text, letters.translate(_TWINS), box, font.name, _reader(letters, known), font.size)


_solid = lru_cache(maxsize=4096)(solid)  # the same words stand on a page again and again


def _reader(letters: str, known: Alphabets) -> str:
    """The script that says which model reads a word; empty where none here does."""
    scripts = {script_of(letter) for letter in letters if not letter.isascii() and letter != LONG_VOWEL}
    if scripts <= {"Hani", "Jpan"}:  # the first model writes these too, but for the rarest
        return "" if any(_is_rare(letter, known) for letter in letters) else "Latn"
    if len(scripts) == 1 and (script := scripts.pop()) in READ and script in known:
        return script
    return ""


def _is_rare(sign: str, known: Alphabets) -> bool:
    """Whether it is an ideograph that the first model does not write."""
    alphabet = known.get("Latn")
    return alphabet is not None and script_of(sign) == "Hani" and sign not in alphabet


def _probes(text: str, box: Box, font: Font, known: Alphabets) -> Iterator[Probe]:
    letters = _solid(text)
    if not letters:
        return
    if text.isascii():  # most words
        if len(text) <= LONGEST:
            yield Probe(text, letters, box, font.name, "Latn", font.size)
        return
    if (
        len(text) > 1 and box.height > UPRIGHT * box.width and any(map(_wide, text))
    ):  # signs below each other, each in a square of its own
        step = box.height / len(text)
        for at, sign in enumerate(text if all(map(_wide, text)) else ""):
            if solid(sign):
                y = box.y0 + step * at
                yield _probe(sign, Box(box.x0, y, box.x1, y + step), font, known)
    elif any(map(_wide, text)) and all(_wide(sign) or _of_formulas(sign) for sign in text):
        for start, piece in _pieces(text, known):
            if solid(piece):  # ideographs are all equally wide, so a piece of them has a place
                x, step = box.x0, box.width / len(text)
                yield _probe(piece, Box(x + step * start, box.y0, x + step * (start + len(piece)), box.y1), font, known)
    elif len(text) <= LONGEST and not any(map(_of_formulas, text)):
        yield _probe(text, box, font, known)


def _pieces(run: str, known: Alphabets) -> Iterator[tuple[int, str]]:
    """The parts of a run of ideographs between signs that nobody reads, each with the place where it begins; long ones cut."""
    start = 0
    for unread, signs in groupby(run, key=lambda sign: _of_formulas(sign) or _is_rare(sign, known)):
        piece = "".join(signs)
        if not unread and len(piece) <= LONGEST:
            yield start, piece
        elif not unread:
            cuts = range(0, len(piece) - PIECE // 2, PIECE)
            yield from ((start + at, piece[at : at + PIECE]) for at in cuts)
        start += len(piece)


def _of_formulas(sign: str) -> bool:
    """Whether it is one that readers of lines do not know."""
    return "\U0001d400" <= sign <= "\U0001d7ff" or (sign > "~" and unicodedata.category(sign) == "Sm")


def _wide(sign: str) -> bool:
    return "\u2e80" <= sign <= "\ud7ff" or "\uf900" <= sign <= "\ufaff" or "\uff00" <= sign <= "\uff60"
