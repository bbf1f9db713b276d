"""Where text is: the PP-OCR detector's probability map, and the boxes in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import InputPage, Raster
from ocroute.ppocr import inference, model_files
from ocroute.ppocr.preprocessing import normalised
from ocroute.raster import letter_height
from ocroute.raster.bands import bands
from ocroute.raster.grey import to_grey
from ocroute.values import Box

THRESHOLD = 0.3  # a pixel of the map is text from here
BOX_THRESHOLD = 0.5  # a box is text from this mean
UNCLIP = 1.6  # the map shows shrunk text kernels; boxes grow by this share of area over perimeter
X_HEIGHT = 7.5  # network pixels of a small letter from which no line is lost
SHORTEST, LONGEST = 1280, 1760  # bounds of the long side, network pixels: blurred letters need some; memory ends it
MOST_ENLARGED = 3.0
LOWEST = 4.0  # network pixels of a small letter: where a whole page would show them lower it is looked at band by band
STRIDE = 32  # the network's input sides are multiples of this
TALL, SQUARE = 2.5, 1.5  # height over width: of a line that stands on its side, from; of a sign at its end, up to
INSIDE = 0.75  # a region of which this share lies in another one says the same text twice


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A detected line or piece of a line.

    Attributes:
        corners: (4, 2) float32, page pixels: top left, top right, bottom right, bottom left of the text.
        score: the detector's mean probability in it, 0 to 1.
    """

    corners: NDArray[np.float32]
    score: float

    @classmethod
    def upright(cls, box: Box, score: float) -> Region:
        """One whose corners are those of ``box``."""
        corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
        return cls(np.array(corners, np.float32), score)

    @property
    def box(self) -> Box:
        """The upright box around it."""
        (x0, y0), (x1, y1) = self.corners.min(axis=0), self.corners.max(axis=0)
        return Box(float(x0), float(y0), float(x1), float(y1))


def detect(page: InputPage, threads: int) -> tuple[Region, ...]:
    """The text regions of ``page``, found once and shared by all who ask."""
    return page.once("ppocr.regions", lambda: find(page.raster(), letter_height.height(page), threads))


def find(raster: Raster, letter: float | None, threads: int) -> tuple[Region, ...]:
    """The text regions of an (H, W, 3) RGB raster whose small letters are ``letter`` pixels high; None where that is unknown."""
    height, width = raster.shape[:2]
    scale = _scale(max(height, width), letter)
    if letter is None or letter * scale >= LOWEST:
        return _found(raster, scale, threads)
    regions: list[Region] = []
    for rows, columns in bands(to_grey(raster), round(LONGEST * letter / X_HEIGHT / 1.25)):
        band = raster[rows, columns]
        corner = np.array([columns.start, rows.start], np.float32)
        found = _found(band, _scale(max(band.shape), letter), threads)
        regions += [Region(region.corners + corner, region.score) for region in found]
    return tuple(sorted(regions, key=_from_the_top))


def _found(raster: Raster, scale: float, threads: int) -> tuple[Region, ...]:
    """The text regions of a raster that is looked at as a whole, at ``scale`` network pixels to one of its own."""
    height, width = raster.shape[:2]
    small = cv2.resize(raster, _network_size(width, height, scale), interpolation=cv2.INTER_AREA)
    tensor = np.ascontiguousarray(normalised(small)[None])
    detector = inference.session(model_files.find().detector, threads, parallel=False)
    (chart,) = detector.map([tensor], lambda output: output[0, 0].copy())
    return _regions(chart, width, height)


def _from_the_top(region: Region) -> tuple[float, float]:
    return float(region.corners[0, 1]), float(region.corners[0, 0])


def _scale(longest: int, letter: float | None) -> float:
    """Network pixels for one page pixel: letters at about `X_HEIGHT`, sides between `SHORTEST` and `LONGEST`."""
    wanted = longest * X_HEIGHT / letter if letter else SHORTEST
    side = min(max(wanted, SHORTEST), LONGEST)
    enlarged = min(max(1.0, X_HEIGHT / letter), MOST_ENLARGED) if letter else 1.0
    return float(min(side / longest, enlarged))


