"""Which engines will be tried, in which order, and why the others will not. Pure: no machine is looked at here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from ocroute.engines.base import Availability, EngineInfo
from ocroute.errors import DOCTOR, EngineUnavailable, UsageError
from ocroute.gpus import VISIBLE
from ocroute.kernels.base import SUB_MODELS
from ocroute.kernels.requirements import Platform, torch_obstacle
from ocroute.languages import SCRIPT_NAMES, checked, language_of, missing_scripts
from ocroute.machine import HIDE_GPUS, Machine
from ocroute.route.wish import Wish, check_options

__all__ = ["EngineStatus", "Plan", "Wish", "plan"]


class EngineStatus(msgspec.Struct, frozen=True):
    """An engine's constant facts and its availability here."""

    info: EngineInfo
    availability: Availability


class Plan(msgspec.Struct, frozen=True):
    """Every known engine stands in exactly one of the two, with the reason.

    Attributes:
        routes: engine to reason, in the order in which they are tried.
        rejected: engine to reason.
    """

    routes: dict[str, str]
    rejected: dict[str, str]


def plan(machine: Machine, engines: Mapping[str, EngineStatus], wish: Wish, platform: Platform | None = None) -> Plan:
    """Order the engines that can serve ``wish`` on ``machine``.

    Engines that lack a script or language asked for are left out as long as another one has it. When none has, they stay as a
    last resort: the page then comes out doubtful, with the package to install, rather than not at all.

    Args:
        platform: the GPU, torch and attention kernels that neural engines would run on.

    Raises:
        UsageError: the pinned engine, or a language code, does not exist, or an option would have no effect.
        EngineUnavailable: the pinned engine, or every engine, cannot run here.
    """
    checked(wish.wanted.languages)
    if wish.engine and wish.engine not in engines:
        known = ", ".join(sorted(engines))
        raise UsageError(f"there is no engine named {wish.engine!r}", next_step=f"Choose from: {known}")
    check_options(wish, engines[wish.engine].info if wish.engine else None)
    if wish.engine:
        return _pinned(engines, wish, machine, platform)
    fitting: dict[str, str] = {}
    unfit: dict[str, str] = {}
    rejected: dict[str, str] = {}
    for name, status in sorted(engines.items(), key=lambda item: _order(item[0], item[1], wish)):
        if reason := _cannot_run(name, status, machine, wish, platform):
            rejected[name] = reason
        elif reason := _cannot_write(status, wish.wanted.languages):
            unfit[name] = reason
        else:
            fitting[name] = _why(name, status, wish, platform)
    if any(engines[name].info.kind != "textlayer" for name in fitting):
        return Plan(fitting, rejected | unfit)
    routes = fitting | {name: f"last resort: {reason}" for name, reason in unfit.items()}
    if not routes:
        raise EngineUnavailable(
            "no engine can run here: " + "; ".join(f"{name}: {reason}" for name, reason in rejected.items()),
            next_step=DOCTOR,
        )
    return Plan(routes, rejected)


def _order(name: str, status: EngineStatus, wish: Wish) -> tuple[bool, int, str]:
    slow = status.info.kind in ("vlm", "remote")
    return wish.prefer == "speed" and slow, status.info.rank, name


def _pinned(engines: Mapping[str, EngineStatus], wish: Wish, machine: Machine, platform: Platform | None) -> Plan:
    name = wish.engine
    info, availability = engines[name].info, engines[name].availability
    if availability.state != "usable":
        raise EngineUnavailable(
            f"the engine {name} is {availability.state} here: {availability.reason}",
            next_step=availability.next_step or DOCTOR,
        )
    if info.gpu_mb and platform and (found := torch_obstacle(platform)):
        raise EngineUnavailable(
            f"the engine {name} cannot use {machine.gpus[0].name}: {found}",
            next_step=f"To read on the CPU all the same, minutes a page: {HIDE_GPUS} ocroute read PAGE --engine {name}",
        )
    others = {other: f"only {name} was asked for" for other in engines if other != name}
    return Plan({name: "asked for by name"}, others)


def _cannot_run(name: str, status: EngineStatus, machine: Machine, wish: Wish, platform: Platform | None) -> str:
    availability = status.availability
    if availability.state != "usable":
        return f"{availability.state}: {availability.reason}{_hint(availability)}"
    if status.info.kind == "remote" and not wish.wanted.base_url:
        return "asks a server, so it is used only when asked for by name or with a server's address"
    if status.info.memory_mb > machine.free_mb:
        return f"needs {status.info.memory_mb} MiB of memory; {machine.free_mb} MiB are free"
    return _no_gpu_for(name, status.info, machine, platform) if status.info.kind == "vlm" else ""


