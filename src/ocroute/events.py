"""What happens while pages are read, as typed values: for a progress bar, a service, a test.

Whoever wants to hear of it calls `listening`. A listener is set for the current context only, so two readers in one process do
not hear each other. What is worth a line in a log goes to `logging` instead, under the logger ``ocroute``, and every event at the
level ``DEBUG``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fetching:
    """Weights arrive from a hub: ``done`` of ``total`` bytes of ``model`` for ``engine``; now it is the turn of ``file``."""

    engine: str
    model: str
    file: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Every input is counted: so many ``pages`` in all, of which an earlier run has ``done`` some."""

    pages: int
    done: int


@dataclass(frozen=True, slots=True)
class InputFailed:
    """An input has no pages: ``error`` says why."""

    source: str
    error: str


@dataclass(frozen=True, slots=True)
class InputDone:
    """All pages of an input are done, and its result is handed out next."""

    source: str


@dataclass(frozen=True, slots=True)
class PageStarted:
    """A page, counted from 1, is taken up."""

    source: str
    page: int


@dataclass(frozen=True, slots=True)
class EngineLoading:
    """An engine's models are loaded for a page, which may take minutes."""

    source: str
    page: int
    engine: str


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """An engine begins to read a page."""

    source: str
    page: int
    engine: str


@dataclass(frozen=True, slots=True)
class PageDone:
    """A page has its record; ``status`` is that of its verdict.

    Attributes:
        tokens: that a model wrote of it; 0 where none did, or it does not count them.
    """

    source: str
    page: int
    status: str
    tokens: int = 0


Event = Fetching | RunStarted | InputFailed | InputDone | PageStarted | EngineLoading | AttemptStarted | PageDone
Listener = Callable[[Event], None]

_log = logging.getLogger(__name__)
_listener: ContextVar[Listener | None] = ContextVar("ocroute_listener", default=None)


def emit(event: Event) -> None:
    """Tell the current listener, if there is one."""
    _log.debug("%s", event)
    listener = _listener.get()
    if listener is not None:
        listener(event)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Inside the ``with`` block this context's events go to ``listener``, in the order in which they happen."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
