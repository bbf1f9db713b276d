"""The memory that this process may use."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from pathlib import Path
from typing import Any

MIB = 1024 * 1024


def memory_mb() -> tuple[int, int]:
    """MiB that this process may use, after a container's limit where there is one, and what of it is free."""
    import psutil

    memory = psutil.virtual_memory()
    total, free = memory.total, memory.available
    limit, used = _read("/sys/fs/cgroup/memory.max"), _read("/sys/fs/cgroup/memory.current")
    if limit.isdigit() and used.isdigit():
        total = min(total, int(limit))
        free = min(free, max(0, int(limit) - int(used)))
    return total // MIB, free // MIB


def resident_mb(process: int) -> int:
    """MiB of memory that a process holds; 0 where it has ended."""
    import psutil

    try:
        return int(psutil.Process(process).memory_info().rss) // MIB
    except psutil.Error:
        return 0


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def give_back_free_memory() -> None:
    """Hand what was freed back to the system. glibc keeps it, for each of its threads apart; elsewhere nothing happens."""
    if (trim := _trim()) is not None:
        trim(0)


@cache
def _trim() -> Any:
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
