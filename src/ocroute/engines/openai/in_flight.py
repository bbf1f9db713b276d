"""How many pages are at a server at once: the more, the faster, until it is full."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from time import monotonic

from ocroute.engines.base import Answer, Reading, Request
from ocroute.engines.openai.retry import PASSING
from ocroute.errors import DeadlineExceeded

START = 8
"""Pages at first, where a page is sure to have its answer in time even if the server takes one after the other."""

MOST = 64
"""Pages; servers that batch gain little beyond."""

_GLANCE = 0.02  # seconds between looks for another page while there is room for one
_END = object()
_CANARY_PAGES = 30.0  # canary pages that a page of text is
_WORTH = 1.1  # times as fast: what less brings may be chance


def at_first(canary: float, page: float) -> int:
    """Pages to send at first.

    Args:
        canary: seconds that the server took to read the canary page.
        page: seconds within which a page must have its answer.
    """
    return max(1, min(START, int(page / max(_CANARY_PAGES * canary, 1e-9))))


class InFlight:
    """Learns from the answers, as they come, how many pages a server is to have at once.

    The number is raised for as long as that makes answers come faster, and halved for good when the server says that it is
    busy, or answers too late.

    Args:
        room: to begin with.

    Attributes:
        room: pages that it may have now.
        answers: so far.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.answers = 0
        self._most = MOST
        self._before = (0, 0.0)  # the room before the last raise, and the answers a second then
        self._began: float | None = None
        self._counted = 0

    def ended(self, now: float, *, full: bool, busy: bool = False) -> None:
        """A page has its answer.

        Args:
            now: in seconds.
            full: whether the server had as many as there was room for until then; otherwise nothing is learnt.
            busy: whether it wanted fewer.
        """
        self.answers += 1
        if busy:
            self.room = self._most = max(1, self.room // 2)
        if busy or not full or self._began is None:
            self._began, self._counted = (now if full else None), 0
            return
        self._counted += 1
        if self._counted >= 2 * self.room and self.room < self._most:
            self._weigh(self._counted / max(now - self._began, 1e-9))
            self._began, self._counted = None, 0

    def _weigh(self, rate: float) -> None:
        """Go on with more, or back to fewer where as many have brought nothing."""
        before, slower = self._before
        if rate > _WORTH * slower:
            self._before = (self.room, rate)
            self.room = min(self._most, self.room + max(1, self.room // 2))
        else:
            self.room = self._most = before


def answers(
    requests: Iterable[Request | None], begin: Callable[[Request], Future[Reading]], flight: InFlight
) -> Iterator[Answer]:
    """Keep as many pages under way as there is room for; see `ocroute.engines.base.Engine.read`."""
    coming, more, full = iter(requests), True, False
    ended: SimpleQueue[Future[Reading]] = SimpleQueue()
    held: dict[Future[Reading], tuple[Request, int]] = {}
    try:
        while more or held:
            patience = None
            if more and len(held) < flight.room:
                request = next(coming, _END)
                if isinstance(request, Request):
                    future = begin(request)
                    held[future] = request, flight.answers
                    future.add_done_callback(ended.put)
                    full = len(held) >= flight.room
                    continue
                more, full = request is None, False
                patience = _GLANCE if more else 0.0 if not held else None
            with contextlib.suppress(Empty):
                future = ended.get(timeout=patience)
                request, before = held.pop(future)
                flight.ended(monotonic(), full=full, busy=_was_busy(future, flight.answers - before, flight.room))
                yield request, _of(future)
    finally:
        for future in held:  # nobody asks for more
            future.cancel()


def _of(future: Future[Reading]) -> Reading | Exception:
    error = future.exception()
    assert error is None or isinstance(error, Exception)
    return error or future.result()


def _was_busy(future: Future[Reading], others: int, room: int) -> bool:
    """Whether the server had more than it could do, by how one of ``room`` pages went while ``others`` were answered."""
    match future.exception():
        case None:
            return bool(future.result().settings["tries"] > 1)
        case DeadlineExceeded():
            return others < room  # else it was the page: a server that is full answers none in time
        case error:
            return getattr(error, "status", 0) in PASSING
