"""A page before it is read: its raster, size and text layer, each made when first asked for and let go when done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar, cast

import cv2
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from ocroute.document.sheet import Sheet
from ocroute.values import Box, Line, Note

Raster = NDArray[np.uint8]
Segment = tuple[float, float, float, float]
"""x0, y0, x1, y1 in raster pixels."""

T = TypeVar("T")


class Heading(NamedTuple):
    """A heading as the source names it; ``level`` counts from 1."""

    text: str
    level: int


class Unread(NamedTuple):
    """Something of a source that nobody reads.

    Attributes:
        sentence: what it is.
        instead: whether the page only stands in for it, as where a viewer is asked for that can show a form.
    """

    sentence: str
    instead: bool = False


class InputPage(ABC):
    """One page of one input.

    The raster is an (H, W, 3) uint8 RGB array; all boxes of this page, the text layer's too, are in its pixels, origin top
    left. ``release`` frees everything that can be made again, so that a long document never stands in memory.

    Attributes:
        source: the path as the user gave it.
        number: from 1.
        dpi: pixels per inch of the raster, or None where the source does not say.
        turned: degrees counter-clockwise by which the source was turned so far (0, 90, 180, 270).
        skew: degrees counter-clockwise of deskewing besides.
        sheet: where it lay in a photograph, before it was seen from above and turned; None where it is as its source shows it.
    """

    source: str
    number: int
    dpi: float | None = None
    turned: int = 0
    skew: float = 0.0
    sheet: Sheet | None = None

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

    def rules(self) -> tuple[Segment, ...] | None:
        """Ruling lines drawn as vectors, (x0, y0, x1, y1) in raster pixels; None where the source has no vectors."""
        return None

    def fills(self) -> tuple[Segment, ...]:
        """Filled rectangles drawn as vectors, e.g. backgrounds of table cells, (x0, y0, x1, y1) in raster pixels."""
        return ()

    def notes(self) -> tuple[Note, ...]:
        """Comments that the source has on this page, from top to bottom; they are not printed."""
        return ()

    def unread(self) -> tuple[Unread, ...]:
        """What the source holds besides this page and nobody reads, e.g. attached files."""
        return ()

    def headings(self) -> tuple[Heading, ...]:
        """What the source itself calls headings of this page."""
        return ()

    def items(self) -> tuple[str, ...]:
        """What the source itself calls items of lists on this page, each with all its text."""
        return ()

    def told_text(self) -> str:
        """All text that the source itself puts in an order, in this order; empty where it does not."""
        return ""

    def language(self) -> str:
        """The BCP 47 tag of the language that the source says this page is in; empty where it says none."""
        return ""

    def pictures(self) -> tuple[Segment, ...]:
        """Where the source shows images, (x0, y0, x1, y1) in raster pixels; none where it is one image itself."""
        return ()

    def original_jpeg(self, box: Box) -> bytes | None:  # noqa: ARG002 - for those that have one
        """The file of the image that fills ``box``, upright, as the source holds it; None where there is no such JPEG."""
        return None

    def typefaces(self) -> Mapping[str, tuple[bytes, ...]]:
        """The files of the fonts that the page's own text is set in, by the names that its lines give; none where the source has
        no fonts.
        """
        return {}

    def text_angle(self) -> int | None:
        """Degrees counter-clockwise (0, 90, 180, 270) by which most of the page's own printed text is turned; None
        where there is too little of it to tell.
        """
        return None

    def turned_by(self, quarter_turns: int, skew: float = 0.0) -> InputPage:
        """This page turned counter-clockwise by ``quarter_turns`` x 90 degrees and then by ``skew`` degrees.

        Its text layer and rules turn with it; where there is a skew they are gone, for their boxes would no longer be upright.
        """
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


class TurnedPage(InputPage):
    """``page`` turned counter-clockwise by quarter turns, then deskewed by ``skew`` degrees on a canvas of equal size.

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
        self.sheet = page.sheet

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of the turned frame."""
        width, height = self._page.size
        return (height, width) if self._quarter_turns % 2 else (width, height)

    def _render(self) -> Raster:
        raster = turned(self._page.raster(), self._quarter_turns)
        self._page.release()  # one raster in memory is enough
        return deskewed(raster, self._own_skew) if self._own_skew else raster

    def text_layer(self) -> tuple[Line, ...] | None:
        """The page's own text in the turned frame; None where it has none or is deskewed."""
        return self.once("text_layer", self._turned_lines)

    def _turned_lines(self) -> tuple[Line, ...] | None:
        lines = None if self._own_skew else self._page.text_layer()
        return None if lines is None else tuple(self.turned_line(line) for line in lines)

    def turned_line(self, line: Line) -> Line:
        """A line of the page in the turned frame, its words with it."""
        words = tuple(replace(word, box=Box(*self._turn(word.box))) for word in line.words)
        angle = (line.angle + 90 * self._quarter_turns) % 360
        return replace(line, box=Box(*self._turn(line.box)), words=words, angle=angle)

    def notes(self) -> tuple[Note, ...]:
        """Comments; where the page is deskewed their places are not known."""
        notes = self._page.notes()
        if self._own_skew:
            return tuple(replace(note, box=None) for note in notes)
        return tuple(replace(note, box=note.box and Box(*self._turn(note.box))) for note in notes)

    def unread(self) -> tuple[Unread, ...]:
        """What the source holds besides."""
        return self._page.unread()

    def headings(self) -> tuple[Heading, ...]:
        """What the source calls headings."""
        return self._page.headings()

    def items(self) -> tuple[str, ...]:
        """What the source calls items of lists."""
        return self._page.items()

    def told_text(self) -> str:
        """What the source puts in an order."""
        return self._page.told_text()

    def language(self) -> str:
        """What the source says."""
        return self._page.language()

    def typefaces(self) -> Mapping[str, tuple[bytes, ...]]:
        """The page's own."""
        return self._page.typefaces()

    def text_angle(self) -> int | None:
        """The direction of the page's own text in the turned frame."""
        angle = self._page.text_angle()
        return None if angle is None else (angle + 90 * self._quarter_turns) % 360

    def rules(self) -> tuple[Segment, ...] | None:
        """Ruling lines in the turned frame; None where there are none or the page is deskewed."""
        rules = None if self._own_skew else self._page.rules()
        return None if rules is None else tuple(self._turn_segment(rule) for rule in rules)

    def fills(self) -> tuple[Segment, ...]:
        """Filled rectangles in the turned frame."""
        return () if self._own_skew else tuple(self._turn_segment(fill) for fill in self._page.fills())

    def pictures(self) -> tuple[Segment, ...]:
        """Images in the turned frame."""
        return () if self._own_skew else tuple(self._turn_segment(box) for box in self._page.pictures())

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


def turned(raster: Raster, quarter_turns: int) -> Raster:
    """``raster`` turned counter-clockwise by ``quarter_turns`` x 90 degrees."""
    return np.ascontiguousarray(np.rot90(raster, quarter_turns))


def deskewed(raster: Raster, skew: float) -> Raster:
    """``raster`` turned about its middle by ``skew`` degrees counter-clockwise; the corners are filled with its paper."""
    height, width = raster.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    turned = cv2.warpAffine(
        raster,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=paper(raster),
    )
    return np.asarray(turned, np.uint8)


def paper(raster: Raster) -> tuple[float, ...]:
    """The commonest colour of a page, about: what is put where it shows nothing."""
    return tuple(float(np.median(raster[::16, ::16, channel])) for channel in range(3))
