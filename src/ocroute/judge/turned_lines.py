"""Lines of a layer that are turned by a quarter or by half, each direction as a page of its own on which they stand upright."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from ocroute.engines.base import Reading
from ocroute.judge.layer_sample import lines_of
from ocroute.pages.cropped import CroppedPage
from ocroute.pages.page import InputPage, TurnedPage
from ocroute.values import Box, Line

SHARE: Final = 0.1  # of a layer's signs; fewer, a note in the margin or the name of an axis, say nothing of the rest


def turned_parts(page: InputPage, reading: Reading) -> Iterator[tuple[InputPage, Reading]]:
    """What ``reading`` has at 90, 180 and 270 degrees, and that part of ``page``, turned back.

    Pixels are looked at, not copied, until a part's raster is asked for.
    """
    lines = lines_of(reading)
    least = SHARE * sum(len(line.text) for line in lines)
    directions: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        if line.angle % 360 and line.angle % 90 == 0:
            directions[line.angle % 360].append(line)
    for angle, turned in directions.items():
        place = Box.around(line.box for line in turned).clamped(*page.size)
        if place.area and sum(len(line.text) for line in turned) >= least:
            part = CroppedPage(page, place)
            x, y = part.origin
            view = TurnedPage(part, -angle // 90)
            yield view, Reading(lines=tuple(view.turned_line(line.moved(-x, -y)) for line in turned))
