"""What becomes of one input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from ocroute.document.formats import Origin, Remark
from ocroute.document.model import Document, Page, Status, Verdict
from ocroute.errors import ExitCode, OcrouteError
from ocroute.run.jobs import Record
from ocroute.run.records import unpack
from ocroute.writers.saver import Saver

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
        return Document(self.source, tuple(map(self._page, self._records)), self.sha256)

    def troubled(self) -> Iterator[Page]:
        """The doubtful and failed pages."""
        return (self._page(record) for record in self._records if _CODES[record.status] != ExitCode.OK)

    @property
    def exit_code(self) -> ExitCode:
        """The highest code that applies."""
        own = self.error.exit_code if self.error else ExitCode.OK
        said = (remark.code for remark in self.remarks)
        return max(own, *said, *(_CODES[status] for status in self.statuses), ExitCode.OK)

    def _page(self, record: Record) -> Page:
        # The record may come from a run that was given the same file under another path.
        return msgspec.structs.replace(unpack(record.body), source=self.source)


def streamed(result: InputResult, name: str, options: Mapping[str, Any]) -> tuple[InputResult, bytes]:
    """The document in the format ``name``, for standard output; and the result with what must be said of it."""
    data, remarks = Saver((name,), options).streamed(name, result.document(), result.origin)
    return replace(result, remarks=tuple(remarks)), data


def exit_code(results: Iterable[InputResult]) -> ExitCode:
    """The code with which a process that got these results should end."""
    return max((result.exit_code for result in results), default=ExitCode.OK)
