"""The pages of the PDF that gets a text layer: their frames, the text that they have, how they look upright."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Self

import pypdfium2

from ocroute.document.affine import Matrix, compose, inverse
from ocroute.document.formats import Origin
from ocroute.document.model import Page
from ocroute.document.source_frame import from_upright, source_size
from ocroute.pages.page import InputPage
from ocroute.pages.pdf import PdfSource
from ocroute.pages.pdf_errors import on_page
from ocroute.pages.pdf_frame import Frame
from ocroute.pages.reopening import Reopened
from ocroute.pages.source import Source
from ocroute.values import Box

KEPT = 8
"""Pages that one opened file serves: PDFium keeps every stream that it has read of a file, images too, until it is closed."""


class OwnText(NamedTuple):
    """The text that a page has in the file, as boxes of words in pixels of the upright page."""

    visible: tuple[Box, ...]
    hidden: tuple[Box, ...]


class SourcePages:
    """Looks at the pages of the PDF at ``path``, which is the input, or was made around it. Use it in a ``with`` block."""

    def __init__(self, origin: Origin, path: Path) -> None:
        self._origin, self._path = origin, path
        self._open = ExitStack()
        self._first = 1

    def __enter__(self) -> Self:
        self._open_files()
        return self

    def _open_files(self) -> None:
        self._pages: Reopened = self._open.enter_context(Reopened(self._origin))
        self._made: pypdfium2.PdfDocument | None = None
        if self._path != Path(self._origin.path):
            self._made = pypdfium2.PdfDocument(self._path)
            self._open.callback(self._made.close)

    def _at(self, record: Page) -> Reopened:
        """The input, opened anew where `KEPT` pages have been looked at."""
        if not self._first <= record.number < self._first + KEPT:
            self._open.close()
            self._open_files()
            self._first = record.number
        return self._pages

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __len__(self) -> int:
        """How many pages PDFium, which they were read with, finds."""
        return len(self._made or _pdf(self._pages.source))

    def upright(self, record: Page) -> InputPage:
        """The page as it was read; release it.

        Raises:
            InputError: it is not the one that was read.
        """
        return self._at(record).page(record)

    def to_user(self, record: Page) -> Matrix:
        """From pixels of the upright page to the user space of the PDF page."""
        width, height = source_size(record)
        with on_page(self._origin.path, record.number):
            source = self._at(record).source
            page = (self._made or _pdf(source))[record.number - 1]
            frame = Frame.filling(page, round(width), round(height), width / page.get_size()[0])
            page.close()
        return compose(from_upright(record), inverse(frame.matrix))

    def own_text(self, record: Page) -> OwnText:
        """The words that the file has on the page, those that can be seen and those that cannot."""
        if self._made is not None:
            return OwnText((), ())
        page = self._at(record).source.page(record.number).turned_by(record.turned // 90)
        lines = page.text_layer() or ()
        page.release()
        visible: list[Box] = []
        hidden: list[Box] = []
        for line in lines:
            boxes = [word.box for word in line.words] or [line.box]
            (hidden if line.font is not None and line.font.hidden else visible).extend(boxes)
        return OwnText(tuple(visible), tuple(hidden))


def _pdf(source: Source) -> pypdfium2.PdfDocument:
    assert isinstance(source, PdfSource)
    return source.pdf
