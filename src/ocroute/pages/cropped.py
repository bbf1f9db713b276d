"""A part of a page that is read as if it were a page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from ocroute.pages.page import InputPage, Raster, Segment
from ocroute.values import Box, Line


class CroppedPage(InputPage):
    """What stands in ``box`` of ``page``: a view of its raster, not a copy.

    Everything that it gives is in its own pixels, origin at the box's top left corner; `origin` leads back.

    Args:
        page: stays as it is; releasing this one does not release it.
        box: in its pixels, widened to whole ones and cut to the page.

    Attributes:
        origin: (x, y) of the top left corner on ``page``.

    Raises:
        ValueError: the box is outside the page.
    """

    def __init__(self, page: InputPage, box: Box) -> None:
        super().__init__()
        width, height = page.size
        x0, y0 = max(0, math.floor(box.x0)), max(0, math.floor(box.y0))
        x1, y1 = min(width, math.ceil(box.x1)), min(height, math.ceil(box.y1))
        if x0 >= x1 or y0 >= y1:
            raise ValueError(f"{box} is outside a page of {width} x {height} pixels")
        self._page = page
        self._box = Box(x0, y0, x1, y1)
        self.origin = (x0, y0)
        self._size = (x1 - x0, y1 - y0)
        self.source, self.number, self.dpi = page.source, page.number, page.dpi
        self.turned, self.skew, self.sheet = page.turned, page.skew, page.sheet

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self._size

    def _render(self) -> Raster:
        (x, y), (width, height) = self.origin, self._size
        return self._page.raster()[y : y + height, x : x + width]

    def text_layer(self) -> tuple[Line, ...] | None:
        """The lines, and of lines that go on outside the words, whose middle is in the box; None where the page has none."""
        lines = self._page.text_layer()
        return None if lines is None else tuple(self._cut(lines))

    def _cut(self, lines: Iterable[Line]) -> Iterator[Line]:
        x, y = self.origin
        for line in lines:
            inside = tuple(word for word in line.words if self._holds(word.box))
            if len(inside) == len(line.words):
                if inside or self._holds(line.box):
                    yield line.moved(-x, -y)
            elif inside:
                text, box = " ".join(word.text for word in inside), Box.around(word.box for word in inside)
                yield replace(line, text=text, box=box, words=inside).moved(-x, -y)

    def _holds(self, box: Box) -> bool:
        (x, y), own = box.center, self._box
        return own.x0 <= x < own.x1 and own.y0 <= y < own.y1

    def rules(self) -> tuple[Segment, ...] | None:
        """The parts of ruling lines in the box; None where the page has none."""
        rules = self._page.rules()
        return None if rules is None else tuple(self._clipped(rules))

    def fills(self) -> tuple[Segment, ...]:
        """The parts of filled rectangles in the box."""
        return tuple(self._clipped(self._page.fills()))

    def pictures(self) -> tuple[Segment, ...]:
        """The parts of images in the box."""
        return tuple(self._clipped(self._page.pictures()))

    def _clipped(self, segments: Iterable[Segment]) -> Iterator[Segment]:
        own, (x, y), (width, height) = self._box, self.origin, self._size
        for x0, y0, x1, y1 in segments:
            if x0 <= own.x1 and x1 >= own.x0 and y0 <= own.y1 and y1 >= own.y0:
                yield max(x0 - x, 0), max(y0 - y, 0), min(x1 - x, width), min(y1 - y, height)

    def typefaces(self) -> Mapping[str, tuple[bytes, ...]]:
        """Those of the whole page."""
        return self._page.typefaces()

    def text_angle(self) -> int | None:
        """That of the whole page."""
        return self._page.text_angle()
