"""What the library says while it works. It emits; whoever drives it draws.

A sink is set for the current context only, so two readers in one process do not hear each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

Sink = Callable[["Event"], None]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Kinds in use: ``fetching`` (weights: ``engine``, ``model``, ``file``, bytes ``done`` of ``total``), ``run_started`` (total
    pages), ``page_started``, ``loading`` (an engine's models), ``attempt``, ``page_done``, ``input_failed``, ``input_done``,
    ``note``.
    """

    kind: str
    source: str = ""
    page: int | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What a ``note`` says, after the input that it is about, if it is about one."""
        text = str(self.data.get("text", ""))
        return f"{self.source}: {text}" if self.source else text


_sink: ContextVar[Sink | None] = ContextVar("ocroute_event_sink", default=None)


def emit(kind: str, *, source: str = "", page: int | None = None, **data: Any) -> None:
    """Tell the current sink, if there is one."""
    sink = _sink.get()
    if sink is not None:
        sink(Event(kind, source, page, data))


@contextmanager
def listening(sink: Sink) -> Iterator[None]:
    """Send this context's events to ``sink``."""
    token = _sink.set(sink)
    try:
        yield
    finally:
        _sink.reset(token)