def _network_size(width: int, height: int, scale: float) -> tuple[int, int]:
    return tuple(max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in (width, height))  # type: ignore[return-value]


def _regions(chart: NDArray[np.float32], width: int, height: int) -> tuple[Region, ...]:
    mask = cv2.dilate((chart > THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    stretch = np.array([width / chart.shape[1], height / chart.shape[0]], np.float32)
    regions = []
    for index, contour in enumerate(contours):
        if tree[0, index, 3] >= 0:  # the rim of a hole
            continue
        center, (across, down), angle = cv2.minAreaRect(contour)
        if min(across, down) < 3:
            continue
        corners = cv2.boxPoints((center, (across, down), angle))
        score = _mean_inside(chart, corners)
        if score < BOX_THRESHOLD:
            continue
        # Growing a rectangle by a distance on all sides is what offsetting its polygon comes to.
        grow = 2 * UNCLIP * across * down / (2 * (across + down))
        corners = cv2.boxPoints((center, (across + grow, down + grow), angle))
        corners = np.clip(_clockwise(corners) * stretch, 0, (width, height)).astype(np.float32)
        regions.append(Region(corners, score))
    return tuple(sorted(_with_ends(regions), key=_from_the_top))


def _with_ends(regions: list[Region]) -> list[Region]:
    """``regions``, to each line that stands on its side the square ones joined that its end reaches into: the detector, which
    knows lines that lie, sees the last sign of one that stands as a line of its own.
    """
    boxes = [region.box for region in regions]
    tall = [at for at, box in enumerate(boxes) if box.height >= TALL * box.width]
    gone: set[int] = set()
    joined: dict[int, Region] = {}
    for at in tall:
        line = boxes[at]
        ends = [
            other
            for other, box in enumerate(boxes)
            if other not in gone
            and SQUARE * box.width >= box.height
            and line.intersection(box) > 0
            and line.x0 <= box.center[0] <= line.x1
            and line.width / 2 <= box.width <= line.width
        ]
        if ends:
            gone.update(ends)
            joined[at] = Region.upright(Box.around([line, *(boxes[other] for other in ends)]), regions[at].score)
    return [joined.get(at, region) for at, region in enumerate(regions) if at not in gone]


def _mean_inside(chart: NDArray[np.float32], corners: NDArray[np.float32]) -> float:
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int) + 1
    window = chart[y0:y1, x0:x1]
    mask = np.zeros(window.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(corners - (x0, y0)).astype(np.int32)], 1)
    return float(cv2.mean(window, mask)[0])


def _clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Top left first, then clockwise, for a rectangle turned by less than 45 degrees or so."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = (side[np.argsort(side[:, 1], kind="stable")] for side in (by_x[:2], by_x[2:]))
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def distinct(regions: Sequence[Region]) -> list[Region]:
    """``regions`` without those that lie inside another of about the same height."""
    if len(regions) < 2:
        return list(regions)
    boxes = np.array([(box.x0, box.y0, box.x1, box.y1) for box in (region.box for region in regions)])
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    heights = boxes[:, 3] - boxes[:, 1]
    kept: list[int] = []
    for index in np.argsort(-areas, kind="stable"):
        x0, y0, x1, y1 = boxes[index]
        others = boxes[kept]
        if kept:
            across = np.minimum(others[:, 2], x1) - np.maximum(others[:, 0], x0)
            down = np.minimum(others[:, 3], y1) - np.maximum(others[:, 1], y0)
            shared = np.maximum(across, 0) * np.maximum(down, 0)
            if np.any((shared > INSIDE * areas[index]) & (heights[kept] < 2 * heights[index])):
                continue
        kept.append(int(index))
    return [regions[index] for index in sorted(kept)]
