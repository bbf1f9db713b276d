"""Whether a text layer has its gaps where the page has them: a test that knows no letters, for any script."""

from __future__ import annotations

import numpy as np

from ocroute.engines.base import Reading
from ocroute.judge.layer_sample import lines_of
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.values import Box


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
