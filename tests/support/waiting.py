"""Waiting for what must come to be: no machine is too slow for it, and only a fault takes so long."""

import time
from collections.abc import Callable

import psutil

PATIENCE = 240.0
"""Seconds after which what should have happened never will. The slowest step of a test takes a tenth of it on a busy machine.
pytest ends a test later than that, so that what was waited for is named.
"""


def until(condition: Callable[[], object]) -> None:
    """Wait until ``condition()`` is true."""
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, "it did not come to be"
        time.sleep(0.05)


def running(pid: int) -> bool:
    """Whether there is such a process, and it has not ended; a zombie has."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
