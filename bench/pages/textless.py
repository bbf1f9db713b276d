"""Pages on which nothing is written, though much may be printed, and pages of one colour."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import cv2
import numpy as np
from bench.pages.canvas import Sheet, photo
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1240, 1754
DARK = ((0, 0, 0), (12, 12, 14), (40, 40, 44), (20, 60, 110), (120, 20, 20), (60, 60, 60))
LIGHT = ((255, 255, 255), (246, 243, 234), (255, 240, 160), (200, 225, 250), (205, 205, 200))


def one_colour(seed: int, colours: tuple[tuple[int, int, int], ...] = DARK) -> Sheet:
    """A page of one colour, with the grain of a scanner, and for some seeds the edge of one."""
    rng = random.Random(f"one-{seed}")
    chance = np.random.default_rng(seed)
    pixels = np.array(colours[seed % len(colours)]) + chance.normal(0, rng.uniform(0, 4), (HEIGHT, WIDTH, 1))
    if seed % 3 == 2 and colours is DARK:  # nearly all: a strip of the paper is left
        pixels[:, -rng.randint(8, 30) :] = 240
    return _sheet("one_colour", pixels)


def noise(seed: int) -> Sheet:
    """Grain from side to side, fine or coarse."""
    chance = np.random.default_rng(seed)
    if seed % 2:
        coarse = chance.normal(150, 60, (HEIGHT // 3 + 1, WIDTH // 3 + 1)).repeat(3, 0).repeat(3, 1)
        return _sheet("noise", coarse[:HEIGHT, :WIDTH, None])
    return _sheet("noise", chance.uniform(0, 255, (HEIGHT, WIDTH, 1)))


def dots(seed: int) -> Sheet:
    """Dots of one size, in rows or strewn."""
    rng, image = random.Random(f"dots-{seed}"), _paper()
    draw, r, step = ImageDraw.Draw(image), rng.randint(2, 7), rng.randint(16, 40)
    for y in range(100, HEIGHT - 100, step):
        for x in range(100, WIDTH - 100, step):
            at = (x, y) if seed % 2 else (rng.randint(80, WIDTH - 80), rng.randint(80, HEIGHT - 80))
            draw.ellipse((at[0] - r, at[1] - r, at[0] + r, at[1] + r), fill="black")
    return Sheet("dots", image)


def barcodes(seed: int) -> Sheet:
    """Codes of bars and of squares, without the figures under them."""
    rng, image = random.Random(f"bars-{seed}"), _paper()
    draw = ImageDraw.Draw(image)
    for row in range(rng.randint(2, 7)):
        x, y = rng.randint(100, 300), 120 + 220 * row
        if rng.random() < 0.4:
            side = rng.choice((5, 7))
            for index in range(25 * 25):
                if rng.random() < 0.5:
                    left, top = x + index % 25 * side, y + index // 25 * side
                    draw.rectangle((left, top, left + side - 1, top + side - 1), fill="black")
            continue
        while x < 900:
            wide = rng.choice((3, 3, 6, 9))
            draw.rectangle((x, y, x + wide - 1, y + 130), fill="black")
            x += wide + rng.choice((3, 3, 6, 9))
    return Sheet("barcodes", image)


def music(seed: int) -> Sheet:
    """Staves with notes, stems, beams and bars; no words."""
    rng, image = random.Random(f"music-{seed}"), _paper()
    draw, gap = ImageDraw.Draw(image), rng.randint(12, 16)
    for top in range(150, HEIGHT - 200, 10 * gap + 40):
        for line in range(5):
            draw.line((100, top + line * gap, 1140, top + line * gap), fill="black", width=2)
        for bar in range(100, 1141, 260):
            draw.line((bar, top, bar, top + 4 * gap), fill="black", width=3)
        draw.arc((112, top - 2 * gap, 150, top + 6 * gap), 60, 330, fill="black", width=5)
        x, last = 190, (0.0, 0.0)
        while x < 1110:
            y = top + rng.randint(-1, 9) * gap / 2
            draw.ellipse(
                (x - 9, y - 6, x + 9, y + 6), fill="black" if rng.random() < 0.7 else None, outline="black", width=3
            )
            up = y > top + 2 * gap
            tip = (x + (8 if up else -8), y - 3.4 * gap if up else y + 3.4 * gap)
            draw.line((tip[0], y, *tip), fill="black", width=3)
            if rng.random() < 0.4 and last[0] > x - 60:
                draw.line((*last, *tip), fill="black", width=7)
            last, x = tip, x + rng.randint(30, 60)
    return Sheet("music", image)


def photograph(seed: int) -> Sheet:
    """A photograph from edge to edge."""
    rng = random.Random(f"photo-{seed}")
    return Sheet("photograph", photo(rng, *((1600, 1200) if seed % 2 else (1200, 1600))))


def drawing(seed: int) -> Sheet:
    """A plan: lines, arcs, hatching, arrows, squares; no words."""
    rng, image = random.Random(f"plan-{seed}"), _paper()
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(25, 60)):
        x, y, w, h = (rng.randint(80, 900), rng.randint(80, 1400), rng.randint(20, 300), rng.randint(20, 300))
        what, width = rng.choice("rlaeh"), rng.randint(1, 4)
        if what == "r":
            draw.rectangle((x, y, x + w, y + h), outline="black", width=width)
        elif what == "l":
            draw.line((x, y, x + w, y + h), fill="black", width=width)
        elif what == "a":
            draw.arc((x, y, x + w, y + h), rng.randint(0, 180), rng.randint(181, 360), fill="black", width=width)
        elif what == "e":
            draw.ellipse((x, y, x + w // 3, y + w // 3), outline="black", width=width)
        else:
            for step in range(0, w, 9):
                draw.line((x + step, y, x + step - 20, y + 40), fill="black", width=2)
    return Sheet("drawing", image)


def waves(seed: int) -> Sheet:
    """Curves as of a cardiogram, on squared paper."""
    rng, image = random.Random(f"waves-{seed}"), _paper()
    draw = ImageDraw.Draw(image)
    for at in range(0, HEIGHT, 20):
        draw.line((0, at, WIDTH, at), fill=(250, 200, 200))
        draw.line((at, 0, at, HEIGHT), fill=(250, 200, 200))
    for y in range(150, HEIGHT - 150, 210):
        beat = rng.uniform(30, 60)
        points = [
            (x, y - 60 * max(0.0, math.sin(x / beat)) ** 9 + rng.uniform(-2, 2)) for x in range(60, WIDTH - 60, 3)
        ]
        draw.line(points, fill="black", width=3)
    return Sheet("waves", image)


TEXTLESS: dict[str, Callable[[int], Sheet]] = {
    made.__name__: made for made in (noise, dots, barcodes, music, photograph, drawing, waves)
}


def _paper() -> Image.Image:
    return Image.new("RGB", (WIDTH, HEIGHT), "white")


def _sheet(kind: str, pixels: np.ndarray) -> Sheet:
    whole = np.broadcast_to(np.clip(pixels, 0, 255).astype(np.uint8), (HEIGHT, WIDTH, 3))
    return Sheet(kind, Image.fromarray(np.ascontiguousarray(cv2.GaussianBlur(whole, (0, 0), 0.5))))
