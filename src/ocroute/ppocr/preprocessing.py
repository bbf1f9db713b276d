"""How pixels go into PP-OCR's networks: the one preprocessing of detector, recogniser and line orientation classifier."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import Raster

HEIGHT = 48  # pixels of a line, as the recogniser and the classifier take it


def normalised(pixels: Raster) -> NDArray[np.float32]:
    """An (H, W, 3) RGB array as (3, H, W) from -1 to 1, BGR as the networks were trained."""
    return (pixels.astype(np.float32) / 127.5 - 1.0)[..., ::-1].transpose(2, 0, 1)


def line_tensor(line: Raster, columns: int, width: int) -> NDArray[np.float32]:
    """An (H, W, 3) RGB line as (3, `HEIGHT`, ``width``): scaled to ``columns``, the rest mid-grey."""
    tensor = np.zeros((3, HEIGHT, width), np.float32)
    tensor[:, :, :columns] = normalised(scaled(line, columns))
    return tensor


def scaled(line: Raster, columns: int) -> Raster:
    """An (H, W, 3) RGB line as (`HEIGHT`, ``columns``, 3)."""
    method = cv2.INTER_AREA if line.shape[0] > 1.5 * HEIGHT else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(line, (columns, HEIGHT), interpolation=method), np.uint8)
