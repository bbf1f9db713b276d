"""What a PDF page's clip paths leave of its text: a letter beyond the edge of its table cell is in the file and on no page."""

from __future__ import annotations

from ctypes import addressof, byref, c_float
from functools import cached_property
from typing import Any, Final

import pypdfium2.raw as pdfium

MOST_PATHS: Final = 32  # of an object; further ones could only cut off more
MOST_SEGMENTS: Final = 64  # of a path; one with more is a picture's outline, and cuts off nothing here
Bounds = tuple[float, float, float, float]


class Clips:
    """Of one page: asked for each text object once.

    Args:
        page: pdfium's handle.
    """

    def __init__(self, page: Any) -> None:
        self._page = page

    def of(self, shown: Any) -> Bounds | None:
        """Left, bottom, right and top, in points of the page, of what a text object's clip paths leave; None where it has none,
        or stands in a form, whose paths are in coordinates of its own.
        """
        path = pdfium.FPDFPageObj_GetClipPath(shown)
        count = pdfium.FPDFClipPath_CountPaths(path) if path else 0
        if count < 1 or addressof(shown.contents) not in self._top:
            return None
        left, bottom, right, top = -float("inf"), -float("inf"), float("inf"), float("inf")
        x, y = c_float(), c_float()
        for at in range(min(count, MOST_PATHS)):
            xs, ys = [], []
            segments = pdfium.FPDFClipPath_CountPathSegments(path, at)
            for segment in range(segments if segments <= MOST_SEGMENTS else 0):
                pdfium.FPDFPathSegment_GetPoint(
                    pdfium.FPDFClipPath_GetPathSegment(path, at, segment), byref(x), byref(y)
                )
                xs.append(x.value)
                ys.append(y.value)
            if xs:
                left, right = max(left, min(xs)), min(right, max(xs))
                bottom, top = max(bottom, min(ys)), min(top, max(ys))
        return left, bottom, right, top

    @cached_property
    def _top(self) -> frozenset[int]:
        """Addresses of the objects that stand on the page itself."""
        count = pdfium.FPDFPage_CountObjects(self._page)
        return frozenset(addressof(pdfium.FPDFPage_GetObject(self._page, at).contents) for at in range(count))


def leaves(bounds: Bounds, rect: Any) -> bool:
    """Whether the middle of a letter's ``rect`` is within ``bounds``."""
    x, y = (rect.left + rect.right) / 2, (rect.bottom + rect.top) / 2
    return bool(bounds[0] <= x <= bounds[2] and bounds[1] <= y <= bounds[3])
