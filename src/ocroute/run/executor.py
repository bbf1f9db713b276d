"""The contract of those who do many jobs, and what comes of their answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self

from ocroute.errors import OcrouteError
from ocroute.events import AttemptStarted, EngineLoading, PageDone, PageStarted, emit
from ocroute.run.jobs import Doing, Job, Outcome, Read, Record


class Executor(Protocol):
    """Does jobs. Use it in a ``with`` block; engines stay warm from one ``run`` to the next.

    N jobs in, N answers out, whatever happens to the processes that do them.
    """

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, Outcome]]:
        """The place of each job in ``jobs``, from 0, and its answer, in the order in which they are done.

        ``jobs`` is read lazily, a bounded number of places ahead of the oldest job that is not done.

        Raises:
            EngineUnavailable: no worker can be started at all.
        """
        ...

    def close(self) -> None:
        """End all workers at once. It may be run again after that."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


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
        case Record(status=status):
            emit(PageDone(source, number, status))
        case _:
            pass
