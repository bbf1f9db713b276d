"""Being told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
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
def _signals_interrupt() -> Iterator[None]:
    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # A signal that is ignored stays so: nohup wants it.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            with suppress(OSError, ValueError):
                before[number] = signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the shape of a signal handler
    raise KeyboardInterrupt
