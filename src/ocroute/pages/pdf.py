"""PDF files through pdfium. A page is loaded when it is first used and closed when it is released."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from math import sqrt

import numpy as np
import pypdfium2

from ocroute.errors import CorruptInput
from ocroute.pages.page import Heading, InputPage, Raster, Unread
from ocroute.pages.pdf_chars import read_glyphs
from ocroute.pages.pdf_errors import load, on_page
from ocroute.pages.pdf_fields import with_fields
from ocroute.pages.pdf_flat import FlatPage, FlatPages
from ocroute.pages.pdf_frame import Frame
from ocroute.pages.pdf_images import original_jpeg
from ocroute.pages.pdf_lines import assemble
from ocroute.pages.pdf_marks import read_marks, with_marks
from ocroute.pages.pdf_notes import notes_of
from ocroute.pages.pdf_outline import outline_of
from ocroute.pages.pdf_tags import Tags, language_of, tags_of, told_text
from ocroute.pages.pdf_typefaces import typefaces_of
from ocroute.pages.pdf_unread import unread_of
from ocroute.pages.pdf_vectors import NO_VECTORS, Vectors, image_boxes, image_density, read_vectors
from ocroute.pages.source import Source
from ocroute.values import Box, Line, Note

POINTS_PER_INCH = 72.0
DEFAULT_DPI = 200.0
"""Enough for body text; engines were measured on it."""

LONG_SIDE = (1500, 4000)
"""Pixels that the long side of a scanned page keeps to, whatever the scanner gave; the least for a small page."""

_MAX_SMALL_DPI = 400.0

_TELLING = 20
"""Printed characters from which the page's own text tells its orientation."""

_POINTS = (1.0, 200_000.0)
"""Page sides in points that can be real."""


class PdfSource(Source):
    """An open PDF."""

    def __init__(
        self,
        path: str,
        *,
        password: str | None,
        pages: str | None,
        max_pixels: int,
        dpi: float | None,
        file: str = "",
    ) -> None:
        self.pdf = load(file or path, password, name=path)
        self.flat = FlatPages(lambda: load(file or path, password, name=path))
        self.dpi = dpi
        try:
            super().__init__(path, len(self.pdf), pages, max_pixels, file)
        except BaseException:
            self.pdf.close()
            raise

    @cached_property
    def outline(self) -> Mapping[int, tuple[Heading, ...]]:
        """Its entries by the index of the page that they lead to."""
        return outline_of(self.pdf)

    @cached_property
    def language(self) -> str:
        """The BCP 47 tag that the whole file names; may be empty."""
        return language_of(self.pdf)

    def page(self, number: int) -> InputPage:
        """Page ``number``, not loaded yet."""
        return PdfPage(self, number)

    def close(self) -> None:
        """Close the file and all pages that are still loaded."""
        self.flat.close()
        self.pdf.close()


