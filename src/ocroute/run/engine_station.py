"""Where pages wait for an engine that reads several at once, and the one process that holds it.

Page workers open, turn and judge pages; what they have made ready comes here and goes to the engine's process as that has room.
The answer sends the page on to any page worker.

When the process is lost, pages that it had not taken in lose nothing. Of those that it had, nobody knows which one did it: each
is read again alone, and one that is alone when the process is lost again has spent its attempt.
"""

from __future__ import annotations

import contextlib
import math
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from ocroute.document.model import Attempt
from ocroute.errors import DOCTOR, EngineUnavailable
from ocroute.process import Child
from ocroute.run.executor import announce
from ocroute.run.jobs import Answered, Asked, Doing, Hello, Message, Prepare, Read, Take, Taken
from ocroute.run.ticket import Lost, Ticket, lost_attempt, spent_on_every_page

READY = 8
"""Pages that are made ready beyond those that the engine holds, so that it never waits for one."""

_TRIES = 3


class EngineStation:
    """
    Args:
        start: starts the process.
        seconds: in which it must have started.
        loading: seconds that an engine may take to load.
        timeout: seconds without any sign of an engine that holds pages; None: any time.
        threads: for the engine.
        unloadable: shared with others, see below.

    Attributes:
        child: the process.
        at_once: pages that the engine may hold; 0 where none has been asked for.
        unloadable: engines that have taken their process down while they were loaded.
    """

    def __init__(
        self,
        start: Callable[[], Child[Message]],
        *,
        seconds: float,
        loading: float,
        timeout: float | None,
        threads: int,
        unloadable: dict[str, Attempt],
    ) -> None:
        self._start = start
        self._seconds, self._loading, self._timeout = seconds, loading, timeout or math.inf
        self._threads = threads
        self.child: Child[Message] | None = None
        self._step = "start"
        self._engine = ""
        self.at_once = 0
        self._waiting: deque[tuple[Ticket, Asked]] = deque()
        self._suspects: deque[tuple[Ticket, Asked]] = deque()
        self._alone = False
        self._sent: dict[int, tuple[Ticket, Asked]] = {}
        self._taken: set[int] = set()
        self._deaths = 0
        self.unloadable = unloadable

    @property
    def tickets(self) -> list[Ticket]:
        """Those that are here."""
        return [ticket for ticket, _ in (*self._sent.values(), *self._suspects, *self._waiting)]

    @property
    def full(self) -> bool:
        """Whether as many pages are here as will keep the engine busy."""
        here = len(self._sent) + len(self._suspects) + len(self._waiting)
        return bool(self._engine) and here >= self.at_once + READY

    @property
    def left(self) -> float:
        """Seconds until the process must have given a sign."""
        return self.child.step.left if self.child is not None and (self._sent or self._step == "start") else math.inf

    def add(self, ticket: Ticket, asked: Asked) -> list[Ticket]:
        """A page is ready for its engine; it goes on where that has turned out to be unloadable meanwhile."""
        if asked.engine in self.unloadable:
            _remove(asked)
            return [_spent(ticket, asked, self.unloadable[asked.engine])]
        self._waiting.append((ticket, asked))
        if not self._engine:
            self._engine, self.at_once = asked.engine, asked.at_once
        return []

    def prepare(self, engine: str) -> None:
        """Start the process, where there is none, and have it import what ``engine`` needs while pages are opened."""
        if self.child is None:
            self._begin().send(Prepare(engine))

    def _begin(self) -> Child[Message]:
        child = self._start()
        self.child, self._step = child, "start"
        child.step.allow(self._seconds)
        return child

    def feed(self, *, settled: bool) -> None:
        """Give the process what it has room for.

        Args:
            settled: whether no other page is on its way here. Only then does another engine take the place of the one that is
                held: two models rarely fit into one card, and loading takes long.
        """
        if not self._waiting and not self._suspects:
            return
        if self.child is None:
            self._begin()
        if self._step == "start" or (self._alone and self._sent):
            return
        self._alone = bool(self._suspects)
        if self._suspects:
            if not self._sent:
                ticket, asked = self._suspects.popleft()
                self._engine, self.at_once = asked.engine, asked.at_once
                self._send(ticket, asked)
            return
        if not self._sent and settled and all(asked.engine != self._engine for _, asked in self._waiting):
            following = self._waiting[0][1]
            self._engine, self.at_once = following.engine, following.at_once
        while len(self._sent) < self.at_once + READY:
            ready = next((one for one in self._waiting if one[1].engine == self._engine), None)
            if ready is None:
                return
            self._waiting.remove(ready)
            self._send(*ready)

    def _send(self, ticket: Ticket, asked: Asked) -> None:
        assert self.child is not None
        limits = msgspec.structs.replace(asked.task.limits, threads=self._threads)
        task = msgspec.structs.replace(asked.task, limits=limits)
        if not self._sent and self._step != "load":
            self.child.step.allow(self._timeout)
        self._sent[ticket.index] = (ticket, asked)
        self.child.send(Take(ticket.index, asked.engine, task, asked.page))

    def hear(self, message: Message | None) -> list[Ticket]:
        """Take one message of the process; the pages that go on."""
        assert self.child is not None
        match message:
            case None:
                return self.lose("crashed")
            case Hello():
                self._step = "idle"
                self.child.step.allow(self._timeout)
            case Doing(step="load", engine=engine) as doing:
                self._step = "load"
                self.child.step.allow(max(self._timeout, self._loading))
                for ticket, asked in list(self._sent.values())[:1]:
                    if asked.engine == engine:
                        announce(ticket.job, doing)
            case Taken(index=index) if index in self._sent:
                ticket, asked = self._sent[index]
                self._step = "engine"
                self._taken.add(index)
                self.child.step.allow(self._timeout)
                announce(ticket.job, Doing("engine", asked.engine))
            case Answered(index=index) if index in self._sent:
                self.child.step.allow(self._timeout)
                return [self._answered(message)]
            case _:
                pass
        return []

    def _answered(self, answer: Answered) -> Ticket:
        ticket, asked = self._sent.pop(answer.index)
        self._taken.discard(answer.index)
        self._deaths = 0
        _remove(asked)
        seconds = {**asked.seconds, **answer.given.seconds}
        return _with(ticket, asked, given=msgspec.structs.replace(answer.given, seconds=seconds))

    def lose(self, lost: Lost) -> list[Ticket]:
        """The process is gone, or is to go; the pages that go on without this engine.

        Raises:
            EngineUnavailable: such processes end before they can work.
        """
        assert self.child is not None
        child, self.child = self.child, None
        seconds = child.step.spent
        if lost == "timed_out":
            child.end()
            how = f"did not end within {child.step.seconds:g} seconds"
        else:
            how = child.lost()
        taken = [self._sent[index] for index in sorted(self._taken)]
        untaken = [one for index, one in self._sent.items() if index not in self._taken]
        self._sent.clear()
        self._taken.clear()
        self._deaths += 1
        if self._step == "start":
            if lost == "timed_out" or self._deaths >= _TRIES:
                raise EngineUnavailable(
                    f"worker processes end before they can work: the last one {how}", next_step=DOCTOR
                )
            return []
        if len(taken) == 1:
            (ticket, asked) = taken[0]
            self._waiting.extendleft(reversed(untaken))
            _remove(asked)
            return [_spent(ticket, asked, lost_attempt(asked.engine, lost, how, seconds, loading=False))]
        if taken:
            self._suspects.extendleft(reversed(taken))
            self._waiting.extendleft(reversed(untaken))
            return []
        self._waiting.extendleft(reversed(untaken))
        return self._unload(lost, how, seconds) if self._step == "load" or self._deaths >= _TRIES else []

    def _unload(self, lost: Lost, how: str, seconds: float) -> list[Ticket]:
        """The engine takes its process down before it has read anything: no page is given to it any more."""
        attempt = lost_attempt(self._engine, lost, how, seconds, loading=True)
        self.unloadable[self._engine] = spent_on_every_page(attempt)
        for_it = [one for one in (*self._suspects, *self._waiting) if one[1].engine == self._engine]
        for queue in (self._suspects, self._waiting):
            kept = [one for one in queue if one[1].engine != self._engine]
            queue.clear()
            queue.extend(kept)
        for _, asked in for_it:
            _remove(asked)
        return [_spent(ticket, asked, attempt) for ticket, asked in for_it]

    def stop(self) -> None:
        """Forget all pages. A process that has some ends."""
        for _, asked in (*self._sent.values(), *self._suspects, *self._waiting):
            _remove(asked)
        if self._sent:
            self.end()
        self._waiting.clear()
        self._suspects.clear()
        self._alone = False

    def end(self) -> None:
        """End the process at once."""
        if self.child is not None:
            self.child.end()
        self.child, self._step = None, "start"
        self._sent.clear()
        self._taken.clear()


def _spent(ticket: Ticket, asked: Asked, attempt: Attempt) -> Ticket:
    return _with(ticket, asked, spent=(*asked.spent, attempt), given=None)


def _with(ticket: Ticket, asked: Asked, **changes: object) -> Ticket:
    assert isinstance(ticket.job, Read)
    known = {"spent": asked.spent, "checkpoint": asked.checkpoint}
    ticket.job = msgspec.structs.replace(ticket.job, **(known | changes))
    return ticket


def _remove(asked: Asked) -> None:
    with contextlib.suppress(OSError):  # it may be mapped still; its folder goes with the executor
        Path(asked.page.file).unlink()
