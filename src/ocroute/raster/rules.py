"""Ruling lines: the file's own vectors, or thin straight strokes found in the picture of a scan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import InputPage, Segment
from ocroute.raster.grey import grey_of
from ocroute.values import Box

Mask = NDArray[np.uint8]

SEEK_HEIGHT = 13.0
"""Pixels of a word's height on the copy that is searched: hairlines show still, as grey, at a fifth of the time."""

DARK = 110.0
"""Grey level of the ground below which a page is printed light on dark."""

GROUND = 15
"""Width of the window whose median is the ground, in squares of four pixels of that copy: four lines high."""

_LONG = 0.1
"""Share of the page's width; a footnote rule is seldom shorter."""

_JOINED = 0.02
"""Share of the page's width up to which pieces of one rule lie apart, e.g. between newspaper columns."""


_MOST_BOXES = 2000
"""Filled boxes, beyond which a page is a drawing."""


class Rule(msgspec.Struct, frozen=True, order=True):
    """A straight line along the page: ``at`` is its y (horizontal) or x (vertical), ``start`` and ``end`` its extent, px."""

    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        """Pixels."""
        return self.end - self.start

    def covers(self, start: float, end: float, slack: float) -> bool:
        """Whether it runs along most of ``start``..``end``."""
        return min(self.end, end + slack) - max(self.start, start - slack) >= 0.7 * (end - start)


class Rules(msgspec.Struct, frozen=True):
    """All ruling lines of a page, sorted."""

    horizontal: tuple[Rule, ...] = ()
    vertical: tuple[Rule, ...] = ()

    def within(self, x0: float, y0: float, x1: float, y1: float) -> Rules:
        """The rules that lie in a part of the page."""
        return Rules(
            tuple(
                r for r in self.horizontal if y0 <= r.at <= y1 and min(r.end, x1) - max(r.start, x0) > 0.5 * r.length
            ),
            tuple(r for r in self.vertical if x0 <= r.at <= x1 and min(r.end, y1) - max(r.start, y0) > 0.5 * r.length),
        )

    def clear_of(self, words: Sequence[Box]) -> Rules:
        """The rules without those horizontal ones that run through words for most of their length: strokes of blurred letters."""

        def struck(rule: Rule) -> bool:
            through = (
                min(rule.end, box.x1) - max(rule.start, box.x0)
                for box in words
                if box.y0 + 0.15 * box.height < rule.at < box.y1 - 0.15 * box.height
            )
            return sum(length for length in through if length > 0) > 0.6 * rule.length

        return Rules(tuple(rule for rule in self.horizontal if not struck(rule)), self.vertical)

    def across(self, width: float) -> tuple[Rule, ...]:
        """The horizontal rules that cross a good part of a page ``width`` pixels wide, from top to bottom, pieces joined."""
        joined: list[Rule] = []
        pieces = (rule for rule in self.horizontal if rule.length >= _LONG * width / 2)
        for rule in sorted(pieces, key=lambda rule: (round(rule.at / (0.004 * width)), rule.start)):
            last = joined[-1] if joined else None
            if last and abs(rule.at - last.at) < 0.004 * width and rule.start - last.end < _JOINED * width:
                joined[-1] = Rule(last.at, last.start, max(last.end, rule.end))
            else:
                joined.append(rule)
        return tuple(rule for rule in joined if rule.length > _LONG * width / 2)


def page_rules(page: InputPage, height: float) -> Rules:
    """The ruling lines of a page on which words are about ``height`` pixels tall.

    Vectors where the file has them. A page with neither vectors nor text layer is a scan: there the raster is searched, once.
    """
    vectors = page.rules()
    if vectors is None or (not vectors and not page.text_layer()):
        segments = page.once("raster.strokes", lambda: find_strokes(grey_of(page), height))
    else:
        segments = list(vectors)
    across = [(min(x0, x1), (y0 + y1) / 2, max(x0, x1)) for x0, y0, x1, y1 in segments if _flat(x1 - x0, y1 - y0)]
    down = [(min(y0, y1), (x0 + x1) / 2, max(y0, y1)) for x0, y0, x1, y1 in segments if _flat(y1 - y0, x1 - x0)]
    least, gap = 0.8 * height, 0.35 * height
    return Rules(_merge(across, gap, least), _merge(down, gap, least))


