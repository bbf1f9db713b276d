"""Does one job after another in this process. The serial executor and every worker process have one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from ocroute.document.model import Page
from ocroute.engines.base import ENGINES, Reading
from ocroute.errors import (
    CorruptInput,
    EngineCrashed,
    EngineError,
    EngineUnavailable,
    InputError,
    OcrouteError,
    UsageError,
)
from ocroute.files import sha256_of
from ocroute.run import jobs
from ocroute.run.jobs import (
    Asked,
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
    from ocroute.pages import InputPage, Source
    from ocroute.route.page_reader import Given, PageReader, Waiting
    from ocroute.route.plan import Wish

Tell = Callable[[Doing | Checkpoint], None]
Lost = Callable[[EngineCrashed], None]


def _nobody(_: EngineCrashed) -> None:
    """No process can take this one's place."""


class JobRunner:
    """Keeps its engines warm, and its file open across pages of one input.

    Args:
        tell: told what starts now and what must not be lost, before either can end this process.
        lost: told when an engine has left this process unfit for more of its kind, where another can take its place.
        elsewhere: whether engines that read several pages at once are held by another process.
    """

    def __init__(self, tell: Tell, *, lost: Lost = _nobody, elsewhere: bool = False) -> None:
        self._tell = tell
        self._lost = lost
        self._elsewhere = elsewhere
        self._handed: tuple[Input, int, InputPage] | None = None  # the last page that waits, as it comes back first
        self._reader: PageReader | None = None
        self._input: Input | None = None
        self._source: Source | None = None

    def do(self, job: Job) -> Outcome | Asked:
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
        self._input = self._source = self._handed = None

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
            self._reader = PageReader(wish, on_lost=self._lost, elsewhere=self._elsewhere)
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

    def _read(self, job: Read, reader: PageReader) -> Record | Asked:
        self._tell(Doing("open"))
        try:
            return self._answer(job, self._advanced(job, reader))
        except (EngineUnavailable, UsageError):
            raise  # of every page it would be the same
        except InputError as error:
            return give_up(job, str(error))
        except Exception as error:  # one bad page never ends a batch
            return give_up(job, f"{type(error).__name__}: {error}")

    def _advanced(self, job: Read, reader: PageReader, given: Given | None = None) -> Page | Waiting:
        """The record, or what the page waits for."""
        from ocroute.route.page_reader import Given, Waiting

        if job.given is not None and given is None:
            given = Given(job.given.engine, _reading(job.given), job.given.seconds)
        advanced = reader.advance(
            self._page(job),
            job.limits,
            prior=job.spent,
            best=unpack(job.checkpoint) if job.checkpoint else None,
            given=given,
            on_load=lambda engine: self._tell(Doing("load", engine)),
            on_attempt=lambda engine: self._tell(Doing("engine", engine)),
            on_judge=lambda engine: self._tell(Doing("judge", engine)),
            on_refused=self._keep,
        )
        if isinstance(advanced, Waiting):
            self._handed = (job.input, job.number, advanced.page)
        return advanced

    def _answer(self, job: Read, advanced: Page | Waiting) -> Record | Asked:
        from ocroute.pages.handed_over import hand_over
        from ocroute.route.page_reader import Waiting

        if not isinstance(advanced, Waiting):
            return pack(msgspec.structs.replace(advanced, source=job.input.label, number=job.number))
        record = advanced.record
        try:
            page = hand_over(advanced.page)
        except OSError as error:
            job = msgspec.structs.replace(job, spent=record.attempts, checkpoint=pack(record).body, given=None)
            failed = EngineError(
                f"the page cannot be handed to {advanced.engine}: {error}", next_step="Make room there"
            )
            from ocroute.route.page_reader import Given

            return self._answer(
                job, self._advanced(job, self._reader_for(job.wish), Given(advanced.engine, failed, {}))
            )
        at_once = ENGINES.load(advanced.engine).info.at_once
        return Asked(
            advanced.engine, at_once, advanced.task, page, record.attempts, pack(record).body, advanced.seconds
        )

    def _page(self, job: Read) -> InputPage:
        """The page, as it was left where it was the last to wait."""
        handed, self._handed = self._handed, None
        if job.given is not None and handed is not None and handed[:2] == (job.input, job.number):
            return handed[2]
        return self._open(job.input).page(job.number)

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


def _reading(given: jobs.Given) -> Reading | Exception:
    """What was given, as it was in the other process."""
    if given.failed is not None:
        return given.failed.error()
    return msgspec.msgpack.decode(given.reading, type=Reading)


def _digest(file: Input) -> str:
    try:
        return sha256_of(file.file)
    except OSError as error:
        raise InputError(f"{file.label} cannot be read: {error.strerror}") from error


def _environment(reader: PageReader) -> str:
    from ocroute.route.machine_survey import statuses

    here = statuses(reader.wish)
    facts = [(name, here[name].availability) for name in reader.plan.routes if name in here]
    return hashlib.blake2b(msgspec.json.encode(facts), digest_size=16).hexdigest()
