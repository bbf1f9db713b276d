"""A document and its pages as a library user holds them: the records, with what can be done with them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Unpack, overload

import msgspec

from ocroute.document import model
from ocroute.document.formats import Origin
from ocroute.options import FormatOptions, documented
from ocroute.values import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Picture = Image | NDArray[np.uint8] | str | os.PathLike[str]

_log = logging.getLogger(__name__)


class Page(model.Page, frozen=True, omit_defaults=True):
    """One page: its record, see `ocroute.document.model.Page`, with its tables and its drawing."""

    @classmethod
    def of(cls, record: model.Page) -> Page:
        """The same record, with its tables and its drawing."""
        return cls(**msgspec.structs.asdict(record))

    @property
    def tables(self) -> tuple[Table, ...]:
        """The page's tables in reading order."""
        from ocroute.document.exporters.prepared import tables

        return tables(self)

    def draw(self, image: Picture | None = None, *, password: str | None = None) -> Image:
        """The upright page with what was read on it: blocks by category, numbered in reading order, doubtful places in red.

        The number on a block is its place in ``blocks``, from 1. Blocks without a box are not seen. The page's image is not
        part of a record: it is opened again at ``source``, and refused where its page has another size than the one read.

        Args:
            image: the page as it was read, before it was turned: a PIL image, an (H, W, 3) uint8 RGB array, of any
                resolution; or the path where the source is now.
            password: of an encrypted PDF.

        Raises:
            InputError: the source is not there, cannot be opened, or is another file; the page could not be opened when it
                was read.
            UsageError: ``image`` has another shape than the page.
        """
        from ocroute.document.drawing import drawn
        from ocroute.pages.reopening import upright

        return drawn(self, upright(self, image, password=password))


class Document(model.Document, frozen=True):
    """All pages of one input, in order; it shows itself in a notebook, and can be saved and loaded."""

    pages: tuple[Page, ...]

    @classmethod
    def of(cls, record: model.Document) -> Document:
        """The same document, to be shown, saved and drawn."""
        return cls(record.source, tuple(map(Page.of, record.pages)), record.sha256)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Document:
        """The document that was saved as JSON at ``path``, by `save` or by ``ocroute read --format json``.

        Raises:
            InputNotFound: there is no such file.
            UnsupportedInput: it is no JSON, not a document of ocroute, or of another version of the form.
            CorruptInput: it is not whole.
        """
        from ocroute.document.storage import load

        return Document.of(load(path))

    @documented(FormatOptions)
    def save(
        self,
        path: str | os.PathLike[str],
        *,
        source: str | os.PathLike[str] | None = None,
        password: str | None = None,
        **options: Unpack[FormatOptions],
    ) -> None:
        """Write this document into a file, in the format of the file's suffix. A file that is there is replaced as a whole.

        What needs the pages themselves, such as a PDF with a text layer or pictures, is made from the source, which must be the
        file that was read. What must be said of the result, e.g. pages that could not get their text, is a warning in the log
        ``ocroute``.

        Args:
            path: of the file.
            source: where the file that was read is now, if that is not where it was.
            password: of an encrypted PDF.
            {options}

        Raises:
            UsageError: no format has this suffix, or the format does not heed an option.
            InputError: the source is needed, and gone, or another file.
            PackageMissing: the format needs a package that is not installed.
            OutputError: the file cannot be written; what was there is unchanged.
        """
        from ocroute.writers.save_document import save

        origin = Origin(os.fspath(source or self.source), password)
        for remark in save(self, path, origin, options):
            _log.warning("%s", remark.sentence)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of all pages in reading order."""
        return tuple(table for page in self.pages for table in page.tables)

    def __len__(self) -> int:
        """The number of pages."""
        return len(self.pages)

    def __iter__(self) -> Iterator[Page]:
        """Over the pages, in order."""
        return iter(self.pages)

    @overload
    def __getitem__(self, index: int) -> Page: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Page, ...]: ...
    def __getitem__(self, index: int | slice) -> Page | tuple[Page, ...]:
        """The page at ``index``, counted from 0, or several."""
        return self.pages[index]

    def _repr_html_(self) -> str:
        """How it shows itself in a notebook: verdicts and the first pages, 20 kB at most; nothing in it runs or is fetched."""
        from ocroute.document.notebook import shown

        return shown(self)
