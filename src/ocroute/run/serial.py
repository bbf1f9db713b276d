"""One page after the other in this process: the reference that the other executors must equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from ocroute.run.desk import Desk
from ocroute.run.executor import announce
from ocroute.run.jobs import Doing, Job, Kept, Outcome


class Serial:
    """Does jobs in the calling thread. It has no deadline, and an engine that ends the process ends the caller."""

    def __init__(self) -> None:
        self._job: Job | None = None
        self._desk = Desk(self._tell)

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, Outcome]]:
        """See `Executor.run`; here jobs are done in their order."""
        for index, job in enumerate(jobs):
            self._job = job
            announce(job, None)
            outcome = self._desk.do(job)
            announce(job, outcome)
            yield index, outcome

    def _tell(self, news: Doing | Kept) -> None:
        if isinstance(news, Doing) and self._job is not None:
            announce(self._job, news)

    def close(self) -> None:
        """Let the open file go."""
        self._desk.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
