"""Pixels for the models that see a page twice: once whole, and once in square tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

GREY = (127, 127, 127)
PLAIN_UP_TO = 640  # a whole view this small is squeezed to the square, not padded

Pixels = NDArray[np.float32]


def grid(size: tuple[int, int], tile: int, least: int, most: int) -> tuple[int, int]:
    """(columns, rows) of the tiling of ``least`` to ``most`` tiles whose shape is nearest to the image's.

    Of tilings equally near, the one with more tiles is taken while the image has pixels for at least half of them.

    Args:
        size: (width, height) of the image.
        tile: side of a tile, pixels.
    """
    width, height = size
    shapes = sorted(
        (
            (columns, rows)
            for columns in range(1, most + 1)
            for rows in range(1, most + 1)
            if least <= columns * rows <= most
        ),
        key=lambda shape: shape[0] * shape[1],
    )
    best, nearest = (1, 1), float("inf")
    for columns, rows in shapes:
        distance = abs(width / height - columns / rows)
        roomy = width * height > 0.5 * tile * tile * columns * rows
        if distance < nearest or (distance == nearest and roomy):
            best, nearest = (columns, rows), distance
    return best


def beyond(image: Image, tile: int) -> Image:
    """``image``, enlarged where it is small to half as large again as one tile: so large that it is cut."""
    scale = 1.5 * tile / max(image.size)
    return image if scale <= 1.0 else _resized(image, (round(image.width * scale), round(image.height * scale)))


def tiles(image: Image, shape: tuple[int, int], tile: int) -> Pixels:
    """``(tiles, 3, tile, tile)``: the image stretched over ``shape`` tiles, row by row."""
    columns, rows = shape
    pixels = normalised(_resized(image, (tile * columns, tile * rows)))
    cut = pixels.reshape(3, rows, tile, columns, tile).transpose(1, 3, 0, 2, 4)
    return np.ascontiguousarray(cut.reshape(rows * columns, 3, tile, tile))


def whole(image: Image, side: int, *, squeeze: bool) -> Pixels:
    """``(1, 3, side, side)``: the image squeezed to the square, or fitted into it with grey around it."""
    from PIL import Image as Images

    if squeeze:
        return normalised(_resized(image, (side, side)))[None]
    scale = side / max(image.size)
    fitted = _resized(image, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    square = Images.new("RGB", (side, side), GREY)
    square.paste(fitted, ((side - fitted.width) // 2, (side - fitted.height) // 2))
    return normalised(square)[None]


def normalised(image: Image) -> Pixels:
    """``(3, height, width)`` from -1 (black) to 1 (white)."""
    return (np.asarray(image, np.float32) / 127.5 - 1.0).transpose(2, 0, 1)


def _resized(image: Image, size: tuple[int, int]) -> Image:
    from PIL import Image as Images

    return image.resize(size, Images.Resampling.BICUBIC)
