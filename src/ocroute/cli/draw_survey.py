"""Draws what this machine is and which engines it can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from ocroute.cli.draw_kernels import kernel_table, model_table
from ocroute.cli.draw_models import canary_table
from ocroute.cli.terminal import STATE_STYLES, console
from ocroute.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocroute.machine import Machine
    from ocroute.route.machine_survey import Survey
    from ocroute.route.plan import EngineStatus


def draw_survey(survey: Survey) -> None:
    """The answer to ``ocroute doctor``."""
    out = console()
    out.print(_machine_table(survey.machine))
    out.print(engine_table(survey))
    if survey.kernels:
        out.print(kernel_table(survey.kernels, survey.machine, survey.proofs))
        if survey.models:
            out.print(model_table(survey.models))
    if survey.neural:
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
        remarks = [here.reason, here.next_step.remark, status.info.strengths]
        table.add_row(
            name,
            Text(here.state, style=STATE_STYLES[here.state]),
            here.version,
            _few(here.scripts),
            Text("\n".join(remark for remark in remarks if remark)),
        )
    return table


def draw_languages(writers: Mapping[str, tuple[str, ...]], engines: Mapping[str, EngineStatus]) -> None:
    """Every language, by its English name: its codes, names, and who can write it here."""
    table = Table("--lang", "or", "language", "itself", "written here by", box=None)
    for language in sorted(LANGUAGES.values(), key=lambda one: one.names[0]):
        codes = dict.fromkeys((*language.others, *language.data))
        who = Text(", ".join(writers[language.code])) if writers[language.code] else Text("no engine", style="yellow")
        table.add_row(language.code, " ".join(codes), language.names[0], language.native[0], who)
    out = console()
    out.print(table)
    tesseract = engines.get("tesseract")
    if tesseract is not None and not all(writers.values()) and tesseract.availability.next_step:
        out.print(Text(f"for more languages: {tesseract.availability.next_step.remark.removeprefix('to install: ')}"))


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
        "CPU": f"{machine.processor}, {machine.cores} usable cores",
        "memory": f"{machine.memory_mb} MiB, {machine.free_mb} MiB free",
        "GPU": gpus or f"none: {machine.gpu_note}",
        "NVIDIA driver": f"{machine.driver}, serves CUDA {machine.driver_cuda}" if machine.driver else "none",
        "Python": machine.python,
        "libraries": ", ".join(f"{name} {version}" for name, version in machine.libraries.items()),
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table
