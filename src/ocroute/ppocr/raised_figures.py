"""Figures that stand raised behind another sign: the recogniser writes 10⁶ as 106, the ink shows which is which."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import Raster
from ocroute.ppocr.traced import Traced
from ocroute.raster.grey import otsu_ink, to_grey

RAISED: Final = 0.25  # of a figure's height that the foot of a raised one is above the line
SMALLER: Final = 0.77  # of it that a raised one is high at most
LOWEST: Final = 0.2  # of the crop's height; what is lower is a dot or a dash
WIDEST: Final = 1.3  # of its own height that a letter is wide; what is wider is several
FAINT: Final = 0.5  # of the step from paper to what counts as ink, from which there is something
BARE: Final = 0.08  # share of that below a raised figure, by grain and by the blur of its edge
AFTER: Final = ".,;:!?)”’\"'»"  # signs behind which the mark of a note stands as it does behind a letter
TAILS: Final = "gjpqyQруфцщдβγζηξρφχψμ"
SHORT: Final = "acemnorsuvwxzавгежзиклмнопстхчшъыьэюяαεικνοπστυω"  # letters without a part above the others
KNOWN: Final = 4  # letters from which it is known where a line stands
MARK_FIGURES: Final = 2  # of a note's mark at most
_HIGH: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

Mask = NDArray[np.uint8]


class _Shape(NamedTuple):
    left: int
    right: int
    top: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def marked(traced: Traced, pixels: Raster) -> Traced:
    """The line of an (H, W, 3) RGB crop with its raised figures written as such."""
    at = [
        index
        for index, (left, right) in enumerate(pairwise(traced.text), 1)
        if (left.isalnum() or left in AFTER) and right in "0123456789"
    ]
    first = _first_letter(traced.text)
    if not at and not first:
        return traced
    grey = to_grey(pixels)
    ink, level = otsu_ink(grey)
    shapes, faint = _shapes(ink), _faint(grey, ink, level)
    edges = np.array([(shape.left, shape.right) for shape in shapes], np.intp).reshape(-1, 2)
    own = {
        index: _shape(shapes, edges, float(traced.centers[index]))
        for index, sign in enumerate(traced.text)
        if sign.isalnum()
    }
    feet = [shape.bottom for index, shape in own.items() if shape and traced.text[index] not in TAILS]
    if len(feet) >= KNOWN:  # dust under a letter is no part of it
        lowest = int(np.median(feet)) + 1
        own = {index: shape and shape._replace(bottom=min(shape.bottom, lowest)) for index, shape in own.items()}
    raised = {index for index in range(first) if _is_raised(own[index], own[first], traced.text[first], faint)}
    if len(raised) < first:  # of a mark before the line all figures are raised
        raised.clear()
    for index in at:
        before = next((back for back in range(index - 1, -1, -1) if back not in raised and back in own), -1)
        figure, other = own[index], own.get(before)
        if figure and other and figure.left > other.left and _is_raised(figure, other, traced.text[before], faint):
            raised.add(index)
    if not raised:
        return traced
    return replace(
        traced, text="".join(sign.translate(_HIGH) if at in raised else sign for at, sign in enumerate(traced.text))
    )


def _first_letter(text: str) -> int:
    """The place of the letter that a line begins with behind a note's mark of one or two figures; 0 where it does not."""
    figures = len(text) - len(text.lstrip("0123456789"))
    return figures if 0 < figures <= MARK_FIGURES and text[figures : figures + 1].isalpha() else 0


def _is_raised(figure: _Shape | None, other: _Shape | None, letter: str, faint: Mask) -> bool:
    """Whether a figure stands higher than the shape of ``letter``, and is smaller."""
    if figure is None or other is None or figure is other or letter in TAILS:
        return False
    height = other.height * (1.4 if letter in SHORT else 1.0)
    foot, head = other.bottom - figure.bottom, other.bottom - figure.top
    small = figure.height < SMALLER * height and head > 0.8 * height
    return foot > RAISED * height and small and not _goes_on_below(faint, figure, other.bottom)


def _shapes(ink: Mask) -> list[_Shape]:
    """The shapes of a line that could be letters, from left to right."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    shapes = (_Shape(left, left + width, top, top + height) for left, top, width, height, _ in stats[1:].tolist())
    return sorted(
        shape for shape in shapes if LOWEST * len(ink) <= shape.height and shape.width <= WIDEST * shape.height
    )


def _faint(grey: Mask, ink: Mask, level: float) -> Mask:
    """1 where there is ink, be it too faint to be counted as such: strokes of worn print fade and break."""
    paper = float(np.median(grey[ink == 0]))
    return np.asarray(np.abs(grey - paper) > FAINT * abs(level - paper), np.uint8)


def _goes_on_below(faint: Mask, figure: _Shape, foot: int) -> bool:
    """Whether there is ink between a figure and the foot of the line: then it is the upper part of a broken one."""
    edge = figure.bottom + max(1, round(0.1 * figure.height))
    below = faint[edge:foot, figure.left : figure.right]
    return below.size > 0 and float(below.mean()) > BARE


def _shape(shapes: list[_Shape], edges: NDArray[np.intp], center: float) -> _Shape | None:
    """The shape of the letter whose middle is about there; None where it is not by itself.

    Args:
        shapes: of the line.
        edges: (n, 2) their left and right edges.
    """
    left, right = edges[:, 0], edges[:, 1]
    room = 0.3 * (right - left)
    near = np.flatnonzero((left - room <= center) & (center <= right + room))
    return shapes[near[np.abs((left + right)[near] - 2 * center).argmin()]] if near.size else None
