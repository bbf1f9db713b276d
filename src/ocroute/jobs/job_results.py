"""What is made of a job's page records: its document in the formats that a client asks for, and images of its pages.

A file that strangers have sent is opened by workers only. So results are made in a process of their own, see
`ocroute.jobs.results_child`: one that crashes or takes too long over a file is ended, and costs that answer only.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ocroute.document.model import Document, Page
from ocroute.errors import OcrouteError, OutputError
from ocroute.files import Scratch
from ocroute.host_memory import resident_mb
from ocroute.jobs.job_store import JobRecord, JobStore, journal_in
from ocroute.process import Child
from ocroute.run.jobs import JobFailed
from ocroute.run.records import unpacked_as
from ocroute.values import Box

_log = logging.getLogger(__name__)

_START = 60.0
_GLANCE = 0.5  # seconds between looks at the memory of the process


class MakeResult(msgspec.Struct, frozen=True, tag=True):
    """Write the document of the job in ``folder`` to ``out``; several formats as an archive.

    Attributes:
        options: of `ocroute.options.FormatOptions`.
        stem: of the names in an archive.
        archive: whether it is to be one.
    """

    folder: str
    record: JobRecord
    formats: tuple[str, ...]
    options: dict[str, Any]
    stem: str
    out: str
    archive: bool = False


class MakeImage(msgspec.Struct, frozen=True, tag=True):
    """Write the upright image of a page, in whose frame its boxes are, to ``out``: WebP, ``width`` pixels wide at most."""

    folder: str
    record: JobRecord
    number: int
    width: int
    out: str


class MakeFigures(msgspec.Struct, frozen=True, tag=True):
    """Write the pictures of all pages into the folder ``out``; `Made` names them."""

    folder: str
    record: JobRecord
    out: str


class MadeFigure(msgspec.Struct, frozen=True):
    """A picture of page ``number`` at ``box``, in a file."""

    number: int
    box: Box
    file: str


class Made(msgspec.Struct, frozen=True, tag=True):
    """It is there; ``remarks`` are what a client must know of it."""

    remarks: tuple[str, ...] = ()
    figures: tuple[MadeFigure, ...] = ()


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The process has started."""


Order = MakeResult | MakeImage | MakeFigures
Answer = Made | Ready | JobFailed


class ResultMaker:
    """Makes results, one after another, in a process that is started when it is first needed. Any thread may use it.

    Args:
        store: of the jobs.
        seconds: that one result may take.
        memory_mb: MiB that the process may take; None for no limit.
    """

    def __init__(self, store: JobStore, *, seconds: float, memory_mb: int | None) -> None:
        self._store, self._seconds, self._memory_mb = store, seconds, memory_mb
        self._turn = threading.Lock()
        self._scratch = Scratch()
        self._child: Child[Answer] | None = None
        self._lost = ""  # why we ended it
        self._decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)

    def warm(self) -> None:
        """Start the process before it is needed."""
        with self._turn:
            self._started()

    def result(
        self, record: JobRecord, formats: tuple[str, ...], options: Mapping[str, Any], *, suffix: str, stem: str
    ) -> Path:
        """The document of a job that is done, as a file that stays with the job; made once.

        Raises:
            OcrouteError: it cannot be made, and why.
        """
        told = msgspec.json.encode((formats, sorted(options.items()), stem))
        name = hashlib.blake2b(told, digest_size=12).hexdigest() + suffix
        folder, out = self._place(record, name)
        order = MakeResult(folder, record, formats, dict(options), stem, str(out), archive=suffix == ".zip")
        return self._made(record, order, out)

    def image(self, record: JobRecord, number: int, width: int) -> Path:
        """The image of a page that is read, as `MakeImage` says; made once.

        Raises:
            OcrouteError: it cannot be made, and why.
        """
        folder, out = self._place(record, f"{number}-{width}.webp")
        return self._made(record, MakeImage(folder, record, number, width, str(out)), out)

    def figures(self, record: JobRecord) -> tuple[MadeFigure, ...]:
        """The pictures of a job that is done, as files.

        Raises:
            OcrouteError: they cannot be made, and why.
        """
        folder, out = self._place(record, "figures")
        with self._turn:
            answer = self._ask(MakeFigures(folder, record, str(out)))
        if isinstance(answer, JobFailed):
            raise self._error(record, answer)
        return answer.figures if isinstance(answer, Made) else ()

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._end()
            self._scratch.remove()

    def _place(self, record: JobRecord, name: str) -> tuple[str, Path]:
        folder = self._store.path(record.id)
        (folder / "results").mkdir(mode=0o700, exist_ok=True)
        return str(folder.absolute()), (folder / "results" / name).absolute()

    def _made(self, record: JobRecord, order: Order, out: Path) -> Path:
        if not out.exists():
            with self._turn:
                answer = Made() if out.exists() else self._ask(order)
            if isinstance(answer, JobFailed):
                raise self._error(record, answer)
        return out

    def _error(self, record: JobRecord, answer: JobFailed) -> OcrouteError:
        error = answer.error()
        return type(error)(self._store.told(record, error.message), next_step=error.next_step)

    def _ask(self, order: Order) -> Answer:
        for _ in range(2):  # the process may have been ended by the one before
            child = self._started()
            child.step.allow(self._seconds)
            child.send(order)
            answer = self._heard(child)
            if answer is not None:
                return answer
            how = self._lost or child.lost()
            self._end()
            if self._lost:
                break
        _log.warning("the process that makes results %s", how)
        return JobFailed.of(OutputError(f"the result cannot be made: the process that tried {how}"))

    def _heard(self, child: Child[Answer]) -> Answer | None:
        """What it answers; None when it is lost, and then why in ``_lost``, where it was we who ended it."""
        self._lost = ""
        while True:
            try:
                return child.receive(_GLANCE)
            except queue.Empty:
                taken = resident_mb(child.pid)
                if child.step.left < 0:
                    self._lost = f"did not end within {child.step.seconds:g} seconds"
                elif self._memory_mb is not None and taken > self._memory_mb:
                    self._lost = f"took {taken} MiB of memory, and may take {self._memory_mb}"
                if self._lost or child.gone:
                    return None

    def _started(self) -> Child[Answer]:
        """The process.

        Raises:
            OutputError: it cannot be started.
        """
        if self._child is not None and not self._child.ended:
            return self._child
        self._end()
        try:
            self._child = Child(
                "ocroute.jobs.results_child", self._decoder, seconds=_START, folder=self._scratch.folder()
            )
        except OSError as error:
            raise OutputError(f"no process can be started that makes results: {error}") from error
        if not isinstance(self._heard(self._child), Ready):
            raise OutputError(f"the process that makes results {self._lost or self._child.lost()}")
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
        self._child = None


def page_of(folder: Path, record: JobRecord, number: int) -> Page | None:
    """A page record of the job in ``folder``, under the name that the client gave the file; None where it is not read yet."""
    found = journal_in(folder, record).load([number], unsettled=True)
    return unpacked_as(found[number].body, record.id, record.name) if found else None


def document_of(folder: Path, record: JobRecord) -> Document:
    """The document of a job that is done.

    Raises:
        OutputError: it is not whole any more.
    """
    found = journal_in(folder, record).load(record.numbers, unsettled=True)
    if missing := [number for number in record.numbers if number not in found]:
        raise OutputError(f"the record of page {missing[0]} is damaged", next_step="Read the file again")
    pages = tuple(unpacked_as(found[number].body, record.id, record.name) for number in record.numbers)
    return Document(record.name, pages, record.digest)
