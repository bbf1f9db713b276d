"""An open input, whatever its kind: it gives its pages lazily."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from ocroute.pages.page import InputPage
from ocroute.pages.ranges import is_beyond, parse_ranges

_LOG = logging.getLogger("ocroute.pages")

MAX_PIXELS = 40_000_000
"""The largest raster that is made of a page. A larger page is reduced to it, not refused."""


class Source(ABC):
    """One open input and its chosen pages, in order. Use it in a ``with`` block; its pages die with it.

    ``len`` counts the chosen pages. Iterating gives them one after another and releases each as the next is asked for, so
    that a long document never stands in memory.

    Attributes:
        path: as the user gave it: what it is called in errors and records.
        file: the path that is opened.
        page_count: pages in the file.
        numbers: the chosen pages' numbers, from 1, ascending.
    """

    def __init__(self, path: str, page_count: int, pages: str | None, max_pixels: int, file: str = "") -> None:
        self.path = path
        self.file = file or path
        self.page_count = page_count
        self.numbers = parse_ranges(pages, page_count) if pages else tuple(range(1, page_count + 1))
        self.max_pixels = max_pixels
        if pages and is_beyond(pages, page_count):
            have = "1 page" if page_count == 1 else f"{page_count} pages"
            _LOG.warning("%s has only %s: those of %s that it has are read", path, have, pages)

    @abstractmethod
    def page(self, number: int) -> InputPage:
        """Page ``number`` (from 1). Opens nothing yet: a broken page says so when it is asked for its size or raster."""

    @abstractmethod
    def close(self) -> None:
        """Let the file go."""

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[InputPage]:
        for number in self.numbers:
            page = self.page(number)
            try:
                yield page
            finally:
                page.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
