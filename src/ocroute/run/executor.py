"""The contract of those who do many jobs, the one that does them in this process, and what comes of their answers."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator
from typing import Self

from ocroute.errors import OcrouteError, UsageError
from ocroute.events import AttemptStarted, EngineLoading, PageDone, PageStarted, emit
from ocroute.run.job_runner import JobRunner
from ocroute.run.jobs import Asked, Checkpoint, Doing, Job, Outcome, Read, Record


class Executor(ABC):
    """Does jobs. Use it in a ``with`` block; engines stay warm from one ``run`` to the next.

    N jobs in, N answers out, whatever happens to the processes that do them.
    """

    @abstractmethod
    def run(self, jobs: Iterable[Job]) -> Generator[tuple[int, Outcome], None, None]:
        """The place of each job in ``jobs``, from 0, and its answer, in the order in which they are done.

        Close it to stop: what is being done then is ended.
        When it ends no input is open any more: a file may have changed until the next run.

        ``jobs`` is read lazily, a bounded number of places ahead of the oldest job that is not done. An iterator that had no
        more is asked again as long as some jobs are not done.

        Raises:
            EngineUnavailable: no worker can be started at all.
        """

    @abstractmethod
    def close(self) -> None:
        """End all workers at once. It may be run again after that."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_ran_in: set[int] = set()
"""Processes that did jobs themselves: this one, and those that it was forked from. Of the latter's models the threads stayed
behind, and would be waited for without end."""


class Serial(Executor):
    """Does one job after another in the calling thread: the reference that `ocroute.run.worker_pool.WorkerPool` must equal.

    It has no deadline, and an engine that ends the process ends the caller. A process that was forked from one that did jobs so
    gets a `UsageError`.
    """

    def __init__(self) -> None:
        self._job: Job | None = None
        self._runner = JobRunner(self._tell)

    def run(self, jobs: Iterable[Job]) -> Generator[tuple[int, Outcome], None, None]:
        """See `Executor.run`; here jobs are done in their order."""
        if _ran_in - {os.getpid()}:
            raise UsageError(
                "this process was forked from one that has engines loaded",
                next_step="Read with jobs=1 here, or start such processes with multiprocessing's spawn",
            )
        _ran_in.add(os.getpid())
        try:
            for index, job in enumerate(jobs):
                self._job = job
                announce(job, None)
                outcome = self._runner.do(job)
                if isinstance(outcome, Asked):
                    raise TypeError(f"{outcome.engine} is held by no other process")
                announce(job, outcome)
                yield index, outcome
        finally:
            self._runner.let_go()

    def _tell(self, news: Doing | Checkpoint) -> None:
        if isinstance(news, Doing) and self._job is not None:
            announce(self._job, news)

    def close(self) -> None:
        """Let the engines go."""
        self._runner.close()


def in_order(answers: Iterable[tuple[int, Outcome]]) -> Iterator[Outcome]:
    """The answers in the order of their jobs; those that come too early wait."""
    early: dict[int, Outcome] = {}
    place = 0
    for index, outcome in answers:
        early[index] = outcome
        while place in early:
            yield early.pop(place)
            place += 1


def ask(executor: Executor, job: Job) -> Outcome:
    """The answer to a single job."""
    for _, outcome in executor.run([job]):
        return outcome
    raise OcrouteError("a worker gave no answer")  # an executor that breaks its contract


def announce(job: Job, news: Doing | Outcome | None) -> None:
    """Emit what happened to ``job``: ``None`` when it starts."""
    if not isinstance(job, Read):
        return
    source, number = job.input.label, job.number
    match news:
        case None:
            emit(PageStarted(source, number))
        case Doing(step="load", engine=engine):
            emit(EngineLoading(source, number, engine))
        case Doing(step="engine", engine=engine):
            emit(AttemptStarted(source, number, engine))
        case Record():
            emit(PageDone(source, number, news.status, news.tokens))
        case _:
            pass
