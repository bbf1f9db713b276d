"""Rows of text that are out of focus: too soft to have letters, so that no count of letters sees them.

Blurred along a row, letters run into a bar; across rows, bars and white still take turns. So such a place has soft edges, more
change downwards than across, and a period. Photographs are soft too, but have no period of several rows.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import InputPage
from ocroute.raster.grey import grey_of, ground_of, reduced
from ocroute.raster.ink import ink_of

Mask = NDArray[np.uint8]
Floats = NDArray[np.float32]

WINDOW: Final = (64, 32)  # reduced pixels across and down that are judged together: about two rows of text
CONTRAST: Final = 4.0  # mean greys between a window and its ground, from which something is printed there
SOFT: Final = (
    0.42  # change from pixel to pixel to that contrast, below which it is out of focus; sharp print has 0.5 to 0.7
)
LEVEL: Final = 1.5  # change downwards to change across, from which it runs in rows; letters have 0.6 to 1
LEAST: Final = (80, 60)  # reduced pixels across and down of a place
PITCH: Final = (10, 80)  # reduced pixels from row to row
ROWS: Final = 3  # that a place has at least
REGULAR: Final = 0.45  # likeness of the place to itself one row further, and unlikeness half a row further
STRIPES: Final = 4  # of a place that are looked at; one of them must be regular
STEP: Final = (
    0.45  # of a stripe's range from one line of pixels to the next, from which it has edges, as tinted bands have
)
FLAT: Final = 0.15  # variance of greys down a stripe that is none


class Blurred(NamedTuple):
    """Where the rows are: 1 in a mask of the shape of the page's ink masks; and the number of places."""

    mask: Mask
    places: int


def blurred_rows(page: InputPage) -> Blurred:
    """Rows of ``page`` that are out of focus, found once."""
    return page.once("raster.blurred_rows", lambda: measure(_as_ink_sees(page)))


def _as_ink_sees(page: InputPage) -> Mask:
    factor = int(ink_of(page).scale)
    grey = grey_of(page)
    return grey if factor == 1 else reduced(grey, factor)


def measure(small: Mask) -> Blurred:
    """The same of an (h, w) grey page at the size that `ocroute.raster.ink` looks at it."""
    soft = _soft(small)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(soft, connectivity=8, ltype=cv2.CV_32S)
    mask = np.zeros_like(small)
    places = 0
    for place, (x, y, width, height, _) in enumerate(stats[1:].tolist(), start=1):
        if width < LEAST[0] or height < LEAST[1]:
            continue
        inside = labels[y : y + height, x : x + width] == place
        if _in_rows(small[y : y + height, x : x + width], inside):
            mask[y : y + height, x : x + width] |= inside.astype(np.uint8)
            places += 1
    return Blurred(mask, places)


def _soft(small: Mask) -> Mask:
    """1 where something is printed whose edges are soft and that changes downwards more than across."""
    calm = cv2.GaussianBlur(small, (0, 0), 1.0)
    contrast = cv2.blur(cv2.absdiff(np.asarray(calm, np.uint8), ground_of(small)).astype(np.float32), WINDOW)
    across, down = (
        cv2.blur(np.abs(cv2.Sobel(calm, cv2.CV_32F, *way, ksize=3)) / 8, WINDOW) for way in ((1, 0), (0, 1))
    )
    soft = ((contrast >= CONTRAST) & (across + down < SOFT * contrast) & (down >= LEVEL * across)).astype(np.uint8)
    soft = cv2.morphologyEx(soft, cv2.MORPH_OPEN, np.ones((24, 48), np.uint8))
    return np.asarray(cv2.morphologyEx(soft, cv2.MORPH_CLOSE, np.ones((33, 33), np.uint8)), np.uint8)


def _in_rows(part: Mask, inside: NDArray[np.bool_]) -> bool:
    """Whether bars and white take turns down one of the place's stripes."""
    width = max(LEAST[0], part.shape[1] // STRIPES)
    for left in range(0, part.shape[1] - LEAST[0] // 2, width):
        here = np.flatnonzero(inside[:, left : left + width].mean(axis=1) > 0.5)
        if len(here) >= LEAST[1] and _takes_turns(part[here[0] : here[-1] + 1, left : left + width].mean(axis=1)):
            return True
    return False


def _takes_turns(profile: NDArray[np.floating]) -> bool:
    """Whether a stripe's mean greys repeat themselves `ROWS` times or more."""
    values = np.asarray(profile, np.float32)
    if np.abs(np.diff(values)).max() > STEP * max(1.0, float(np.ptp(values))):
        return False
    for pitch in range(PITCH[0], min(PITCH[1], len(values) // ROWS) + 1):
        window = 2 * pitch | 1  # what is slower than two rows is light
        wave = values - cv2.blur(values[:, None], (1, window)).ravel()
        power = float((wave * wave).mean())
        if power < FLAT:
            continue
        same, opposite = (float((wave[:-shift] * wave[shift:]).mean()) / power for shift in (pitch, pitch // 2))
        if same >= REGULAR and opposite <= -REGULAR:
            return True
    return False
