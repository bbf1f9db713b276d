"""A page before it is read: its raster, size and text layer, each made when first asked for and let go when done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ocroute.values import Line

Raster = NDArray[np.uint8]
T = TypeVar("T")


class InputPage(ABC):
    """One page of one input.

    The raster is an (H, W, 3) uint8 RGB array; all boxes of this page, the text layer's too, are in its pixels, origin top
    left. ``release`` frees everything that can be made again, so that a long document never stands in memory.

    Attributes:
        source: the path as the user gave it.
        number: from 1.
        dpi: pixels per inch of the raster, or None where the source does not say.
        turned: degrees counter-clockwise by which the source was turned so far (0, 90, 180, 270).
        skew: degrees counter-clockwise that were straightened besides.
    """

    source: str
    number: int
    dpi: float | None = None
    turned: int = 0
    skew: float = 0.0

    def __init__(self) -> None:
        self._memo: dict[str, Any] = {}

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels, known without making the raster."""

    @abstractmethod
    def _render(self) -> Raster:
        """Make the raster."""

    def text_layer(self) -> tuple[Line, ...] | None:
        """The source's own text as lines in raster pixels, in the order of the file; None where it has none."""
        return None

    def rules(self) -> tuple[tuple[float, float, float, float], ...] | None:
        """Ruling lines drawn as vectors, (x0, y0, x1, y1) in raster pixels; None where the source has no vectors."""
        return None

    def fills(self) -> tuple[tuple[float, float, float, float], ...]:
        """Filled rectangles drawn as vectors, e.g. backgrounds of table cells, (x0, y0, x1, y1) in raster pixels."""
        return ()

    def text_angle(self) -> int | None:
        """Degrees counter-clockwise (0, 90, 180, 270) by which most of the page's own printed text is turned; None
        where there is too little of it to tell.
        """
        return None

    def turned_by(self, quarter_turns: int, skew: float = 0.0) -> InputPage:
        """This page turned counter-clockwise by ``quarter_turns`` x 90 degrees and then by ``skew`` degrees.

        Its text layer and rules turn with it; where there is a skew they are gone, for their boxes would no longer be upright.
        """
        from ocroute.pages.upright import TurnedPage

        return TurnedPage(self, quarter_turns % 4, skew) if quarter_turns % 4 or skew else self

    def raster(self) -> Raster:
        """The (H, W, 3) uint8 RGB array. Treat it as read-only.

        Raises:
            CorruptInput: the page cannot be decoded.
        """
        return self.once("raster", self._render)

    def once(self, key: str, make: Callable[[], T]) -> T:
        """``make()`` the first time, the same object from then on until ``release``.

        Engines and checks keep what they measure on a page here, so that no two of them measure it twice.
        """
        if key not in self._memo:
            self._memo[key] = make()
        return cast(T, self._memo[key])

    def release(self) -> None:
        """Free the raster and all that was measured on it."""
        self._memo.clear()
