"""Text layers that are wrong in known ways, made of one that is right.

Letters exchanged for others of the page (1, 5 and 20 % of them), every word moved to the place of the next one, the layer moved
by half a line, another page's layer, a permutation of the letters (of all fonts, or of one font alone), a third of the words
misread as a bad OCR does, and the page reduced to a single word, right and scrambled.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from bench.judge.readings import SLIPS
from bench.pages.canvas import ArrayPage
from msgspec.structs import replace

from ocroute.pages import InputPage
from ocroute.values import Box, Line, Word

RIGHT = ("right", "one word right")
"""The ways that leave the layer right."""
Lines = tuple[Line, ...]


@dataclass
class Subject:
    """A page with a layer that is right."""

    name: str
    page: InputPage
    lines: Lines


def letters_of(lines: Lines) -> list[str]:
    return [sign for line in lines for word in line.words for sign in word.text if sign.isalpha()]


def rewritten(lines: Lines, words: list[str]) -> Lines:
    """``lines`` with other words in the same places."""
    given = iter(words)
    made = []
    for line in lines:
        every = tuple(Word(next(given), word.box) for word in line.words)
        made.append(replace(line, words=every, text=" ".join(word.text for word in every)))
    return tuple(made)


def moved(lines: Lines, size: tuple[int, int], x: float, y: float) -> Lines:
    """``lines`` moved by parts of their height."""

    def at(box: Box, height: float) -> Box:
        dx, dy = x * height, y * height
        return Box(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy).clamped(*size)

    return tuple(
        replace(
            line,
            box=at(line.box, line.box.height),
            words=tuple(replace(word, box=at(word.box, line.box.height)) for word in line.words),
        )
        for line in lines
    )


def exchanged(lines: Lines, share: float, rng: random.Random) -> Lines:
    """``share`` of the letters are others of the page, at least one."""
    letters = letters_of(lines)
    chosen = set(rng.sample(range(len(letters)), max(1, round(share * len(letters)))))
    bank = sorted({letter.lower() for letter in letters})
    place = -1
    words = []
    for line in lines:
        for word in line.words:
            signs = []
            for sign in word.text:
                place += sign.isalpha()
                other = sign
                if sign.isalpha() and place in chosen:
                    other = rng.choice([letter for letter in bank if letter != sign.lower()] or ["q"])
                signs.append(other.upper() if sign.isupper() else other)
            words.append("".join(signs))
    return rewritten(lines, words)


def scrambled(lines: Lines, rng: random.Random, font: str | None = None) -> Lines:
    """The letters of each font permuted, or of ``font`` alone."""
    tables: dict[str, dict[int, str]] = {}
    for name in {_font(line) for line in lines}:
        bank = sorted({sign.lower() for line in lines if _font(line) == name for sign in line.text if sign.isalpha()})
        target = bank[1:] + bank[:1] if len(bank) < 4 else _deranged(bank, rng)
        pairs = dict(zip(bank, target, strict=True))
        tables[name] = {ord(a): b for a, b in pairs.items()} | {
            ord(a.upper()): b.upper() for a, b in pairs.items() if len(a.upper()) == 1
        }
    words = [
        word.text.translate(tables[_font(line)]) if font in (None, _font(line)) else word.text
        for line in lines
        for word in line.words
    ]
    return rewritten(lines, words)


def _deranged(bank: list[str], rng: random.Random) -> list[str]:
    while True:
        target = rng.sample(bank, len(bank))
        if all(a != b for a, b in zip(bank, target, strict=True)):
            return target


def _font(line: Line) -> str:
    return line.font.name if line.font else ""


def misread(lines: Lines, rng: random.Random) -> Lines:
    """A third of the words as a bad OCR writes them: likely letters and other words."""
    words = [word.text for line in lines for word in line.words]
    bank = [word for word in words if len(word) > 2] or words
    made = []
    for word in words:
        if rng.random() < 0.2:
            made.append("".join(SLIPS.get(sign, sign) if rng.random() < 0.7 else sign for sign in word))
        elif rng.random() < 0.2:
            near = [other for other in rng.sample(bank, min(30, len(bank))) if abs(len(other) - len(word)) < 2]
            made.append(rng.choice(near or [word]))
        else:
            made.append(word)
    return rewritten(lines, made)


def single(subject: Subject, rng: random.Random) -> Subject | None:
    """The page with one of its words alone."""
    found = [
        (line, word)
        for line in subject.lines
        for word in line.words
        if sum(map(str.isalpha, word.text)) >= 4 and not line.angle and word.box.height >= 10 and len(word.text) < 20
    ]
    if not found:
        return None
    line, word = rng.choice(found)
    raster = subject.page.raster()
    paper = np.full_like(raster, 255)
    box = word.box.clamped(*subject.page.size)
    x0, y0, x1, y1 = int(box.x0), int(box.y0), int(np.ceil(box.x1)), int(np.ceil(box.y1))
    paper[y0:y1, x0:x1] = raster[y0:y1, x0:x1]
    alone = replace(line, text=word.text, words=(word,), box=word.box)
    return Subject(subject.name, ArrayPage(paper, (alone,)), (alone,))


def alterations(subject: Subject, foreign: Lines, rng: random.Random) -> Iterator[tuple[str, Subject]]:
    """The layer as it is, then all that is wrong in one way; ``foreign`` is that of another page, as wide as this one."""

    def case(name: str, lines: Lines) -> tuple[str, Subject]:
        return name, Subject(subject.name, subject.page, lines)

    lines, size = subject.lines, subject.page.size
    words = [word.text for line in lines for word in line.words]
    yield case("right", lines)
    for share in (0.01, 0.05, 0.2):
        yield case(f"letters {share:.0%}", exchanged(lines, share, rng))
    if len(set(words)) > 3:
        yield case("words moved", rewritten(lines, words[1:] + words[:1]))
        yield case("misread", misread(lines, rng))
    yield case("half a line", moved(lines, size, 0.3, 0.5))
    yield case("foreign", foreign)
    yield case("scrambled", scrambled(lines, rng))
    fonts = Counter(_font(line) for line in lines for sign in line.text if sign.isalpha())
    if len(fonts) > 1:
        name = rng.choice(sorted(font for font, count in fonts.items() if count >= 6) or sorted(fonts))
        yield case("one font scrambled", scrambled(lines, rng, name))
    if (alone := single(subject, rng)) is not None:
        yield "one word right", alone
        yield "one word scrambled", Subject(alone.name, alone.page, scrambled(alone.lines, rng))


def stretched(lines: Lines, by: float, size: tuple[int, int]) -> Lines:
    """``lines`` of a page whose width is to be ``by`` times as large, cut to ``size``."""

    def at(box: Box) -> Box:
        return Box(box.x0 * by, box.y0 * by, box.x1 * by, box.y1 * by).clamped(*size)

    return tuple(
        replace(line, box=at(line.box), words=tuple(replace(word, box=at(word.box)) for word in line.words))
        for line in lines
    )
