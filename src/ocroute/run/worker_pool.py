"""Worker processes. A page that crashes or hangs its worker costs that attempt and nothing else."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import queue
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import cast

import msgspec

from ocroute.document.model import Attempt
from ocroute.errors import DOCTOR, EngineUnavailable, UsageError
from ocroute.files import Scratch
from ocroute.gpus import VISIBLE
from ocroute.host_memory import resident_mb
from ocroute.process import Child, Inbox
from ocroute.run.engine_station import EngineStation
from ocroute.run.engine_stations import EngineStations
from ocroute.run.executor import Executor, announce
from ocroute.run.jobs import (
    Answered,
    Asked,
    Checkpoint,
    Doing,
    Hello,
    Job,
    JobFailed,
    LetGo,
    Logged,
    Message,
    News,
    Outcome,
    Read,
    Taken,
)
from ocroute.run.records import give_up
from ocroute.run.ticket import START, Lost, Ticket, lost_attempt, spent_on_every_page, tickets, unopened
from ocroute.run.worker_logs import relay, wanted

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
_LET_END = 3.0
"""Seconds that a page may take whose answer nobody wants: a fresh worker takes about as long to load an engine."""
_GLANCE = 0.5  # seconds between looks for a worker whose end did not close its pipe

_THREADS = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_NOBODY = cast("Child[Message]", object())  # who says nothing, but is heard
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)

_log = logging.getLogger(__name__)


class WorkerPool(Executor):
    """Does jobs in ``workers`` processes (see `ocroute.process`): the caller's script needs no ``__main__`` guard, and nothing
    is pickled.

    Engines that read several pages at once are held by one process more, see `EngineStation`.

    Args:
        workers: how many.
        timeout: seconds that one engine's attempt at one page may take, its judging included; the steps before the first
            attempt (opening the file, turning the page upright) have as long, and `OPEN_LIMIT` at least; loading has
            `LOAD_LIMIT` at least. None: no deadline.
        threads: what the numeric libraries in each worker may use.
        engine_threads: the same in the process that holds an engine for all.
        shared: the engine that such a process will hold, where that is sure: it starts at once, and imports what it needs while
            pages are opened.
        cards: the GPUs, as CUDA knows them, of which each gets such a process; none where the process is to see them all.
        memory_mb: MiB that a worker may take: one that takes more over a page is ended, and that attempt with it; one that has
            not given them back after a page makes room for a fresh one. None: no limit.

    Raises:
        UsageError: no workers, or no time.
    """

    def __init__(
        self,
        workers: int,
        *,
        timeout: float | None = None,
        threads: int = 1,
        engine_threads: int = 1,
        shared: str = "",
        cards: Sequence[str] = (),
        memory_mb: int | None = None,
    ) -> None:
        if workers < 1 or (timeout is not None and timeout <= 0):
            raise UsageError(f"cannot work with {workers} workers and a deadline of {timeout} seconds")
        self._workers = workers
        self._timeout = timeout
        self._threads = threads
        self._shared = shared
        self._memory_mb = memory_mb
        self._inbox: Inbox[Message] = queue.SimpleQueue()
        self._idle: list[Child[Message]] = []
        self._busy: dict[Child[Message], Ticket] = {}
        self._retry: deque[Ticket] = deque()
        self._taken = 0
        self._unwanted: set[int] = set()
        self._failed_starts = 0
        self._refused = self._said = ""
        self._scratch = Scratch()
        self._unloadable: dict[str, Attempt] = {}
        self._stations = EngineStations([self._station(card, engine_threads) for card in cards or ("",)])

    def run(self, jobs: Iterable[Job]) -> Generator[tuple[int, Outcome], None, None]:
        """See `Executor.run`; one run at a time.

        While the caller holds an answer and does not ask for the next one, no deadline is kept.
        """
        pending = tickets(jobs)
        self._failed_starts = 0
        self._unwanted.clear()
        self._bury()
        try:
            self._feed(pending)
            while self._busy or self._retry or self._stations.tickets:
                for index, outcome in self._answers():
                    self._feed(pending)  # before the answer is handed out: no worker waits for the caller
                    yield index, outcome
                self._feed(pending)
        finally:
            self._stations.stop()
            for child in self._busy:
                child.end()
            self._busy.clear()
            self._retry.clear()
            for child in self._idle:
                child.send(LetGo())

    def wake(self) -> None:
        """Have `run` look at once, not within half a second, whether there are more jobs. Any thread may call it."""
        self._inbox.put((_NOBODY, None))

    def give_up_on(self, index: int) -> None:
        """Nobody wants the answer to the job at this place any more: a worker that takes long over it is ended. Any thread may
        call it while `run` is under way.
        """
        self._unwanted.add(index)

    def _bury(self) -> None:
        """Forget the workers that have ended since the last run: that is nothing against those to come."""
        for child in [child for child in self._idle if child.ended]:
            self._idle.remove(child)
            child.end()
        self._stations.bury()

    def _feed(self, pending: Iterator[Ticket]) -> None:
        """Give every free worker, and the engine that all share, something to do."""
        while len(self._busy) < self._workers:
            ticket = self._retry.popleft() if self._retry else self._next(pending)
            if ticket is None:
                break
            if self._idle:
                child = self._idle.pop()
                self._give(child, ticket)
            else:
                child = self._spawn("ocroute.run.worker", self._threads)  # it is given its job when it says hello
                ticket.doing = START
            self._busy[child] = ticket
        self._stations.feed(settled=not self._busy)

    def _give(self, child: Child[Message], ticket: Ticket) -> None:
        """Send the job. An engine that took its process down while it was loaded is spent on every page from then on."""
        if isinstance(ticket.job, Read):
            spent = {attempt.engine: attempt for attempt in ticket.job.spent}
            ticket.job = msgspec.structs.replace(ticket.job, spent=tuple((self._unloadable | spent).values()))
        self._begin(child, ticket, Doing("idle"))
        child.send(ticket.job)

    def _begin(self, child: Child[Message], ticket: Ticket, doing: Doing) -> None:
        ticket.doing = doing
        child.step.allow(self._limit(doing))

    def _next(self, pending: Iterator[Ticket]) -> Ticket | None:
        if self._stations.full:
            return None
        oldest = min((ticket.index for ticket in (*self._busy.values(), *self._stations.tickets)), default=self._taken)
        if self._taken - oldest >= _AHEAD * (self._workers + self._stations.at_once):
            return None
        ticket = next(pending, None)
        if ticket is not None:
            self._taken = ticket.index
            announce(ticket.job, None)
            if self._shared and isinstance(ticket.job, Read):
                self._stations.prepare(self._shared)
                self._shared = ""
        return ticket

    def _station(self, card: str, threads: int) -> EngineStation:
        env = {VISIBLE: card} if card else {}
        return EngineStation(
            lambda: self._spawn("ocroute.run.engine_worker", threads, env),
            seconds=START_LIMIT,
            loading=LOAD_LIMIT,
            timeout=self._timeout,
            threads=threads,
            unloadable=self._unloadable,
        )

    def _spawn(self, module: str, threads: int, env: Mapping[str, str] | None = None) -> Child[Message]:
        try:
            return Child(
                module,
                _decoder,
                seconds=START_LIMIT,
                inbox=self._inbox,
                folder=self._scratch.folder(),
                env={name: os.environ.get(name, str(threads)) for name in _THREADS} | wanted() | dict(env or {}),
            )
        except OSError as error:
            raise EngineUnavailable(
                f"no worker process can be started: {error}", next_step="Read with --jobs 0"
            ) from error

    def _answers(self) -> Iterator[tuple[int, Outcome]]:
        """Wait a little; yield what was answered, and what must be answered for workers that are lost."""
        patience = max(0.0, min(_GLANCE, self._stations.left, *(child.step.left for child in self._busy)))
        with contextlib.suppress(queue.Empty):
            while True:  # all that has been said counts before any deadline does
                child, message = self._inbox.get(timeout=patience)
                patience = 0.0
                if isinstance(message, Logged):
                    relay(message)
                elif (station := self._stations.of(child)) is not None:
                    self._retry.extend(station.hear(message))
                elif child in self._busy and (answer := self._hear(child, message)) is not None:
                    yield answer
        self._retry.extend(self._stations.lost())
        for child, ticket in tuple(self._busy.items()):
            if ticket.index in self._unwanted and child.step.spent > _LET_END:
                yield self._dropped(child)
                continue
            too_large = self._too_large(child)
            if too_large or child.gone or child.step.left < 0:
                answer = self._lose(child, "crashed" if child.gone or too_large else "timed_out", too_large)
                if answer is not None:
                    yield answer

    def _dropped(self, child: Child[Message]) -> tuple[int, Outcome]:
        ticket = self._busy.pop(child)
        child.end()
        return self._answered(ticket, unopened(ticket.job, "was ended, since nobody waits for it"))

    def _too_large(self, child: Child[Message]) -> str:
        """What is wrong with the memory that a worker takes; empty where nothing is."""
        taken = resident_mb(child.pid) if self._memory_mb is not None else 0
        return (
            f"took {taken} MiB of memory, and may take {self._memory_mb}" if taken > (self._memory_mb or taken) else ""
        )

    def _rest(self, child: Child[Message]) -> None:
        """The worker has done its job. One that keeps too much memory is not given another."""
        if self._too_large(child):
            child.end()
        else:
            self._idle.append(child)
        del self._busy[child]

    def _hear(self, child: Child[Message], message: News | None) -> tuple[int, Outcome] | None:
        """Take one message; return the answer if it is one."""
        ticket = self._busy[child]
        match message:
            case None:
                return self._lose(child, "crashed")
            case Hello():
                self._give(child, ticket)
            case Doing():
                self._begin(child, ticket, message)
                self._failed_starts = 0 if message.step != "prepare" else self._failed_starts
                announce(ticket.job, message)
            case Checkpoint() if isinstance(ticket.job, Read):
                ticket.job = msgspec.structs.replace(ticket.job, spent=message.attempts, checkpoint=message.body)
            case Checkpoint():
                pass
            case JobFailed(kind="EngineUnavailable") if (
                isinstance(ticket.job, Read) and ticket.job.given is None and self._workers > 1
            ):
                self._dismiss(child, message)
            case Asked():
                self._failed_starts = 0
                self._rest(child)
                self._retry.extend(self._stations.add(ticket, message))
            case Taken() | Answered():
                pass  # said by the engine's process only
            case _:
                self._failed_starts = 0
                if isinstance(ticket.job, Read) and not isinstance(message, JobFailed) and self._refused != self._said:
                    self._said = self._refused
                    _log.warning("fewer worker processes than asked for: %s", self._said)
                self._rest(child)
                return self._answered(ticket, message)
        return None

    def _dismiss(self, child: Child[Message], refused: JobFailed) -> None:
        """Go on with one worker less: the engine that was asked for may be one of which the card holds fewer than there are
        workers. What the last worker is refused is the answer.
        """
        ticket = self._busy.pop(child)
        child.end()
        self._workers -= 1
        self._retry.append(ticket)
        self._refused = (
            refused.message
        )  # said once another worker has read a page: until then it may be the whole answer

    def _lose(self, child: Child[Message], lost: Lost, how: str = "") -> tuple[int, Outcome] | None:
        """End ``child`` and decide what becomes of its job: another worker goes on with it, or it is answered for."""
        ticket = self._busy.pop(child)
        seconds = child.step.spent
        if lost == "timed_out" or how:
            child.end()
            how = how or f"did not end within {child.step.seconds:g} seconds"
        else:
            how = child.lost()
        job, step, engine = ticket.job, ticket.doing.step, ticket.doing.engine
        if step in ("load", "engine", "judge") and isinstance(job, Read):
            again = any(attempt.engine == engine for attempt in job.spent)
            attempt = lost_attempt(engine, lost, how, seconds, loading=step == "load")
            if step == "load":
                self._unloadable[engine] = spent_on_every_page(attempt)
            ticket.job = job = msgspec.structs.replace(job, spent=(*job.spent, attempt), given=None)
            if again:  # cannot be with our reader; a promise to end must not rest on that
                return self._answered(ticket, give_up(job, f"{engine} was started twice on this page"))
        elif step == "open":
            if lost == "timed_out" or ticket.reopened:
                return self._answered(ticket, unopened(job, how))
            ticket.reopened = True  # the fault may be an earlier page's: once more in a fresh process
        else:
            self._failed_starts += 1
            if lost == "timed_out" or self._failed_starts >= _START_TRIES:
                raise EngineUnavailable(
                    f"worker processes end before they can work: the last one {how}", next_step=DOCTOR
                )
        self._retry.append(ticket)
        return None

    def _answered(self, ticket: Ticket, outcome: Outcome) -> tuple[int, Outcome]:
        announce(ticket.job, outcome)
        return ticket.index, outcome

    def _limit(self, doing: Doing) -> float:
        """Seconds that this may take."""
        own = self._timeout or math.inf
        least = {"engine": 0.0, "judge": 0.0, "open": OPEN_LIMIT, "load": LOAD_LIMIT}
        return max(own, least[doing.step]) if doing.step in least else START_LIMIT

    def close(self) -> None:
        """End all workers at once and remove their temporary files."""
        for child in (*self._idle, *self._busy):
            child.end()
        self._idle.clear()
        self._busy.clear()
        self._stations.end()
        self._scratch.remove()
