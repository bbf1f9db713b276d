"""Draws what the library found, for people: tables and traces on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ocroute.events import Event, listening
from ocroute.route.options import as_remark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocroute.document.model import Document, Page
    from ocroute.machine import Machine
    from ocroute.route.survey import Survey
    from ocroute.run import InputResult

STATE_STYLES = {"usable": "green", "absent": "yellow", "broken": "red"}
OUTCOME_STYLES = {"accepted": "green", "blank": "green", "declined": "dim", "refused": "yellow", "doubtful": "yellow"}


def console(*, stderr: bool = False) -> Console:
    """A console on stdout or stderr that never guesses colours into a file and never breaks words where it need not."""
    return Console(stderr=stderr, highlight=False, soft_wrap=False)


def error_line(message: str) -> None:
    """One line on stderr."""
    print(f"ocroute: {message}", file=sys.stderr)


@contextmanager
def notes() -> Iterator[None]:
    """Inside the ``with`` block the library's notes are lines on stderr."""

    def write(event: Event) -> None:
        if event.kind == "note":
            error_line(event.sentence)

    with listening(write):
        yield


def draw_survey(survey: Survey) -> None:
    """The answer to ``ocroute doctor``."""
    out = console()
    out.print(_machine_table(survey.machine))
    out.print(engine_table(survey))
    if survey.kernels:
        from ocroute.console_kernels import kernel_table, model_table

        out.print(kernel_table(survey.kernels, survey.machine, survey.proofs))
        if survey.models:
            out.print(model_table(survey.models))
    if survey.neural:
        from ocroute.console_models import canary_table

        out.print(canary_table(survey.neural))
    if survey.plan is None:
        out.print(Text(f"No page can be read here: {survey.problem}", style="red"))
        return
    out.print("A page of which nothing is known goes to:")
    for place, (name, reason) in enumerate(survey.plan.routes.items(), start=1):
        out.print(f"  {place}. {name}: {reason}")


def engine_table(survey: Survey) -> Table:
    """Every registered engine, its state here, and what to install."""
    table = Table(title="Engines", title_justify="left")
    table.add_column("engine", no_wrap=True)
    table.add_column("state")
    table.add_column("version")
    table.add_column("scripts", max_width=14)
    table.add_column("remarks", overflow="fold", ratio=1)  # commands to be typed: nothing of them may be cut off
    for name, status in survey.engines.items():
        here = status.availability
        remarks = [here.reason, as_remark(here.install), status.info.strengths]
        table.add_row(
            name,
            Text(here.state, style=STATE_STYLES[here.state]),
            here.version,
            _few(here.scripts),
            Text("\n".join(remark for remark in remarks if remark)),
        )
    return table


def _few(names: tuple[str, ...], most: int = 8) -> str:
    return " ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _machine_table(machine: Machine) -> Table:
    table = Table("", "", show_header=False, title="This machine", title_justify="left")
    gpus = "\n".join(
        f"{gpu.name}, {gpu.memory_mb} MiB, compute capability {'.'.join(map(str, gpu.compute_capability))}"
        for gpu in machine.gpus
    )
    rows: Mapping[str, Any] = {
        "system": f"{machine.os}, {machine.architecture}",
        "processor": f"{machine.processor}, {machine.cores} usable cores",
        "memory": f"{machine.memory_mb} MiB, {machine.free_mb} MiB free",
        "GPU": gpus or f"none: {machine.gpu_note}",
        "NVIDIA driver": f"{machine.driver}, serves CUDA {machine.driver_cuda}" if machine.driver else "none",
        "Python": machine.python,
        "libraries": ", ".join(f"{name} {version}" for name, version in machine.libraries.items()),
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table


def explain(document: Document) -> None:
    """Which engines were considered and tried for each page, what was seen, and why its text won. On stderr."""
    out = console(stderr=True)
    for page in document.pages:
        out.print(Text(f"{page.source} page {page.number}: {page.verdict.status}", style="bold"))
        turned = f", turned by {page.turned} degrees" if page.turned else ""
        skew = f", straightened by {page.skew:.1f} degrees" if page.skew else ""
        out.print(f"  {page.width:.0f} x {page.height:.0f} pixels{turned}{skew}")
        for attempt in page.attempts:
            seconds = sum(value for step, value in attempt.seconds.items() if step != "upright")
            line = Text("  ")
            line.append(attempt.outcome, style=OUTCOME_STYLES.get(attempt.outcome, "red"))
            line.append(f" {attempt.engine} ({seconds:.2f} s, score {attempt.score:.2f})")
            line.append(f": {attempt.reason}" if attempt.reason else "")
            out.print(line)
        for reason, names in _by_value(page.rejected).items():
            out.print(Text(f"  not tried {', '.join(names)}: {reason}", style="dim"))
        out.print(f"  {_why_this_text(page)}")


def _by_value(reasons: Mapping[str, str]) -> dict[str, list[str]]:
    """Each reason once, with all that it holds for."""
    names: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        names.setdefault(reason, []).append(name)
    return names


def _why_this_text(page: Page) -> str:
    engine = page.provenance.engine
    match page.verdict.status:
        case "accepted":
            return f"the text is {engine}'s: the first that every check accepted"
        case "blank":
            return "nothing is printed on this page"
        case "doubtful":
            return f"the text is {engine}'s: no text was accepted, and this one scored best ({page.verdict.score:.2f})"
        case _:
            return f"there is no text: {page.error}"


def product(body: bytes, *, first: bool) -> None:
    """The text itself, on stdout and as the exporter made it; an empty line keeps it apart from the input before."""
    sys.stdout.flush()
    sys.stdout.buffer.write(body if first else b"\n" + body)
    sys.stdout.buffer.flush()


def remarks(result: InputResult) -> None:
    """What a user must know of an input: why it has no results, where they are, and every page that is not fine."""
    if result.error is not None:
        error_line(str(result.error))
    for page in result.troubled():
        _warn(page)


def _warn(page: Page) -> None:
    steps = " ".join(dict.fromkeys(finding.next_step for finding in page.verdict.findings if finding.next_step))
    why = page.error or " ".join(finding.sentence for finding in page.verdict.findings if finding.refuses)
    error_line(f"{page.source} page {page.number} is {page.verdict.status}: {why.rstrip('.')}. {steps}".rstrip())
