"""How tall the letters of one line are and how thick their strokes, measured on its ink.

A box does not tell: one engine pads it, another cuts it to the ink. The heights of single letters do not depend on the box,
nor on a line with a little skew, and the text that was read says which heights to expect.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.raster.grey import otsu_ink
from ocroute.values import Line

Grey = NDArray[np.uint8]

_CONTRAST = 40  # grey levels between ink and paper below which nothing is measured
_LOW = frozenset("aceimnorsuvwxzавгежзиклмнопстхчшъыьэюяακινοπστυω")
_TALL = frozenset("bdfghklpqyßþбруфβγδζηθλμξρφχψ")  # ascending or descending, besides capitals and digits
_BRACKETS = "()[]{}|/"
_ROOM = 0.15  # of the box's height that is looked at above and below it: a tight box cuts off what blurs out of it
_SPECK = 0.3  # of the tall letters' height; dust and full stops are lower
_POINT = 0.55  # of the usual height; commas, hyphens and the dots of i are lower, letters are not
_PLAUSIBLE = (0.25, 1.35)  # letters' height as a share of the box's; outside it what was seen were no letters
_FACES = (1.13, 1.85)  # tall letters are this much taller than low ones, in all usual faces
_SPECKLED = 2.5  # shapes of any kind to a letter; punctuation and dots make it 1.3
_SMALL_CAPITALS = (
    1.18,
    1.5,
)  # the heights of the capitals that begin words, to those of the small ones they are set in
_SYMBOLS = 0.35  # the share of letters and digits below which a line is a formula or a row of dots
_CAPITALS = 1.05  # ascending letters reach a little higher than capitals and digits
_CROWDED, _BROKEN = 0.35, 1.8  # shapes to a letter below which letters hang together, above which they are in pieces
_IDEOGRAPH = 0.9  # of the em that the ink of a line of ideographs is high
_STEMS = 0.7  # the share of the shortest runs of ink, which run through stems, not along bars


class Letters(NamedTuple):
    """The measures of one line, page pixels; 0 where they are not known.

    Attributes:
        low: the x-height.
        tall: the height of ascending and of descending letters, which is about the same.
        em: of ideographs, which fill their square.
        stroke: the usual width of a stem.
        talls: of how many letters that is the mean.
    """

    low: float
    tall: float
    em: float
    stroke: float
    talls: int


def measure(page: Grey, line: Line, *, enlarged: float = 1.0) -> Letters | None:
    """The letters of a level line; None where its ink does not tell.

    Args:
        page: (H, W), in grey.
        enlarged: the factor by which to enlarge it first: between pixels lies what small letters differ by.
    """
    letters = [letter for letter in line.text if letter.isalnum()]
    if len(letters) <= _SYMBOLS * len(line.text):
        return None
    grey = _crop(page, line, enlarged)
    ink = None if grey is None else _ink(grey)
    if ink is None:
        return None
    found, ink = _shapes(ink, _ROOM * line.box.height * enlarged)
    ideographs = sum(map(_is_ideograph, letters)) > 0.5 * len(letters)
    if not len(found) or (not ideographs and not _CROWDED * len(letters) <= len(found) <= _BROKEN * len(letters) + 2):
        return None
    low = tall = em = 0.0
    talls = 0
    if ideographs:
        em = _reach(found, ink.shape[0]) / _IDEOGRAPH
    else:
        heights = sorted(found[:, cv2.CC_STAT_HEIGHT].tolist())
        brackets = sum(map(line.text.count, _BRACKETS))  # higher than all letters
        low, tall, talls = _heights(heights[: max(1, len(heights) - brackets)], letters)
    if not _PLAUSIBLE[0] < (tall or low or em) / (enlarged * line.box.height) < _PLAUSIBLE[1]:
        return None
    return Letters(low / enlarged, tall / enlarged, em / enlarged, _stroke(ink, found) / enlarged, talls)


def _crop(page: Grey, line: Line, enlarged: float) -> Grey | None:
    """The line with some room above and below."""
    height, width = page.shape
    room = _ROOM * line.box.height
    x0, x1 = max(0, int(line.box.x0) - 2), min(width, int(line.box.x1) + 3)
    y0, y1 = max(0, round(line.box.y0 - room)), min(height, round(line.box.y1 + room))
    if x1 - x0 < 4 or y1 - y0 < 6:
        return None
    grey = page[y0:y1, x0:x1]
    if enlarged > 1:
        return np.asarray(cv2.resize(grey, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_CUBIC), np.uint8)
    return grey


def _ink(grey: Grey) -> Grey | None:
    """1 where there is ink, dark on light or light on dark; None where nothing stands out."""
    ink, _ = otsu_ink(grey)
    share = cv2.countNonZero(ink) / ink.size
    if share <= 0.01:
        return None
    contrast = abs(cv2.mean(grey)[0] - cv2.mean(grey, ink)[0]) / (1 - share)
    return ink if contrast >= _CONTRAST else None


def _shapes(ink: Grey, inset: float) -> tuple[NDArray[np.int32], Grey]:
    """Connected shapes (rows of OpenCV's statistics) that may be letters of this line, not parts of its neighbours, and the
    ink without specks where it is full of them.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    top, height, width = stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    middle = top + height / 2
    good = (top > 0) & (top + height < ink.shape[0]) & (middle > inset) & (middle < ink.shape[0] - inset)
    good &= (width < 8 * height) & (height > 2)
    good[0] = False  # the paper
    if good.any():
        heights = np.sort(height[good])
        good &= height > _SPECK * heights[int(0.9 * len(heights))]
        good &= height > _POINT * np.median(height[good])
    if len(stats) > _SPECKLED * good.sum():
        ink = good.astype(np.uint8)[labels]
    return np.asarray(stats[good], np.int32), ink


def _heights(heights: list[int], letters: list[str]) -> tuple[float, float, int]:
    """The heights of low and of tall letters, 0 for what the line has none of or does not tell apart, and the number of these.

    Args:
        heights: of its shapes, in rising order.
    """
    low = sum(letter in _LOW for letter in letters)
    tall = sum(letter in _TALL or letter.isupper() or letter.isdigit() for letter in letters)
    cut = _cut(heights)
    lower, upper = heights[:cut], heights[cut:]
    if tall and not low:
        small = len(lower) > len(upper) > 0 and all(letter.isupper() for letter in letters)
        small = small and _SMALL_CAPITALS[0] < _middle(upper) / _middle(lower) < _SMALL_CAPITALS[1]
        return 0.0, _usual(upper if small else heights) * _CAPITALS, tall
    if low and not tall:
        return _usual(heights), 0.0, 0
    if not upper or not tall:
        return 0.0, 0.0, 0
    # The letter t and those with a short tail are neither; some of them are among the upper.
    measured = _usual(lower), _usual(upper[-tall:])
    clear = _FACES[0] < measured[1] / measured[0] < _FACES[1]
    return (*measured, min(tall, len(upper))) if clear else (0.0, 0.0, 0)


def _cut(ordered: list[int]) -> int:
    """The index at which rising heights fall into two groups that differ as much as can be (Otsu's criterion)."""
    total, below = sum(ordered), 0
    best, at = 0.0, len(ordered)
    for count, height in enumerate(ordered[:-1], start=1):
        below += height
        left = len(ordered) - count
        apart = count * left * ((total - below) / left - below / count) ** 2
        if apart > best:
            best, at = apart, count
    return at


def _middle(ordered: list[int]) -> int:
    return ordered[(len(ordered) - 1) // 2]


def _usual(ordered: list[int]) -> float:
    """The mean of heights near their median: brackets and letters with accents are left out."""
    middle = _middle(ordered)
    near = [height for height in ordered if abs(height - middle) <= 0.12 * middle]
    return sum(near) / len(near)


def _reach(found: NDArray[np.int32], window: int) -> float:
    """How far the ink of most ideographs reaches from top to bottom, looked at in windows as wide as the line is high."""
    top, bottom = found[:, cv2.CC_STAT_TOP], found[:, cv2.CC_STAT_TOP] + found[:, cv2.CC_STAT_HEIGHT]
    places = found[:, cv2.CC_STAT_LEFT] // window
    return float(np.median([bottom[places == at].max() - top[places == at].min() for at in np.unique(places)]))


def _stroke(ink: Grey, found: NDArray[np.int32]) -> float:
    """The mean length of the shorter runs of ink along the rows between the highest and the lowest letter."""
    top = int(found[:, cv2.CC_STAT_TOP].min())
    bottom = int((found[:, cv2.CC_STAT_TOP] + found[:, cv2.CC_STAT_HEIGHT]).max())
    framed = cv2.copyMakeBorder(ink[top:bottom], 0, 0, 1, 1, cv2.BORDER_CONSTANT, value=0).ravel()
    turns = np.flatnonzero(framed[1:] != framed[:-1])  # by turns into ink and out of it
    runs = np.sort(turns[1::2] - turns[::2])
    return float(runs[: max(1, int(_STEMS * len(runs)))].mean()) if runs.size else 0.0


def _is_ideograph(letter: str) -> bool:
    return "\u2e80" <= letter <= "\ud7ff" or "\uf900" <= letter <= "\ufaff" or letter >= "\U00020000"
