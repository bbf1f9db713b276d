"""What becomes of one input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, overload

import msgspec

from ocroute.document.formats import Origin, Remark
from ocroute.document.model import Document, Page, Status, Verdict
from ocroute.errors import ExitCode, OcrouteError
from ocroute.run.jobs import Record
from ocroute.run.records import unpack
from ocroute.writers.saver import Saver


class PackedPages(Sequence[Page]):
    """The pages in ``records``, of ``source``; each is unpacked when it is taken."""

    def __init__(self, records: Sequence[Record], source: str) -> None:
        self._records, self._source = records, source

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, index: int) -> Page: ...
    @overload
    def __getitem__(self, index: slice) -> PackedPages: ...
    def __getitem__(self, index: int | slice) -> Page | PackedPages:
        if isinstance(index, slice):
            return PackedPages(self._records[index], self._source)
        # The record may come from a run that was given the same file under another path.
        return msgspec.structs.replace(unpack(self._records[index].body), source=self._source)


_CODES: dict[Status, ExitCode] = {
    "accepted": ExitCode.OK,
    "blank": ExitCode.OK,
    "doubtful": ExitCode.DOUBTFUL,
    "failed": ExitCode.FAILED_PAGE,
}


@dataclass(frozen=True, slots=True)
class InputResult:
    """What became of one input.

    Attributes:
        source: its path as the user gave it.
        error: why there is no document, or why its results could not be written.
        outputs: the files that hold the results, as paths or addresses, in the order of the formats.
        reused: pages that an earlier run had read already.
        origin: where its pages can be opened again while the results are taken.
        sha256: of the input's content, where it is known.
        remarks: what must be said of the files.
    """

    source: str
    error: OcrouteError | None = None
    outputs: tuple[Path | str, ...] = ()
    reused: int = 0
    origin: Origin = field(default=Origin(""), repr=False)
    sha256: str = ""
    remarks: tuple[Remark, ...] = ()
    _records: tuple[Record, ...] = field(default=(), repr=False)

    @property
    def statuses(self) -> tuple[Status, ...]:
        """One for each page, in order."""
        return tuple(record.status for record in self._records)

    def document(self) -> Document:
        """All pages; one failed page where the input could not be opened. They are kept packed and unpacked at every call."""
        if self.error is not None and not self._records:
            page = Page(self.source, 1, 0, 0, Verdict("failed", 0.0), error=str(self.error))
            return Document(self.source, (page,), self.sha256)
        return Document(self.source, tuple(self._pages), self.sha256)

    def page_by_page(self) -> Document:
        """As `document`, but each page is unpacked when it is taken, and held by nobody: a long document costs little memory."""
        return Document(self.source, self._pages, self.sha256) if self._records else self.document()

    def troubled(self) -> Iterator[Page]:
        """The doubtful and failed pages."""
        pages = self._pages
        return (pages[at] for at, record in enumerate(self._records) if _CODES[record.status] != ExitCode.OK)

    @property
    def exit_code(self) -> ExitCode:
        """The highest code that applies."""
        own = self.error.exit_code if self.error else ExitCode.OK
        said = (remark.code for remark in self.remarks)
        return max(own, *said, *(_CODES[status] for status in self.statuses), ExitCode.OK)

    @property
    def _pages(self) -> PackedPages:
        return PackedPages(self._records, self.source)


def streamed(result: InputResult, name: str, options: Mapping[str, Any]) -> tuple[InputResult, bytes]:
    """The document in the format ``name``, for standard output; and the result with what must be said of it."""
    data, remarks = Saver((name,), options).streamed(name, result.page_by_page(), result.origin)
    return replace(result, remarks=tuple(remarks)), data


def exit_code(results: Iterable[InputResult]) -> ExitCode:
    """The code with which a process that got these results should end."""
    return max((result.exit_code for result in results), default=ExitCode.OK)
