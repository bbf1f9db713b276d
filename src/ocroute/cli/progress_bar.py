"""Draws a run on stderr: pages done, rate, current file. Quiet where stderr is no terminal; never on stdout."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from ocroute.cli.terminal import error_line, logged, logged_to
from ocroute.errors import one_line
from ocroute.events import (
    AttemptStarted,
    EngineLoading,
    Event,
    Fetching,
    InputDone,
    InputFailed,
    PageDone,
    RunStarted,
    listening,
)


class ProgressBar:
    """Draws what happens inside its ``with`` block.

    The bar is gone whenever a result is handed out, so that the product can go to the same terminal, and comes back with the
    next event. What the library logs is written as lines, also where there is no terminal.

    Args:
        quiet: draw nothing at all.
        verbose: write every step as a line.
        log_file: takes every step too.

    Attributes:
        pages: that are done so far, in an earlier run or in this one.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False, log_file: str | None = None) -> None:
        self.pages = 0
        self._quiet, self._verbose, self._log_file = quiet, verbose, log_file
        self._open = ExitStack()

    def __enter__(self) -> Self:
        if self._log_file:
            self._open.enter_context(logged_to(self._log_file))
        bar = _Bar() if sys.stderr.isatty() and not self._quiet else None
        if not self._quiet:
            self._open.enter_context(logged(bar.line if bar else error_line, verbose=self._verbose))
        if bar:
            self._open.callback(bar.stop)

        def listen(event: Event) -> None:
            if isinstance(event, RunStarted):
                self.pages = event.done
            self.pages += isinstance(event, PageDone)
            if bar:
                bar(event)

        self._open.enter_context(listening(listen))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()


class _Bar:
    """The listener behind a bar on a terminal."""

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
        self._done = self._left = self._tokens = 0
        self._began = time.monotonic()
        self._progress.start()

    def __call__(self, event: Event) -> None:
        if isinstance(event, InputDone | InputFailed):
            self.stop()  # what is said of it stands on a line of its own
            return
        self._progress.start()  # without effect where it runs
        match event:
            case RunStarted():
                self._began, self._left = time.monotonic(), event.pages - event.done
                self._progress.update(self._task, total=event.pages, completed=event.done, current="")
            case EngineLoading() | AttemptStarted():
                doing = "loading " if isinstance(event, EngineLoading) else ""
                self._show(f"{Path(event.source).name} page {event.page}: {doing}{event.engine}")
            case Fetching():
                far = f"{event.done / 1e9:.2f} of {event.total / 1e9:.2f} GB"
                self._show(f"fetching {event.model}: {far}, {event.file}")
            case PageDone():
                self._done += 1
                self._tokens += event.tokens
                self._left -= 1
                rate = _rate(self._done, self._left, self._tokens, time.monotonic() - self._began)
                self._progress.update(self._task, advance=1, rate=rate)
            case _:
                pass

    def _show(self, current: str) -> None:
        from rich.markup import escape

        self._progress.update(self._task, current=escape(one_line(current)))

    def line(self, message: str) -> None:
        """A line above the bar."""
        self._progress.console.print(f"ocroute: {one_line(message)}", markup=False, highlight=False)

    def stop(self) -> None:
        """Take the bar off the terminal."""
        self._progress.stop()


def _rate(done: int, left: int, tokens: int, seconds: float) -> str:
    """How fast pages are done, what a model writes meanwhile, and how long the rest will take."""
    each = seconds / done
    written = f", {tokens / seconds:,.0f} tokens/s" if tokens and seconds else ""
    pages = f"{1 / each:.1f} a second" if each < 1.0 else f"{60 / each:.1f} a minute"
    return f"{pages}{written}, {_span(left * each)} left"


def _span(seconds: float) -> str:
    """About so much time, in the unit that suits it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
