"""Draws words, lines and small pages, and knows where each character went."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import numpy as np
from bench.tiny_models.fonts import Face, Family, choose, face
from bench.tiny_models.words import Writer
from numpy.typing import NDArray
from PIL import Image

SMALLEST, LARGEST = 20.0, 30.0  # em of running text, in pixels: one to three characters a square of 28
LEAST = 18  # em of headers, footers and whatever must fit


@dataclass
class Block:
    """One drawn element.

    Attributes:
        category: of the layout model's list.
        box: x1, y1, x2, y2 of its ink in pixels, origin top left, ends exclusive.
        chars: its text, lines joined by ``\\n``.
        places: for each of ``chars`` the point (x, y) where it stands; for ``\\n`` the end of its line.
    """

    category: str
    box: tuple[int, int, int, int]
    chars: str
    places: list[tuple[float, float]]


@dataclass
class Drawn:
    """An image ``(height, width)``, uint8, dark on light, and its blocks in reading order."""

    image: NDArray[np.uint8]
    blocks: list[Block] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(block.chars for block in self.blocks)


def squeezed(drawn: Drawn, side: int) -> Drawn:
    """The same in a square, as the processors of some models bring a page to their one size."""
    height, width = drawn.image.shape
    across, down = side / width, side / height
    image = np.asarray(Image.fromarray(drawn.image).resize((side, side), Image.Resampling.BICUBIC))
    blocks = [
        Block(
            block.category,
            tuple(round(value * scale) for value, scale in zip(block.box, (across, down) * 2, strict=True)),
            block.chars,
            [(x * across, y * down) for x, y in block.places],
        )
        for block in drawn.blocks
    ]
    return Drawn(image, blocks)


class Painter:
    """Fills one image from top to bottom.

    Args:
        size: height and width in pixels.
        rng: decides everything.
        script: see ``words.Writer``.
        evaluation: draw held-out words in held-out typefaces.
        family: the typeface; any of the split when not given.
    """

    def __init__(
        self, size: tuple[int, int], rng: Random, script: str, *, evaluation: bool, family: Family | None = None
    ) -> None:
        self.height, self.width = size
        self.rng = rng
        self.canvas = Image.new("L", (self.width, self.height), 255)
        self.evaluation = evaluation
        self.writer = Writer(rng, script, evaluation=evaluation)
        self.family = family or choose(rng, script, evaluation=evaluation)
        self.blocks: list[Block] = []

    def face(self, em: float, *, bold: bool = False) -> Face:
        """One of the family's faces, the em rounded to whole pixels."""
        return face(self.rng.choice(self.family.bold if bold else self.family.regular), max(LEAST, round(em)))

    def line(self, style: Face, room: float, words: int, *, first: bool) -> str:
        """Text of at most ``words`` words that fits into ``room`` pixels; empty when not even one word does."""
        text = ""
        for index in range(words):
            for _ in range(4):  # a shorter word may fit where a long one does not
                longer = f"{text} {self.writer.token(first=first and not index)}".strip()
                if style.width(longer) <= room:
                    text = longer
                    break
            else:
                break
        return text

    def block(self, category: str, lines: list[str], style: Face, left: float, top: float, pitch: float) -> None:
        """Draw ``lines``; the first one's em box begins at ``top``, the next ones follow every ``pitch`` pixels."""
        places: list[tuple[float, float]] = []
        boxes = []
        whole = self.evaluation or self.rng.random() < 0.15  # else letter by letter, without kerning
        left = round(left)
        for index, text in enumerate(lines):
            base = round(top + style.size * 0.88 + index * pitch)
            if index:
                places.append((places[-1][0], places[-1][1]))
            x, y = float(left), base - style.size * 0.3
            stamps = [(left, style.stamp(text))] if whole else []
            for char, advance in zip(text, style.advances(text), strict=True):
                places.append((x + advance / 2, y))
                if not whole:
                    stamps.append((round(x), style.letter(char)))
                x += advance
            for at, stamp in stamps:
                if stamp:
                    mask, dx, dy = stamp
                    self.canvas.paste(0, (at + dx, base + dy), mask)
                    boxes.append((at + dx, base + dy, at + dx + mask.width, base + dy + mask.height))
        x1, y1, x2, y2 = (
            pick(sides) for pick, sides in zip((min, min, max, max), zip(*boxes, strict=True), strict=True)
        )
        box = max(0, x1), max(0, y1), min(self.width, x2), min(self.height, y2)
        self.blocks.append(Block(category, box, "\n".join(lines), places))

    def drawn(self) -> Drawn:
        """The finished image."""
        return Drawn(np.asarray(self.canvas), self.blocks)


