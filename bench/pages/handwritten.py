"""Pages written by hand, as far as fonts and chance can: letters that dance, lines that wander, pens that differ.

The fonts are those of Debian's packages fonts-dkg-handwriting, -breip, -bwht, -femkeklaver, -kristi, -dancingscript, -joscelyn,
-kaushanscript, -humor-sans and -ecolier-court. They are looked for where `faces` looks, and in ``OCROUTE_BENCH_FONTS``.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from bench.pages.canvas import Sheet
from bench.pages.faces import ROOTS
from bench.pages.kinds import Press, replaced
from PIL import Image, ImageFont

HANDS = {
    "tune": (
        "dkg.ttf", "Breip.ttf", "BecauseWeBuild-Regular.otf", "BecauseWeLearn-Regular.otf", "Kristi.ttf", "Joscelyn-Regular.otf",
        "DancingScript-Regular.otf",
    ),
    "report": (
        "femkeklaver.ttf", "BecauseWeMentor-Regular.otf", "BecauseWeOrganize-Regular.otf", "BecauseWeConnect-Regular.otf",
        "KaushanScript-Regular.otf", "Humor-Sans.ttf", "Ecolier-court.ttf",
    ),
}  # fmt: skip
INKS = ((25, 30, 90), (20, 20, 24), (60, 60, 66), (30, 60, 150))


@cache
def installed() -> dict[str, Path]:
    """Font files here, by name."""
    roots = (*ROOTS, *map(Path, filter(None, [os.environ.get("OCROUTE_BENCH_FONTS")])))
    return {path.name: path for root in roots if root.is_dir() for path in root.rglob("*.[to]t[fc]")}


def hands(half: str) -> list[Path]:
    """The handwriting fonts of a half that are here."""
    return [installed()[name] for name in HANDS[half] if name in installed()]


def handwritten(half: str, seed: int) -> Sheet:
    """A page in one hand.

    Raises:
        FileNotFoundError: no handwriting font is here.
    """
    press, files = Press(half, seed), hands(half)
    if not files:
        raise FileNotFoundError("no handwriting font here")
    sheet = press.sheet("handwritten", size=(1000, 800))
    font = ImageFont.truetype(str(files[seed % len(files)]), press.rng.randint(34, 46))
    _write(press, sheet, font, (80, 70, 920, 740), press.prose(9))
    return drawn_by_hand(sheet, press.seed, press.rng.uniform(1.2, 3.2))


def mixed(half: str, seed: int) -> tuple[Sheet, list[int]]:
    """A printed form that somebody filled in, and which of its lines are written by hand.

    Raises:
        FileNotFoundError: no handwriting font is here.
    """
    press, files = Press(half, seed), hands(half)
    if not files:
        raise FileNotFoundError("no handwriting font here")
    sheet = press.sheet("mixed", size=(1000, 800))
    print_font = press.body(24, 28)
    font = ImageFont.truetype(str(files[seed % len(files)]), press.rng.randint(34, 44))
    y, by_hand = 60.0, []
    hand = press.sheet("hand", size=(1000, 800))
    for _ in range(press.rng.randint(3, 4)):
        y = sheet.paragraph((80, y, 920, y + 90), press.prose(1), print_font) + 14
        before = len(hand.lines)
        y = _write(press, hand, font, (100, y, 920, y + 70), press.prose(1)) + 24
        by_hand += list(range(len(sheet.lines), len(sheet.lines) + len(hand.lines) - before))
        sheet.lines += hand.lines[before:]
        sheet.columns += [0] * (len(hand.lines) - before)
    inked = np.asarray(drawn_by_hand(hand, press.seed, press.rng.uniform(1.2, 2.8)).image)
    sheet.image.paste(Image.fromarray(np.minimum(np.asarray(sheet.image), inked)))
    return sheet, by_hand


def _write(
    press: Press, sheet: Sheet, font: ImageFont.FreeTypeFont, box: tuple[float, float, float, float], text: str
) -> float:
    return sheet.paragraph(box, text, font, lead=press.rng.uniform(1.25, 1.5), ink=press.rng.choice(INKS))


def drawn_by_hand(sheet: Sheet, seed: int, strength: float) -> Sheet:
    """No letter like the other: a field that shifts and stretches them by some pixels, slow and fast together."""
    chance = np.random.default_rng(seed)
    height, width = sheet.image.height, sheet.image.width
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for cells, size in ((5, 9.0), (18, 4.5), (45, 2.2)):
        grids = chance.normal(0, size * strength / 2, (2, cells * height // width + 2, cells + 2)).astype(np.float32)
        x, y = (
            at + cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
            for at, grid in zip((x, y), grids, strict=True)
        )
    pixels = cv2.remap(
        np.asarray(sheet.image), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(255, 255, 255)
    )
    return replaced(sheet, cv2.GaussianBlur(pixels, (0, 0), 0.7))
