"""Ruling lines: the file's own vectors, or found in the picture of a scan."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import msgspec
import numpy as np

from ocroute.pages.page import InputPage, Raster

SEEK_HEIGHT = 13.0


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


def page_rules(page: InputPage, height: float) -> Rules:
    """The ruling lines of a page on which words are about ``height`` pixels tall.

    Vectors where the file has them. A page with neither vectors nor text layer is a scan: there the raster is searched.
    """
    vectors = page.rules()
    if vectors is None or (not vectors and not page.text_layer()):
        segments = page.once("tables.rules", lambda: _seek(page.raster(), height))
    else:
        segments = list(vectors)
    across = [(min(x0, x1), (y0 + y1) / 2, max(x0, x1)) for x0, y0, x1, y1 in segments if _flat(x1 - x0, y1 - y0)]
    down = [(min(y0, y1), (x0 + x1) / 2, max(y0, y1)) for x0, y0, x1, y1 in segments if _flat(y1 - y0, x1 - x0)]
    least, gap = 0.8 * height, 0.35 * height
    return Rules(_merge(across, gap, least), _merge(down, gap, least))


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


def _seek(raster: Raster, height: float) -> list[tuple[float, float, float, float]]:
    """Long thin strokes in a scan. Letters are shorter than the kernels, bars and pictures thicker than a rule.

    A copy on which words are ``SEEK_HEIGHT`` tall shows hairlines still, as grey, and costs a fifth of the time.
    """
    gray = cv2.cvtColor(raster, cv2.COLOR_RGB2GRAY)
    factor = min(1.0, SEEK_HEIGHT / height)
    if factor < 1.0:
        gray = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    tall = height * factor
    size = max(9, int(tall * 1.5) | 1)
    ink = cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, size, 18)
    found = _strokes(ink, int(tall * 2.2), int(0.4 * tall))
    turned = _strokes(np.ascontiguousarray(ink.T), int(tall * 1.8), int(0.4 * tall))
    found += [(y0, x0, y1, x1) for x0, y0, x1, y1 in turned]
    return [(x0 / factor, y0 / factor, x1 / factor, y1 / factor) for x0, y0, x1, y1 in found]


def _strokes(ink: Raster, length: int, thick: int) -> list[tuple[float, float, float, float]]:
    """Horizontal strokes as (x0, y, x1, y). A dilation across first bridges the steps of a slightly skewed line."""
    length = max(length, 8)
    bridged = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    opened = cv2.morphologyEx(bridged, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    _, _, stats, centres = cv2.connectedComponentsWithStats(opened, connectivity=8)
    strokes = []
    for (x, _, w, h, area), (_, y) in zip(stats[1:], centres[1:], strict=True):
        if area / w <= thick + 2 and h <= max(thick + 2, w * 0.03):
            strokes.append((float(x), float(y), float(x + w), float(y)))
    return strokes
