"""Small rendered pages of our own text."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import ImageFont

from ocroute.pages.page import InputPage, Raster
from ocroute.values import Line

FONTS = Path("/usr/share/fonts/truetype")
SERIF = FONTS / "liberation/LiberationSerif-Regular.ttf"
SANS = FONTS / "dejavu/DejaVuSans.ttf"

ENGLISH = (
    "The harbour office opens at seven, except on Sundays.",
    "Boats under 12 metres pay 18.50 a night; longer ones 31.",
    "Please keep the quay clear, and do not feed the gulls.",
    "A map (with depths) hangs beside the door.",
)
RUSSIAN = (
    "Контора порта открывается в семь утра каждый день.",
    "Просим не загромождать причал и не кормить чаек.",
    "Карта глубин висит рядом с дверью на стене.",
    "Лодки платят за ночь тридцать один рубль.",
)


@dataclass
class PageOf(InputPage):
    """A page that is there already."""

    pixels: Raster
    layer: tuple[Line, ...] | None = None
    source: str = "rendered"
    number: int = 1
    dpi: float | None = 200

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def size(self) -> tuple[int, int]:
        return self.pixels.shape[1], self.pixels.shape[0]

    def _render(self) -> Raster:
        return self.pixels

    def text_layer(self) -> tuple[Line, ...] | None:
        return self.layer


def face(path: Path, size: int) -> ImageFont.FreeTypeFont:
    if not path.is_file():
        pytest.skip(f"the font {path} is not installed")
    return ImageFont.truetype(str(path), size)


needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
