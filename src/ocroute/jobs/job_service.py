"""The service behind a server: takes jobs as long as there is room, reads them, keeps their results for a while.

It knows nothing of HTTP. `ocroute.serve` gives it files and asks it for jobs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from ocroute.document.model import Page
from ocroute.errors import OcrouteError
from ocroute.jobs.job_results import ResultMaker
from ocroute.jobs.job_store import JobRecord, JobStore
from ocroute.jobs.page_scheduler import PageScheduler
from ocroute.jobs.service_job import ServiceJob
from ocroute.route.wish import Wish
from ocroute.run import Session

_log = logging.getLogger(__name__)

_SWEEP = 30.0  # seconds between looks for what has expired
_LEAST_WAIT, _MOST_WAIT = 1, 120  # seconds that a client is told to wait


class ServiceLimits(msgspec.Struct, frozen=True):
    """What a service takes, and how long it keeps it.

    Attributes:
        queue: jobs that are not done, at most; what is still coming counts.
        queue_of_one: the same of one owner.
        max_bytes: of a file.
        max_pages: of a file.
        max_seconds: in which a file must be read, from its first page on.
        memory_mb: MiB that a worker may take; None for no limit.
        keep_seconds: that a result is kept after its job has ended.
        keep_jobs: results that are kept at most; the oldest go first.
        least_free_mb: MiB that must be free on the disk, or nothing more is taken.
    """

    queue: int = 64
    queue_of_one: int = 64
    max_bytes: int = 100 << 20
    max_pages: int = 1000
    max_seconds: float = 3600.0
    memory_mb: int | None = 4096
    keep_seconds: float = 24 * 3600.0
    keep_jobs: int = 1000
    least_free_mb: int = 512


class ServiceFull(OcrouteError):
    """There is no room now.

    Attributes:
        cause: ``queue``, ``owner`` or ``disk``.
        wait: seconds after which to try again.
    """

    def __init__(self, cause: str, message: str, wait: int) -> None:
        super().__init__(message, next_step=f"Try again in {wait} s")
        self.cause, self.wait = cause, wait


class NoSuchJob(OcrouteError):
    """There is none of this id that belongs to who asks.

    Attributes:
        gone: whether there was one.
    """

    def __init__(self, *, gone: bool) -> None:
        super().__init__("this job has expired, or was removed" if gone else "there is no such job")
        self.gone = gone


class JobService:
    """Use `start` and `close`. Any thread may call it.

    Args:
        store: of jobs.
        session: whose workers read; it is closed with the service.
        limits: see there.
        on_page, on_end: told of pages and jobs, for whoever counts them.

    Attributes:
        ids: of jobs, and of whatever else the server gives names to.
        results: makes results.
    """

    def __init__(
        self,
        store: JobStore,
        session: Session,
        limits: ServiceLimits,
        *,
        on_page: Callable[[Page], None] = lambda _: None,
        on_end: Callable[[ServiceJob], None] = lambda _: None,
    ) -> None:
        self.store, self.ids, self.limits = store, store.ids, limits
        self.results = ResultMaker(store, seconds=120.0, memory_mb=limits.memory_mb)
        self.workers = session.workers
        self._scheduler = PageScheduler(
            session,
            store,
            max_pages=limits.max_pages,
            max_seconds=limits.max_seconds,
            on_page=on_page,
            on_end=self._ended,
        )
        self._on_end = on_end
        self._jobs: dict[str, ServiceJob] = {}
        self._coming: Counter[str] = Counter()
        self._pace, self._last_end = 1.0, time.monotonic()  # seconds from the end of a job to that of the next
        self._lock = threading.RLock()
        self._stop = threading.Event()

    def start(self) -> None:
        """Go on with what the server before this one had, and begin to read."""
        for record in self.store.load():
            if record.passing:  # who waited for it has gone with the server before
                self.store.remove(record.id)
                continue
            job = ServiceJob(record)
            self._jobs[job.id] = job
            if job.ended:
                job.statuses = dict(zip(record.numbers, record.statuses, strict=False))
                job.tell(record.state)
                continue
            if record.numbers:
                self._scheduler.resume(job)
                job.tell("counted", pages=len(record.numbers), numbers=record.numbers)
                for number, status in job.statuses.items():
                    job.tell("page", page=number, status=status)
            self._scheduler.add(job)
        self._scheduler.start()
        threading.Thread(target=self._sweep, name="ocroute-sweep", daemon=True).start()

    def close(self) -> None:
        """End all workers. What is not done goes on with the next server."""
        self._stop.set()
        self._scheduler.stop()
        self.results.close()

    @property
    def problem(self) -> str:
        """Why nothing can be read or taken at the moment; empty where it can."""
        if self._scheduler.problem:
            return self._scheduler.problem
        free = self.store.free_mb()
        least = self.limits.least_free_mb
        return f"only {free} MiB are free on the disk, and {least} are wanted" if free < least else ""

    @property
    def unfinished(self) -> int:
        """Jobs of clients that are not done, and files that are still coming."""
        with self._lock:
            return self._waiting() + self._coming.total()

    def _waiting(self, owner: str | None = None) -> int:
        """Jobs that are not done: of this owner, or of all; the server's own trials are nobody's."""
        jobs = (job for job in self._jobs.values() if not job.ended and not job.trial)
        return sum(owner is None or job.record.owner == owner for job in jobs)

    @contextmanager
    def room(self, owner: str) -> Iterator[Path]:
        """Room for one job, and where its file can be put. It is asked for before anything comes.

        Raises:
            ServiceFull: there is none now.
        """
        with self._lock:
            self._check_room(owner)
            self._coming[owner] += 1
        upload = self.store.upload()
        try:
            yield upload
        finally:
            with self._lock:
                self._coming[owner] -= 1
                self._coming += Counter()  # forgets those that have none
            with suppress(OSError):
                upload.unlink(missing_ok=True)

    def _check_room(self, owner: str) -> None:
        if (free := self.store.free_mb()) < self.limits.least_free_mb:
            raise ServiceFull("disk", f"only {free} MiB are free on the server's disk", _MOST_WAIT)
        waiting = self.unfinished
        wait = max(_LEAST_WAIT, min(_MOST_WAIT, round(waiting * self._pace / 4)))  # a quarter of the queue will be done
        if waiting >= self.limits.queue:
            raise ServiceFull("queue", f"{waiting} files wait already", wait)
        own = self._waiting(owner) + self._coming[owner]
        if own >= self.limits.queue_of_one:
            raise ServiceFull("owner", f"{own} files of yours wait already", wait)

    def submit(
        self,
        upload: Path,
        *,
        owner: str,
        name: str,
        wish: Wish,
        pages: str | None = None,
        password: str | None = None,
        passing: bool = False,
        trial: bool = False,
    ) -> ServiceJob:
        """Read what has come, inside of `room`.

        Args:
            trial: it is the server's own, to see that it can read, and takes no client's room.

        Raises:
            ServiceFull: it cannot be kept.
        """
        job_id = self.ids.new("job", owner)
        record = JobRecord(job_id, owner, name, time.time(), wish, pages, password, passing)
        try:
            self.store.add(record, upload)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ServiceFull("disk", f"the file cannot be kept: {reason}", _MOST_WAIT) from error
        job = ServiceJob(record, trial=trial)
        with self._lock:
            self._jobs[job.id] = job
        self._scheduler.add(job)
        return job

    def find(self, name: str, owner: str) -> ServiceJob:
        """A job of this owner.

        Raises:
            NoSuchJob: there is none, or not any more.
        """
        if not self.ids.knows(name, "job", owner):
            raise NoSuchJob(gone=False)
        job = self._jobs.get(name)
        if job is None:
            raise NoSuchJob(gone=True)
        return job

    def of(self, owner: str) -> list[ServiceJob]:
        """All jobs of an owner, the newest first."""
        with self._lock:
            found = [job for job in self._jobs.values() if job.record.owner == owner and not job.record.passing]
        return sorted(found, key=lambda job: job.record.created, reverse=True)

    def cancel(self, job: ServiceJob, reason: str) -> None:
        """Read no more of it, and keep nothing but that it was there. Nothing happens to one that has ended."""
        if not self._scheduler.drop(job):
            return
        record = job.change("canceled", reason=reason, ended=time.time(), password=None)
        with suppress(OSError):
            self.store.save(record)
            self.store.clear(job.id)
        self._ended(job)
        job.tell("canceled", reason=reason)

    def remove(self, job: ServiceJob) -> None:
        """Keep nothing of it."""
        self.cancel(job, "removed")
        with self._lock:
            self._jobs.pop(job.id, None)
        self.store.remove(job.id)

    def _ended(self, job: ServiceJob) -> None:
        now = time.monotonic()
        self._pace = 0.8 * self._pace + 0.2 * min(now - self._last_end, 60.0)
        self._last_end = now
        self._on_end(job)

    def _sweep(self) -> None:
        while not self._stop.wait(min(_SWEEP, max(1.0, self.limits.keep_seconds / 4))):
            self.expire()

    def expire(self) -> int:
        """Remove what has been kept long enough, or is too much. How many jobs."""
        with self._lock:
            ended = sorted((job for job in self._jobs.values() if job.ended), key=lambda job: job.record.ended)
        too_many = max(0, len(ended) - self.limits.keep_jobs)
        before = time.time() - self.limits.keep_seconds
        old = [job for place, job in enumerate(ended) if place < too_many or job.record.ended < before]
        for job in old:
            self.remove(job)
        return len(old)
