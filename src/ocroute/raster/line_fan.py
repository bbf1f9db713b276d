"""A page photographed from the side so closely that its edges are not in the picture: its lines spread like a fan."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocroute.document.sheet import Point, Sheet
from ocroute.raster.marks import Marks
from ocroute.raster.skew import MAX_SKEW, sharpness

Floats = NDArray[np.float64]

FEW: Final = 150  # letters from which one looks
PARTS: Final = 3  # from top to bottom, whose skews are compared
LEAST: Final = 0.9  # degrees from the skew of the first to that of the last
BENT: Final = 0.3  # of that, by which the one between may be off: lines of a curled page bend in another way
SHARP: Final = 1.5  # times the usual sharpness from which a part's skew is clear
GAIN: Final = 1.15  # times as sharp as under the best single skew that the rows must be
MOST: Final = 4000  # letters that are looked at
_FINE: Final = np.linspace(-1.0, 1.0, 13)


def find_fan(marks: Marks, size: tuple[int, int]) -> Sheet | None:
    """Where the page lies whose level lines spread like a fan in a photograph; None where they do not, or not clearly.

    All lines meet where a straight line to the horizon ends, at a finite place now, so level lines have y' = (y - s x) /
    (1 + g x) in common, from the middle of the page. The most even rows tell s and g. What a picture taken from above or
    below does besides, upright edges that converge, is left as it is: lines do not tell of it.

    Args:
        marks: the letters of the photograph, with text that runs across.
        size: its (width, height) in pixels.
    """
    if marks.number < FEW or marks.height <= 0:
        return None
    middle = np.array(size) / 2
    some = np.linspace(0, marks.number - 1, min(MOST, marks.number)).astype(int)
    x = ((marks.left + marks.right) / 2)[some] - middle[0]
    rows = marks.bottom[some] - middle[1], marks.top[some] - middle[1]
    first = _by_parts(x, rows, marks.height)
    if first is None:
        return None
    slope, fan = _refined(x, rows, marks.height, *first)
    single = sharpness(x, rows, np.arange(-MAX_SKEW, MAX_SKEW + 0.01, 0.1), marks.height / 6).max()
    if _evenness(x, rows, marks.height / 6, slope, fan) < GAIN * single:
        return None
    return _sheet(size, slope, fan)


def _by_parts(x: Floats, rows: tuple[Floats, Floats], height: float) -> tuple[float, float] | None:
    """Slope in the middle and its growth a pixel downwards, as the skews of parts of the page tell; None where they do not."""
    edges = np.quantile(rows[0], np.linspace(0, 1, PARTS + 1))
    degrees = np.arange(-MAX_SKEW, MAX_SKEW + 0.01, 0.25)
    places, slopes = [], []
    for top, bottom in pairwise(edges.tolist()):
        here = (rows[0] >= top) & (rows[0] <= bottom)
        found = sharpness(x[here], tuple(row[here] for row in rows), degrees, height / 4)
        if found.max() < SHARP * float(np.median(found)):
            return None
        places.append(float(rows[0][here].mean()))
        slopes.append(float(np.tan(np.radians(degrees[int(found.argmax())]))))
    spread = slopes[-1] - slopes[0]
    if abs(spread) < np.tan(np.radians(LEAST)):
        return None
    fan, slope = np.polyfit(places, slopes, 1)
    off = max(abs(slope + fan * place - seen) for place, seen in zip(places, slopes, strict=True))
    return None if off > BENT * abs(spread) else (float(slope), float(fan))


def _refined(x: Floats, rows: tuple[Floats, Floats], height: float, slope: float, fan: float) -> tuple[float, float]:
    """The slope and the fan near those given under which rows are most even; in two steps, the second one finer."""
    span = float(np.ptp(rows[0])) / 2
    for degrees, fineness in ((0.6, 4.0), (0.12, 8.0)):
        steps = np.tan(np.radians(degrees)) * _FINE
        tries = [(slope + step, fan + turn / span) for step in steps for turn in steps]
        slope, fan = max(tries, key=lambda each: _evenness(x, rows, height / fineness, *each))
    return slope, fan


def _evenness(x: Floats, rows: tuple[Floats, Floats], row_height: float, slope: float, fan: float) -> float:
    away = 1 + fan * x
    level = tuple((row - slope * x) / away for row in rows)
    return float(sharpness(x, level, np.zeros(1), row_height)[0])


def _sheet(size: tuple[int, int], slope: float, fan: float) -> Sheet:
    """The smallest page, seen from above, that all of the photograph is on."""
    width, height = size
    x = np.array([0.0, width, width, 0.0]) - width / 2
    y = np.array([0.0, 0.0, height, height]) - height / 2
    flat_x, flat_y = x / (1 + fan * x), (y - slope * x) / (1 + fan * x)
    left, right, top, bottom = flat_x.min(), flat_x.max(), flat_y.min(), flat_y.max()

    def back(u: float, v: float) -> Point:
        x = u / (1 - fan * u)
        return float(x + width / 2), float(v * (1 + fan * x) + slope * x + height / 2)

    return Sheet(width, height, (back(left, top), back(right, top), back(right, bottom), back(left, bottom)))
