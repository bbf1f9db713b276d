"""Whether a text layer has its words and gaps where the page has them: tests that know no letters, for any script."""

from __future__ import annotations

from typing import Final

import numpy as np

from ocroute.engines.base import Reading
from ocroute.judge.layer_sample import lines_of
from ocroute.judge.line_crops import spread
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.values import Box, Word

MOST: Final = 200  # words that are looked at
SMALLEST: Final = 8  # pixels of a word's height
MANY: Final = 30  # words that tell together though each is so small that its rows run together
FEWEST: Final = 4  # letters: an i, or an ideograph of strokes, may be bare in its middle
GROUND: Final = 0.5  # of a word's box in ink, from which it is dark ground and its letters are light
ROWS: Final = 12  # that a word's box is looked at in
MIDDLE: Final = range(4, 9)  # those of them that letters are inked in


def gaps(page: InputPage, reading: Reading) -> float | None:
    """The ink between neighbouring words over the ink inside words; None where there are too few words to say.

    A layer that belongs to the page has its gaps where the page has them, in any script.
    """
    inside: list[Box] = []
    between: list[Box] = []
    for line in lines_of(reading):
        if line.box.height > line.box.width:
            continue
        for left, right in zip(line.words, line.words[1:], strict=False):
            gap = right.box.x0 - left.box.x1
            if 0.12 * line.box.height <= gap <= 1.0 * line.box.height:
                shrink = 0.2 * gap
                between.append(Box(left.box.x1 + shrink, line.box.y0, right.box.x0 - shrink, line.box.y1))
                inside.append(left.box)
    if len(between) < 20:
        return None
    ink = ink_of(page)
    letters = float(np.mean(ink.inked(inside)))
    return float(np.mean(ink.inked(between))) / letters if letters > 0.01 else None


def edge_ink(page: InputPage, reading: Reading) -> float | None:
    """The ink along the upper or lower edges of words, whichever has more, over that of the barest row between; None without
    words.

    The middle of a word's box is inked all over, in any script; half a line further the white between two lines runs through it.
    """
    ink = ink_of(page)
    words = [
        word
        for line in lines_of(reading)
        if not line.angle
        for word in line.words
        if word.box.height >= SMALLEST
        and word.box.width > 3
        and any(map(str.isalnum, word.text))
        and not _is_column(word)
    ]
    clear = [word for word in words if word.box.height >= ROWS * ink.scale]
    words = clear or words if len(words) >= MANY else clear
    if sum(map(str.isalnum, "".join(word.text for word in words))) < FEWEST:
        return None
    boxes = spread([word.box for word in words], MOST)
    rows = (0, ROWS - 1, *MIDDLE)
    bands = ink.inked(_band(box, row) for row in rows for box in boxes).reshape(len(rows), -1)
    light = (ink.inked(boxes) > GROUND) & (
        bands[:2].max(axis=0) > GROUND
    )  # dark ground reaches an edge, close letters do not
    upper, lower, *middle = np.where(light, 1 - bands, bands).mean(axis=1).tolist()
    return float(max(upper, lower) / max(min(middle), 0.001))


def _band(box: Box, row: int) -> Box:
    """One of a box's `ROWS`."""
    step = box.height / ROWS
    return Box(box.x0, box.y0 + row * step, box.x1, box.y0 + (row + 1) * step)


def _is_column(word: Word) -> bool:
    """Whether its signs stand below each other."""
    return len(word.text) > 1 and word.box.height > word.box.width and all(sign >= "\u2e80" for sign in word.text)