def short(painter: Painter, words: int) -> Drawn:
    """One line of at most ``words`` words anywhere in the image."""
    rng, size = painter.rng, (painter.height, painter.width)
    height, width = size
    while True:
        style = painter.face(min(rng.uniform(SMALLEST, LARGEST), height / 1.2))
        room = width - 8
        text = painter.line(style, room, rng.randint(1, words), first=rng.random() < 0.3)
        if text:
            left = 3 + rng.random() * max(0.0, room - style.width(text))
            top = rng.random() * max(0.0, height - style.size * 1.15)
            painter.block("Text", [text], style, left, top, 0)
            return painter.drawn()


def page(painter: Painter) -> Drawn:
    """A small page of one column: perhaps a header, a title, then headings, paragraphs and list items, perhaps a footer."""
    rng, height, width = painter.rng, painter.height, painter.width
    em = rng.uniform(SMALLEST, min(LARGEST, max(SMALLEST, width / 11)))
    pitch = em * rng.uniform(1.2, 1.8)
    ragged = rng.random() < 0.25  # lines that end anywhere, as in verse and addresses
    margin = rng.uniform(6, 28)
    room = width - 2 * margin
    top, end = rng.uniform(4, 28), height - rng.uniform(4, 14)
    footer = _footer(painter, em, height, width) if height >= 250 and rng.random() < 0.3 else None
    if footer:
        end -= em * 1.6
    if height >= 200 and rng.random() < 0.3:
        top = _single(painter, "Page-header", painter.face(em * 0.8), margin, top, room) + em * rng.uniform(0.4, 0.9)
    if height >= 160 and rng.random() < 0.5:
        style = painter.face(em * rng.uniform(1.25, 1.45), bold=True)
        top = _single(painter, "Title", style, margin, top, room, words=3) + em * rng.uniform(0.4, 0.9)
    sparse = rng.random() < 0.15  # pages that end before their foot
    while top + em * 1.1 < end and not (sparse and painter.blocks and rng.random() < 0.5):
        kind = rng.random()
        if kind < 0.22 and top + em * 3.4 < end:
            style = painter.face(em * rng.uniform(1.08, 1.2), bold=True)
            top = _single(painter, "Section-header", style, margin, top, room, words=3) + em * rng.uniform(0.3, 0.7)
            continue
        count = 1 + int((end - top - em * 1.1) / pitch)
        wanted = rng.choice((1, 2, 2, 3, 4))
        mark = rng.choice(("- ", "1. ", "2. ")) if kind > 0.88 else ""
        style = painter.face(em)
        lines = _paragraph(painter, style, room, min(count, 1 if mark else wanted), mark, ragged=ragged)
        painter.block("List-item" if mark else "Text", lines, style, margin, top, pitch)
        top += pitch * len(lines) + em * rng.uniform(0.4, 0.9)
    if footer:
        painter.block("Page-footer", *footer)
    return painter.drawn()


def _paragraph(painter: Painter, style: Face, room: float, count: int, mark: str, *, ragged: bool) -> list[str]:
    """``count`` full lines, the last one (if ``ragged``, any) perhaps shorter; ``mark`` stands before the first."""
    lines = []
    for index in range(count):
        short = ragged or index == count - 1
        words = painter.rng.randint(1, 6) if short else 20
        text = painter.line(style, room - style.width(mark), words, first=not index)
        lines.append(text or painter.rng.choice("123456789"))
    lines[0] = mark + lines[0]
    return lines


def _single(
    painter: Painter, category: str, style: Face, left: float, top: float, room: float, *, words: int = 4
) -> float:
    """One line of a heading kind; gives the y below it."""
    text = painter.line(style, room, painter.rng.randint(1, words), first=True)
    if text:
        painter.block(category, [text], style, left, top, 0)
    return top + style.size * 1.1


def _footer(painter: Painter, em: float, height: int, width: int) -> tuple[list[str], Face, float, float, float]:
    """A page number at the foot, centred: what ``Painter.block`` takes, to be drawn last."""
    style = painter.face(em * 0.8)
    text = str(painter.rng.randint(1, 999))
    return [text], style, (width - style.width(text)) / 2, height - style.size * 1.3 - 2, 0.0
