"""What every command writes to: the product on stdout, lines on stderr, tables on either."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from ocroute.events import Event, listening

STATE_STYLES = {"usable": "green", "absent": "yellow", "broken": "red"}


def console(*, stderr: bool = False) -> Console:
    """A console on stdout or stderr that never guesses colours into a file and never breaks words where it need not."""
    return Console(stderr=stderr, highlight=False, soft_wrap=False)


def error_line(message: str) -> None:
    """One line on stderr."""
    print(f"ocroute: {message}", file=sys.stderr)


def note_line(event: Event) -> None:
    """The event on stderr, where it is a note."""
    if event.kind == "note":
        error_line(event.sentence)


@contextmanager
def notes() -> Iterator[None]:
    """Inside the ``with`` block the library's notes are lines on stderr."""
    with listening(note_line):
        yield


def product(body: bytes, *, first: bool) -> None:
    """The text itself, on stdout and as the exporter made it; an empty line keeps it apart from the input before."""
    sys.stdout.flush()
    sys.stdout.buffer.write(body if first else b"\n" + body)
    sys.stdout.buffer.flush()
