"""An executor for one wish that stays open: engines load once, for any number of inputs."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from ocroute.engines.base import ENGINES, PageLimits
from ocroute.errors import OcrouteError, OutputError, UsageError
from ocroute.files import stamp_of
from ocroute.route.plan import Wish
from ocroute.run.capacity import cards, default_deadline, default_workers, neural, shared, threads_each
from ocroute.run.executor import Executor, Serial, ask, in_order
from ocroute.run.jobs import Count, Counted, Describe, Described, Input, Job, JobFailed, Outcome, Read, Record
from ocroute.run.journal import Journal
from ocroute.run.records import give_up
from ocroute.run.worker_pool import WorkerPool

_log = logging.getLogger(__name__)

_MARGINS = (2.0, 15.0)
"""Seconds of the deadline, at least and at most, that are left for layout and judge when an autoregressive engine is out of time:
a text that is cut, in a worker whose models stay loaded, is worth more than none."""


@dataclass(slots=True, eq=False)
class Work:
    """One input and what is known of it.

    Attributes:
        input: the file.
        index: of the input among those given, from 0.
        stem: of the files that its results go to.
        error: why it has no pages.
        numbers: of its pages that are wanted.
        digest: of its content, where it was asked for.
        stamp: of the file when it was counted, see `ocroute.files.stamp_of`.
        journal: where its page records are kept.
        known: the page records that there are, by number.
    """

    input: Input
    index: int = 0
    stem: str = ""
    error: OcrouteError | None = None
    numbers: tuple[int, ...] = ()
    digest: str = ""
    stamp: tuple[int, ...] = ()
    journal: Journal | None = None
    known: dict[int, Record] = field(default_factory=dict)

    @property
    def missing(self) -> list[int]:
        """The numbers of the pages that are still to be read."""
        return [number for number in self.numbers if number not in self.known]


class Session:
    """Counts and reads the pages of inputs. Use it in a ``with`` block; one method at a time, from one thread at a time.

    Args:
        wish: engine and languages.
        jobs: worker processes; None lets the machine decide; 0 reads in this process.
        timeout: seconds that one engine's attempt at one page may take; None lets the engine decide; ``math.inf``: no deadline.
        memory_mb: MiB that a worker may take, see `ocroute.run.worker_pool.WorkerPool`.

    Raises:
        UsageError: a number of jobs or seconds that makes no sense.
    """

    def __init__(
        self,
        wish: Wish | None = None,
        *,
        jobs: int | None = None,
        timeout: float | None = None,
        memory_mb: int | None = None,
    ) -> None:
        self.wish = wish or Wish()
        self._workers = default_workers(self.wish) if jobs is None else jobs
        self._limit = _deadline(default_deadline(self.wish) if timeout is None else timeout)
        self._executor: Executor = Serial()
        if self._workers:
            threads, side_by_side = threads_each(self._workers), cards(self.wish)
            self._executor = WorkerPool(
                self._workers,
                timeout=self._limit,
                threads=threads,
                engine_threads=threads_each(max(1, len(side_by_side))),
                shared=shared(self.wish),
                cards=side_by_side,
                memory_mb=memory_mb,
            )
        self._fetched = False

    @property
    def neural(self) -> bool:
        """Whether a neural model reads pages here, of which two rarely fit into one card."""
        return neural(self.wish)

    def count(self, works: Sequence[Work], pages: str | None, *, digest: bool = False) -> None:
        """Open every input once, for the numbers of its pages. One that cannot be opened keeps its error."""
        works = [work for work in works if work.error is None]
        for work in works:
            work.stamp = stamp_of(work.input.file)
        questions = (Count(work.input, pages, digest) for work in works)
        for work, answer in zip(works, in_order(self._executor.run(questions)), strict=True):
            match answer:
                case Counted():
                    work.numbers, work.digest = answer.numbers, answer.digest
                case JobFailed():
                    work.error = answer.error()
                case _:
                    raise TypeError(f"not an answer to Count: {answer}")

    def fetch(self) -> None:
        """Fetch the weights that the wish names with its engine, if they are not here: nothing else counts as asking.

        It happens in this process, not in a worker: no deadline ends it, however slow the network, and its progress is seen.

        Raises:
            EngineUnavailable: the engine cannot run here, which is said before gigabytes come; or they cannot be had.
            PluginError: the engine's row is broken.
        """
        if self._fetched or not self.wish.wanted.model or self.wish.engine not in ENGINES:
            return
        engine = ENGINES.load(self.wish.engine)
        fetches = getattr(engine, "fetches", None)  # engines without weights of their own have none
        if fetches is not None and fetches(self.wish.wanted):
            answer = ask(self._executor, Describe(self.wish))
            if isinstance(answer, JobFailed):
                raise answer.error()
            engine.fetch(self.wish.wanted)
        self._fetched = True

    def environment(self) -> str:
        """What changes whenever the same page might be read differently here.

        Raises:
            EngineUnavailable, UsageError: no engine can serve the wish.
        """
        answer = ask(self._executor, Describe(self.wish))
        if not isinstance(answer, Described):
            raise _error(answer)
        return answer.environment

    def records(self, works: Sequence[Work], *, ordered: bool = True) -> Generator[tuple[Work, Record], None, None]:
        """Read every page that is missing now; its input and its record, which is in the input's journal by then.

        Args:
            works: counted inputs; what becomes known of them later changes nothing.
            ordered: whether the records come in the order of their pages, or as they are done.

        Raises:
            EngineUnavailable, UsageError: no page can be read.
        """
        total = sum(len(work.numbers) for work in works)
        limits = _limits(threads_each(min(self._workers, total)), self._limit)
        jobs = [(work, Read(work.input, number, self.wish, limits)) for work in works for number in work.missing]
        return self._read(jobs, ordered=ordered)

    def _read(self, jobs: list[tuple[Work, Read]], *, ordered: bool) -> Generator[tuple[Work, Record], None, None]:
        if jobs:
            self.fetch()
        read = False
        with closing(self._executor.run(job for _, job in jobs)) as run:  # whoever keeps an error keeps no worker
            answers: Iterable[tuple[int, Outcome]] = _kept(run, jobs)
            for index, outcome in enumerate(in_order(answers)) if ordered else answers:
                work, job = jobs[index]
                late = isinstance(outcome, JobFailed) and read  # an engine was here before: what it read is not lost
                answer = give_up(job, str(_error(outcome))) if late else outcome
                if not isinstance(answer, Record):
                    raise _error(answer)
                read = read or bool(answer.engine)  # not by the verdict: pages are judged blank or dark at sight
                yield work, answer

    @property
    def workers(self) -> int:
        """Worker processes; 0 where this process reads."""
        return self._workers

    @property
    def limits(self) -> PageLimits:
        """What an engine may take for a page, where many are to be read."""
        return _limits(threads_each(self._workers), self._limit)

    def answers(self, jobs: Iterator[Job]) -> Generator[tuple[int, Outcome], None, None]:
        """Do jobs of any inputs and wishes, which may become more meanwhile: see `Executor.run`. `wake` tells of them."""
        return self._executor.run(jobs)

    def give_up_on(self, index: int) -> None:
        """Nobody wants the answer to this job of `answers` any more; any thread may call it."""
        if isinstance(self._executor, WorkerPool):
            self._executor.give_up_on(index)

    def wake(self) -> None:
        """There are more jobs; any thread may call it."""
        if isinstance(self._executor, WorkerPool):
            self._executor.wake()

    def close(self) -> None:
        """Let engines go and end all workers at once. It may be used again after that."""
        self._executor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _kept(answers: Iterable[tuple[int, Outcome]], jobs: list[tuple[Work, Read]]) -> Iterator[tuple[int, Outcome]]:
    """Put every page record into its journal as soon as it is done, however many earlier pages are not."""
    writable = True
    for index, outcome in answers:
        work = jobs[index][0]
        if writable and work.journal is not None and isinstance(outcome, Record):
            try:
                work.journal.save(outcome)
            except OutputError as error:  # the reading goes on; it is only the resuming that is lost
                writable = False
                _log.warning("%s: this run cannot be resumed: %s", work.input.label, error)
        yield index, outcome


def _error(answer: Outcome) -> OcrouteError:
    return answer.error() if isinstance(answer, JobFailed) else OcrouteError(f"a worker gave a wrong answer: {answer}")


def _deadline(timeout: float) -> float | None:
    """The deadline; None for none.

    Raises:
        UsageError: it leaves no time.
    """
    if not timeout > 0:
        raise UsageError(f"a deadline of {timeout:g} seconds leaves no time to read", next_step="Give it more than 0")
    return timeout if math.isfinite(timeout) else None


def _limits(threads: int, timeout: float | None) -> PageLimits:
    """The threads that an engine may use, and the time after which it should end by itself."""
    least, most = _MARGINS
    return PageLimits(threads, timeout - min(max(0.1 * timeout, least), most, 0.5 * timeout) if timeout else 0.0)
