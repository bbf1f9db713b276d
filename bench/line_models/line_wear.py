"""What printing, copying, scanning and cameras do to a line, for training. The test wears its lines with `bench.pages.wear`."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Real = NDArray[np.float32]


def worn(ink: Grey, rng: random.Random, shrink: int) -> Grey:
    """A dark line on white, (H, W), as a page's picture may show it.

    Args:
        shrink: how many times larger than on the page it was drawn; it comes back at the page's size.
    """
    if rng.random() < 0.12:
        kernel = np.ones((2, 2), np.uint8) if shrink < 3 else np.ones((3, 3), np.uint8)
        ink = np.asarray(cv2.dilate(ink, kernel) if rng.random() < 0.5 else cv2.erode(ink, kernel), np.uint8)
    elif rng.random() < 0.12:
        ink = thinned(ink, rng)
    if rng.random() < 0.1:  # a narrow face
        columns = max(8, round(ink.shape[1] * rng.uniform(0.62, 0.9)))
        ink = np.asarray(cv2.resize(ink, (columns, ink.shape[0]), interpolation=cv2.INTER_AREA), np.uint8)
    if rng.random() < 0.2:
        ink = _bent(ink, rng)
    if shrink > 1:
        rows, columns = max(6, round(ink.shape[0] / shrink)), max(4, round(ink.shape[1] / shrink))
        ink = np.asarray(cv2.resize(ink, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    if rng.random() < 0.28:  # as a good printer and a good scanner leave it
        return ink
    seed = rng.getrandbits(32)
    noise = np.random.default_rng(seed)
    if rng.random() < 0.16:
        ink = dusted(ink, rng)
    grey = ink.astype(np.float32)
    rows, columns = grey.shape
    if rng.random() < 0.08:
        grey = _bled(grey, rng)
    if rng.random() < 0.12:
        grey = _broken(grey, rng, noise)
    if rng.random() < 0.55:
        grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.25, 1.0) * max(0.6, rows / 36))
    if rng.random() < 0.04:
        length = max(2, round(rows * rng.uniform(0.04, 0.1)))
        grey = cv2.blur(grey, (length, 1) if rng.random() < 0.5 else (1, length))
    grey = _toned(grey, rng, noise)
    if rng.random() < 0.5:
        grain = noise.normal(0, rng.uniform(1, 14), grey.shape).astype(np.float32)
        grey += cv2.GaussianBlur(grain, (0, 0), 0.7) * 1.8 if rng.random() < 0.4 else grain
    if rng.random() < 0.1:
        _specked(grey, rng, noise)
    pixels = np.clip(grey, 0, 255).astype(np.uint8)
    chance = rng.random()
    if chance < 0.07:  # a fax, a copy in black and white
        low, high = float(pixels.min()), float(pixels.max())
        pixels = ((pixels > low + (high - low) * rng.uniform(0.4, 0.68)) * np.uint8(255)).astype(np.uint8)
    elif chance < 0.1:
        pixels = _dithered(pixels, rng)
    if rng.random() < 0.35:
        coded, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(22, 92)])
        if coded:
            pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    if rng.random() < 0.06:  # a picture that was made smaller, and larger again
        share = rng.uniform(0.45, 0.8)
        small = cv2.resize(
            pixels, (max(4, round(columns * share)), max(7, round(rows * share))), interpolation=cv2.INTER_AREA
        )
        pixels = np.asarray(
            cv2.resize(small, (columns, rows), interpolation=rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC))), np.uint8
        )
    return pixels


def thinned(ink: Grey, rng: random.Random) -> Grey:
    """Strokes thinned as far as they hold, all of them or those of one direction as hairline faces have them."""
    whole, kernel = int((ink < 160).sum()), rng.choice(((2, 2), (1, 3), (3, 1), (2, 1), (1, 2)))
    least = rng.uniform(0.35, 0.8)
    for _ in range(6):
        thinner = np.asarray(cv2.dilate(ink, np.ones(kernel, np.uint8)), np.uint8)
        if int((thinner < 160).sum()) < least * whole:
            break
        ink = thinner
    return ink


def _bent(ink: Grey, rng: random.Random) -> Grey:
    """Turned a little, slanted, or with a baseline that waves."""
    rows, columns = ink.shape
    if rng.random() < 0.25 and columns > 3 * rows:
        across = np.arange(columns, dtype=np.float32)
        wave = (
            rows
            * rng.uniform(0.01, 0.05)
            * np.sin(across * (2 * math.pi * rng.uniform(0.5, 2.5) / columns) + rng.random() * 6)
        )
        x = np.repeat(across[None], rows, 0)
        y = np.arange(rows, dtype=np.float32)[:, None] + wave[None].astype(np.float32)
        return np.asarray(cv2.remap(ink, x, y, cv2.INTER_LINEAR, borderValue=255), np.uint8)
    most = min(1.5, 0.12 * rows / columns * 180 / math.pi)
    angle, slant = math.radians(rng.uniform(-most, most)), rng.uniform(-0.18, 0.18) if rng.random() < 0.4 else 0.0
    matrix = np.array([[1, slant, -slant * rows / 2], [math.tan(angle), 1, -math.tan(angle) * columns / 2]], np.float32)
    return np.asarray(cv2.warpAffine(ink, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=255), np.uint8)


def _bled(grey: Real, rng: random.Random) -> Real:
    """The back of the sheet shines through."""
    back = cv2.GaussianBlur(np.roll(grey[:, ::-1], (rng.randint(-8, 8), rng.randrange(40)), (0, 1)), (0, 0), 1.2)
    shine: Real = np.minimum(grey, 255 - (255 - back) * rng.uniform(0.08, 0.3)).astype(np.float32)
    return shine


def _broken(grey: Real, rng: random.Random, noise: np.random.Generator) -> Real:
    """Ink that did not take everywhere."""
    rows, columns = grey.shape
    coarse = noise.random((max(2, rows // rng.randint(2, 5)), max(2, columns // rng.randint(2, 5)))).astype(np.float32)
    cloth = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR)
    loss: Real = (255 - (255 - grey) * np.clip(1.3 - cloth * rng.uniform(0.3, 1.1), 0, 1)).astype(np.float32)
    return loss


def _toned(grey: Real, rng: random.Random, noise: np.random.Generator) -> Real:
    """Ink that is not black on paper that is not white, nor even."""
    rows, columns = grey.shape
    paper = rng.uniform(190, 255) if rng.random() < 0.7 else rng.uniform(120, 230)
    ink = rng.uniform(0, max(20.0, paper - 70)) if rng.random() < 0.6 else rng.uniform(0, 60)
    toned: Real = ink + grey * ((paper - ink) / 255)
    if rng.random() < 0.2:
        corners = noise.uniform(-1, 1, (2, 3)).astype(np.float32) * rng.uniform(5, 40)
        toned = toned + cv2.resize(corners, (columns, rows), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.08:
        cloth = noise.normal(0, 1, (max(2, rows // 4), max(2, columns // 4))).astype(np.float32)
        toned = toned + cv2.resize(cloth, (columns, rows), interpolation=cv2.INTER_CUBIC) * rng.uniform(3, 14)
    return toned.astype(np.float32)


def _specked(grey: Real, rng: random.Random, noise: np.random.Generator) -> None:
    """Dust, dark and light, put into ``grey``."""
    rows, columns = grey.shape
    for _ in range(rng.randint(1, 3 + rows * columns // 3000)):
        tone = float(noise.choice((10, 60, 250)))
        cv2.circle(grey, (rng.randrange(columns), rng.randrange(rows)), rng.randint(0, max(1, rows // 24)), tone, -1)


def dusted(ink: Grey, rng: random.Random) -> Grey:
    """Specks at letters: above them as accents are, below, beside, touching them."""
    tops, columns = (ink < 128).argmax(axis=0), np.flatnonzero((ink < 128).any(axis=0))
    if not len(columns):
        return ink
    ink, rows = ink.copy(), len(ink)
    feet = rows - 1 - (ink[::-1] < 128).argmax(axis=0)
    tone = rng.choice((0, 0, 40, 90, 140))
    for _ in range(rng.randint(1, 2 + len(columns) // 60)):
        x, radius = int(rng.choice(columns)), rng.randint(0, max(1, rows // 14))
        away = rng.randint(-radius, round(rows * 0.12))
        y = rng.choice((int(tops[x]) - away, int(tops[x]) - away, int(feet[x]) + away, rng.randrange(rows)))
        size = (radius, radius if rng.random() < 0.7 else rng.randint(0, max(1, rows // 14)))
        cv2.ellipse(ink, (x + rng.randint(-2, 2), y), size, rng.uniform(0, 180), 0, 360, tone, -1)
    return ink


def _dithered(pixels: Grey, rng: random.Random) -> Grey:
    """Grey as a pattern of dots."""
    pattern = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) * 16 + 8
    rows, columns = pixels.shape
    screen = np.tile(pattern, (rows // 4 + 1, columns // 4 + 1))[:rows, :columns]
    strength = rng.uniform(0.3, 1.0)
    return ((pixels > 128 + (screen - 128) * strength) * np.uint8(255)).astype(np.uint8)