def _no_gpu_for(name: str, info: EngineInfo, machine: Machine, platform: Platform | None) -> str:
    """Why a neural engine is not tried by itself on this machine's GPU."""
    if not machine.gpus:
        return "without a GPU it takes minutes a page, so it is used only when asked for by name"
    gpu = machine.gpus[0]
    platform = platform or Platform(gpu, machine.driver_cuda, host=machine.host)
    if found := torch_obstacle(platform):
        return f"{found}{_other_card(info, machine, platform)}"
    if gpu.memory_mb and info.gpu_mb > gpu.free_mb:
        return _too_small(info, machine, platform)
    from ocroute.engines.neural.attention import kernel_choices  # a tenth of a worker's start, and few need it

    none = [
        SUB_MODELS[sub_model] for sub_model, choice in kernel_choices(name, platform).items() if choice.kernel is None
    ]
    return f"no attention kernel can serve its {' and '.join(none)} on {gpu.name}" if none else ""


def _too_small(info: EngineInfo, machine: Machine, platform: Platform) -> str:
    gpu = machine.gpus[0]
    said = f"needs {info.gpu_mb} MiB of GPU memory for a page; {gpu.free_mb} of {gpu.memory_mb} MiB are free"
    if other := _other_card(info, machine, platform):
        return said + other
    held = gpu.memory_mb >= info.gpu_mb and gpu.kind == "cuda" and not gpu.unified
    return f"{said}, other programs hold the rest: nvidia-smi names them" if held else said


def _other_card(info: EngineInfo, machine: Machine, platform: Platform) -> str:
    """The card to name, where the first one of several cannot serve the engine and another can; empty if none can."""
    for number, gpu in enumerate(machine.gpus[1:], start=1):
        fits = gpu.kind == machine.gpus[0].kind and info.gpu_mb <= gpu.free_mb
        if fits and not torch_obstacle(replace(platform, gpu=gpu)):
            name = "HIP_VISIBLE_DEVICES" if gpu.kind == "rocm" else VISIBLE
            return f"; {gpu.name} would do: set {name}={number}"
    return ""


def _cannot_write(status: EngineStatus, languages: tuple[str, ...]) -> str:
    """Why the engine cannot serve ``languages``; a text layer holds whatever the file's author wrote."""
    if status.info.kind == "textlayer":
        return ""
    availability = status.availability
    scripts = missing_scripts(languages, availability.scripts)
    if scripts:
        names = " and ".join(SCRIPT_NAMES.get(script, script) for script in scripts)
        return f"cannot write {names}{_hint(availability)}"
    known = availability.languages
    unknown = [tag for tag in languages if known and language_of(tag) not in known]
    if unknown:
        return f"has no data for {', '.join(unknown)}{_hint(availability)}"
    return ""


def writers(engines: Mapping[str, EngineStatus], language: str) -> tuple[str, ...]:
    """The engines that can write a language here, in the order in which they are tried; no text layers and servers."""
    able = {
        name: status
        for name, status in engines.items()
        if status.info.kind in ("ocr", "vlm") and status.availability.state == "usable"
    }
    return tuple(
        name
        for name in sorted(able, key=lambda name: (able[name].info.rank, name))
        if not _cannot_write(able[name], (language,))
    )


def _hint(availability: Availability) -> str:
    return f"; {availability.next_step.remark}" if availability.next_step else ""


def _why(name: str, status: EngineStatus, wish: Wish, platform: Platform | None) -> str:
    if status.info.kind == "textlayer":
        return "the file's own text is exact and costs nothing, where it matches the pixels"
    asked = f", and writes {', '.join(wish.wanted.languages)}" if wish.wanted.languages else ""
    said = f"usable here{asked}: {status.info.strengths}" if status.info.strengths else f"usable here{asked}"
    if status.info.kind != "vlm" or platform is None:
        return said
    from ocroute.engines.neural.attention import kernel_choices

    choices = kernel_choices(name, platform, quantized=wish.wanted.quantized)
    kernels = [
        f"{SUB_MODELS[sub_model]} on {choice.kernel}{'' if choice.proven else ', unproven'}"
        for sub_model, choice in choices.items()
    ]
    return f"{said}; {'; '.join(kernels)}" if kernels else said
