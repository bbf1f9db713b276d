"""Rows of text that are out of focus and that the reading leaves out."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import pieces
from ocroute.pages.page import InputPage
from ocroute.raster.blurred_rows import blurred_rows
from ocroute.raster.ink import ink_of
from ocroute.values import Box

BETWEEN: Final = 0.6  # of a line's height, by which it is grown so that the white to the next is covered too


class Blurred:
    """Speaks when rows of print that are too soft to have letters are covered by no text."""

    summary: ClassVar[str] = "rows of text are out of focus and missing from the reading"
    limit: ClassVar[float] = 0.04  # of the area of all rows

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the page's rows that is out of focus and has no text."""
        every = pieces(reading)
        if any(piece.box is None for piece in every):
            return None
        if page.rules() is not None and not page.pictures():  # all of it is drawn: only a picture can be out of focus
            return None
        blurred = blurred_rows(page)
        if not blurred.places:
            return None
        ink = ink_of(page)
        covered = ink.cover((piece.box for piece in every if piece.box is not None), margin=BETWEEN)
        unread = blurred.mask & (1 - covered)
        share = float(unread.sum()) / max(1.0, float(unread.sum()) + float(covered.sum()))
        if share < self.limit:
            return None
        what = f"About {share:.0%} of the page's rows are out of focus and have no text."
        step = "Scan or photograph the page again, sharp all over"
        place = _around(unread, ink.scale)
        return Finding(
            "blurred", round(share, 4), self.limit, what, weight=round(share, 4), next_step=step, image=place
        )


def _around(mask: NDArray[np.uint8], scale: float) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(*(float(edge) * scale for edge in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)))
