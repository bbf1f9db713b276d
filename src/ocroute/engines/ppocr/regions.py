"""Tidying what the detector found before it is read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ocroute.engines.ppocr.detect import Region

INSIDE = 0.75  # a region of which this share lies in another one says the same text twice


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
