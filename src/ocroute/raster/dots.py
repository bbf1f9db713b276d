"""What repeats one shape and is no text: dashes, dots, boxes to write in, bars, and pictures printed in dots."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.raster.grey import otsu_ink

Mask = NDArray[np.uint8]
Floats = NDArray[np.float64]

REPEATED: Final = 6  # shapes of a row from which it may be a pattern
LIKE: Final = 0.12  # by which neighbours in a pattern differ at most, in width, height and ink
MOSTLY: Final = 0.6  # share of them that are alike, or solid
SOLID: Final = 0.92  # of a shape's box that is ink where it is a bar or a block; letters have holes and corners

ROUND: Final = (0.2, 0.65)
"""Of a dot: by how much its sides differ at most, and the share of its box that is ink at least; rings and letters have holes."""
ONLY: Final = 0.95  # of a row's ink that is dots where it is nothing else

CELL: Final = 48  # pixels of the squares that are looked at for a screen
PITCH: Final = (3.0, 16.0)  # pixels from dot to dot
SAMPLE: Final = 48  # cells that are looked at first
SEEN: Final = 0.2  # share of them from which all are
PEAK: Final = 9.0  # times the mean of its surroundings that a screen's frequency is strong; text reaches 6


def patterned(stats: NDArray[np.int32], owner: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    """Whether each of ``count`` rows repeats one shape.

    Args:
        stats: of the shapes, OpenCV's columns.
        owner: the row of each.
    """
    left, width, height, area = (
        stats[:, at].astype(np.float64)
        for at in (cv2.CC_STAT_LEFT, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA)
    )
    number = np.bincount(owner, minlength=count)
    order = np.lexsort((left, owner))
    alike = np.diff(owner[order]) == 0
    for values, least in ((width, 1.0), (height, 1.0), (area, 2.0)):
        found = values[order]
        alike &= np.abs(np.diff(found)) <= np.maximum(least, LIKE * found[1:])
    same = np.bincount(owner[order][1:], alike, count)
    solid = np.bincount(owner, area >= SOLID * width * height, count)
    return (number >= REPEATED) & ((same >= MOSTLY * (number - 1)) | (solid >= MOSTLY * number))


def only_dots(grey: Mask) -> bool:
    """Whether the ink of the (H, W) grey crop of a row is `REPEATED` or more solid dots of one size, and nothing else."""
    ink, _ = otsu_ink(grey)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height, area = (stats[1:, at] for at in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    dot = (
        (np.abs(width - height) <= np.maximum(1, ROUND[0] * height))
        & (area >= ROUND[1] * width * height)
        & (height > 2)
    )
    if np.count_nonzero(dot) < REPEATED:
        return False
    usual = float(np.median(height[dot]))
    dot &= np.abs(height - usual) <= max(1.0, ROUND[0] * usual)
    return bool(np.count_nonzero(dot) >= REPEATED and area[dot].sum() >= ONLY * area.sum())


def screen(ink: Mask, suspects: Floats) -> Mask:
    """1 where an (h, w) mask repeats itself as much across as down, at any angle: dots of printed pictures and tints do so.

    Lines of text repeat themselves too, and so do letters in them, but at other distances.

    Args:
        ink: 1 where there is ink.
        suspects: (N, 4) x0, y0, x1, y1 of rows that may be dots; where a sample of them is not, nothing else is looked at.
    """
    rows, columns = (side // CELL for side in ink.shape)
    if not rows or not columns:
        return np.zeros_like(ink)
    cells = ink[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL).swapaxes(1, 2)
    some = suspects[:: max(1, len(suspects) // SAMPLE)]
    x, y = ((some[:, (at, at + 2)].mean(axis=1) // CELL).astype(np.intp) for at in (0, 1))
    sample = cells[np.minimum(y, rows - 1), np.minimum(x, columns - 1)]
    if (_strength(sample) >= PEAK).mean() < SEEN:
        return np.zeros_like(ink)
    strong = (_strength(cells.reshape(-1, CELL, CELL)) >= PEAK).reshape(rows, columns).astype(np.uint8)
    found = cv2.dilate(cv2.morphologyEx(strong, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.ones((3, 3), np.uint8))
    grown = np.asarray(cv2.resize(found, (columns * CELL, rows * CELL), interpolation=cv2.INTER_NEAREST), np.uint8)
    return np.pad(grown, ((0, ink.shape[0] - rows * CELL), (0, ink.shape[1] - columns * CELL)), mode="edge")


def _strength(cells: Mask) -> Floats:
    """How much the strongest frequency that each of (N, CELL, CELL) cells has along both of two upright axes stands out."""
    window = np.outer(np.hanning(CELL), np.hanning(CELL)).astype(np.float32)
    power = np.abs(np.fft.fft2((cells - cells.mean(axis=(1, 2), keepdims=True)) * window))
    turned = np.roll(power.swapaxes(1, 2)[:, :, ::-1], 1, axis=2)
    both = np.sqrt(power * turned)
    across = np.abs(np.fft.fftfreq(CELL))
    radius = np.hypot(across[:, None], across[None, :])
    ring = (radius >= 1 / PITCH[1]) & (radius <= 1 / PITCH[0])
    strength: Floats = both[:, ring].max(axis=1) / np.maximum(power[:, ring].mean(axis=1), 1e-6)
    return strength
