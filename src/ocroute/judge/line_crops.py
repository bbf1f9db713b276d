"""Crops of printed lines: short stretches, chosen without chance and read again from the pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from ocroute.errors import EngineError, EngineUnavailable
from ocroute.judge import reference_recogniser
from ocroute.pages.page import InputPage
from ocroute.raster.ink import Ink, ink_of
from ocroute.values import Box

LEGIBLE: Final = (9.0, 160.0)  # pixels of a line's height that the reference recogniser reads well
SURE: Final = 0.93  # confidence of print; handwriting and worn type stay below
LENGTH: Final = 8.0  # a stretch's width over its height: about 17 letters, 25 ms of one core
SHORTEST: Final = 2.0  # the same of a line: a figure in a column
GAP: Final = 0.13  # of the height: a blank from which words may part
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadCrop:
    """What the reference recogniser surely reads in one place."""

    text: str
    box: Box


def crops_of_lines(page: InputPage, lines: Iterable[Box], *, narrow: bool = False) -> list[Box]:
    """Pieces of the printed ``lines`` (page pixels), cut between words, in the order of the lines.

    Args:
        page: on which they are.
        lines: upright boxes around printed lines.
        narrow: of lines that are shorter than a stretch, too short for words but not for figures; otherwise of the longer ones.
    """
    ink = ink_of(page)
    made: list[Box] = []
    for box in lines:
        if not (LEGIBLE[0] <= box.height <= LEGIBLE[1] and box.width >= SHORTEST * box.height):
            continue
        if narrow != (box.width < LENGTH / 2 * box.height):
            continue
        count = max(1, int(box.width / (1.25 * LENGTH * box.height)))
        for at in range(count):
            x0, x1 = (box.x0 + box.width * part / count for part in (at, at + 1))
            made.append(_trimmed(ink, Box(x0, box.y0, x1, box.y1), left=at > 0, right=at + 1 < count))
    return made


def spread(every: Sequence[T], count: int) -> list[T]:
    """``count`` of them, evenly over their order, the first few far apart from each other."""
    count = min(count, len(every))
    even = [every[(2 * at + 1) * len(every) // (2 * count)] for at in range(count)]
    golden = sorted(range(count), key=lambda at: (at * 0.6180339887) % 1.0)
    return [even[at] for at in golden]


def read_crops(page: InputPage, boxes: Sequence[Box], threads: int) -> list[ReadCrop]:
    """What the reference recogniser reads in ``boxes`` and is sure of; nothing where there is none.

    A place is read once a page: the next engine's text is often looked for in the same ones.
    """
    known: dict[Box, tuple[str, float]] = page.once("judge.read_crops", dict)
    unread = [box for box in boxes if box not in known]
    try:
        if unread:
            known.update(
                zip(
                    unread,
                    reference_recogniser.recognise(page, [around(page, box) for box in unread], threads),
                    strict=True,
                )
            )
    except (EngineUnavailable, EngineError):  # no second pair of eyes here: ink and language must do
        return []
    read = ((box, *known[box]) for box in boxes)
    return [ReadCrop(text, box) for box, text, confidence in read if confidence >= SURE and any(map(str.isalnum, text))]


def around(page: InputPage, box: Box) -> Box:
    """The box and a little of its ground."""
    margin = 0.12 * box.height
    return Box(box.x0 - margin, box.y0 - margin, box.x1 + margin, box.y1 + margin).clamped(*page.size)


def _trimmed(ink: Ink, box: Box, *, left: bool, right: bool) -> Box:
    """``box``, no longer than a stretch, without the halves of words at those sides that are no line's end."""
    x0, y0, x1, y1 = (round(side / ink.scale) for side in (box.x0, box.y0, box.x1, box.y1))
    bare = ~ink.mask[max(0, y0) : y1, max(0, x0) : x1].any(axis=0)
    wide = max(2, round(GAP * (y1 - y0)))
    blank = np.flatnonzero(np.convolve(bare, np.ones(wide), "valid") >= wide)  # where a gap begins
    most = round(LENGTH * (y1 - y0))
    start = int(blank[0]) + wide - 1 if left and blank.size else 0
    stop = bare.size
    if right or stop - start > most:
        inside = blank[(blank > start + wide) & (blank < start + most)]
        stop = int(inside[-1]) + 1 if inside.size else min(stop, start + most)
    return Box(box.x0 + start * ink.scale, box.y0, min(box.x1, box.x0 + stop * ink.scale), box.y1)
