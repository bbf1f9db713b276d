"""Readings of a sheet: as an engine with boxes would give them, and as one without."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from ocroute.engines.base import Reading
from ocroute.values import Block, Box, Category, Line, Word

SLIPS = {
    "l": "1",
    "1": "l",
    "o": "0",
    "0": "O",
    "e": "c",
    "c": "e",
    "a": "o",
    "n": "u",
    "m": "rn",
    "i": "í",
    "s": "5",
    "B": "8",
    ".": ",",
    "t": "f",
}


def of_lines(lines: Iterable[Line], *, confidence: Callable[[], float] | None = None) -> Reading:
    """One block a line, as the layout room makes of lines that it cannot join."""
    made = []
    for line in lines:
        words = tuple(replace(word, confidence=confidence() if confidence else word.confidence) for word in line.words)
        text = " ".join(word.text for word in words) if words else line.text
        made.append(replace(line, text=text, words=words))
    return Reading(
        lines=tuple(made), blocks=tuple(Block(Category.TEXT, line.text, line.box, lines=(line,)) for line in made)
    )


def boxless(lines: Iterable[Line]) -> Reading:
    """Paragraphs without places, as a language model writes them."""
    every = [line.text for line in lines]
    groups = [every[at : at + 6] for at in range(0, len(every), 6)]
    return Reading(blocks=tuple(Block(Category.TEXT, "\n".join(group), markup="markdown") for group in groups))


def in_blocks(lines: Iterable[Line]) -> Reading:
    """Paragraphs with a box each and no lines, as a layout model writes them."""
    every = list(lines)
    groups = [every[at : at + 6] for at in range(0, len(every), 6)]
    return Reading(
        blocks=tuple(
            Block(
                Category.TEXT,
                rewrapped(line.text for line in group),
                Box.around(line.box for line in group),
                markup="markdown",
            )
            for group in groups
        )
    )


def reshaped(lines: Iterable[Line], rng: random.Random) -> Reading:
    """The same text without places, in other lines and in the markup that models like: rows, headings, formulas, emphasis."""
    every = [line.text for line in lines]
    head, cells, rest = every[:1], every[1 : 1 + len(every) // 3], every[1 + len(every) // 3 :]
    rows = "".join(f"<tr><td>{text[: len(text) // 2]}</td><td>{text[len(text) // 2 :]}</td></tr>" for text in cells)
    blocks = [Block(Category.TITLE, text, markup="markdown") for text in head]
    blocks += [Block(Category.TABLE, f"<table>{rows}</table>", markup="html")] if rows else []
    words = rewrapped(rest).split()
    marked = [
        f"**{word}**" if rng.random() < 0.05 else f"$\\text{{{word}}}$" if rng.random() < 0.05 else word
        for word in words
    ]
    blocks += [Block(Category.TEXT, " ".join(marked), markup="markdown")] if marked else []
    return Reading(blocks=tuple(blocks))


def rewrapped(texts: Iterable[str]) -> str:
    """The lines run together."""
    return " ".join(texts)


def retold(line: Line, turn: Callable[[str], str]) -> Line:
    """The line with other text in the same places."""
    words = tuple(replace(word, text=turn(word.text)) for word in line.words)
    return replace(line, text=" ".join(word.text for word in words) if words else turn(line.text), words=words)


def noisy(lines: Iterable[Line], rng: random.Random, rate: float) -> list[Line]:
    """What a good engine gives: ``rate`` of the characters wrong, boxes a pixel or two off, confidences high."""

    def slip(text: str) -> str:
        return "".join(SLIPS.get(s, s.lower()) if rng.random() < rate else s for s in text)

    made = []
    for line in lines:
        words = tuple(
            Word(slip(word.text), _near(word.box, rng), min(1.0, max(0.3, rng.gauss(0.93, 0.05))))
            for word in line.words
        )
        made.append(Line(" ".join(word.text for word in words), Box.around(word.box for word in words), 0.93, words))
    return made


def jittered(lines: Iterable[Line], dx: float, dy: float) -> list[Line]:
    """All boxes displaced, by shares of the line's height."""
    return [_moved(line, dx * line.box.height, dy * line.box.height) for line in lines]


def _moved(line: Line, dx: float, dy: float) -> Line:
    words = tuple(replace(word, box=_shift(word.box, dx, dy)) for word in line.words)
    return replace(line, box=_shift(line.box, dx, dy), words=words)


def _shift(box: Box, dx: float, dy: float) -> Box:
    return Box(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy)


def _near(box: Box, rng: random.Random) -> Box:
    x0, y0, x1, y1 = (side + rng.uniform(-2, 2) for side in (box.x0, box.y0, box.x1, box.y1))
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
