"""How much work this machine can do at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocroute.route.plan import Wish

WORKER_MB = 1000
"""Memory that one worker with a loaded OCR engine and a large page may take."""


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_workers(wish: Wish) -> int:
    """One worker a core, as far as memory goes; 0, meaning no worker processes, where the system has no process groups.

    One alone where a neural engine will read: it has the GPU, or every core, to itself.
    """
    if os.name != "posix":
        return 0
    if _neural(wish):
        return 1
    import psutil

    free = psutil.virtual_memory().available // 2**20
    return int(max(1, min(cores(), free // WORKER_MB)))


def _neural(wish: Wish) -> bool:
    """Whether a language model will read pages for this wish."""
    from ocroute.machine import inspect
    from ocroute.route.survey import statuses

    if not wish.engine and not inspect().gpus:
        return False
    engines = statuses(wish)
    names = [wish.engine] if wish.engine in engines else [] if wish.engine else list(engines)
    return any(engines[name].info.kind == "vlm" and engines[name].availability.state == "usable" for name in names)
