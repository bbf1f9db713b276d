"""Orientation detection: see a page from above, turn it by quarter turns and deskew it, before any engine reads it.

A false turn costs the whole page, a missed one costs only what the engines cannot do themselves, so a page is turned on
strong evidence alone: PP-OCR's line classifier (is this line upside down?) must agree over many lines, and a
page is laid on another side only when its lines clearly run that way *and* the recogniser reads them better so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ocroute.document.sheet import Sheet
from ocroute.pages.flattened import flattened
from ocroute.pages.page import InputPage, Raster, deskewed
from ocroute.ppocr.line_orientation import flipped_votes, reading_confidence
from ocroute.raster.bands import busiest_stretch
from ocroute.raster.converging_margins import find_convergence
from ocroute.raster.grey import grey_of, to_grey
from ocroute.raster.line_fan import find_fan
from ocroute.raster.marks import Bands, Marks, find_bands, find_marks, halved, turned
from ocroute.raster.sheet_outline import find_sheet
from ocroute.raster.skew import estimate_skew

_VOTERS = 16
"""Lines that vote on upside down."""

_READERS = 5
"""Lines that are read on trial."""

_FLIPPED = 0.75
"""Mean vote from which lines are upside down. On upright pages of many kinds it stayed below 0.25."""

_FLIPPED_OF_FEW = 0.95
_FEW_LINES = 4
_AGREED = 0.25
"""Mean vote within which of 0 or 1 lines agree. Lines that are no lines, but text seen sideways, disagree."""

_SIDEWAYS = 0.5
"""Text that runs down the page, as a part of that which runs across, from which the page is looked at sideways. Chinese
runs either way on a tight grid, so a look is all that it means."""

_BETTER = 0.08
"""By how much the recogniser must be surer of the text after a turn. It is by 0.15 to 0.6 where the turn is right."""

_SURE = 0.95
"""What the recogniser must be of fewer lines than ``_FEW_LINES``."""

_SCRAPS = 0.15
"""Text seen across the page, as a part of that seen along it, up to which it is letters that meet by chance."""

_READABLE = 0.7
"""How sure the recogniser is at least of text that stands right, even in scripts that it cannot write."""

_CROP_ASPECT = 6.0
_VISIBLE_SKEW = 0.8
"""Degrees from which lines are cut out of a deskewed page: steeper ones leave their crops."""


class _View(NamedTuple):
    """The page laid on one side, deskewed, with its stretches of text."""

    raster: Raster
    marks: Marks
    bands: Bands
    skew: float


def make_upright(page: InputPage, threads: int = 1) -> InputPage:
    """``page`` the right way up and straight; ``page`` itself where it already is, or where the evidence is thin.

    A sheet that was photographed from the side is seen from above besides, by its edges, or by the fan of its lines. A PDF page
    that prints its own text says by it how it stands, and its raster is not made. Otherwise the raster's marks tell; that takes
    some tenths of a second.

    Args:
        page: any page; its text layer is turned along by quarter turns.
        threads: the most threads to use.

    Raises:
        CorruptInput: the page cannot be decoded.
    """
    angle = page.text_angle()
    if angle is not None:
        return page.turned_by(-angle // 90)
    turns, skew, flat = page.once("uprightness", lambda: _all(page, threads))
    return flat.turned_by(turns, skew)


def _all(page: InputPage, threads: int) -> tuple[int, float, InputPage]:
    """The page seen from above, and by which quarter turns and degrees counter-clockwise it is upright then."""
    if page.text_layer() is not None:
        turns, skew, _ = _look(page, threads)
        return turns, skew, page
    flat = flattened(page, find_sheet(page))
    turns, skew, level = _look(flat, threads)
    if flat is page and turns == 0 and (sheet := _from_aside(page, level)):
        flat = flattened(page, sheet)
        turns, skew, _ = _look(flat, threads)
    return turns, skew, flat


def _from_aside(page: InputPage, level: _View) -> Sheet | None:
    """Where an upright page lies in a photograph that its edges are not in: by its lines, then by its margins."""
    if level.raster.shape[:2] != page.size[::-1]:
        return None  # a part of a long page
    skew = level.skew if abs(level.skew) >= _VISIBLE_SKEW else 0.0
    fan = find_fan(find_marks(grey_of(page)) if skew else level.marks, page.size)
    if fan is None:
        converging = find_convergence(level.bands.boxes, page.size, level.marks.height)
        return converging and converging.turned_back(skew)
    above = flattened(page, fan)
    marks = find_marks(grey_of(above))
    converging = find_convergence(find_bands(marks, reach=1.2, slim=2.5).boxes, above.size, marks.height)
    return converging.within(fan) if converging else fan


def _look(page: InputPage, threads: int) -> tuple[int, float, _View]:
    """Quarter turns counter-clockwise and degrees besides that make the page upright; and the page as it stands, deskewed."""
    rows, columns = busiest_stretch(grey_of(page))
    raster, marks = page.raster()[rows, columns], find_marks(grey_of(page)[rows, columns])
    level = _view(raster, marks)
    vote = _vote(level, threads)
    if vote is None or not _agreed(vote) or _runs_down(marks, raster.shape[1]):
        side = _sideways(raster, marks, level, threads, upside_down=vote is not None and vote > 0.5)
        if side is not None:
            return *side, level
    if vote is not None and _is_flipped(vote, len(level.bands.boxes)) and _reads_better(level, threads):
        return 2, level.skew, level
    return 0, level.skew, level


def _view(raster: Raster, marks: Marks) -> _View:
    skew = estimate_skew(marks)
    if abs(skew) >= _VISIBLE_SKEW:
        raster = deskewed(raster, skew)
        marks = find_marks(to_grey(raster))
        rest = estimate_skew(marks)  # a steep angle is measured on slanted letters, a little off
        if rest:
            skew = round(skew + rest, 2)
    return _View(raster, marks, find_bands(marks, reach=1.2, slim=2.5), skew)


def _runs_down(marks: Marks, width: int) -> bool:
    """Whether many letters stand close one above the other."""
    coarse = halved(marks)
    across = find_bands(coarse, reach=0.7, slim=2.5).length
    down = find_bands(turned(coarse, width), reach=0.7, slim=2.5).length
    return down > _SIDEWAYS * across + 5


def _sideways(
    raster: Raster, marks: Marks, level: _View, threads: int, *, upside_down: bool
) -> tuple[int, float] | None:
    """The turn that lays the page on its right side, or None where it does not lie on one.

    Args:
        upside_down: how the lines of ``level`` seem to stand, and are read for comparison. The page is turned either way then,
            so the better reading decides; else it stays unless the side reads clearly better.
    """
    side = _view(np.ascontiguousarray(np.rot90(raster)), turned(marks, raster.shape[1]))
    vote = _vote(side, threads)
    if vote is None or not _agreed(vote) or len(side.bands.boxes) < 2:
        return None
    flip = vote > 0.5
    sure = reading_confidence(_crops(side, _READERS, flip=flip), threads)
    if len(side.bands.boxes) < _FEW_LINES and sure < _SURE:
        return None
    if level.bands.length < _SCRAPS * side.bands.length and sure >= _READABLE:
        return 3 if flip else 1, side.skew
    now = reading_confidence(_crops(level, _READERS, flip=upside_down), threads)
    return (3 if flip else 1, side.skew) if sure > now + (0 if upside_down else _BETTER) else None


def _vote(view: _View, threads: int) -> float | None:
    crops = _crops(view, _VOTERS, flip=False)
    return float(np.mean(flipped_votes(crops, threads))) if crops else None


def _agreed(vote: float) -> bool:
    return vote <= _AGREED or vote >= 1 - _AGREED


def _is_flipped(vote: float, lines: int) -> bool:
    return vote >= (_FLIPPED if lines >= _FEW_LINES else _FLIPPED_OF_FEW)


def _reads_better(view: _View, threads: int) -> bool:
    """Whether the recogniser is surer of the lines turned by 180 degrees than of the lines as they stand."""
    flipped = reading_confidence(_crops(view, _READERS, flip=True), threads)
    return flipped > reading_confidence(_crops(view, _READERS, flip=False), threads) + _BETTER


def _crops(view: _View, count: int, *, flip: bool) -> list[Raster]:
    """The view's longest lines, each cut to a few times its height: the classifier needs no more."""
    height, width = view.raster.shape[:2]
    pad = round(0.3 * view.marks.height)
    crops = []
    for x0, y0, x1, y1 in view.bands.boxes[:count].tolist():
        end = min(x1, x0 + round(_CROP_ASPECT * (y1 - y0 + 2 * pad)))
        crop = view.raster[max(0, y0 - pad) : min(height, y1 + pad), max(0, x0 - pad) : min(width, end + pad)]
        crops.append(crop[::-1, ::-1] if flip else crop)
    return crops
