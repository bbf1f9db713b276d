"""What every command writes to: the product on stdout, lines on stderr, tables on either."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

STATE_STYLES = {"usable": "green", "absent": "yellow", "broken": "red"}


def console(*, stderr: bool = False) -> Console:
    """A console on stdout or stderr that never guesses colours into a file, and breaks lines on a terminal only."""
    made = Console(stderr=stderr, highlight=False)
    made.soft_wrap = not made.is_terminal
    return made


def error_line(message: str) -> None:
    """One line on stderr."""
    print(f"ocroute: {message}", file=sys.stderr)


class _Lines(logging.Handler):
    """Hands every record's message to ``write``."""

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write(record.getMessage())
        except Exception:  # what cannot be logged must not end the work
            self.handleError(record)


@contextmanager
def logged(write: Callable[[str], None] = error_line) -> Iterator[None]:
    """Inside the ``with`` block what the library logs are lines on stderr.

    Args:
        write: writes one of them.
    """
    logger, handler = logging.getLogger("ocroute"), _Lines(write)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def product(body: bytes) -> None:
    """The text itself, on stdout and as the exporter made it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
