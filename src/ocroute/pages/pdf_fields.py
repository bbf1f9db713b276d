"""What form fields say that the characters drawn in them do not: ticks, and texts with a cell for each letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.pdf_chars import SPACE, Glyphs, Style
from ocroute.pages.pdf_flat import Field, FieldKind
from ocroute.pages.pdf_fonts import face_of
from ocroute.pages.pdf_frame import Frame

Floats = NDArray[np.float64]

SIGNS = {
    (FieldKind.TICK, True): "☑",
    (FieldKind.TICK, False): "☐",
    (FieldKind.RADIO, True): "◉",
    (FieldKind.RADIO, False): "○",
}
"""What a box becomes, by its kind and whether it is on."""

_LARGEST = 1.2
"""Size of a sign at most, in ems of the page's usual text: a tall box must not stand on two lines."""

_ONE_BLANK = 1.7
"""Letters of a comb this many cells apart have an empty cell between them."""

_CROSSES = (ord("x"), ord("X"))


def with_fields(glyphs: Glyphs, fields: Sequence[Field], frame: Frame) -> Glyphs:
    """``glyphs`` with a sign for each box, in place of the mark drawn in it, and with the letters of combs set close."""
    if not fields:
        return glyphs
    boxes = _boxes(fields, frame)
    wide, high = frame.size
    seen = (boxes[:, :2] < (wide, high)).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1)
    seen &= (boxes[:, 2:] - boxes[:, :2]).min(axis=1) >= 1
    shown = [(field, box) for field, box, there in zip(fields, boxes, seen.tolist(), strict=True) if there]
    places = _Places.of(glyphs)
    for _, box in (entry for entry in shown if entry[0].kind is FieldKind.COMB):
        _close_up(glyphs, places.inside(box))
    return _with_signs(glyphs, [entry for entry in shown if entry[0].kind is not FieldKind.COMB], places)


def _boxes(fields: Sequence[Field], frame: Frame) -> Floats:
    """(N, 4) pixels."""
    rects = np.array([field.rect for field in fields], np.float64)
    ax, ay = frame.map(rects[:, 0], rects[:, 1])
    bx, by = frame.map(rects[:, 2], rects[:, 3])
    return np.stack([np.minimum(ax, bx), np.minimum(ay, by), np.maximum(ax, bx), np.maximum(ay, by)], axis=1)


class _Places(NamedTuple):
    """The middles of all characters, and their order from top to bottom."""

    x: Floats
    y: Floats
    order: NDArray[np.intp]

    @classmethod
    def of(cls, glyphs: Glyphs) -> _Places:
        level = np.array([style.level for style in glyphs.styles], np.bool_)[glyphs.style]
        extent = np.where(level[:, None], glyphs.box, glyphs.ink)
        x, y = (extent[:, 0] + extent[:, 2]) / 2, (extent[:, 1] + extent[:, 3]) / 2
        return cls(x, y, np.argsort(y))

    def inside(self, box: Floats) -> NDArray[np.intp]:
        """Which characters stand in ``box``."""
        x0, y0, x1, y1 = box.tolist()
        first, last = np.searchsorted(self.y, (y0, y1), sorter=self.order)
        near = self.order[first:last]
        return np.sort(near[(self.x[near] > x0) & (self.x[near] < x1)])


def _close_up(glyphs: Glyphs, members: NDArray[np.intp]) -> None:
    """Let each letter of a comb reach to the next, so that they are one word."""
    members = members[glyphs.code[members] != SPACE]
    if len(members) < 2:
        return
    dx, dy = glyphs.styles[int(glyphs.style[members[0]])].direction
    along = glyphs.x[members] * dx + glyphs.y[members] * dy
    order = np.argsort(along)
    members, steps = members[order], np.diff(along[order])
    following = np.flatnonzero(steps < _ONE_BLANK * np.median(steps))
    for boxes in (glyphs.box, glyphs.ink):
        here, there = boxes[members[following]], boxes[members[following + 1]]
        boxes[members[following]] = np.concatenate(
            [np.minimum(here[:, :2], there[:, :2]), np.maximum(here[:, 2:], there[:, 2:])], axis=1
        )


def _with_signs(glyphs: Glyphs, shown: Sequence[tuple[Field, Floats]], places: _Places) -> Glyphs:
    if not shown:
        return glyphs
    marks = np.zeros(len(glyphs.code), np.bool_)
    for _, box in shown:
        marks[[index for index in places.inside(box).tolist() if _is_mark(glyphs, index)]] = True
    kept = np.flatnonzero(~marks)
    boxes = np.array([box for _, box in shown])
    direction, usual = _setting(glyphs)
    sizes = np.minimum((boxes[:, 2:] - boxes[:, :2]).min(axis=1), _LARGEST * usual)
    along, down = np.array(direction), np.array((-direction[1], direction[0]))
    middles, reach = (boxes[:, :2] + boxes[:, 2:]) / 2, sizes[:, None] / 2
    # In the middle of its box: it reaches 0.8 of its size above the baseline and 0.2 below.
    origins = middles - along * reach + down * 0.6 * reach
    square = np.concatenate([middles - reach, middles + reach], axis=1)
    return Glyphs(
        np.concatenate([glyphs.code[kept], [ord(SIGNS[field.kind, field.on]) for field, _ in shown]]),
        np.concatenate([glyphs.x[kept], origins[:, 0]]),
        np.concatenate([glyphs.y[kept], origins[:, 1]]),
        np.concatenate([glyphs.box[kept], square]),
        np.concatenate([glyphs.ink[kept], square]),
        np.concatenate([glyphs.style[kept], len(glyphs.styles) + np.arange(len(shown))]),
        [*glyphs.styles, *(Style(face_of(None), size, direction, False, False) for size in sizes.tolist())],
        glyphs.size,
    )


def _is_mark(glyphs: Glyphs, index: int) -> bool:
    code = int(glyphs.code[index])
    name = glyphs.styles[int(glyphs.style[index])].face.name.lower()
    return code in _CROSSES or "dingbat" in name or not chr(code).isalnum()


def _setting(glyphs: Glyphs) -> tuple[tuple[float, float], float]:
    """Direction and em height of most of the page's characters."""
    if not len(glyphs.style):
        return (1.0, 0.0), 1000.0
    count = np.bincount(glyphs.style, minlength=len(glyphs.styles))
    lengths: dict[tuple[float, float], int] = {}
    for style, number in zip(glyphs.styles, count.tolist(), strict=True):
        turn = (round(style.direction[0], 2), round(style.direction[1], 2))
        lengths[turn] = lengths.get(turn, 0) + number
    sizes = np.array([style.size for style in glyphs.styles])[glyphs.style]
    return max(lengths, key=lambda turn: lengths[turn]), float(np.median(sizes)) or 1.0
