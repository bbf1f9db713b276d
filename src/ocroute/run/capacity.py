"""How much work this machine can do at once, and how long it may take."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ocroute.machine import memory_mb, usable_cores

if TYPE_CHECKING:
    from ocroute.gpus import Gpu
    from ocroute.route.plan import Wish

WORKER_MB = 1000
"""Memory that one worker with a loaded OCR engine and a large page may take."""

BESIDE_GPU = 8
"""Workers that open, turn and judge what a GPU reads: a page takes each of them less than a second."""

DEADLINE = 300.0
"""Seconds that one engine's attempt at one page may take unless the caller says otherwise."""

CPU_DEADLINE = 1800.0
"""As `DEADLINE`, where a neural model reads without a GPU: a dense page is a few thousand words, at a few in a second."""


def threads_each(workers: int) -> int:
    """Threads for each of so many workers: their part of the cores, and no more than ``OMP_THREAD_LIMIT`` where that is set."""
    limit = os.environ.get("OMP_THREAD_LIMIT", "")
    part = max(1, usable_cores() // max(1, workers))
    return min(part, max(1, int(limit))) if limit.isdigit() else part


def default_workers(wish: Wish) -> int:
    """One worker a core, as far as memory goes; where a server reads, they open, turn and judge pages.

    Where a neural engine will read, a process of its own holds it. Beside a GPU so many as open, turn and judge pages faster than
    it reads them; without one a single worker, since the model has every core to itself.
    """
    if neural(wish):
        from ocroute.machine import inspect

        spare = min(usable_cores() - 1, BESIDE_GPU * max(1, len(cards(wish))), memory_mb()[1] // WORKER_MB)
        return max(1, spare) if inspect().gpus else 1
    return max(1, min(usable_cores(), memory_mb()[1] // WORKER_MB))


def default_deadline(wish: Wish) -> float:
    """Seconds for one engine's attempt at one page. By itself no neural engine is tried without a GPU: only a pinned one is."""
    from ocroute.machine import inspect

    return CPU_DEADLINE if _pinned(wish) == "vlm" and not inspect().gpus else DEADLINE


def neural(wish: Wish) -> bool:
    """Whether a language model will read pages for this wish here."""
    from ocroute.engines.base import ENGINES
    from ocroute.errors import OcrouteError
    from ocroute.machine import inspect
    from ocroute.route.machine_survey import plan_here

    if wish.engine or not inspect().gpus:
        return _pinned(wish) == "vlm"
    try:
        return any(ENGINES.load(name).info.kind == "vlm" for name in plan_here(wish).routes)
    except OcrouteError:  # no plan: those who were to follow it will say so
        return False


def cards(wish: Wish) -> tuple[str, ...]:
    """The GPUs that read side by side, each with a copy of the model: all that are like the first, where a model reads here.

    Empty where there is one, and where something else shares them out: a server, or the user's vLLM.
    """
    from ocroute.machine import inspect

    gpus = inspect().gpus
    alike = tuple(gpu.uuid for gpu in gpus if gpu.uuid and _kind(gpu) == _kind(gpus[0]))
    if len(alike) < 2 or wish.wanted.base_url or wish.wanted.runtime or not neural(wish):
        return ()
    return alike


def _kind(gpu: Gpu) -> tuple[str, int, str]:
    return gpu.name, gpu.memory_mb, gpu.kind


def shared(wish: Wish) -> str:
    """The engine of which one process will hold the only copy, where that is known beforehand; empty otherwise."""
    from ocroute.engines.base import ENGINES

    return (
        wish.engine if _pinned(wish) and not wish.wanted.runtime and ENGINES.load(wish.engine).info.at_once > 1 else ""
    )


def _pinned(wish: Wish) -> str:
    """The kind of the engine that was asked for by name; empty where none was, or there is none of that name."""
    from ocroute.engines.base import ENGINES
    from ocroute.errors import PluginError

    if wish.engine not in ENGINES:
        return ""
    try:
        kind: str = ENGINES.load(wish.engine).info.kind
    except PluginError:
        return ""
    return kind
