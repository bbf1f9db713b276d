"""A photographed sheet as if it had been scanned: seen from above, without its shadow."""

from __future__ import annotations

import cv2
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from ocroute.document.sheet import Sheet
from ocroute.pages.page import Heading, InputPage, Raster, Unread, paper
from ocroute.values import Note

TILES = 24
"""Places along the longer side at which the paper's brightness is measured."""

PAPER = 80
"""Percentile of a place's brightness that is its paper: letters cover less than half of it."""

DARKEST = 0.5
"""Share of the page's own paper below which a place is a picture and no shadow."""


class FlattenedPage(InputPage):
    """The sheet that lies at ``sheet`` in the photograph ``page``. No text layer and no vectors come with it.

    Args:
        page: the photograph, as its source shows it; released together with this one.
        sheet: where in it.
    """

    def __init__(self, page: InputPage, sheet: Sheet) -> None:
        super().__init__()
        self._page = page
        self.sheet = sheet
        self.source, self.number, self.dpi = page.source, page.number, page.dpi

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of the sheet seen from above."""
        assert self.sheet is not None
        return self.sheet.size

    def _render(self) -> Raster:
        assert self.sheet is not None
        raster = self._page.raster()
        self._page.release()  # one raster in memory is enough
        return without_shadow(seen_from_above(raster, self.sheet))

    def notes(self) -> tuple[Note, ...]:
        """Comments, without their places."""
        return tuple(replace(note, box=None) for note in self._page.notes())

    def unread(self) -> tuple[Unread, ...]:
        """What the source holds besides this page."""
        return self._page.unread()

    def language(self) -> str:
        """What the source says."""
        return self._page.language()

    def headings(self) -> tuple[Heading, ...]:
        """What the source calls headings."""
        return self._page.headings()

    def release(self) -> None:
        """Free this page's raster and the photograph's."""
        super().release()
        self._page.release()


def flattened(page: InputPage, sheet: Sheet | None) -> InputPage:
    """``page`` with ``sheet`` seen from above; ``page`` itself where there is none."""
    return FlattenedPage(page, sheet) if sheet else page


def seen_from_above(photograph: Raster, sheet: Sheet) -> Raster:
    """The (H, W, 3) RGB pixels of the sheet; what the photograph does not show of it is paper."""
    width, height = sheet.size
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    warp = cv2.getPerspectiveTransform(np.array(sheet.corners, np.float32), corners)
    flat = cv2.warpPerspective(
        photograph,
        warp,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=paper(photograph),
    )
    return np.asarray(flat, np.uint8)


def without_shadow(raster: Raster) -> Raster:
    """An (H, W, 3) RGB page with its paper equally bright everywhere."""
    light = _light(raster)
    lit = raster.astype(np.float32)
    lit *= (light.max() / light)[..., None]
    return np.clip(lit, 0, 255, out=lit).astype(np.uint8)


def _light(raster: Raster) -> NDArray[np.float32]:
    """(H, W) how bright paper is at each place: never below what a shadow makes of it, so that pictures stay as they are."""
    height, width = raster.shape[:2]
    step = max(1, max(height, width) // TILES)
    grey = np.asarray(cv2.cvtColor(raster, cv2.COLOR_RGB2GRAY))
    rows, columns = max(1, height // step), max(1, width // step)
    tiles = grey[: rows * step, : columns * step].reshape(rows, step, columns, step).swapaxes(1, 2)
    coarse = np.percentile(tiles[:, :, ::3, ::3].reshape(rows, columns, -1), PAPER, axis=2).astype(np.float32)
    coarse = cv2.medianBlur(np.maximum(coarse, DARKEST * np.percentile(coarse, PAPER)).astype(np.float32), 3)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
