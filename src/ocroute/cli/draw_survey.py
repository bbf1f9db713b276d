"""Draws what this machine is and which engines it can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from rich.table import Table
from rich.text import Text

from ocroute.cli.draw_kernels import kernel_table, model_table
from ocroute.cli.draw_models import canary_table
from ocroute.cli.terminal import STATE_STYLES, console
from ocroute.errors import NextStep, typed
from ocroute.languages import LANGUAGES, SCRIPT_NAMES, name_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ocroute.machine import Machine
    from ocroute.route.machine_survey import Survey
    from ocroute.route.plan import EngineStatus
    from ocroute.user_settings import SettingsHere

_FEW_SETTINGS = 3
"""So many are shown of them where the answer has to fit a screen."""


def draw_overview(survey: Survey, settings: SettingsHere) -> None:
    """The answer to ``ocroute doctor``: what reads here, in order, and what is missing for more; a screenful."""
    out = console()
    for line in overview(survey, settings):
        out.print(Text(line))


def settings_lines(settings: SettingsHere, most: int) -> list[str]:
    """What is set and from where, ``most`` of it."""
    if settings.problem:
        return [f"Settings cannot be used: {settings.problem}"]
    if not settings.values:
        return [f"Settings: none, in {settings.file} or OCROUTE_LANG and the like"]
    rows = [f"  {key} = {shown}, from {origin}" for key, (shown, origin) in settings.values.items()]
    more = [f"  and {len(rows) - most} more: ocroute doctor --all"] if len(rows) > most else []
    return ["Settings of ocroute read:", *rows[:most], *more]


def overview(survey: Survey, settings: SettingsHere) -> list[str]:
    """Its lines. Pure."""
    routes = survey.plan.routes if survey.plan else {}
    lines = [*_machine_lines(survey.machine)]
    if survey.gpu_obstacle:
        step = survey.gpu_obstacle.next_step
        by_hand = "" if _command(step) else f"; {step.remark}"
        lines.append(f"The GPU is not used: {survey.gpu_obstacle.cause}{by_hand}")
    lines.append("")
    lines += ["Reads here, in this order:"] if routes else [f"No page can be read here: {survey.problem}"]
    for place, name in enumerate(routes, start=1):
        lines.append(f"  {place}. {_entitled(name, survey)}: {_writes(survey.engines[name], survey, name)}")
    left = survey.plan.rejected if survey.plan else {}
    named = [name for name in left if survey.engines[name].availability.state == "usable"]
    if named:
        lines += ["", "Only when asked for, with --engine:"] + [f"  {name}: {left[name]}" for name in named]
    if survey.runtimes:
        lines += ["", "Besides, to run a model:"] + [f"  {line}" for line in survey.runtimes]
    if steps := _steps(survey, routes):
        lines += ["", "For more:"] + [f"  {step}" for step in steps]
    lines += ["", *settings_lines(settings, _FEW_SETTINGS)]
    lines += ["", "More: ocroute doctor --all, ocroute doctor --engine NAME, ocroute languages, ocroute kernels"]
    windows = survey.machine.os.startswith("Windows")
    return [*lines, f"Next: {typed(_next_command(survey, routes), windows=windows)}"]


def _next_command(survey: Survey, routes: Collection[str]) -> str:
    """The one command to type next on this machine."""
    if survey.gpu_obstacle and (now := _command(survey.gpu_obstacle.next_step)):
        return now
    if not routes:
        installs = (one.availability.install for one in survey.engines.values() if one.info.kind == "ocr")
        return next(filter(None, installs), "ocroute doctor --all")
    gpu = survey.machine.first_gpu
    neural = [name for name, one in survey.engines.items() if one.info.kind == "vlm"]
    if gpu and "torch" not in survey.machine.libraries and neural:
        here = survey.engines[neural[0]].availability
        if now := here.install or _command(here.next_step):
            return now
    unproven = [row.engine for row in survey.neural if row.engine in routes and not row.proven]
    if gpu and gpu.kind != "mps" and unproven:
        return f"ocroute prove --for {unproven[0]}"
    return "ocroute read PAGE"


def _command(step: NextStep) -> str:
    """What can be typed at once of a step; empty where all of it waits for something that is done by hand."""
    before, found, rest = str(step).partition("pip install")
    return "" if before.endswith("and run: ") else f"{found}{rest}"


def _machine_lines(machine: Machine) -> list[str]:
    free = f"{machine.free_mb / 1024:.1f} of {machine.memory_mb / 1024:.1f} GiB memory free"
    ours = (
        f"ocroute {machine.libraries.get('ocroute', '')}, Python {machine.python}, {machine.os}, {machine.architecture}"
    )
    lines = [ours, f"{machine.processor}, {machine.cores} cores, {free}"]
    kinds: dict[str, int] = {}
    for gpu in machine.gpus:
        kinds[gpu.in_words] = kinds.get(gpu.in_words, 0) + 1
    lines += [f"GPU: {count} x {told}" if count > 1 else f"GPU: {told}" for told, count in kinds.items()]
    if not machine.gpus:
        return [*lines, f"no GPU: {machine.gpu_note}"]
    torch = f", torch {machine.libraries['torch']}" if "torch" in machine.libraries else ""
    driver = f"NVIDIA driver {machine.driver}, serves CUDA {machine.driver_cuda}" if machine.driver else ""
    if driver and machine.is_wsl:
        driver += " (that of Windows: it is updated there)"
    return [*lines, f"{driver}{torch}".removeprefix(", ")] if driver or torch else lines


def _entitled(name: str, survey: Survey) -> str:
    version = survey.engines[name].availability.version
    return f"{name} {version}" if version and survey.engines[name].info.kind == "ocr" else name


def _writes(status: EngineStatus, survey: Survey, name: str) -> str:
    """The languages or scripts that an engine can write; of a neural engine also what it runs on."""
    here = status.availability
    if status.info.kind == "textlayer":
        return "a PDF's own text, where it matches the pixels"
    names = [name_of(one) for one in here.languages if one in LANGUAGES] or [
        SCRIPT_NAMES.get(one, one) for one in here.scripts
    ]
    said = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    row = next((row for row in survey.neural if row.engine == name), None)
    if row is None:
        return said
    canary = (
        "canary page never read" if row.canary is None else "canary page read" if row.canary.read else row.canary.seen
    )
    return f"{said}; kernels {'proven' if row.proven else 'unproven'}; {canary}"


def _steps(survey: Survey, routes: Collection[str]) -> list[str]:
    """What would add engines or languages: each command once, those that need no administrator first."""
    neural = [name for name, one in survey.engines.items() if one.info.kind == "vlm"]
    steps: dict[str, list[str]] = {}
    unasked = set() if survey.machine.gpus else set(neural)
    for name, status in survey.engines.items():
        here = status.availability
        lacks = f"{name} is {here.state}" if here.state != "usable" else name
        if name in unasked or (here.state == "usable" and name not in routes):
            continue
        for step in filter(None, (here.advice, here.install)):
            steps.setdefault(step[:1].lower() + step[1:], []).append(lacks)
        if here.state == "broken" and not here.next_step:
            steps.setdefault(here.reason, []).append(lacks)
    lines = [f"{', '.join(names)}: {step}" for step, names in steps.items()]
    gpu = survey.machine.first_gpu
    unproven = [row.engine for row in survey.neural if row.engine in routes and not row.proven]
    if unproven and not (gpu and gpu.kind == "mps"):
        lines.append(f"kernels of {', '.join(unproven)} are not proven on this card: ocroute prove")
    if unasked:
        least = "" if "torch" in survey.machine.libraries else "; they need torch: pip install 'ocroute[vlm]'"
        lines.append(f"neural engines take minutes a page without a GPU{least}: {', '.join(neural)}")
    return sorted(lines, key=lambda line: ": sudo " in line)


def draw_engine(survey: Survey, engine: str) -> None:
    """The answer to ``ocroute doctor --engine``: this engine and nothing else."""
    out = console()
    out.print(engine_table(msgspec.structs.replace(survey, engines={engine: survey.engines[engine]})))
    if engine in survey.models:
        out.print(model_table({engine: survey.models[engine]}))
    if rows := [row for row in survey.neural if row.engine == engine]:
        out.print(canary_table(rows))
    if survey.plan is None:
        out.print(Text(f"No page can be read with it here: {survey.problem}", style="red"))


def draw_survey(survey: Survey, settings: SettingsHere) -> None:
    """The answer to ``ocroute doctor --all``."""
    out = console()
    for line in settings_lines(settings, most=len(settings.values)):
        out.print(Text(line))
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
    """Every registered engine, the usable ones first, its state here, and what to install."""
    table = Table(title="Engines", title_justify="left")
    table.add_column("engine", no_wrap=True)
    table.add_column("state")
    table.add_column("version")
    table.add_column("writes", max_width=14)
    table.add_column("remarks", overflow="fold", ratio=1)  # commands to be typed: nothing of them may be cut off
    states = ("usable", "broken", "absent")
    ordered = sorted(
        survey.engines.items(), key=lambda item: (states.index(item[1].availability.state), item[1].info.rank, item[0])
    )
    for name, status in ordered:
        here = status.availability
        remarks = [here.reason, here.next_step.remark, status.info.strengths]
        table.add_row(
            name,
            Text(here.state, style=STATE_STYLES[here.state]),
            here.version,
            _few(here.languages or here.scripts),
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
    gpus = "\n".join(gpu.in_words for gpu in machine.gpus)
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
