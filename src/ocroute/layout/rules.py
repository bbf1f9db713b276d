"""Horizontal ruling lines that part a page's text from its margins and notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ocroute.pages.page import InputPage

_SHORTEST = 0.1
"""Share of the page's width; a footnote rule is seldom shorter."""


_SEGMENT_GAP = 0.02
"""Share of the page's width up to which pieces of one rule lie apart, e.g. between newspaper columns."""


class Rule(NamedTuple):
    """A horizontal ruling line, page pixels."""

    y: float
    x0: float
    x1: float


def horizontal_rules(page: InputPage) -> tuple[Rule, ...]:
    """Every horizontal rule, from the source's vectors, else from the raster; top to bottom."""
    return page.once("layout.horizontal_rules", lambda: _find(page))


def _find(page: InputPage) -> tuple[Rule, ...]:
    width, _ = page.size
    vectors = page.rules()
    found = (
        _in_raster(page)
        if vectors is None
        else [
            Rule((y0 + y1) / 2, min(x0, x1), max(x0, x1)) for x0, y0, x1, y1 in vectors if abs(y1 - y0) < 0.006 * width
        ]
    )
    return tuple(rule for rule in _connected(found, width) if rule.x1 - rule.x0 > _SHORTEST * width / 2)


def _in_raster(page: InputPage) -> list[Rule]:
    import cv2

    raster = page.raster()
    shrink = max(1, raster.shape[1] // 1000)
    grey = cv2.cvtColor(np.ascontiguousarray(raster[:, ::shrink]), cv2.COLOR_RGB2GRAY)
    dark = (grey < 128).astype(np.uint8)
    kernel = np.ones((1, max(3, int(_SHORTEST * dark.shape[1]))), np.uint8)
    opened = cv2.morphologyEx(dark, cv2.MORPH_OPEN, kernel)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(opened)
    return [
        Rule(float(y + height / 2), float(x * shrink), float((x + width) * shrink))
        for x, y, width, height, _ in boxes[1:]
        if height < _SHORTEST * width
    ]


def _connected(rules: Iterable[Rule], width: float) -> list[Rule]:
    """Rules whose pieces stand in one line are one rule."""
    result: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (round(rule.y / (0.004 * width)), rule.x0)):
        last = result[-1] if result else None
        if last and abs(rule.y - last.y) < 0.004 * width and rule.x0 - last.x1 < _SEGMENT_GAP * width:
            result[-1] = Rule(last.y, last.x0, max(last.x1, rule.x1))
        else:
            result.append(rule)
    return result
