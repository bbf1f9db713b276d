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
from ocroute.values import Box


class OwnText(NamedTuple):
    """The text that a page has in the file, as boxes of words in pixels of the upright page."""

    visible: tuple[Box, ...]
    hidden: tuple[Box, ...]


class SourcePages:
    """Looks at the pages of the PDF at ``path``, which is the input, or was made around it. Use it in a ``with`` block."""

    def __init__(self, origin: Origin, path: Path) -> None:
        self._origin, self._path = origin, path
        self._open = ExitStack()

    def __enter__(self) -> Self:
        source = self._open.enter_context(Reopened(self._origin))
        self._pages: Reopened = source
        self._made: pypdfium2.PdfDocument | None = None
        if self._path != Path(self._origin.path):
            self._made = pypdfium2.PdfDocument(self._path)
            self._open.callback(self._made.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def upright(self, record: Page) -> InputPage:
        """The page as it was read; release it.

        Raises:
            InputError: it is not the one that was read.
        """
        return self._pages.page(record)

    def to_user(self, record: Page) -> Matrix:
        """From pixels of the upright page to the user space of the PDF page."""
        width, height = source_size(record)
        with on_page(self._origin.path, record.number):
            page = (self._made or self._pdf())[record.number - 1]
            frame = Frame.filling(page, round(width), round(height), width / page.get_size()[0])
            page.close()
        return compose(from_upright(record), inverse(frame.matrix))

    def _pdf(self) -> pypdfium2.PdfDocument:
        source = self._pages.source
        assert isinstance(source, PdfSource)
        return source.pdf

    def own_text(self, record: Page) -> OwnText:
        """The words that the file has on the page, those that can be seen and those that cannot."""
        if self._made is not None:
            return OwnText((), ())
        page = self._pages.source.page(record.number).turned_by(record.turned // 90)
        lines = page.text_layer() or ()
        page.release()
        visible: list[Box] = []
        hidden: list[Box] = []
        for line in lines:
            boxes = [word.box for word in line.words] or [line.box]
            (hidden if line.font is not None and line.font.hidden else visible).extend(boxes)
        return OwnText(tuple(visible), tuple(hidden))
