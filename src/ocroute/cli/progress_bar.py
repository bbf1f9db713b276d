"""Draws a run's events on stderr: pages done, rate, current file. Quiet where stderr is no terminal; never on stdout."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from ocroute.cli.terminal import note_line
from ocroute.events import Event, listening


class Progress:
    """Draws what happens inside its ``with`` block.

    The bar is gone whenever a result is handed out, so that the product can go to the same terminal, and comes back with the
    next event. Notes are written as lines, also where there is no terminal.

    Args:
        quiet: draw nothing at all.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar = _Bar() if not quiet and sys.stderr.isatty() else None
        self._listening: AbstractContextManager[None] | None = None

    def __enter__(self) -> Self:
        if not self._quiet:
            self._listening = listening(self._bar or note_line)
            self._listening.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listening is not None:
            self._listening.__exit__(kind, error, trace)
        if self._bar is not None:
            self._bar.stop()


class _Bar:
    """The sink behind a bar on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("pages"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[current]}", markup=True),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task("", total=None, rate="", current="opening the inputs")
        self._done = 0
        self._began = time.monotonic()
        self._progress.start()

    def __call__(self, event: Event) -> None:
        from rich.markup import escape

        if event.kind == "input_done":
            self.stop()
            return
        self._progress.start()  # without effect where it runs
        match event.kind:
            case "run_started":
                self._began = time.monotonic()
                self._progress.update(self._task, total=event.data["pages"], completed=event.data["done"], current="")
            case "loading" | "attempt":
                doing = "loading " if event.kind == "loading" else ""
                where = f"{Path(event.source).name} page {event.page}: {doing}{event.data['engine']}"
                self._progress.update(self._task, current=escape(where))
            case "fetching":
                done, total = event.data["done"], event.data["total"]
                far = f"{done / 1e9:.2f} of {total / 1e9:.2f} GB"
                self._progress.update(
                    self._task, current=escape(f"fetching {event.data['model']}: {far}, {event.data['file']}")
                )
            case "page_done":
                self._done += 1
                rate = f"{60 * self._done / (time.monotonic() - self._began):.1f} a minute"
                self._progress.update(self._task, advance=1, rate=rate)
            case "note":
                self._progress.console.print(escape(event.sentence))
            case _:
                pass

    def stop(self) -> None:
        """Take the bar off the terminal."""
        self._progress.stop()
