"""How much work this machine can do at once."""

from __future__ import annotations

import os

WORKER_MB = 1000
"""Memory that one worker with a loaded OCR engine and a large page may take."""


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_workers() -> int:
    """One worker a core, as far as memory goes; 0, meaning no worker processes, where the system has no process groups."""
    if os.name != "posix":
        return 0
    import psutil

    free = psutil.virtual_memory().available // 2**20
    return int(max(1, min(cores(), free // WORKER_MB)))
