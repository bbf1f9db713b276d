"""Being told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside the ``with`` block SIGTERM and SIGHUP stop the process as Ctrl-C does: with a `KeyboardInterrupt`.

    Everything that is to be cleaned up then is, and the journal stays. Without effect outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
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
