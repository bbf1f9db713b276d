"""Signs that stand alone and that the detector saw no text in: the figures of a table's cells above all.

The ink tells where they are: a shape as high as the page's letters, in a row with text that was found. Whether it is a figure
the recogniser has to say, and to be sure: a bullet, a speck and a corner of a frame are such shapes too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import InputPage
from ocroute.ppocr.detector import Region
from ocroute.ppocr.traced import Traced
from ocroute.raster import letter_height
from ocroute.raster.ink import ink_of, straight_rules, upright_rules
from ocroute.values import Box

HEIGHTS: Final = (0.9, 2.2)  # of the page's small letters: how high a sign is that may be a figure
WIDEST: Final = 1.1  # widths over height of one
CLOSE: Final = 0.5  # heights from one sign to the next of the same word
MOST_SIGNS: Final = 4  # of a word that a detector overlooks; a whole line that it does not see is no print
AROUND: Final = 0.35  # heights of white that are read with it
MOST: Final = 2.0  # for each region found; where there are more they are dots of a picture, or grain
SURE: Final = 0.95  # confidence from which a sign that no detector saw is believed
REACH: Final = 3.0  # heights of a small letter that a rule may be broken for
ON_RULE: Final = 0.25  # share of a sign's box where a rule would be that goes on: it is a piece of it
_FIGURES: Final = re.compile(r"^[+\-–−]?\d[\d.,]{0,4}%?$")

Boxes = NDArray[np.float64]


def overlooked(page: InputPage, regions: Sequence[Region]) -> list[Region]:
    """Where figures may stand beside the ``regions`` found, from top to bottom."""
    letter = letter_height.height(page)
    if letter is None or not regions:
        return []
    ink = ink_of(page)
    left = ink.mask & ~straight_rules(ink.mask) & ~ink.cover([region.box for region in regions]) & 1
    _, _, stats, _ = cv2.connectedComponentsWithStats(left, connectivity=8, ltype=cv2.CV_32S)
    x, y, width, height = stats[1:, :4].T * ink.scale
    fits = (height >= HEIGHTS[0] * letter) & (height <= HEIGHTS[1] * letter) & (width <= WIDEST * height)
    signs = np.stack([x, y, x + width, y + height], axis=1)[fits]
    further = cv2.dilate(upright_rules(ink.mask), np.ones((2 * round(REACH * letter / ink.scale) + 1, 3), np.uint8))
    if len(signs) > MOST * MOST_SIGNS * len(regions):  # a pattern, which is not looked through sign by sign
        return []
    signs = signs[ink.inked((Box(*sign) for sign in signs.tolist()), further) < ON_RULE]
    boxes = np.array([(box.x0, box.y0, box.x1, box.y1) for box in (region.box for region in regions)])
    words = [word for word in _words(signs) if _in_a_row(word, boxes)]
    return [_region(word) for word in words] if len(words) <= MOST * len(regions) else []


def is_figure(traced: Traced) -> bool:
    """Whether what was read in such a place is a figure beyond doubt."""
    return bool(_FIGURES.match(traced.text.strip())) and traced.confidence >= SURE


def _words(signs: Boxes) -> list[Boxes]:
    """Boxes around signs that stand side by side, close together; from top to bottom."""
    words: list[list[Boxes]] = []
    for sign in signs[np.argsort(signs[:, 0], kind="stable")]:
        height = sign[3] - sign[1]
        near = (
            word
            for word in words
            if sign[0] - word[-1][2] < CLOSE * height and abs(sign[3] - word[-1][3]) < CLOSE * height
        )
        found = next(near, None)
        if found is None:
            words.append([sign])
        else:
            found.append(sign)
    whole = [np.array(word) for word in words if len(word) <= MOST_SIGNS]
    boxes = [np.concatenate([word[:, :2].min(axis=0), word[:, 2:].max(axis=0)]) for word in whole]
    return sorted(boxes, key=lambda box: (box[1], box[0]))


def _in_a_row(word: Boxes, boxes: Boxes) -> bool:
    """Whether text about as high was found at its height, to the left or right."""
    middle, height = (word[1] + word[3]) / 2, word[3] - word[1]
    heights = boxes[:, 3] - boxes[:, 1]
    beside = (boxes[:, 1] < middle) & (boxes[:, 3] > middle) & (heights < 3 * height) & (heights > height)
    return bool(beside.any())


def _region(word: Boxes) -> Region:
    pad = AROUND * (word[3] - word[1])
    x0, y0 = np.maximum(word[:2] - pad, 0.0)
    x1, y1 = word[2:] + pad
    return Region.upright(Box(float(x0), float(y0), float(x1), float(y1)), 0.0)
