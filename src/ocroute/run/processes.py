"""Worker processes. A page that crashes or hangs its worker costs that attempt and nothing else."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from ocroute.document.model import Attempt
from ocroute.errors import EngineUnavailable, UsageError
from ocroute.run.child import Child
from ocroute.run.executor import announce
from ocroute.run.jobs import Count, Describe, Doing, Hello, Job, Kept, Outcome, Read, Refused
from ocroute.run.records import give_up

START_LIMIT = 120.0
"""Seconds in which a worker must be ready to work: Python's start, imports, and the probing of engines on a cold disk."""

OPEN_LIMIT = 30.0
"""Seconds that the steps before a page's first attempt may take at least, however short the deadline: a cold worker imports
its image libraries here."""

LOAD_LIMIT = 1800.0
"""Seconds that loading an engine may take at least, however short the deadline: gigabytes of weights from a slow disk, and a
first page of known text. It is done once a worker, and again where two models take turns. Fetching weights has no limit: it is
done before, and not in a worker."""

_START_TRIES = 3
_AHEAD = 32  # jobs a worker; what is done ahead of the oldest job in hand waits in memory, some 20 kB a page
_GLANCE = 0.5  # how often to look for a worker whose end did not close its socket

_Lost = Literal["crashed", "timed_out"]

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Ticket:
    """One job in hand."""

    index: int
    job: Job
    reopened: bool = False


