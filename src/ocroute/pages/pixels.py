"""Any Pillow image becomes the RGB array that a reader would see: on white paper, or on a ground that shows light print."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ocroute.pages.page import Raster

_STRIP_PIXELS = 1 << 24
"""Source pixels that are converted at a time while a large image is reduced."""
_LOOKED_AT = 2000  # pixels of the long side of what the ground is chosen by
_LIGHT = 190  # grey from which print cannot be seen well on white
_STROKE = 9  # pixels: strokes are no wider than this, or all of them is as near to what is transparent
_SOME = 0.005  # of what is opaque, from which it counts


def to_rgb(image: Image.Image) -> Raster:
    """An (H, W, 3) uint8 array; 16-bit and float images are brought to 8 bits.

    What is transparent is white, as paper is, but where light strokes stand on it: then it is black, or grey where dark ones
    stand there too.
    """
    if _is_deep(image):
        values = np.asarray(image)
        grey = _stretch(values, *_range(values, sixteen=image.mode != "F"))
        return np.repeat(grey[:, :, None], 3, axis=2)
    return _on_ground(image, _ground(image))


def _on_ground(image: Image.Image, ground: str) -> Raster:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, ground), image)
    return np.array(image.convert("RGB"), dtype=np.uint8)


def _ground(image: Image.Image) -> str:
    """The colour on which all strokes of a transparent image can be seen."""
    if not image.has_transparency_data:
        return "white"
    shrink = max(1.0, max(image.size) / _LOOKED_AT)
    size = tuple(max(1, round(side / shrink)) for side in image.size)
    seen = image.resize((size[0], size[1]), Image.Resampling.NEAREST).convert("RGBA")
    opaque = np.asarray(seen.getchannel("A")) >= 128
    light = opaque & (np.asarray(seen.convert("L")) >= _LIGHT)
    square = np.ones((_STROKE, _STROKE), np.uint8)
    beside = light & (cv2.dilate(np.asarray(~opaque, np.uint8), square) > 0)
    if 2 * beside.sum() <= light.sum():  # most of it is the ground of something: of that the rim is no stroke
        beside &= cv2.morphologyEx(np.asarray(light, np.uint8), cv2.MORPH_OPEN, square, iterations=2) == 0
    if beside.sum() <= _SOME * opaque.sum():
        return "white"
    return "grey" if (opaque & ~light).sum() > _SOME * opaque.sum() else "black"


def reduced_rgb(image: Image.Image, size: tuple[int, int]) -> Raster:
    """``to_rgb`` at ``size`` (no larger than the image), made in strips so that no full-size copy is needed."""
    if size == image.size:
        return to_rgb(image)
    width, height = size
    x_scale, y_scale = image.width / width, image.height / height
    rows = max(1, int(_STRIP_PIXELS / image.width / y_scale))
    stretch, ground = _to_common_range(image), _ground(image)
    # A third of the work where there is no colour; these modes hold no transparency either.
    grey = not image.has_transparency_data and (image.mode in ("1", "L") or _is_deep(image))
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        # One output row more on either side, so that the filter sees across the seam.
        first, last = max(0, top - 1), min(height, bottom + 1)
        source = (0, int(first * y_scale), image.width, min(image.height, -int(-last * y_scale // 1)))
        strip = stretch(image.crop(source))
        strip = strip.convert("L") if grey else Image.fromarray(_on_ground(strip, ground))
        box = (0.0, first * y_scale - source[1], width * x_scale, min(last * y_scale - source[1], float(strip.height)))
        small = strip.resize((width, last - first), Image.Resampling.BOX, box=box)
        part = np.asarray(small)[top - first : bottom - first]
        out[top:bottom] = part[:, :, None] if grey else part
    return out


def _to_common_range(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """How to bring a strip to 8 bits so that all strips agree: by the whole image's range, not by their own."""
    if not _is_deep(image):
        return lambda strip: strip
    low, high = _range(np.asarray(image), sixteen=image.mode != "F")
    return lambda strip: Image.fromarray(_stretch(np.asarray(strip), low, high))


def _is_deep(image: Image.Image) -> bool:
    return image.mode in ("F", "I") or image.mode.startswith("I;16")


def _range(values: NDArray[np.generic], *, sixteen: bool) -> tuple[float, float]:
    """What is black and what is white: the sample format's own range where the samples fit it, else the image's."""
    numbers = values.astype(np.float32, copy=False)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    for full in (65535.0,) if sixteen else (1.0, 255.0, 65535.0):
        # 16-bit files that hold 8- or 12-bit samples exist: they would look black.
        if low >= 0 and full / 4 < high <= full:
            return 0.0, full
    return (min(low, 0.0) if high <= 255 else low), max(high, low + 1e-6)


def _stretch(values: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    scaled = np.nan_to_num(values.astype(np.float32), nan=high, posinf=high, neginf=low)
    scaled -= low
    scaled *= 255.0 / (high - low)
    return np.clip(np.rint(scaled, out=scaled), 0, 255).astype(np.uint8)
