"""What every command writes to: the product on stdout, lines on stderr, tables on either."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from rich.console import Console

from ocroute.errors import OutputError, one_line

STATE_STYLES = {"usable": "green", "absent": "yellow", "broken": "red"}


def console(*, stderr: bool = False) -> Console:
    """A console on stdout or stderr that never guesses colours into a file, and breaks lines on a terminal only."""
    made = Console(stderr=stderr, highlight=False)
    made.soft_wrap = not made.is_terminal
    return made


def error_line(message: str) -> None:
    """One line on stderr."""
    print(f"ocroute: {one_line(message)}", file=sys.stderr)


class _Lines(logging.Handler):
    """Hands every record's message to ``write``."""

    def __init__(self, write: Callable[[str], None], level: int) -> None:
        super().__init__(level)
        self._write = write
        self.addFilter(lambda record: not record.name.startswith("ocroute.cli"))  # which has its own lines here

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write(record.getMessage())
        except Exception:  # what cannot be logged must not end the work
            self.handleError(record)


class _LogFile(logging.FileHandler):
    """Appends every record to a file. When that fails, as on a full disk, it says so once, and the work goes on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - as logging calls it
        """Say it once."""
        if self.level <= logging.CRITICAL:
            self.setLevel(logging.CRITICAL + 1)
            error_line(f"the log file {self.baseFilename} ends here: {sys.exc_info()[1]}")

    def close(self) -> None:
        """What is left in its buffer may not fit either."""
        try:
            super().close()
        except OSError:
            self.stream = None


@contextmanager
def logged(write: Callable[[str], None] = error_line, *, verbose: bool = False) -> Iterator[None]:
    """Inside the ``with`` block what the library logs are lines on stderr.

    Args:
        write: writes one of them.
        verbose: whether details are lines too.
    """
    with _handled(_Lines(write, logging.DEBUG if verbose else logging.INFO)):
        yield


@contextmanager
def logged_to(file: str) -> Iterator[None]:
    """Inside the ``with`` block all that the library logs goes into ``file`` too, behind what is there.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        handler = _LogFile(file, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(
            f"cannot write the log file {file}: {reason}", next_step="Choose another --log-file"
        ) from error
    handler.setLevel(logging.DEBUG)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    with closing(handler), _handled(handler):
        yield


@contextmanager
def _handled(handler: logging.Handler) -> Iterator[None]:
    logger = logging.getLogger("ocroute")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(min(level or logging.CRITICAL, handler.level))
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
