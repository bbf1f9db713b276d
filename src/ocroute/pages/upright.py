"""A page turned upright: the same page in another frame."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np

from ocroute.pages.page import InputPage, Raster
from ocroute.values import Box, Line

Segment = tuple[float, float, float, float]


class TurnedPage(InputPage):
    """``page`` turned counter-clockwise by quarter turns, then straightened by ``skew`` degrees on a canvas of equal size.

    Args:
        page: what to turn; released together with this one.
        quarter_turns: 0 to 3.
        skew: degrees counter-clockwise besides. What leaves the canvas at the corners is margin.
    """

    def __init__(self, page: InputPage, quarter_turns: int, skew: float = 0.0) -> None:
        super().__init__()
        self._page, self._quarter_turns = page, quarter_turns % 4
        self._own_skew = skew
        self.source, self.number, self.dpi = page.source, page.number, page.dpi
        self.turned = (page.turned + 90 * self._quarter_turns) % 360
        self.skew = page.skew + skew

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of the turned frame."""
        width, height = self._page.size
        return (height, width) if self._quarter_turns % 2 else (width, height)

    def _render(self) -> Raster:
        raster = np.ascontiguousarray(np.rot90(self._page.raster(), self._quarter_turns))
        self._page.release()  # one raster in memory is enough
        return straighten(raster, self._own_skew) if self._own_skew else raster

    def text_layer(self) -> tuple[Line, ...] | None:
        """The page's own text in the turned frame; None where it has none or is straightened."""
        return self.once("text_layer", self._turned_lines)

    def _turned_lines(self) -> tuple[Line, ...] | None:
        lines = None if self._own_skew else self._page.text_layer()
        return None if lines is None else tuple(self._turn_line(line) for line in lines)

    def _turn_line(self, line: Line) -> Line:
        words = tuple(msgspec.structs.replace(word, box=Box(*self._turn(word.box))) for word in line.words)
        angle = (line.angle + 90 * self._quarter_turns) % 360
        return msgspec.structs.replace(line, box=Box(*self._turn(line.box)), words=words, angle=angle)

    def text_angle(self) -> int | None:
        """The direction of the page's own text in the turned frame."""
        angle = self._page.text_angle()
        return None if angle is None else (angle + 90 * self._quarter_turns) % 360

    def rules(self) -> tuple[Segment, ...] | None:
        """Ruling lines in the turned frame; None where there are none or the page is straightened."""
        rules = None if self._own_skew else self._page.rules()
        return None if rules is None else tuple(self._turn_segment(rule) for rule in rules)

    def fills(self) -> tuple[Segment, ...]:
        """Filled rectangles in the turned frame."""
        return () if self._own_skew else tuple(self._turn_segment(fill) for fill in self._page.fills())

    def _turn(self, box: Box) -> Segment:
        return self._turn_segment((box.x0, box.y0, box.x1, box.y1))

    def _turn_segment(self, segment: Segment) -> Segment:
        x0, y0, x1, y1 = segment
        width, height = self._page.size
        match self._quarter_turns:
            case 0:
                return segment
            case 1:
                return y0, width - x1, y1, width - x0
            case 2:
                return width - x1, height - y1, width - x0, height - y0
            case _:
                return height - y1, x0, height - y0, x1

    def release(self) -> None:
        """Free this page's raster and its original's."""
        super().release()
        self._page.release()


def straighten(raster: Raster, skew: float) -> Raster:
    """``raster`` turned about its middle by ``skew`` degrees counter-clockwise; the corners are filled with its paper."""
    height, width = raster.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    paper = tuple(float(np.median(raster[::16, ::16, channel])) for channel in range(3))
    turned = cv2.warpAffine(
        raster, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=paper
    )
    return np.asarray(turned, np.uint8)