def band_edges(page: InputPage) -> tuple[Rule, ...]:
    """The upper and lower edges of filled boxes, where one tint ends and another begins. A scan has none."""
    return tuple(sorted(Rule(y, x0, x1) for x0, y0, x1, y1 in page.fills()[:_MOST_BOXES] for y in (y0, y1)))


def _flat(along: float, across: float) -> bool:
    return abs(along) > 6 * abs(across) and abs(along) > 1


def _merge(parts: Iterable[tuple[float, float, float]], gap: float, least: float) -> tuple[Rule, ...]:
    """Lines drawn in pieces or doubled become one; what is still shorter than ``least`` is no rule."""
    merged: list[Rule] = []
    for at, start, end in sorted((at, start, end) for start, at, end in parts):
        for index in range(len(merged) - 1, -1, -1):
            other = merged[index]
            if start <= other.end + gap and end >= other.start - gap and at - other.at <= gap:
                # The longer one says where the line is: a speck beside it must not move it.
                place = other.at if other.length >= end - start else at
                merged[index] = Rule(place, min(start, other.start), max(end, other.end))
                break
        else:
            merged.append(Rule(at, start, end))
    return tuple(sorted(rule for rule in merged if rule.length >= least))


def find_strokes(grey: Mask, height: float) -> list[Segment]:
    """Long thin strokes in an (H, W) grey scan on which words are about ``height`` pixels tall.

    Letters are shorter than what is looked for, bars and pictures thicker than a rule.
    """
    factor = min(1.0, SEEK_HEIGHT / max(height, 1.0))  # words cut off by the edge of the page may have no height
    if factor < 1.0:
        grey = np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    grey = _dark_on_light(grey)
    tall = height * factor
    size = max(9, int(tall * 1.5) | 1)
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, size, 18)
    found = _level(ink, int(tall * 2.2), int(0.4 * tall))
    turned = _level(np.ascontiguousarray(ink.T), int(tall * 1.8), int(0.4 * tall))
    found += [(y0, x0, y1, x1) for x0, y0, x1, y1 in turned]
    return [(x0 / factor, y0 / factor, x1 / factor, y1 / factor) for x0, y0, x1, y1 in found]


def _dark_on_light(grey: Mask) -> Mask:
    """The page with dark grounds, of all of it or of boxes, made light: rules are light there, gaps between lines none."""
    coarse = np.ascontiguousarray(grey[::4, ::4])
    window = min(GROUND, (min(coarse.shape) - 1) // 2 * 2 + 1)
    dark = np.asarray(cv2.medianBlur(coarse, window) if window > 1 else coarse) < DARK
    if not dark.any():
        return grey
    whole = cv2.resize(dark.astype(np.uint8), grey.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return np.where(whole > 0, cv2.bitwise_not(grey), grey).astype(np.uint8)


def _level(ink: Mask, length: int, thick: int) -> list[Segment]:
    """Horizontal strokes as (x0, y, x1, y). A dilation across first bridges the steps of a slightly skewed line."""
    length = max(length, 8)
    bridged = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    opened = cv2.morphologyEx(bridged, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    _, _, stats, centres = cv2.connectedComponentsWithStats(opened, connectivity=8)
    strokes: list[Segment] = []
    for (x, _, w, h, area), (_, y) in zip(stats[1:], centres[1:], strict=True):
        if area / w <= thick + 2 and h <= max(thick + 2, w * 0.03):
            strokes.append((float(x), float(y), float(x + w), float(y)))
    return strokes


def thin_strokes(mask: Mask, length: int, thick: int) -> Mask:
    """1 where horizontal strokes of a 0-and-1 mask run for ``length`` pixels and are less than ``thick`` high."""
    straight = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, length), np.uint8)), np.uint8)
    if not straight.any():
        return straight
    bars = cv2.morphologyEx(straight, cv2.MORPH_OPEN, np.ones((thick, length), np.uint8))
    return np.asarray(cv2.subtract(straight, bars), np.uint8)
