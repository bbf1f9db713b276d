"""Parts of a page that its text layer does not say: printed lines without text, and fonts that are not what they seem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from ocroute.engines.base import Reading
from ocroute.judge.ink_match import LEAST_GLYPHS, UNCOVERED
from ocroute.judge.layer_evidence import evidence_of
from ocroute.pages.page import InputPage
from ocroute.raster.ink import Ink, ink_of
from ocroute.values import Box, Line

WHOLE: Final = 0.85  # share of the page that an image covers which is the page
STRAY: Final = 0.5  # of a page's printed text without text layer: from here on a page that is an image is read as one
MOST: Final = 24  # parts; more are read as one
INSIDE: Final = 0.6  # of a line's box in an image
GROWN: Final = 0.35  # of a line's height by which a part is larger than its ink, so that no letter's edge is cut
APART: Final = (2.5, 1.2)  # line heights, across and down, within which lines without text are one part
SUSPECT: Final = 0.5  # share of the letters in disbelieved fonts up to which the others are kept


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be read from the picture of the page.

    Attributes:
        box: page pixels.
        picture: whether it is an image of the file: a photograph, a chart, a piece of a scan. Otherwise it is printed lines.
    """

    box: Box
    picture: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A text layer as far as it is believed, and what of the page it does not say.

    Attributes:
        lines: of the layer.
        parts: of the page that are to be read.
        printed: the rows in them that look like lines of text.
    """

    lines: tuple[Line, ...]
    parts: tuple[Part, ...] = ()
    printed: tuple[Box, ...] = ()


def known_of(page: InputPage, lines: Sequence[Line], threads: int) -> Known:
    """What of the layer ``lines`` is kept and what is to be read.

    Without parts where the layer is whole, and where too little of it is worth keeping: then the page is read as a whole.
    """
    kept, doubted = _believed(page, lines, threads)
    ink = ink_of(page)
    lost, share = _lost(ink, kept, doubted)
    if not lost and not doubted:
        return Known(tuple(lines))
    width, height = page.size
    pictures = [Box(*sides) for sides in page.pictures()]
    if share >= STRAY and any(box.area >= WHOLE * width * height for box in pictures):
        return Known(tuple(lines))
    pictures = [box for box in pictures if min(box.width, box.height) >= 8 and box.area < WHOLE * width * height]
    shown = [box for box in pictures if any(line.intersection(box) >= INSIDE * line.area for line, _ in lost)]
    loose = [
        line
        for line, glyphs in lost
        if glyphs >= LEAST_GLYPHS and not any(line.intersection(box) >= INSIDE * line.area for box in shown)
    ]
    parts = [Part(box, picture=True) for box in _outermost(shown)]
    parts += [Part(box, picture=False) for box in together(page.size, [*loose, *(line.box for line in doubted)])]
    if len(parts) > MOST:
        parts = [Part(Box.around(part.box for part in parts), picture=False)]
    printed = [line for line, glyphs in lost if glyphs >= LEAST_GLYPHS]
    return Known(tuple(kept), tuple(parts), (*printed, *(line.box for line in doubted)))


def _believed(page: InputPage, lines: Sequence[Line], threads: int) -> tuple[list[Line], list[Line]]:
    """The lines, and apart those of the few fonts whose words are not what the page shows."""
    found = evidence_of(page, Reading(lines=tuple(lines)), threads).read
    doubted = [line for line in lines if found and line.font and line.font.name in found.suspects]
    letters = sum(len(line.text) for line in lines)
    if sum(len(line.text) for line in doubted) > SUSPECT * letters:
        return list(lines), []
    gone = {id(line) for line in doubted}
    return [line for line in lines if id(line) not in gone], doubted


def _lost(ink: Ink, kept: Sequence[Line], doubted: Sequence[Line]) -> tuple[list[tuple[Box, int]], float]:
    """Printed lines that no line of the layer covers, with their glyphs, and their share of all glyphs."""
    covered = ink.cover([line.box for line in (*kept, *doubted)], margin=0.15)
    rows = [line.box for line in ink.lines]
    shares = ink.share(covered, rows)
    lost = [(line.box, line.glyphs) for line, share in zip(ink.lines, shares, strict=True) if share < UNCOVERED]
    return lost, sum(glyphs for _, glyphs in lost) / max(1, ink.glyphs)


def _outermost(boxes: Sequence[Box]) -> list[Box]:
    """Those that do not stand in a larger one; images are often cut into tiles or drawn one over the other."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda box: -box.area)[: 4 * MOST]:
        if all(box.intersection(other) < 0.8 * box.area for other in kept):
            kept.append(box)
    return kept


def together(size: tuple[int, int], boxes: Sequence[Box]) -> list[Box]:
    """Boxes around ``boxes`` on a page of ``size``, each a little larger; those near each other as one."""
    if not boxes:
        return []
    typical = float(np.median([box.height for box in boxes]))
    scale = max(1.0, typical / 8)
    width, height = (int(np.ceil(side / scale)) + 1 for side in size)
    mask = np.zeros((height, width), np.uint8)
    for box in boxes:
        mask[int(box.y0 / scale) : int(np.ceil(box.y1 / scale)), int(box.x0 / scale) : int(np.ceil(box.x1 / scale))] = 1
    across, down = (round(apart * typical / scale) | 1 for apart in APART)
    count, labels = cv2.connectedComponents(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((down, across), np.uint8)))
    members: list[list[Box]] = [[] for _ in range(count)]
    for box in boxes:
        x, y = box.center
        members[labels[min(height - 1, int(y / scale)), min(width - 1, int(x / scale))]].append(box)
    grow = GROWN * typical
    around = (Box.around(every) for every in members if every)
    return [Box(box.x0 - grow, box.y0 - grow, box.x1 + grow, box.y1 + grow).clamped(*size) for box in around]
