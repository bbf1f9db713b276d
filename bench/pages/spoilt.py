"""Good pages of which a part is spoilt, and where: out of focus, in a deep shadow, stamped over, behind a watermark."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import cv2
import msgspec
import numpy as np
from bench.pages import faces
from bench.pages.canvas import Sheet
from bench.pages.kinds import replaced
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ocroute.values import Box, Line

Pixels = NDArray[np.float32]
Spoiler = Callable[[Sheet, random.Random], tuple[Sheet, Box]]
STAMP_INKS = ((60, 60, 180), (180, 40, 50), (90, 40, 140), (40, 110, 60))
STAMPS = ("RECEIVED", "PAID", "ACCOUNTS DEPT", "COPY", "CANCELLED", "REGISTRY OFFICE")
WATERMARKS = ("DRAFT", "COPY", "CONFIDENTIAL", "SAMPLE")


def quarter(sheet: Sheet, rng: random.Random) -> Box:
    """A quarter of the part of the page that is printed."""
    printed = Box.around(line.box for line in sheet.lines)
    x, y = printed.center
    left, top = rng.random() < 0.5, rng.random() < 0.5
    return Box(
        0.0 if left else x, 0.0 if top else y, x if left else sheet.image.width, y if top else sheet.image.height
    )


def blurred(sheet: Sheet, rng: random.Random, *, least: float = 0.14, most: float = 0.4) -> tuple[Sheet, Box]:
    """A quarter out of focus; sigma is ``least`` to ``most`` of the type's size, from which letters are no letters any more."""
    box = quarter(sheet, rng)
    size = np.median([line.font.size for line in sheet.lines if line.font])
    pixels = _pixels(sheet)
    soft = cv2.GaussianBlur(pixels, (0, 0), float(size) * rng.uniform(least, most))
    return replaced(sheet, _blend(pixels, soft, _inside(sheet, box, 12))), box


def shadowed(sheet: Sheet, rng: random.Random) -> tuple[Sheet, Box]:
    """A quarter in a shadow so deep that ink and paper differ by a few greys."""
    box = quarter(sheet, rng)
    pixels = _pixels(sheet)
    chance = np.random.default_rng(rng.randrange(1 << 30))
    dark = pixels * rng.uniform(0.02, 0.06) + 8 + chance.normal(0, 3, pixels.shape).astype(np.float32)
    return replaced(sheet, _blend(pixels, dark, _inside(sheet, box, 25))), box


