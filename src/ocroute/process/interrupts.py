"""Being told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType

from ocroute.errors import Interrupted, NextStep


@contextmanager
def stoppable(kept: Callable[[], NextStep | str] | None = None) -> Iterator[None]:
    """Inside the ``with`` block SIGTERM and SIGHUP stop the work as Ctrl-C does; the journal stays.

    The signals have no such effect outside the main thread.

    Args:
        kept: says, once the work was stopped, what is kept of it and how it can go on.

    Raises:
        Interrupted: the work was stopped.
    """
    main = threading.current_thread() is threading.main_thread()
    try:
        with _signals_interrupt() if main else nullcontext():
            yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted", next_step=kept() if kept else "") from None


@contextmanager
def noted() -> Iterator[Callable[[], bool]]:
    """Inside the ``with`` block the first Ctrl-C, SIGTERM or SIGHUP is only noted, for work that ends at a place of its own; the
    next one stops it at once. What the block gets says whether one came.

    The signals have no such effect outside the main thread.
    """
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if came:
            _stop(number, frame)
        came.append(number)

    main = threading.current_thread() is threading.main_thread()
    with _signals_interrupt(("SIGINT", "SIGTERM", "SIGHUP"), note) if main else nullcontext():
        yield lambda: bool(came)


@contextmanager
def _signals_interrupt(
    names: Sequence[str] = ("SIGTERM", "SIGHUP"), handler: Callable[[int, FrameType | None], None] | None = None
) -> Iterator[None]:
    before = {}
    for name in names:
        number = getattr(signal, name, None)
        # A signal that is ignored stays so: nohup wants it.
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            with suppress(OSError, ValueError):
                before[number] = signal.signal(number, handler or _stop)
    try:
        yield
    finally:
        for number, handled in before.items():
            signal.signal(number, handled)


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the shape of a signal handler
    raise KeyboardInterrupt
