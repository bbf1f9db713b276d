"""Gives the pages of all jobs to one pool of workers, and takes their records: a thread that is never done.

Jobs take turns, some pages at a time: a letter does not wait for a book, and no book for ever for letters. A page whose worker
dies is the pool's business; when no worker can be started at all, jobs are tried once more, and then fail with the reason.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from typing import Self

from ocroute.document.model import Page
from ocroute.errors import OcrouteError
from ocroute.events import AttemptStarted, EngineLoading, Event, listening
from ocroute.jobs.job_store import JobRecord, JobStore
from ocroute.jobs.service_job import ServiceJob
from ocroute.run import Session
from ocroute.run.jobs import Count, Counted, Job, JobFailed, Outcome, Read, Record
from ocroute.run.records import give_up, laid_out_across, unpack

_log = logging.getLogger(__name__)

_TURN = 8
"""Pages that a job is given before it is another's turn: a worker that stays at one file need not open it again."""

_TRIES = 2
_PAUSE = 2.0  # seconds after which it is tried again where no worker could be started


class PageScheduler:
    """Reads jobs as they come. `start` it once; any thread may `add` and `drop`.

    Args:
        session: whose workers read.
        store: where jobs and page records are kept.
        max_pages: that a job may have; more are refused.
        max_seconds: in which a job must be done from its first page on; what is not is failed pages.
        on_page: told of every page that is read.
        on_end: told of every job that has ended, in this thread.
    """

    def __init__(
        self,
        session: Session,
        store: JobStore,
        *,
        max_pages: int,
        max_seconds: float,
        on_page: Callable[[Page], None] = lambda _: None,
        on_end: Callable[[ServiceJob], None] = lambda _: None,
    ) -> None:
        self._session, self._store = session, store
        self._max_pages, self._max_seconds = max_pages, max_seconds
        self._on_page, self._on_end = on_page, on_end
        self._turns: deque[ServiceJob] = deque()
        self._left_of_turn = _TURN
        self._jobs: dict[str, ServiceJob] = {}
        self._asked: dict[int, tuple[ServiceJob, Job]] = {}
        self._taken = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ocroute-pages", daemon=True)
        self.problem = ""

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def add(self, job: ServiceJob) -> None:
        """Read a job. Pages that are known (see `ServiceJob.statuses`) are not read again."""
        with self._changed:
            self._jobs[job.id] = job
            self._turns.append(job)
            self._changed.notify_all()
        self._session.wake()

    def drop(self, job: ServiceJob) -> bool:
        """Read no more of a job; what is being read of it is thrown away. Whether it had not ended."""
        with self._changed:
            for index, (other, _) in self._asked.items():
                if other is job:
                    self._session.give_up_on(index)
            return self._jobs.pop(job.id, None) is not None

    def stop(self) -> None:
        """End all workers; what is not done is left for the next server."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._session.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._session.close()

    # What the pool asks: an iterator of its jobs, which may have more after it had none.

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Job:
        with self._changed:
            while self._turns and not self._stopping:
                job = self._turns[0]
                if job.id not in self._jobs:
                    self._next_turn(gone=True)
                elif not job.record.numbers:
                    self._next_turn(gone=True)  # it comes back when it is counted
                    return self._ask(job, Count(self._store.input(job.record), job.record.pages, digest=True))
                elif not job.waiting:
                    self._next_turn(gone=True)
                    if len(job.statuses) == len(job.record.numbers):  # the last server was ended before it could say so
                        self._finish(job)
                elif time.monotonic() - job.since > self._max_seconds:
                    self._out_of_time(job)
                else:
                    number = job.waiting.popleft()
                    self._left_of_turn -= 1
                    if not self._left_of_turn:
                        self._next_turn()
                    read = Read(self._store.input(job.record), number, job.record.wish, self._session.limits)
                    return self._ask(job, read)
        raise StopIteration

    def _next_turn(self, *, gone: bool = False) -> None:
        job = self._turns.popleft()
        self._left_of_turn = _TURN
        if not gone:
            self._turns.append(job)

    def _ask(self, job: ServiceJob, asked: Job) -> Job:
        self._asked[self._taken] = job, asked
        self._taken += 1
        return asked

    # What the pool answers. It is taken with the lock held: a job that is dropped meanwhile would come to life again.

    def _run(self) -> None:
        while self._wait_for_jobs():
            try:
                with listening(self._hear), closing(self._session.answers(self)) as answers:
                    for index, outcome in answers:
                        if self._stopping:
                            return
                        with self._changed:
                            self._answered(*self._asked[index], outcome)
                            del self._asked[index]
                        self.problem = ""
            except OcrouteError as error:
                self._lost(str(error))
            except Exception as error:  # whatever it is, those who wait must be told
                _log.exception("the reading of pages failed")
                self._lost(f"{type(error).__name__}: {error}")
            self._asked.clear()
            self._taken = 0

    def _wait_for_jobs(self) -> bool:
        """Until there is something to do; whether there will be."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._turns)
            return not self._stopping

    def _answered(self, job: ServiceJob, asked: Job, outcome: Outcome) -> None:
        if job.id not in self._jobs:
            return
        match outcome:
            case Counted():
                self._counted(job, outcome)
            case Record():
                self._read(job, outcome)
            case JobFailed() if isinstance(asked, Read) and job.statuses:  # a later worker cannot load the engine
                self._read(job, give_up(asked, str(outcome.error())))
            case JobFailed():
                self._end(job, job.change("failed", reason=self._store.told(job.record, str(outcome.error()))))
            case _:
                raise TypeError(f"not an answer to a job: {outcome}")

    def _counted(self, job: ServiceJob, outcome: Counted) -> None:
        count = len(outcome.numbers)
        if count > self._max_pages:
            reason = f"{job.record.name} has {count} pages, and this server reads {self._max_pages} of one file at most"
            self._end(job, job.change("failed", reason=f"{reason}. Name some of them, e.g. pages=1-{self._max_pages}"))
            return
        self._store.save(job.change("reading", numbers=outcome.numbers, digest=outcome.digest))
        self.resume(job)
        job.tell("counted", pages=count, numbers=outcome.numbers)
        self._turns.appendleft(job)
        self._left_of_turn = _TURN

    def resume(self, job: ServiceJob) -> None:
        """Find what is read of a counted job already, and what is not."""
        known = self._store.journal(job.record).load(job.record.numbers, unsettled=job.ended)
        job.statuses = {number: record.status for number, record in known.items()}
        job.waiting = deque(number for number in job.record.numbers if number not in known)
        job.since = time.monotonic()

    def _read(self, job: ServiceJob, record: Record) -> None:
        page = unpack(record.body)
        self._store.journal(job.record).save(record)
        job.statuses[record.number] = record.status
        self._on_page(page)
        job.tell("page", page=record.number, status=record.status, engine=page.provenance.engine)
        if len(job.statuses) == len(job.record.numbers):
            self._finish(job)

    def _finish(self, job: ServiceJob) -> None:
        """All pages are there: what can only be told over all of them, see `laid_out_across`."""
        journal = self._store.journal(job.record)
        known = journal.load(job.record.numbers, unsettled=True)
        records = [known[number] for number in job.record.numbers]
        for before, after in zip(records, laid_out_across(records), strict=True):
            if after is not before:
                journal.save(after)
        self._end(job, job.change("done"))

    def _end(self, job: ServiceJob, record: JobRecord) -> None:
        ordered = tuple(job.statuses[number] for number in record.numbers if number in job.statuses)
        try:
            self._store.save(job.change(record.state, ended=time.time(), statuses=ordered))
        except OSError as error:  # the next server reads it again; this one has it
            _log.error("the end of a job cannot be kept: %s", error)
        self._jobs.pop(job.id, None)
        self._on_end(job)
        job.tell(record.state)

    def _out_of_time(self, job: ServiceJob) -> None:
        """What is left becomes failed pages: N pages, N records."""
        said = f"the document was not done within {self._max_seconds:g} seconds"
        while job.waiting:
            number = job.waiting.popleft()
            self._read(job, give_up(Read(self._store.input(job.record), number, job.record.wish), said))

    def _hear(self, event: Event) -> None:
        if isinstance(event, EngineLoading | AttemptStarted) and (job := self._jobs.get(event.source)) is not None:
            job.tell("loading" if isinstance(event, EngineLoading) else "attempt", page=event.page, engine=event.engine)

    def _lost(self, reason: str) -> None:
        """No worker can be had. Jobs that were in hand are tried again, if they were not yet."""
        self.problem = reason
        _log.error("no page can be read: %s", reason)
        with self._changed:
            for job in {job.id: job for job, _ in self._asked.values() if job.id in self._jobs}.values():
                job.tries += 1
                if job.tries >= _TRIES:
                    self._end(job, job.change("failed", reason=self._store.told(job.record, reason)))
                    continue
                if job.record.numbers:
                    self.resume(job)
                if job not in self._turns:
                    self._turns.appendleft(job)
        time.sleep(_PAUSE)


def page_seconds(page: Page) -> float:
    """What all attempts at a page took."""
    return sum(sum(attempt.seconds.values()) for attempt in page.attempts)