class Processes:
    """Does jobs in ``workers`` processes.

    The processes are plain ``python -m`` children, not forks and not `multiprocessing`'s: the caller's script needs no
    ``__main__`` guard, and nothing is pickled.

    Args:
        workers: how many.
        timeout: seconds that one engine's attempt at one page may take, its judging included; the steps before the first
            attempt (opening the file, turning the page upright) have as long, and `OPEN_LIMIT` at least; loading has
            `LOAD_LIMIT` at least. None: no deadline.
        threads: what the numeric libraries in each worker may use.

    Raises:
        UsageError: this system has no process groups (Windows): use `ocroute.run.serial.Serial`.
    """

    def __init__(self, workers: int, *, timeout: float | None = None, threads: int = 1) -> None:
        if os.name != "posix":
            raise UsageError("worker processes need a POSIX system", next_step="Read with --jobs 0")
        if workers < 1 or (timeout is not None and timeout <= 0):
            raise UsageError(f"cannot work with {workers} workers and a deadline of {timeout} seconds")
        self._workers = workers
        self._timeout = timeout
        self._threads = threads
        self._idle: list[Child] = []
        self._busy: dict[Child, _Ticket] = {}
        self._retry: deque[_Ticket] = deque()
        self._taken = 0
        self._failed_starts = 0
        self._said = ""
        self._unloadable: dict[str, Attempt] = {}
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, Outcome]]:
        """See `Executor.run`; one run at a time.

        While the caller holds an answer and does not ask for the next one, no deadline is kept.
        """
        pending = (_Ticket(index, job) for index, job in enumerate(jobs))
        try:
            self._feed(pending)
            while self._busy:
                for index, outcome in self._answers():
                    self._feed(pending)  # before the answer is handed out: no worker waits for the caller
                    yield index, outcome
                self._feed(pending)
        finally:
            for child in self._busy:
                child.end()
            self._busy.clear()
            self._retry.clear()

    def _feed(self, pending: Iterator[_Ticket]) -> None:
        """Give every free worker something to do."""
        while len(self._busy) < self._workers:
            ticket = self._retry.popleft() if self._retry else self._next(pending)
            if ticket is None:
                return
            announce(ticket.job, None)
            if self._idle:
                child = self._idle.pop()
                self._give(child, ticket)
            else:
                child = self._spawn()  # it is given its job when it says hello
            self._busy[child] = ticket

    def _give(self, child: Child, ticket: _Ticket) -> None:
        """Send the job. An engine that took its process down while it was loaded is spent on every page from then on."""
        if isinstance(ticket.job, Read):
            spent = {attempt.engine: attempt for attempt in ticket.job.spent}
            ticket.job = msgspec.structs.replace(ticket.job, spent=tuple((self._unloadable | spent).values()))
        child.send(ticket.job)

    def _next(self, pending: Iterator[_Ticket]) -> _Ticket | None:
        oldest = min((ticket.index for ticket in self._busy.values()), default=self._taken)
        if self._taken - oldest >= _AHEAD * self._workers:
            return None
        ticket = next(pending, None)
        self._taken = ticket.index if ticket else self._taken
        return ticket

    def _spawn(self) -> Child:
        try:
            if self._scratch is None:
                self._scratch = tempfile.TemporaryDirectory(prefix="ocroute-", ignore_cleanup_errors=True)
            return Child(Path(self._scratch.name), self._threads)
        except OSError as error:
            raise EngineUnavailable(
                f"no worker process can be started: {error}", next_step="Read with --jobs 0"
            ) from error

    def _answers(self) -> Iterator[tuple[int, Outcome]]:
        """Wait a little; yield what was answered, and what must be answered for workers that are lost."""
        soonest = min(child.since + self._limit(child) for child in self._busy)
        patience = max(0.0, min(_GLANCE, soonest - time.monotonic()))
        wait([child.connection for child in self._busy], patience)
        for child in tuple(self._busy):
            answer = None
            while answer is None and child in self._busy and child.connection.poll():
                answer = self._hear(child)
            if answer is None and child in self._busy:
                if child.gone:
                    answer = self._lose(child, "crashed")
                elif time.monotonic() > child.since + self._limit(child):
                    answer = self._lose(child, "timed_out")
            if answer is not None:
                yield answer

    def _hear(self, child: Child) -> tuple[int, Outcome] | None:
        """Take one message; return the answer if it is one."""
        ticket = self._busy[child]
        message = child.receive()
        match message:
            case None:
                return self._lose(child, "crashed")
            case Hello():
                self._give(child, ticket)
            case Doing():
                child.mark(message)
                self._failed_starts = 0 if message.step != "prepare" else self._failed_starts
                announce(ticket.job, message)
            case Kept() if isinstance(ticket.job, Read):
                ticket.job = msgspec.structs.replace(ticket.job, spent=message.attempts, kept=message.body)
            case Kept():
                pass
            case Refused(kind="EngineUnavailable") if isinstance(ticket.job, Read) and self._workers > 1:
                self._dismiss(child, message)
            case _:
                self._failed_starts = 0
                self._idle.append(child)
                del self._busy[child]
                return self._answered(ticket, message)
        return None

    def _dismiss(self, child: Child, refused: Refused) -> None:
        """Go on with one worker less: the engine that was asked for may be one of which the card holds fewer than there are
        workers. What the last worker is refused is the answer.
        """
        ticket = self._busy.pop(child)
        child.end()
        self._workers -= 1
        self._retry.append(ticket)
        if refused.message != self._said:
            self._said = refused.message
            _log.warning("fewer worker processes than asked for: %s", refused.message)

    def _lose(self, child: Child, lost: _Lost) -> tuple[int, Outcome] | None:
        """End ``child`` and decide what becomes of its job: another worker goes on with it, or it is answered for."""
        ticket = self._busy.pop(child)
        seconds = time.monotonic() - child.since
        ending = child.end()
        how = f"did not end within {self._limit(child):g} seconds" if lost == "timed_out" else ending
        words = child.last_words() if ending.startswith("exited") else ""
        how = f"{how}; its last words: {words}" if words else how
        job, step, engine = ticket.job, child.doing.step, child.doing.engine
        if step in ("load", "engine") and isinstance(job, Read):
            again = any(attempt.engine == engine for attempt in job.spent)
            did = "ran" if step == "engine" else "was loaded"
            more = "; it is not loaded again. Run: ocroute doctor" if step == "load" else ""
            attempt = Attempt(
                engine, lost, f"the process in which it {did} {how}{more}", seconds={"total": round(seconds, 4)}
            )
            if step == "load":
                self._unloadable[engine] = msgspec.structs.replace(attempt, seconds={})
            ticket.job = job = msgspec.structs.replace(job, spent=(*job.spent, attempt))
            if again:  # cannot be with our reader; a promise to end must not rest on that
                return self._answered(ticket, give_up(job, f"{engine} was started twice on this page"))
        elif step == "open":
            if lost == "timed_out" or ticket.reopened:
                return self._answered(ticket, _unopened(job, how))
            ticket.reopened = True  # the fault may be an earlier page's: once more in a fresh process
        else:
            self._failed_starts += 1
            if lost == "timed_out" or self._failed_starts >= _START_TRIES:
                raise EngineUnavailable(
                    f"worker processes end before they can work: the last one {how}", next_step="Run: ocroute doctor"
                )
        self._retry.append(ticket)
        return None

    def _answered(self, ticket: _Ticket, outcome: Outcome) -> tuple[int, Outcome]:
        announce(ticket.job, outcome)
        return ticket.index, outcome

    def _limit(self, child: Child) -> float:
        """Seconds that what ``child`` is doing may take."""
        match child.doing.step:
            case "engine":
                return self._timeout or float("inf")
            case "open":
                return max(self._timeout or float("inf"), OPEN_LIMIT)
            case "load":
                return max(self._timeout or float("inf"), LOAD_LIMIT)
            case _:
                return START_LIMIT

    def close(self) -> None:
        """End all workers at once and remove their temporary files."""
        for child in (*self._idle, *self._busy):
            child.end()
        self._idle.clear()
        self._busy.clear()
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _unopened(job: Job, how: str) -> Outcome:
    match job:
        case Read():
            return give_up(job, f"the process that opened and turned this page {how}")
        case Count():
            return Refused("CorruptInput", f"{job.input.label} cannot be opened: the process that tried {how}")
        case Describe():
            return Refused("EngineUnavailable", f"the process that looked at the engines {how}")
