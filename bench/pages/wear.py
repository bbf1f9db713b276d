"""What time, copiers and scanners do to a page."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.float32]


class Wear(NamedTuple):
    """One way to wear a page.

    Attributes:
        dpi: of the scan.
        skew: the greatest turn in degrees, either way.
        blur: sigma in pixels.
        noise: sigma of the grain, of 255.
        ink, paper: grey values of black and white.
        stains: how strongly the paper varies, of 255.
        specks: dark specks per million pixels.
        quality: of the JPEG.
        bilevel: black and white only, as a fax.
        halved: kept at half its resolution, in greys.
    """

    dpi: int
    skew: float = 0.5
    blur: float = 0.6
    noise: float = 4
    ink: float = 20
    paper: float = 245
    stains: float = 0
    specks: float = 5
    quality: int = 80
    bilevel: bool = False
    halved: bool = False


WEARS = {
    "clean": Wear(300, skew=0.2, noise=2),
    "office": Wear(200, skew=0.6),
    "coarse": Wear(150, skew=0.6, blur=0.5, quality=70),
    "faded": Wear(200, skew=0.8, blur=0.9, noise=7, ink=105, paper=220, stains=12, quality=60),
    "old": Wear(220, skew=1.2, blur=1.0, noise=9, ink=60, paper=205, stains=28, specks=60, quality=60),
    "fax": Wear(200, skew=0.8, noise=22, ink=30, paper=235, specks=30, bilevel=True),
    "archive": Wear(
        200, skew=1.0, blur=0.9, noise=26, ink=30, paper=235, specks=25, quality=60, bilevel=True, halved=True
    ),
}


def worn(page: NDArray[np.uint8], wear: Wear, seed: int) -> Image.Image:
    """A scan of ``page``, an (H, W) grey array at ``wear.dpi``."""
    chance = np.random.default_rng(seed)
    height, width = page.shape
    grey: Grey = page.astype(np.float32)
    angle = float(chance.uniform(-wear.skew, wear.skew))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    grey = cv2.warpAffine(grey, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=255.0)
    grey = cv2.GaussianBlur(grey, (0, 0), wear.blur)
    grey = wear.ink + np.clip(grey, 0, 255) * ((wear.paper - wear.ink) / 255)
    if wear.stains:
        grey -= _clouds(chance, height, width) * wear.stains
    for _ in range(int(wear.specks * height * width / 1e6)):
        at = (int(chance.integers(width)), int(chance.integers(height)))
        cv2.circle(grey, at, int(chance.integers(1, 3)), float(wear.ink), -1)
    grey += chance.normal(0, wear.noise, grey.shape).astype(np.float32)
    pixels = np.clip(grey, 0, 255).astype(np.uint8)
    if wear.bilevel:
        black = Image.fromarray(((pixels > (wear.ink + wear.paper) / 2 + 10) * 255).astype(np.uint8))
        return black.reduce(2) if wear.halved else black
    if wear.stains:
        return Image.merge("RGB", [Image.fromarray((pixels * share).astype(np.uint8)) for share in (1.0, 0.95, 0.82)])
    return Image.fromarray(pixels)


def photographed(page: NDArray[np.uint8], seed: int, *, tilt: float = 0.0) -> Image.Image:
    """A photograph of ``page``, an (H, W) grey array: seen a little from the side, on a table, under a soft shadow.

    ``tilt``: seen further from the side, see `tilted`.
    """
    height, width = page.shape
    warp, size = tilted(width, height, seed, tilt) if tilt else camera(width, height, seed)
    chance = np.random.default_rng(seed + 1)
    table = float(chance.uniform(60, 110))
    grey: Grey = cv2.warpPerspective(page.astype(np.float32), warp, size, flags=cv2.INTER_AREA, borderValue=table)
    y, x = np.mgrid[0 : 1 : size[1] * 1j, 0 : 1 : size[0] * 1j]
    slope, across = chance.uniform(0.5, 1.2), chance.uniform(0.3, 0.7)
    shadow = 1 / (1 + np.exp(18 * (x - across + slope * (y - 0.5) * 0.4)))
    grey = (grey * (0.95 - 0.28 * shadow - 0.1 * y)).astype(np.float32)
    grey = cv2.GaussianBlur(grey, (0, 0), float(chance.uniform(0.6, 1.0)))
    pixels = np.clip(grey + chance.normal(0, 4, grey.shape), 0, 255)
    return Image.merge("RGB", [Image.fromarray((pixels * share).astype(np.uint8)) for share in (1.0, 0.97, 0.9)])


def camera(width: int, height: int, seed: int) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Where `photographed` puts each place of a page: a 3 x 3 homography, and the (width, height) of the picture."""
    margin = 0.04 * min(width, height)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = np.random.default_rng(seed).uniform(-0.6, 0.6, (4, 2)).astype(np.float32) * margin
    warp = cv2.getPerspectiveTransform(corners, (corners + margin + moved).astype(np.float32))
    return warp, (round(width + 2 * margin), round(height + 2 * margin))


def tilted(width: int, height: int, seed: int, tilt: float) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """As `camera`, of one that is held aslant and turned a little, by odd seeds with all of the sheet, by even ones nearer.

    ``tilt``: by how much the far side of a square is smaller than the near one, at most.
    """
    chance = np.random.default_rng(seed)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    flat = (corners - (width / 2, height / 2)) / max(width, height)
    far = 1 + flat @ chance.uniform(-tilt, tilt, 2)
    turn = np.radians(chance.uniform(-3, 3))
    seen = (flat / far[:, None]) @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    seen = (seen - seen.min(axis=0)) * max(width, height)
    # Text keeps off the edges of a page, so a picture that leaves some of the margin out still has all of it.
    margin = (0.08 if seed % 2 else -0.035) * min(width, height)
    warp = cv2.getPerspectiveTransform(corners, (seen + margin).astype(np.float32))
    across, down = np.ceil(seen.max(axis=0) + 2 * margin).astype(int)
    return warp, (int(across), int(down))


def as_pdf(image: Image.Image, wear: Wear) -> bytes:
    """A one-page PDF of only the image, as a scanner writes it."""
    held = BytesIO()
    if wear.halved:
        image.save(held, "PDF", resolution=wear.dpi / 2, quality=wear.quality)
    elif wear.bilevel:
        image.convert("1").save(held, "PDF", resolution=wear.dpi)
    else:
        image.save(held, "PDF", resolution=wear.dpi, quality=wear.quality)
    return held.getvalue()


def _clouds(chance: np.random.Generator, height: int, width: int) -> Grey:
    """Soft blots between 0 and 1, darker towards the edges."""
    small = chance.random((12, 9)).astype(np.float32)
    blots = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return (0.6 * blots + 0.6 * np.maximum(abs(x), abs(y)) ** 6).astype(np.float32)
