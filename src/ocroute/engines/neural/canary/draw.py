"""Draws the canary page: ``python -m ocroute.engines.neural.canary.draw FONT.ttf``. Run it again when the text changes."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ocroute.engines.neural.canary import SIZE, TRUTH

LETTERS = 28  # font size: models that shrink the page to a square of theirs must still see letters
LEFT, TOP, LEADING = 24, 22, 46


def draw(font: Path) -> Image.Image:
    """The page, set in ``font``."""
    image = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(image)
    face = ImageFont.truetype(str(font), LETTERS)
    for index, line in enumerate(TRUTH.splitlines()):
        pen.text((LEFT, TOP + index * LEADING), line, font=face, fill="black")
    return image


if __name__ == "__main__":
    draw(Path(sys.argv[1])).convert("L").save(Path(__file__).with_name("page.png"), optimize=True)
