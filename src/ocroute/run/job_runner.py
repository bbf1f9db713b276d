"""Does one job after another in this process. The serial executor and every worker process have one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from ocroute.document.model import Page
from ocroute.errors import CorruptInput, EngineCrashed, EngineUnavailable, InputError, OcrouteError, UsageError
from ocroute.run.jobs import (
    Checkpoint,
    Count,
    Counted,
    Describe,
    Described,
    Doing,
    Input,
    Job,
    JobFailed,
    Outcome,
    Read,
    Record,
)
from ocroute.run.records import give_up, pack, unpack

if TYPE_CHECKING:
    from ocroute.pages import Source
    from ocroute.route.page_reader import PageReader
    from ocroute.route.plan import Wish

Tell = Callable[[Doing | Checkpoint], None]
Lost = Callable[[EngineCrashed], None]


class JobRunner:
    """Keeps its engines warm, and its file open across pages of one input.

    Args:
        tell: told what starts now and what must not be lost, before either can end this process.
        lost: told when an engine has left this process unfit for more of its kind; None where no other can take its place.
    """

    def __init__(self, tell: Tell, *, lost: Lost | None = None) -> None:
        self._tell = tell
        self._lost = lost
        self._reader: PageReader | None = None
        self._input: Input | None = None
        self._source: Source | None = None

    def do(self, job: Job) -> Outcome:
        """The answer to ``job``. Raises nothing but what ends the process anyway."""
        try:
            match job:
                case Describe():
                    return Described(_environment(self._reader_for(job.wish)))
                case Count():
                    return self._count(job)
                case Read():
                    return self._read(job, self._reader_for(job.wish))
        except OcrouteError as error:
            return JobFailed.of(error)

    def let_go(self) -> None:
        """Let the open file go."""
        if self._source is not None:
            self._source.close()
        self._input = self._source = None

    def close(self) -> None:
        """Let the open file and the engines go."""
        self.let_go()
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def _reader_for(self, wish: Wish) -> PageReader:
        if self._reader is None or self._reader.wish != wish:
            self._tell(Doing("prepare"))
            from ocroute.route.page_reader import PageReader

            if self._reader is not None:
                self._reader.close()
            self._reader = PageReader(wish, on_lost=self._lost) if self._lost else PageReader(wish)
        return self._reader

    def _count(self, job: Count) -> Counted:
        from ocroute.pages import open_input

        self._tell(Doing("open"))
        try:
            wanted = job.input
            with open_input(wanted.file, name=wanted.label, password=wanted.password, pages=job.pages) as source:
                numbers = tuple(source.numbers)
            return Counted(numbers, _digest(job.input) if job.digest else "")
        except OcrouteError:
            raise
        except Exception as error:  # a decoder may raise anything over a damaged file
            raise CorruptInput(f"{job.input.label} cannot be opened: {type(error).__name__}: {error}") from error

    def _read(self, job: Read, reader: PageReader) -> Record:
        self._tell(Doing("open"))
        try:
            page = self._open(job.input).page(job.number)
            record = reader.read(
                page,
                job.limits,
                prior=job.spent,
                best=unpack(job.checkpoint) if job.checkpoint else None,
                on_load=lambda engine: self._tell(Doing("load", engine)),
                on_attempt=lambda engine: self._tell(Doing("engine", engine)),
                on_refused=self._keep,
            )
            return pack(msgspec.structs.replace(record, source=job.input.label, number=job.number))
        except (EngineUnavailable, UsageError):
            raise  # of every page it would be the same
        except InputError as error:
            return give_up(job, str(error))
        except Exception as error:  # one bad page never ends a batch
            return give_up(job, f"{type(error).__name__}: {error}")

    def _keep(self, page: Page) -> None:
        try:
            self._tell(Checkpoint(page.attempts, pack(page).body))
        except ValueError:
            return  # ill-formed values: the final record will say so

    def _open(self, wanted: Input) -> Source:
        if self._source is None or self._input != wanted:
            from ocroute.pages import open_input

            self.let_go()
            self._source = open_input(wanted.file, name=wanted.label, password=wanted.password)
            self._input = wanted
        return self._source


def _digest(file: Input) -> str:
    from pathlib import Path

    try:
        with Path(file.file).open("rb") as opened:
            return hashlib.file_digest(opened, "blake2b").hexdigest()
    except OSError as error:
        raise InputError(f"{file.label} cannot be read: {error.strerror}") from error


def _environment(reader: PageReader) -> str:
    from ocroute.route.machine_survey import statuses

    here = statuses(reader.wish)
    facts = [(name, here[name].availability) for name in reader.plan.routes if name in here]
    return hashlib.blake2b(msgspec.json.encode(facts), digest_size=16).hexdigest()
