"""Draws a build: its checks, its progress, what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from ocroute.cli.draw_kernels import draw_proofs
from ocroute.cli.terminal import console

if TYPE_CHECKING:
    from rich.console import Console

    from ocroute.kernels.build import Built, Check, Progress
    from ocroute.kernels.probe import Proof

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def draw_checks(checks: Iterable[Check]) -> None:
    """The list of conditions, on stderr: with ``--dry-run``, stdout is a script."""
    table = Table("check", "", "what was seen, and what to do", title="Before the build", title_justify="left")
    for check in checks:
        said = "\n".join(part for part in (check.reason, check.next_step) if part)
        table.add_row(check.name, Text(check.state, style=_STYLES[check.state]), Text(said))
    console(stderr=True).print(table)


@contextmanager
def watched() -> Iterator[Callable[[Progress], None]]:
    """Progress on stderr: a bar on a terminal; elsewhere a line for each step, and for each tenth of its files."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield _lines(out)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=out) as bar:
        tasks: dict[int, TaskID] = {}

        def watch(now: Progress) -> None:
            if now.number not in tasks:
                tasks[now.number] = bar.add_task(f"{now.number}/{now.steps} {now.step}", total=None)
            if now.total:
                bar.update(tasks[now.number], completed=now.done, total=now.total)

        yield watch


def _lines(out: Console) -> Callable[[Progress], None]:
    told = (0, 0)

    def watch(now: Progress) -> None:
        nonlocal told
        tenth = (now.number, now.done * 10 // now.total if now.total else 0)
        if tenth > told:
            told = tenth
            compiled = f": compiled {now.done} of {now.total}" if now.done else ""
            out.print(f"{now.number}/{now.steps} {now.step}{compiled}")

    return watch


def draw_built(built: Built) -> None:
    """The wheel, and the architectures inside it."""
    out = console()
    out.print(f"built {built.wheel}")
    for library, codes in built.inside.items():
        out.print(f"  {library}: {', '.join(codes)}")
    out.print("installed" if built.installed else "not installed")


def draw_proven(built: Built, proofs: Sequence[Proof]) -> None:
    """What proofs say of it."""
    if proofs:
        draw_proofs(proofs)
    elif built.installed:
        console().print("not proven: no card of this kind is here")
