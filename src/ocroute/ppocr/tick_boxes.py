"""Boxes to tick in a picture: small squares beside a line of text, empty or with something in them.

The recogniser has no sign for them, and the detector sees no text in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from ocroute.values import Box, Line, Word

SIDE: Final = (0.45, 1.3)  # of the line's height that a box's sides are; the line's box has some room above and below
SQUARE: Final = 0.82  # of the longer side that the shorter one is
EDGE: Final = 0.9  # of each side of the frame that is inked; the corners of letters are round or open
RIM: Final = 0.22  # of the side from its edge in which the frame's stroke lies
SOLID: Final = 0.85  # of a shape that is inked where it is a square bullet, not a frame
EMPTY: Final = 0.07  # of the inside that is inked where nothing is in it
REACH: Final = 3.0  # sides between the box and the line that it belongs to
ALONE: Final = 0.6  # of the side around a box in which there is no other: rows of boxes are for single letters
LEVEL: Final = 0.35  # of the line's height by which the middles of box and line differ
HOLLOW: Final = frozenset("DOQ0")  # what the recogniser writes for an empty box
SURE: Final = 0.99  # confidence of what is found: a frame with four corners is nothing else

Grey = NDArray[np.uint8]


class _Found(NamedTuple):
    box: Box
    ticked: bool


def with_ticks(grey: Grey, lines: Sequence[Line]) -> list[Line]:
    """``lines`` of an (H, W) page, with ☐ or ☑ before those that stand beside a box, in place of what was read in it."""
    level = [line for line in lines if not line.angle and line.box.height > 0]
    if not level:
        return list(lines)
    usual = float(np.median([line.box.height for line in level]))
    owners: dict[int, _Found] = {}
    signs: set[int] = set()
    for found in _alone(list(_boxes(grey, usual))):
        inside = {at for at, line in enumerate(lines) if _is_its_sign(found.box, line)}
        if any(_is_text(Word(lines[at].text, lines[at].box), found) for at in inside):
            continue
        beside = [
            at for at, line in enumerate(lines) if at not in inside and not line.angle and _beside(found.box, line)
        ]
        if beside:
            owners.setdefault(min(beside, key=lambda at: lines[at].box.x0), found)
            signs |= inside
    return [_ticked(line, owners[at]) if at in owners else line for at, line in enumerate(lines) if at not in signs]


def _boxes(grey: Grey, usual: float) -> Iterator[_Found]:
    """Every small square frame; ``usual`` is the height of most lines."""
    ink = cv2.adaptiveThreshold(
        grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, max(15, int(3 * usual) | 1), 25
    )
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    width, height = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    some = (longer <= SIDE[1] * usual) & (shorter >= SIDE[0] * usual) & (shorter >= SQUARE * longer)
    for x, y, w, h, _ in stats[1:][some].tolist():
        shape = ink[y : y + h, x : x + w]
        rim = max(1, round(RIM * min(w, h)))
        sides = (
            shape[:rim].max(axis=0),
            shape[-rim:].max(axis=0),
            shape[:, :rim].max(axis=1),
            shape[:, -rim:].max(axis=1),
        )
        corners = (shape[:rim, :rim], shape[:rim, -rim:], shape[-rim:, :rim], shape[-rim:, -rim:])
        inside = shape[rim:-rim, rim:-rim]
        framed = min(side.mean() for side in sides) >= EDGE and all(_is_corner(corner) for corner in corners)
        if framed and inside.size and shape.mean() < SOLID:
            yield _Found(Box(float(x), float(y), float(x + w), float(y + h)), bool(inside.mean() > EMPTY))


def _is_corner(patch: Grey) -> bool:
    """Whether ink reaches both edges of the frame there, as at no end of a round stroke."""
    rows, columns = patch.any(axis=1).sum(), patch.any(axis=0).sum()
    ragged = max(1, min(patch.shape) // 3)  # edges of worn print are
    return bool(rows >= patch.shape[0] - ragged and columns >= patch.shape[1] - ragged)


def _alone(every: Sequence[_Found]) -> Iterator[_Found]:
    outer = [one for one in every if not any(_holds(other.box, one.box) for other in every)]
    for one in outer:
        room = ALONE * one.box.width
        around = Box(one.box.x0 - room, one.box.y0, one.box.x1 + room, one.box.y1)
        if not any(other is not one and around.intersection(other.box) > 0 for other in outer):
            yield one


def _holds(box: Box, other: Box) -> bool:
    return box.area > other.area and box.intersection(other) > 0.9 * other.area


def _is_its_sign(box: Box, line: Line) -> bool:
    """Whether the line is no more than what was read in the box itself."""
    return len(line.text) == 1 and line.box.intersection(box) >= 0.5 * min(line.box.area, box.area)


def _beside(box: Box, line: Line) -> bool:
    """Whether the line begins right of the box, at its height, or with the box itself, read as a sign."""
    if abs(box.center[1] - line.box.center[1]) > LEVEL * line.box.height or line.box.x1 <= box.x1:
        return False
    return line.box.x0 <= box.x1 + REACH * box.width and line.box.x0 >= box.x0 - 0.5 * box.width


def _ticked(line: Line, found: _Found) -> Line:
    inside = [word for word in line.words if word.box.center[0] <= found.box.x1 or word.box.intersection(found.box) > 0]
    words = [word for word in line.words if word not in inside]
    if not words or len(inside) > 1 or any(_is_text(word, found) for word in inside):
        return line
    sign = Word("☑" if found.ticked else "☐", found.box, SURE)
    return replace(Line.of_words([sign, *words]), font=line.font, angle=line.angle)


def _is_text(word: Word, found: _Found) -> bool:
    """Whether what was read in the box is a word, or a letter that is no empty box: B and n have four corners too."""
    if len(word.text) > 1:
        return True
    return word.text.isascii() and word.text.isalnum() and (found.ticked or word.text not in HOLLOW)
