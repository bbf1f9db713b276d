"""Pages drawn for the judge's tests: text set with the font that reportlab brings, so they are the same everywhere."""

from __future__ import annotations

from pathlib import Path

import reportlab
from bench.pages.canvas import Sheet
from PIL import Image, ImageFont

FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
PROSE = (
    "The lighthouse keeper wrote down the weather every morning for forty years and never missed a day. "
    "His notebooks were found in a tin box under the stairs when the tower was sold to the town. "
    "They are now kept in the small museum by the harbour and can be read on request. "
    "Scholars of the climate come from far away to compare his figures with those of the satellites. "
    "Most of them agree within half a degree, which nobody had expected from a man with one thermometer."
)

RUSSIAN = "Весной карьер закрыли, и почти все семьи, работавшие там три поколения подряд, переехали к морю. Немногие остались."


def sheet(size: tuple[int, int] = (1240, 1000), ground: object = "white") -> Sheet:
    return Sheet("test", Image.new("RGB", size, ground))


def letter(*, ink: object = "black", ground: object = "white", size: int = 24) -> Sheet:
    """A page of one paragraph."""
    made = sheet(ground=ground)
    made.paragraph((100, 100, 1140, 950), PROSE, font(size), ink=ink)
    return made


def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)