class PdfPage(InputPage):
    """One page of a PDF, as a viewer shows it: cut to its crop box and turned by its rotation entry.

    Form fields and annotations are part of it, drawn and read. The resolution follows the page. A scan is rendered at its
    image's own resolution within ``LONG_SIDE``, other pages at 200 dpi, small ones at up to 400 dpi so that tiny print stays
    legible.
    """

    def __init__(self, source: PdfSource, number: int) -> None:
        super().__init__()
        self.source, self.number = source.path, number
        self._file = source
        self._frame: Frame | None = None
        self._broken: CorruptInput | None = None
        try:
            self.dpi = self.frame.scale * POINTS_PER_INCH
        except CorruptInput as error:  # raised again when the page is used: it must not end the pages before it
            self._broken = error

    @property
    def frame(self) -> Frame:
        """From points to pixels. Kept beyond ``release``."""
        if self._broken:
            raise self._broken
        if self._frame is None:
            with on_page(self.source, self.number):
                page = self._page()
                width, height = page.get_size()
                if not all(_POINTS[0] <= side <= _POINTS[1] for side in (width, height)):
                    raise ValueError(f"it measures {width:g} x {height:g} points")
                self._frame = Frame.of(page, self._scale(page, width, height))
        return self._frame

    def _scale(self, page: pypdfium2.PdfPage, width: float, height: float) -> float:
        """Pixels per point."""
        long_side = max(width, height)
        scale = (self._file.dpi or DEFAULT_DPI) / POINTS_PER_INCH
        if self._file.dpi is None:
            density = image_density(page)
            low, high = (pixels / long_side for pixels in LONG_SIDE)
            scale = min(max(density, low), high) if density else max(scale, min(low, _MAX_SMALL_DPI / POINTS_PER_INCH))
        return min(scale, sqrt(self._file.max_pixels / (width * height)))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels.

        Raises:
            CorruptInput: the page cannot be loaded.
        """
        return self.frame.size

    def text_layer(self) -> tuple[Line, ...] | None:
        """The page's own text; None where it has none. Text that is there but not printed has ``font.hidden``."""
        return self.once("text_layer", self._text_layer)

    def _text_layer(self) -> tuple[Line, ...] | None:
        frame = self.frame
        with on_page(self.source, self.number):
            page, fields = self._whole()
            glyphs = read_glyphs(page, frame)
            vectors = NO_VECTORS if all(style.hidden for style in glyphs.styles) else self._vectors()
            glyphs = with_fields(glyphs, fields, frame, vectors)
            marks = read_marks(self._file.pdf, self._page())
            return tuple(assemble(with_marks(glyphs, marks, vectors.rules, frame))) or None

    def notes(self) -> tuple[Note, ...]:
        """Comments, from top to bottom."""
        frame = self.frame
        with on_page(self.source, self.number):
            return self.once("notes", lambda: notes_of(self._page(), frame))

    def unread(self) -> tuple[Unread, ...]:
        """What the file holds besides; said on the first page that is read of it."""
        return unread_of(self._file.pdf) if self.number == self._file.numbers[0] else ()

    def headings(self) -> tuple[Heading, ...]:
        """Those that its tags name, and those that the outline leads to; none where the file is broken in these."""
        try:
            with on_page(self.source, self.number):
                return (*self._tags().headings, *self._file.outline.get(self.number - 1, ()))
        except CorruptInput:
            return ()

    def items(self) -> tuple[str, ...]:
        """Those that its tags name; none where the file is broken in these."""
        return self._tags().items

    def told_text(self) -> str:
        """In the order of its tags; empty where the file is broken in these."""
        try:
            with on_page(self.source, self.number):
                return self.once("told_text", lambda: told_text(self._page()))
        except CorruptInput:
            return ""

    def language(self) -> str:
        """That of its tags, or of the whole file; empty where the file is broken in these."""
        return self._tags().language or self._file.language

    def _tags(self) -> Tags:
        try:
            with on_page(self.source, self.number):
                return self.once("tags", lambda: tags_of(self._page()))
        except CorruptInput:
            return Tags()

    def typefaces(self) -> Mapping[str, tuple[bytes, ...]]:
        """Those that the file brings, and those that stand in for fonts that it only names."""
        with on_page(self.source, self.number):
            return self.once("typefaces", lambda: typefaces_of(self._whole().page))

    def text_angle(self) -> int | None:
        """The direction of most printed characters; None where fewer than ``_TELLING`` are printed or they disagree."""
        count: Counter[int] = Counter()
        for line in self.text_layer() or ():
            if line.font is None or not line.font.hidden:
                count[line.angle] += len(line.text)
        angle, chars = max(count.items(), key=lambda item: item[1], default=(0, 0))
        return angle if angle % 90 == 0 and chars >= _TELLING and chars > 0.6 * count.total() else None

    def rules(self) -> tuple[tuple[float, float, float, float], ...] | None:
        """Horizontal and vertical ruling lines, (x0, y0, x1, y1) in pixels; None for a scan, whose rules are in its image."""
        rules = self._vectors().rules
        return rules if rules or not self._is_scan() else None

    def _is_scan(self) -> bool:
        with on_page(self.source, self.number):
            return self.once("is_scan", lambda: image_density(self._page()) is not None)

    def fills(self) -> tuple[tuple[float, float, float, float], ...]:
        """Filled rectangles that are no rules, e.g. the backgrounds of table cells, (x0, y0, x1, y1) in pixels."""
        return self._vectors().fills

    def pictures(self) -> tuple[tuple[float, float, float, float], ...]:
        """Where images stand, (x0, y0, x1, y1) in pixels, in the order of the file."""
        frame = self.frame
        with on_page(self.source, self.number):
            return self.once("pictures", lambda: image_boxes(self._whole().page, frame))

    def original_jpeg(self, box: Box) -> bytes | None:
        """The file of the JPEG that fills ``box``; None where there is none, or the page shows it turned or mirrored."""
        frame = self.frame
        with on_page(self.source, self.number):
            return original_jpeg(self._whole().page, frame, box)

    def _vectors(self) -> Vectors:
        frame = self.frame
        with on_page(self.source, self.number):
            return self.once("vectors", lambda: read_vectors(self._whole().page, frame))

    def _render(self) -> Raster:
        width, height = self.frame.size
        with on_page(self.source, self.number):
            bitmap = self._whole().page.render(scale=self.frame.scale, rev_byteorder=True, draw_annots=False)
            pixels = np.array(bitmap.to_numpy()[:height, :width, :3], dtype=np.uint8, order="C")
            bitmap.close()
        return pixels

    def _page(self) -> pypdfium2.PdfPage:
        return self.once("pdfium", lambda: self._file.pdf[self.number - 1])

    def _whole(self) -> FlatPage:
        """The page with its form fields and annotations drawn into it; its links are in ``_page()`` only."""
        page = self._page()
        return self.once("whole", lambda: self._file.flat.of(page, self.number - 1) or FlatPage(page))

    def release(self) -> None:
        """Close the page in pdfium and forget everything that can be made again."""
        page, whole = self._memo.get("pdfium"), self._memo.get("whole")
        super().release()
        if whole is not None and whole.page is not page:
            whole.page.close()
        if page is not None:
            page.close()


__all__ = ["DEFAULT_DPI", "LONG_SIDE", "PdfPage", "PdfSource"]
