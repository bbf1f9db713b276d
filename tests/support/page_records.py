"""Records of pages that were read, to be written, with a picture that they could be of; what a PDF reader finds of them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pypdfium2
from PIL import Image

from ocroute import Block, Box, Document, Line, Page, Verdict, Word
from ocroute.document import Category, Provenance


def line(text: str, x: float = 50, y: float = 50, size: float = 20, step: float = 10) -> Line:
    """A line whose words stand side by side, from the right where they are read so."""
    words = text.split()
    right = any("\u0590" < sign < "\u0700" for sign in text)
    at, placed = x, []
    for word in reversed(words) if right else words:
        placed.append(Word(word, Box(at, y, at + step * len(word), y + size)))
        at += step * len(word) + size / 2
    return Line(text, Box(x, y, max(at - size / 2, x), y + size), words=tuple(placed[::-1] if right else placed))


def record(*lines: Line, width: int = 400, height: int = 600, **more: object) -> Page:
    blocks = tuple(Block(Category.TEXT, one.text, one.box, lines=(one,)) for one in lines)
    facts = {
        "number": 1,
        "verdict": Verdict("accepted", 1.0),
        "provenance": Provenance(engine="tesseract"),
        "dpi": 100.0,
        **more,
    }
    return msgspec.convert({"source": "x", "width": width, "height": height, "blocks": blocks, **facts}, Page)


def image(path: Path, width: int = 400, height: int = 600, **saved: object) -> str:
    pixels = np.random.default_rng(0).integers(200, 255, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(path, **saved)
    return str(path)


def searchable(tmp_path: Path, source: str, *pages: Page, **options: object) -> Path:
    """The PDF that becomes of ``source`` with ``pages`` read on it."""
    made = tmp_path / "made.pdf"
    Document(source, pages).save(made, **options)
    return made


def text_of(path: Path, number: int = 1, password: str | None = None) -> str:
    pdf = pypdfium2.PdfDocument(path, password=password)
    text = pdf[number - 1].get_textpage().get_text_range()
    pdf.close()
    return text
