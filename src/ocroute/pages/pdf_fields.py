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
from ocroute.pages.pdf_vectors import Segment, Vectors

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

_LABEL = 4.0
"""How many times its side a drawn box may stand away from its text."""

_MOST_BOXES = 1_000
"""Of the boxes that are only drawn; what comes after is a pattern."""

_MOST_CIRCLES = 60
_ONE_SIZE = 0.15
"""Part of a circle's width by which another may differ, and stand off its row or column."""

_TICKS = frozenset("✓✔✕✖✗✘☑☒×●■◆★•▪√")
_CROSSES = (ord("x"), ord("X"))


def with_fields(glyphs: Glyphs, fields: Sequence[Field], frame: Frame, vectors: Vectors) -> Glyphs:
    """``glyphs`` with a sign for each tick box, in place of the mark in it, and with the letters of combs set close.

    Boxes and circles that are only drawn, as on a form that is to be printed or whose fields were flattened, are among them.
    """
    places = _Places.of(glyphs) if fields or vectors.squares or vectors.circles else None
    if places is None:
        return glyphs
    shown = _on_page(fields, frame) if fields else []
    for _, box in (entry for entry in shown if entry[0].kind is FieldKind.COMB):
        _close_up(glyphs, places.inside(box))
    shown = [entry for entry in shown if entry[0].kind is not FieldKind.COMB]
    known = [box for _, box in shown]
    for kind, boxes in ((FieldKind.TICK, vectors.squares), (FieldKind.RADIO, _several(vectors.circles))):
        shown += _drawn_boxes(kind, boxes, glyphs, vectors, places, known)
    return _with_signs(glyphs, shown, places)


def _on_page(fields: Sequence[Field], frame: Frame) -> list[tuple[Field, Floats]]:
    boxes = _boxes(fields, frame)
    wide, high = frame.size
    seen = (boxes[:, :2] < (wide, high)).all(axis=1) & (boxes[:, 2:] > 0).all(axis=1)
    seen &= (boxes[:, 2:] - boxes[:, :2]).min(axis=1) >= 1
    return [(field, box) for field, box, there in zip(fields, boxes, seen.tolist(), strict=True) if there]


def _several(circles: Sequence[Segment]) -> list[Segment]:
    """Those that have another of their size below or beside them, but for one drawn in or around them: one of several can be
    chosen. Many are the points of a plot.
    """
    if not 2 <= len(circles) <= _MOST_CIRCLES:
        return []
    boxes = np.array(circles, np.float64)
    sides, middles = boxes[:, 2] - boxes[:, 0], (boxes[:, :2] + boxes[:, 2:]) / 2
    apart = np.abs(middles[:, None] - middles[None])
    alike = np.abs(sides[:, None] - sides[None]) < _ONE_SIZE * sides[:, None]
    level = (apart.min(axis=2) < _ONE_SIZE * sides[:, None]) & (apart.max(axis=2) > sides[:, None])
    return [circle for circle, found in zip(circles, (alike & level).any(axis=1), strict=True) if found]


def _drawn_boxes(
    kind: FieldKind,
    boxes: Sequence[Segment],
    glyphs: Glyphs,
    vectors: Vectors,
    places: _Places,
    known: Sequence[Floats],
) -> list[tuple[Field, Floats]]:
    """Small squares or circles beside a text, alone, empty or with one mark in them."""
    squares = _alone(np.array(boxes[:_MOST_BOXES], np.float64).reshape(-1, 4))
    scribbles = np.array(vectors.scribbles, np.float64).reshape(-1, 4)
    middles = (scribbles[:, :2] + scribbles[:, 2:]) / 2
    found = []
    for box in squares:
        x, y = (box[:2] + box[2:]) / 2
        if any(other[0] < x < other[2] and other[1] < y < other[3] for other in known):
            continue
        inside = places.inside(box).tolist()
        if len(inside) > 1 or any(not _is_tick(glyphs, index) for index in inside):
            continue
        side = box[2] - box[0]
        reach = (
            _LABEL * side * np.array([-1.0, 0.0, 1.0, 0.0])
        )  # and the same up and down, for text that stands on its side
        beside = np.concatenate([places.inside(box + reach), places.inside(box + np.roll(reach, 1))])
        if not any(chr(code).isalpha() for code in glyphs.code[beside].tolist()):
            continue
        within = (middles > box[:2] + 0.2 * side) & (middles < box[2:] - 0.2 * side)
        drawn = within.all(axis=1) & ((scribbles[:, 2:] - scribbles[:, :2]).max(axis=1, initial=0) > 0.3 * side)
        found.append((Field(kind, (0.0, 0.0, 0.0, 0.0), on=bool(inside) or bool(drawn.any())), box))
    return found


def _alone(squares: Floats) -> Floats:
    """Squares that touch no other one; of those drawn inside each other the outermost."""
    if len(squares) < 2:
        return squares
    order = np.argsort(squares[:, 0])
    squares = squares[order]
    alone = np.ones(len(squares), np.bool_)
    for at, (x0, y0, x1, y1) in enumerate(squares.tolist()):
        slack = 0.2 * (x1 - x0)
        last = int(np.searchsorted(squares[:, 0], x1 + slack))
        near = squares[at + 1 : last]
        level = (near[:, 1] < y1 + slack) & (near[:, 3] > y0 - slack)
        for other in (np.flatnonzero(level) + at + 1).tolist():
            a0, b0, a1, b1 = squares[other].tolist()
            if (
                min(abs((x0 + x1) - (a0 + a1)), abs((y0 + y1) - (b0 + b1))) < slack
                and (a1 - a0) <= (x1 - x0)
                and a1 <= x1 + slack
                and b0 >= y0 - slack
                and b1 <= y1 + slack
            ):
                alone[other] = False
            else:
                alone[[at, other]] = False
    return squares[alone]


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


def _is_tick(glyphs: Glyphs, index: int) -> bool:
    name = glyphs.styles[int(glyphs.style[index])].face.name.lower()
    code = int(glyphs.code[index])
    return code in _CROSSES or "dingbat" in name or chr(code) in _TICKS


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
