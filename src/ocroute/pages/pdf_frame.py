"""From a PDF page's points to raster pixels."""

from __future__ import annotations

from ctypes import byref, c_int
from math import ceil
from typing import NamedTuple

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ocroute.document.affine import Matrix

_PRECISE = 1 << 22
"""pdfium tells device coordinates as whole numbers; on a device this large that is precise enough."""


class Frame(NamedTuple):
    """How a page lies on its raster: crop box, rotation entry and resolution in one.

    Attributes:
        scale: pixels per point.
        size: (width, height) of the raster in pixels.
        matrix: from PDF user space (y up) to raster pixels (y down).
    """

    scale: float
    size: tuple[int, int]
    matrix: Matrix

    @classmethod
    def of(cls, page: pypdfium2.PdfPage, scale: float) -> Frame:
        """The frame of ``page`` rendered at ``scale`` pixels per point."""
        width, height = (max(1, ceil(side * scale)) for side in page.get_size())
        return cls.filling(page, width, height, scale)

    @classmethod
    def filling(cls, page: pypdfium2.PdfPage, width: int, height: int, scale: float) -> Frame:
        """The frame of ``page`` on a raster of ``width`` x ``height`` pixels, about ``scale`` of them per point."""
        x_unit, y_unit = width / _PRECISE, height / _PRECISE
        # Measured at the visible box's own corners: far from them the whole numbers would overflow.
        left, bottom, right, top = page.get_bbox()
        across, up = right - left, top - bottom
        (ox, oy), (ax, ay), (bx, by) = (
            _to_device(page, *point) for point in ((left, bottom), (right, bottom), (left, top))
        )
        a, b = (ax - ox) * x_unit / across, (ay - oy) * y_unit / across
        c, d = (bx - ox) * x_unit / up, (by - oy) * y_unit / up
        return cls(
            scale,
            (width, height),
            (a, b, c, d, ox * x_unit - a * left - c * bottom, oy * y_unit - b * left - d * bottom),
        )

    def map(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points of user space in raster pixels."""
        a, b, c, d, e, f = self.matrix
        return a * x + c * y + e, b * x + d * y + f


def _to_device(page: pypdfium2.PdfPage, x: float, y: float) -> tuple[int, int]:
    device_x, device_y = c_int(), c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _PRECISE, _PRECISE, 0, x, y, byref(device_x), byref(device_y))
    return device_x.value, device_y.value
