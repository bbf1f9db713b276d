"""Any Pillow image becomes the RGB array that a reader would see on white paper."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ocroute.pages.page import Raster

_STRIP_PIXELS = 1 << 24
"""Source pixels that are converted at a time while a large image is reduced."""


def to_rgb(image: Image.Image) -> Raster:
    """An (H, W, 3) uint8 array. Transparency lies on white; 16-bit and float images are brought to 8 bits."""
    if _is_deep(image):
        values = np.asarray(image)
        grey = _stretch(values, *_range(values, sixteen=image.mode != "F"))
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.array(image.convert("RGB"), dtype=np.uint8)


def reduced_rgb(image: Image.Image, size: tuple[int, int]) -> Raster:
    """``to_rgb`` at ``size`` (no larger than the image), made in strips so that no full-size copy is needed."""
    if size == image.size:
        return to_rgb(image)
    width, height = size
    x_scale, y_scale = image.width / width, image.height / height
    rows = max(1, int(_STRIP_PIXELS / image.width / y_scale))
    stretch = _to_common_range(image)
    # A third of the work where there is no colour; these modes hold no transparency either.
    grey = not image.has_transparency_data and (image.mode in ("1", "L") or _is_deep(image))
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        # One output row more on either side, so that the filter sees across the seam.
        first, last = max(0, top - 1), min(height, bottom + 1)
        source = (0, int(first * y_scale), image.width, min(image.height, -int(-last * y_scale // 1)))
        strip = stretch(image.crop(source))
        strip = strip.convert("L") if grey else Image.fromarray(to_rgb(strip))
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
