"""Horizontal ruling lines that part a page's text from its margins and notes."""

from __future__ import annotations

import numpy as np

from ocroute.pages.page import InputPage

_SHORTEST = 0.1
"""Share of the page's width; a footnote rule is seldom shorter."""


def horizontal_rules(page: InputPage) -> tuple[float, ...]:
    """The y of every horizontal rule, from the source's vectors, else from the raster; page pixels, top to bottom."""
    return page.once("layout.horizontal_rules", lambda: _find(page))


def _find(page: InputPage) -> tuple[float, ...]:
    width, _ = page.size
    vectors = page.rules()
    if vectors is not None:
        return tuple(sorted({round((y0 + y1) / 2, 1) for x0, y0, x1, y1 in vectors if _level(x0, y0, x1, y1, width)}))
    import cv2

    raster = page.raster()
    shrink = max(1, raster.shape[1] // 1000)
    grey = cv2.cvtColor(np.ascontiguousarray(raster[:, ::shrink]), cv2.COLOR_RGB2GRAY)
    dark = (grey < 128).astype(np.uint8)
    kernel = np.ones((1, max(3, int(_SHORTEST * dark.shape[1]))), np.uint8)
    rows = np.flatnonzero(cv2.morphologyEx(dark, cv2.MORPH_OPEN, kernel).any(axis=1))
    starts = rows[np.diff(rows, prepend=-9) > 3]
    return tuple(float(y) for y in starts)


def _level(x0: float, y0: float, x1: float, y1: float, width: float) -> bool:
    return abs(y1 - y0) < 0.006 * width and abs(x1 - x0) > 0.5 * _SHORTEST * width
