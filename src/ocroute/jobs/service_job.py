"""A job of the service while it runs: what is kept of it, what has happened, and who wants to hear of it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec

from ocroute.document.model import Status
from ocroute.jobs.job_store import ENDED, JobRecord, State


class JobEvent(NamedTuple):
    """Something that happened to a job: its number, from 1, what it is, and more of it."""

    number: int
    kind: str
    body: Mapping[str, Any]


class ServiceJob:
    """One job. Any thread may look at it; `change` and `tell` wake those who watch.

    Attributes:
        record: what is kept of it.
        statuses: of the pages that are done, by number.
        waiting: numbers of the pages that no worker has been given.
        tries: how often its count was asked for, or all workers were lost over it.
        trial: whether it is the server's own, to see that it can read.
    """

    def __init__(self, record: JobRecord, *, trial: bool = False) -> None:
        self.record, self.trial = record, trial
        self.statuses: dict[int, Status] = {}
        self.waiting: deque[int] = deque()
        self.tries = 0
        self.since = time.monotonic()
        self._events: list[JobEvent] = []
        self._watchers: set[Callable[[], None]] = set()
        self._lock = threading.Lock()
        self.tell("queued")

    @property
    def id(self) -> str:
        """Of the job."""
        return self.record.id

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.record.state in ENDED

    @property
    def ok(self) -> bool:
        """Whether every page was accepted or is blank."""
        fine = all(status in ("accepted", "blank") for status in self.statuses.values())
        return self.record.state == "done" and bool(self.statuses) and fine

    def change(self, state: State, **fields: Any) -> JobRecord:
        """The record from now on. Whoever calls it keeps it, and tells."""
        self.record = msgspec.structs.replace(self.record, state=state, **fields)
        return self.record

    def tell(self, kind: str, **body: Any) -> None:
        """Something happened."""
        with self._lock:
            self._events.append(JobEvent(len(self._events) + 1, kind, body))
            watchers = tuple(self._watchers)
        for each in watchers:
            each()

    def events(self, after: int = 0) -> list[JobEvent]:
        """What has happened since the event of this number."""
        return self._events[max(0, after) :]

    @contextmanager
    def watched(self, watcher: Callable[[], None]) -> Iterator[None]:
        """Inside the ``with`` block ``watcher`` is called after every event, by the thread that makes it."""
        with self._lock:
            self._watchers.add(watcher)
        try:
            yield
        finally:
            with self._lock:
                self._watchers.discard(watcher)
