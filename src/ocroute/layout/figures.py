"""The pictures of a page: images that the file shows, else regions of ink in which nobody found text; unread formulas too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from ocroute.layout.unread_formulas import with_unread_formulas
from ocroute.pages.page import InputPage, Raster
from ocroute.raster.ink import ink_of
from ocroute.values import Block, Box, Category

_WHOLE: Final = 0.8  # of the page: an image this large is the page, scanned
_SMALL: Final = 0.035  # of the page's longer side, that a picture's sides have at least
_SAID: Final = 0.3  # of a picture's area under lines of text: from here on it is text on a ground
_SAME: Final = 0.5  # of the smaller box, that two pictures have in common where they are one
_APART: Final = 0.006  # of the page's longer side: strips of one image, and strokes of one drawing, are this near
_TINTED: Final = 40
"""Grey levels of one colour that a tint is off the paper; shadows on a photographed sheet are less, mostly."""
_SPARSE: Final = 0.02  # inked share of a region that is no more than a frame or a few rules


def with_figures(page: InputPage, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """``blocks`` with one for each picture of ``page`` that none of them is yet; those that an engine found say where.

    It is asked for when the text is judged: a picture must not hide what was not read.

    Args:
        page: upright, as it was read.
        blocks: of its final reading, in reading order.
    """
    placed = [_shown(block) for block in with_unread_formulas(blocks, page.size)]
    known = [block.box for block in placed if block.category in (Category.PICTURE, Category.TABLE) and block.box]
    for box in _found(page, placed):
        if not any(_alike(box, other) for other in known):
            known.append(box)
            insert_picture(placed, box)
    return tuple(placed)


def insert_picture(blocks: list[Block], box: Box) -> None:
    """Put a picture at its place in the reading order: before what begins in its column beside or below its top."""
    at = next((at for at, block in enumerate(blocks) if block.box is not None and _after(block.box, box)), len(blocks))
    blocks.insert(at, Block(Category.PICTURE, "", box, image=box))


def _shown(block: Block) -> Block:
    if block.category is Category.PICTURE and block.image is None and block.box is not None:
        return msgspec.structs.replace(block, image=block.box)
    return block


def _after(block: Box, picture: Box) -> bool:
    across = min(block.x1, picture.x1) - max(block.x0, picture.x0)
    return block.y0 >= picture.y0 and across > 0


def _found(page: InputPage, blocks: Sequence[Block]) -> Iterator[Box]:
    width, height = page.size
    long_side = max(width, height)
    lines = [line.box for block in blocks for line in block.lines] or [block.box for block in blocks if block.box]
    images = [Box(*sides).clamped(width, height) for sides in page.pictures()]
    images = [box for box in images if box.area < _WHOLE * width * height]
    # Where the place of some text is not known, what is drawn cannot be told from what is written.
    told = all(block.box or block.lines for block in blocks if block.text.strip() or block.table)
    drawn = _drawn(page, lines, long_side) if told and not images else ()
    candidates = _joined(images, _APART * long_side) if images else drawn
    for box in candidates:
        large = box.width >= _SMALL * long_side and box.height >= _SMALL * long_side
        if large and _said(box, lines) < _SAID and box.area < _WHOLE * width * height:
            yield box


def _said(box: Box, lines: Iterable[Box]) -> float:
    return sum(box.intersection(line) for line in lines) / max(box.area, 1.0)


def _alike(box: Box, other: Box) -> bool:
    return box.intersection(other) > _SAME * min(box.area, other.area)


def _joined(boxes: Iterable[Box], near: float) -> list[Box]:
    """Boxes that touch are one: an image is often cut into strips."""
    found: list[Box] = []
    for box in boxes:
        rest = []
        for other in found:
            if other.intersection(Box(box.x0 - near, box.y0 - near, box.x1 + near, box.y1 + near)) > 0:
                box = Box.around((box, other))  # noqa: PLW2901 - it grows
            else:
                rest.append(other)
        found = [*rest, box]
    return found


def _drawn(page: InputPage, lines: Iterable[Box], long_side: float) -> list[Box]:
    """Regions of ink that is no text, or of another colour than the paper: what is near each other as one box."""
    ink = ink_of(page)
    bare = (ink.mask & ~ink.text | _coloured(page.raster(), ink.mask.shape)) & (1 - ink.cover(lines, margin=0.1))
    reach = max(3, round(2 * _APART * long_side / ink.scale) | 1)
    closed = cv2.morphologyEx(bare, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    boxes = []
    for x, y, w, h, _ in stats[1:]:
        if min(w, h) * ink.scale >= _SMALL * long_side and bare[y : y + h, x : x + w].mean() >= _SPARSE:
            boxes.append(Box(*(float(side * ink.scale) for side in (x, y, x + w, y + h))))
    return _joined(boxes, _APART * long_side)


def _coloured(raster: Raster, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """1 where the page is far from the colour of its paper, as photographs are between their strokes; reduced to ``shape``."""
    small = cv2.resize(raster, shape[::-1], interpolation=cv2.INTER_AREA)
    paper = np.rint(np.median(small[::8, ::8].reshape(-1, 3), axis=0))
    red, green, blue = cv2.split(cv2.absdiff(small, (*paper.tolist(), 0.0)))
    return np.asarray(cv2.max(cv2.max(red, green), blue) > _TINTED, np.uint8)
