"""A page in grey, made once and shared by all that look at its ink."""

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
