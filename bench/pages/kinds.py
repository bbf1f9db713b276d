"""Clean pages of many kinds, each from a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
from bench.pages import faces, texts
from bench.pages.canvas import Sheet, photo
from PIL import Image, ImageFilter, ImageFont

WIDTH, HEIGHT = 1240, 1754  # A4 at 150 dots an inch
Maker = Callable[["Press"], Sheet]
KINDS: dict[str, Maker] = {}


class Press:
    """What one page is made with: chance, a bank of sentences, a set of faces."""

    def __init__(self, half: str, seed: int) -> None:
        self.half, self.seed = half, seed
        self.rng = random.Random(f"{half}-{seed}")
        self.bank = texts.TUNE if half == "tune" else texts.REPORT

    def font(self, style: str, size: int) -> ImageFont.FreeTypeFont:
        """A font of this half.

        Raises:
            FileNotFoundError: it is not installed.
        """
        file = faces.path(self.half, style, self.seed)
        if file is None:
            raise FileNotFoundError(f"no {style} font here")
        return faces.font(file, size)

    def body(self, low: int = 20, high: int = 28) -> ImageFont.FreeTypeFont:
        """A serif or sans font of a chance size."""
        return self.font(self.rng.choice(("serif", "sans")), self.rng.randint(low, high))

    def prose(self, sentences: int, language: str = "en") -> str:
        """So many sentences of this half."""
        return texts.prose(self.rng, self.bank, language, sentences)

    def sheet(
        self, kind: str, language: str = "en", ground: object = "white", size: tuple[int, int] = (WIDTH, HEIGHT)
    ) -> Sheet:
        """An empty page."""
        return Sheet(kind, Image.new("RGB", size, ground), language)


def kind(maker: Maker) -> Maker:
    KINDS[maker.__name__] = maker
    return maker


@kind
def sparse(press: Press) -> Sheet:
    sheet, font = press.sheet("sparse"), press.body(22, 30)
    y = 300.0
    for _ in range(press.rng.randint(1, 3)):
        y = sheet.paragraph((200, y, 1000, 1400), press.prose(1), font) + press.rng.randint(80, 300)
    return sheet


@kind
def dense(press: Press) -> Sheet:
    language = press.rng.choice(("en", "de", "fr", "es"))
    sheet = press.sheet("dense", language)
    sheet.paragraph(
        (110, 110, WIDTH - 110, HEIGHT - 110),
        press.prose(60, language),
        press.body(20, 24),
        lead=press.rng.uniform(1.15, 1.5),
    )
    return sheet


@kind
def two_column(press: Press) -> Sheet:
    sheet, font = press.sheet("two_column"), press.body(18, 22)
    sheet.write(200, 90, press.prose(1)[:48], press.font("sans", 36))
    for column, x in enumerate((100, 650)):
        sheet.paragraph((x, 190, x + 490, HEIGHT - 100), press.prose(50), font, column=column)
    return sheet


@kind
def table(press: Press) -> Sheet:
    sheet, font, rng = press.sheet("table"), press.body(20, 24), press.rng
    sheet.paragraph((120, 120, 1100, 260), press.prose(2), font)
    ruled, repeated = rng.random() < 0.5, rng.choice(("yes", "n/a", "0.00", "not measured"))
    y = 320
    for row in range(rng.randint(12, 24)):
        cells = [f"Item {row + 1}", repeated, repeated, f"{rng.uniform(0, 9999):.2f}"]
        for column, (x, cell) in enumerate(zip((130, 430, 640, 900), cells, strict=True)):
            sheet.write(x, y + 8, cell, font)
            if ruled:
                sheet.draw.rectangle((x - 10, y, (420, 630, 890, 1100)[column], y + 44), outline="black", width=2)
        y += 44
    return sheet


@kind
def code(press: Press) -> Sheet:
    sheet, font = press.sheet("code"), press.font("mono", press.rng.randint(18, 22))
    y = 120
    start = press.rng.randrange(len(texts.CODE))
    for at in range(press.rng.randint(15, 36)):
        line = texts.CODE[(start + at) % len(texts.CODE)]
        sheet.write(120 + 24 * (len(line) - len(line.lstrip())), y, line.strip(), font)
        y += 34
    return sheet


@kind
def receipt(press: Press) -> Sheet:
    sheet, font, rng = press.sheet("receipt", size=(620, 1240)), press.font("mono", 22), press.rng
    sheet.write(170, 60, rng.choice(("CORNER MARKET", "HILLTOP GROCERS")), font)
    sheet.write(120, 95, f"TEL 555-{rng.randrange(10000):04d}  REG {rng.randrange(9)}", font)
    y = 160
    for item in rng.choices(texts.RECEIPT, k=rng.randint(8, 18)):
        sheet.write(50, y, item, font)
        sheet.write(480, y, f"{rng.uniform(1, 20):.2f}", font)
        y += 36
    for label in ("SUBTTL", "TAX 7%", "TTL USD", "VISA ****1234"):
        sheet.write(50, y + 20, label, font)
        sheet.write(480, y + 20, f"{rng.uniform(1, 99):.2f}", font)
        y += 36
    return sheet


@kind
def capitals(press: Press) -> Sheet:
    sheet = press.sheet("capitals")
    sheet.paragraph((140, 160, 1100, press.rng.randint(700, 1500)), press.prose(20).upper(), press.body(22, 28))
    return sheet


@kind
def cyrillic(press: Press) -> Sheet:
    sheet = press.sheet("cyrillic", "ru")
    # Always the family's first face: where another is missing, one without Cyrillic letters would stand in for it.
    file = faces.path(press.half, "serif" if press.half == "tune" else "sans", 0)
    size = press.rng.randint(20, 28)
    if file is None or not faces.knows_cyrillic(press.half):
        raise FileNotFoundError("no Cyrillic font here")
    font = faces.font(file, size)
    sheet.paragraph((130, 140, 1110, press.rng.randint(500, 1600)), press.prose(40, "ru"), font)
    return sheet


@kind
def chinese(press: Press) -> Sheet:
    sheet = press.sheet("chinese", "zh")
    sheet.paragraph(
        (130, 140, 1110, press.rng.randint(500, 1600)),
        press.prose(40, "zh"),
        press.font("wide", press.rng.randint(24, 34)),
        lead=1.6,
    )
    return sheet


@kind
def noisy_scan(press: Press) -> Sheet:
    sheet = press.sheet("noisy_scan", ground=(236, 232, 222))
    sheet.paragraph(
        (130, 150, 1110, press.rng.randint(900, 1600)), press.prose(40), press.body(22, 26), ink=(50, 48, 46)
    )
    noise = np.random.default_rng(press.seed)
    pixels = np.asarray(sheet.image.filter(ImageFilter.GaussianBlur(0.8)), dtype=float)
    shade = np.linspace(0, press.rng.uniform(20, 60), WIDTH)[None, :, None]
    pixels = pixels - shade + noise.normal(0, press.rng.uniform(6, 18), pixels.shape)
    specks = noise.random(pixels.shape[:2]) < 0.0008
    pixels[specks] = 40
    return replaced(sheet, pixels)


@kind
def blank(press: Press) -> Sheet:
    sheet = press.sheet("blank", ground=press.rng.choice(("white", (240, 236, 226), (120, 120, 120))))
    noise = np.random.default_rng(press.seed)
    pixels = np.asarray(sheet.image, dtype=float) + noise.normal(0, press.rng.uniform(0, 8), (HEIGHT, WIDTH, 3))
    for _ in range(press.rng.randint(0, 60)):
        x, y, r = noise.integers(4, WIDTH - 4), noise.integers(4, HEIGHT - 4), noise.integers(1, 3)
        pixels[y : y + r, x : x + r] = 30
    return replaced(sheet, pixels)


@kind
def tiny(press: Press) -> Sheet:
    sheet = press.sheet("tiny", size=(1654, 2339))
    sheet.paragraph((140, 140, 1510, press.rng.randint(800, 2200)), press.prose(160), press.body(16, 18), lead=1.25)
    return sheet


@kind
def dark(press: Press) -> Sheet:
    ground = press.rng.choice(((20, 24, 32), (0, 60, 110), (90, 20, 20)))
    sheet = press.sheet("dark", ground=ground, size=(1600, 900))
    sheet.write(120, 100, press.prose(1)[:40], press.font("sans", 56), ink="white")
    sheet.paragraph(
        (120, 240, 1480, 850), press.prose(press.rng.randint(3, 8)), press.font("sans", 32), ink=(235, 235, 220)
    )
    return sheet


@kind
def picture(press: Press) -> Sheet:
    sheet, font = press.sheet("picture"), press.body(20, 26)
    y = int(sheet.paragraph((130, 130, 1110, 600), press.prose(6), font)) + 40
    height = press.rng.randint(300, 700)
    sheet.image.paste(photo(press.rng, 980, height), (130, y))
    sheet.write(300, y + height + 20, "Figure 1. " + press.prose(1)[:50], press.body(18, 20))
    sheet.paragraph((130, y + height + 90, 1110, HEIGHT - 100), press.prose(20), font)
    return sheet


@kind
def form(press: Press) -> Sheet:
    sheet, font = press.sheet("form"), press.body(22, 26)
    y = 150
    for group in range(press.rng.randint(2, 4)):
        sheet.write(120, y, f"Section {group + 1}", press.font("sans", 30))
        y += 60
        for _ in range(press.rng.randint(3, 5)):
            x = sheet.write(140, y, "Name of witness:", font)
            sheet.draw.line((x + 5, y + font.size, 700, y + font.size), fill="black", width=2)
            x = sheet.write(740, y, "Date:", font)
            sheet.draw.line((x + 5, y + font.size, 1080, y + font.size), fill="black", width=2)
            y += 62
    return sheet


@kind
def fax(press: Press) -> Sheet:
    sheet = press.sheet("fax")
    sheet.paragraph((130, 150, 1110, press.rng.randint(800, 1500)), press.prose(30), press.body(24, 28))
    low = (
        sheet.image.convert("L")
        .resize((WIDTH * 2 // 3, HEIGHT * 2 // 3))
        .point(lambda v: 255 * (v > 150))
        .resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)
    )
    pixels = np.stack([np.asarray(low, dtype=float)] * 3, axis=-1)
    noise = np.random.default_rng(press.seed)
    pixels[noise.random(pixels.shape[:2]) < 0.003] = 0
    return replaced(sheet, pixels)


@kind
def stamped(press: Press) -> Sheet:
    sheet, rng = press.sheet("stamped"), press.rng
    y = sheet.paragraph((130, 200, 1110, 900), press.prose(8), press.body(22, 26))
    x, y = rng.randint(700, 900), int(y) + 80
    for r in (110, 92):
        sheet.draw.ellipse((x - r, y + 60 - r, x + r, y + 60 + r), outline=(40, 60, 170), width=4)
    curve = [(150 + 3 * t, y + 60 + 40 * math.sin(t / 7) * math.cos(t / 19)) for t in range(100)]
    sheet.draw.line(curve, fill=(20, 20, 90), width=4)
    return sheet


@kind
def drawing(press: Press) -> Sheet:
    sheet, rng = press.sheet("drawing"), press.rng
    y = int(sheet.paragraph((130, 130, 1110, 500), press.prose(4), press.body(20, 24))) + 60
    for _ in range(rng.randint(10, 25)):
        a = (rng.randint(150, 1050), rng.randint(y, y + 600))
        b = (rng.randint(150, 1050), rng.randint(y, y + 600))
        sheet.draw.line((*a, *b), fill=rng.choice(("black", "red", "blue")), width=rng.randint(1, 5))
    for _ in range(rng.randint(3, 8)):
        x, top, w = rng.randint(150, 900), rng.randint(y, y + 500), rng.randint(40, 150)
        sheet.draw.ellipse((x, top, x + w, top + w), outline="black", width=3)
    sheet.paragraph((130, y + 700, 1110, HEIGHT - 100), press.prose(10), press.body(20, 24))
    return sheet


@kind
def contents(press: Press) -> Sheet:
    sheet, font = press.sheet("contents"), press.body(22, 26)
    y = 180
    for number in range(press.rng.randint(10, 24)):
        title = f"{number + 1} {press.prose(1)[: press.rng.randint(15, 40)].strip()}"
        dots = "." * max(3, int((1000 - font.getlength(title)) / font.getlength(".")) - 8)
        sheet.write(130, y, f"{title} {dots} {7 * number + 3}", font)
        y += 52
    return sheet


@kind
def catalogue(press: Press) -> Sheet:
    sheet, font, rng = press.sheet("catalogue"), press.body(20, 24), press.rng
    y = 150
    for _ in range(rng.randint(15, 30)):
        sheet.write(120, y, f"{rng.choice('ABKXZ')}{rng.randrange(10**5):05d}-{rng.randrange(99):02d}", font)
        sheet.write(360, y, rng.choice(texts.GOODS), font)
        sheet.write(760, y, rng.choice(texts.NAMES), font)
        y += 44
    return sheet


@kind
def formulas(press: Press) -> Sheet:
    sheet = press.sheet("formulas")
    file = faces.path("report", "mono") if press.half == "report" else faces.path("tune", "serif")
    assert file is not None
    font, y = faces.font(file, 26), 150.0
    for _ in range(press.rng.randint(3, 6)):
        y = sheet.paragraph((130, y, 1110, 1500), press.prose(2), press.body(22, 24)) + 20
        sheet.write(350, y, press.rng.choice(texts.FORMULAS), font)
        y += 70
    return sheet


def replaced(sheet: Sheet, pixels: np.ndarray) -> Sheet:
    """The same truth on other pixels."""
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return Sheet(sheet.kind, image, sheet.language, sheet.lines, sheet.columns)


def make(kind: str, half: str, seed: int) -> Sheet | None:
    """One page, or None where this machine has no font for it."""
    try:
        return KINDS[kind](Press(half, seed))
    except FileNotFoundError:
        return None