def stamped(sheet: Sheet, rng: random.Random, *, strength: float = 0.0) -> tuple[Sheet, Box]:
    """A rubber stamp over some lines; ``strength`` is how much of its ink is there, 0 to 1, by chance without it."""
    side = rng.randint(200, 320)
    stamp = Image.new("L", (side, side), 0)
    draw, font = ImageDraw.Draw(stamp), _sans(side // 8)
    draw.ellipse((6, 6, side - 6, side - 6), outline=255, width=rng.randint(5, 9))
    draw.ellipse((22, 22, side - 22, side - 22), outline=255, width=3)
    for row in range(3):
        text = rng.choice(STAMPS)[: 8 if row != 1 else 14]
        draw.text((side / 2, side * (0.3 + 0.2 * row)), text, font=font, fill=255, anchor="mm")
    turned = np.asarray(stamp.rotate(rng.uniform(-35, 35)), np.float32) / 255 * (strength or rng.uniform(0.55, 0.95))
    middle = rng.choice(sheet.lines[len(sheet.lines) // 4 :] or sheet.lines).box.center
    x = int(min(max(middle[0] + rng.uniform(-250, 250) - side / 2, 0), sheet.image.width - side))
    y = int(min(max(middle[1] - side / 2, 0), sheet.image.height - side))
    pixels, ink = _pixels(sheet), np.array(rng.choice(STAMP_INKS), np.float32)
    part = pixels[y : y + side, x : x + side]
    pixels[y : y + side, x : x + side] = part * (1 - turned[..., None] * (1 - ink / 255))
    return replaced(sheet, pixels), Box(float(x), float(y), float(x + side), float(y + side))


def watermarked(sheet: Sheet, rng: random.Random) -> tuple[Sheet, Box]:
    """One large pale word across the page, under its text."""
    width, height = sheet.image.size
    word = rng.choice(WATERMARKS)
    mark = Image.new("L", (2 * width, 2 * height), 0)
    size = int(1.2 * width / len(word)) + 40
    ImageDraw.Draw(mark).text((width, height), word, font=_sans(size), fill=255, anchor="mm")
    turned = np.asarray(
        mark.rotate(rng.choice((0, 30, 45, 55))).crop((width // 2, height // 2, width * 3 // 2, height * 3 // 2))
    )
    pale = 255 - turned[..., None].astype(np.float32) / 255 * rng.uniform(25, 70)
    rows, columns = np.nonzero(turned)
    box = Box(float(columns.min()), float(rows.min()), float(columns.max()), float(rows.max()))
    return replaced(sheet, np.minimum(_pixels(sheet), pale)), box


def snapped(sheet: Sheet, rng: random.Random, *, hard: bool = True) -> Sheet:
    """A careless photograph: a sheet on a table with grain, from the side, in uneven light; only partly sharp if ``hard``."""
    pixels = _pixels(sheet)
    height, width = pixels.shape[:2]
    chance = np.random.default_rng(rng.randrange(1 << 30))
    size = (round(width * 1.35), round(height * 1.3))
    reach = 0.09 * width
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = np.array([0.17 * width, 0.15 * height]) + chance.uniform(-reach, reach, (4, 2))
    placed = corners + moved
    warp = cv2.getPerspectiveTransform(corners, placed.astype(np.float32))
    paper = cv2.warpPerspective(pixels, warp, size, flags=cv2.INTER_AREA, borderValue=(0, 0, 0))
    on_paper = cv2.warpPerspective(np.ones((height, width), np.float32), warp, size)[..., None]
    picture = paper * on_paper + _wood(chance, size) * (1 - on_paper)
    y, x = np.mgrid[0 : 1 : size[1] * 1j, 0 : 1 : size[0] * 1j].astype(np.float32)
    turn = rng.uniform(0, 2 * math.pi)
    along = (x - 0.5) * math.cos(turn) + (y - 0.5) * math.sin(turn)
    light = 0.75 - 0.45 * along + 0.25 * np.exp(-((x - rng.random()) ** 2 + (y - rng.random()) ** 2) / 0.05)
    picture = picture * np.clip(light, 0.2, 1.15)[..., None] * np.array([1.0, 0.96, 0.86], np.float32)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8)
    if hard:
        soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(3.0, 7.0))
        picture = _blend(picture, soft, np.clip(2.5 * np.abs(along) - 0.45, 0, 1).astype(np.float32))
    seen = replaced(sheet, picture + chance.normal(0, 5, picture.shape))
    seen.lines = [_warped(line, warp) for line in sheet.lines]
    return seen


SPOILERS: dict[str, Spoiler] = {
    "blurred": blurred,
    "shadowed": shadowed,
    "stamped": stamped,
    "watermarked": watermarked,
}


def _warped(line: Line, warp: NDArray[np.float64]) -> Line:
    words = tuple(msgspec.structs.replace(word, box=_around(word.box, warp)) for word in line.words)
    return msgspec.structs.replace(line, box=Box.around(word.box for word in words), words=words)


def _around(box: Box, warp: NDArray[np.float64]) -> Box:
    corners = np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]], np.float32)
    moved = cv2.perspectiveTransform(corners[None], warp)[0]
    (x0, y0), (x1, y1) = moved.min(axis=0).tolist(), moved.max(axis=0).tolist()
    return Box(x0, y0, x1, y1)


def _wood(chance: np.random.Generator, size: tuple[int, int]) -> Pixels:
    grain = chance.normal(0, 1, (size[1] // 3, size[0] // 90 + 2)).astype(np.float32)
    waves = cv2.resize(grain, size, interpolation=cv2.INTER_CUBIC) + 0.4 * cv2.resize(
        chance.normal(0, 1, (size[1] // 2, size[0] // 16)).astype(np.float32), size
    )
    tone: Pixels = (95 + 16 * waves)[..., None] * np.array([1.1, 0.85, 0.6], np.float32)
    return tone


def _pixels(sheet: Sheet) -> Pixels:
    return np.asarray(sheet.image.convert("RGB"), np.float32).copy()


def _inside(sheet: Sheet, box: Box, soft: float) -> Pixels:
    """1 in the box, 0 outside, with a soft edge."""
    mask = np.zeros((sheet.image.height, sheet.image.width), np.float32)
    mask[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)] = 1
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)


def _blend(one: Pixels, other: Pixels, share: Pixels) -> Pixels:
    return one * (1 - share[..., None]) + other * share[..., None]


def _sans(size: int) -> ImageFont.FreeTypeFont:
    file = faces.path("tune", "sans")
    assert file is not None
    return faces.font(file, size)
