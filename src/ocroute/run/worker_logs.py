"""Log records of worker processes reach the logger of the process that started them, under their own names."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from ocroute.run.jobs import Logged

LEVEL = "OCROUTE_LOG_LEVEL"
"""The environment variable with which a worker is told what its parent wants to hear."""


def wanted() -> dict[str, str]:
    """What is added to the environment of a worker."""
    return {LEVEL: str(logging.getLogger("ocroute").getEffectiveLevel())}


def send_to(parent: Callable[[Logged], None]) -> None:
    """In a worker: let the parent have what is logged from now on."""
    logger = logging.getLogger("ocroute")
    logger.setLevel(int(os.environ.get(LEVEL, logging.WARNING)))
    logger.addHandler(_Sender(parent))
    logger.propagate = False


class _Sender(logging.Handler):
    def __init__(self, parent: Callable[[Logged], None]) -> None:
        super().__init__()
        self._parent = parent

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record).encode(errors="backslashreplace").decode()
            self._parent(Logged(record.levelno, record.name, text, record.process or os.getpid()))
        except Exception:  # what cannot be logged must not end the work
            self.handleError(record)


def relay(said: Logged) -> None:
    """In the parent: log it as if it were from here, but for the process."""
    logger = logging.getLogger(said.name)
    if logger.isEnabledFor(said.level):
        record = logger.makeRecord(said.name, said.level, "", 0, "%s", (said.text,), None)
        record.process, record.processName = said.process, "worker"
        logger.handle(record)
