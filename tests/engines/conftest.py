"""Small rendered pages of our own text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.support.rendered_pages import SERIF, PageOf, face

from ocroute.values import Box, Line, Word


@pytest.fixture
def typeset() -> Callable[..., PageOf]:
    """A page of lines set one below the other, with the text layer that a PDF of it would have."""

    def make(lines: tuple[str, ...], *, font: Path = SERIF, size: int = 30, left: int = 50, width: int = 900) -> PageOf:
        letters = face(font, size)
        image = Image.new("RGB", (width, 80 + len(lines) * 2 * size), "white")
        draw = ImageDraw.Draw(image)
        layer = []
        for index, text in enumerate(lines):
            top = 40 + index * 2 * size
            draw.text((left, top), text, font=letters, fill="black")
            words, x = [], float(left)
            for word in text.split():
                words.append(Word(word, Box(x, top, x + letters.getlength(word), top + size)))
                x += letters.getlength(word + " ")
            layer.append(Line(text, Box.around(word.box for word in words), words=tuple(words)))
        return PageOf(np.asarray(image), tuple(layer))

    return make
