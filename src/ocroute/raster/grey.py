"""A page in grey, made once and shared by all that look at its ink; and the plainest way to tell ink from paper."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import InputPage, Raster


def grey_of(page: InputPage) -> NDArray[np.uint8]:
    """The page's (H, W) uint8 luminance; treat it as read-only.

    Raises:
        CorruptInput: the page cannot be decoded.
    """
    return page.once("raster.grey", lambda: to_grey(page.raster()))


def to_grey(raster: Raster) -> NDArray[np.uint8]:
    """An (H, W, 3) RGB array as (H, W) luminance."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(raster), cv2.COLOR_RGB2GRAY), np.uint8)


def reduced(grey: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """An (H, W) array at a whole ``factor`` smaller, by the mean of each square; what is left over at the end goes."""
    height, width = (max(1, side // factor) for side in grey.shape)
    # Whole squares take a path in OpenCV that is four times faster.
    whole = grey[: height * factor, : width * factor]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def ground_of(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What an (h, w) grey page would be without its ink: true on white, grey and black.

    It is the median of a wide window, since letters cover less than half of one.
    """
    coarse = np.ascontiguousarray(grey[::4, ::4])
    kernel = min(31, (min(coarse.shape) - 1) // 2 * 2 + 1)
    ground = cv2.medianBlur(coarse, kernel) if kernel > 1 else coarse
    return np.asarray(cv2.resize(ground, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def otsu_ink(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """1 where there is ink, by one threshold for all (Otsu 1979), and that threshold. Ink is what covers less than half."""
    level, dark = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return np.asarray(dark if 2 * cv2.countNonZero(dark) <= dark.size else 1 - dark, np.uint8), level
