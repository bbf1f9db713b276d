"""How much host memory a process and those that it started take together."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import psutil

MIB = 1 << 20


def family_mb(pid: int, enough: int) -> int:
    """MiB of host memory, pages that several of them share counted once; 0 where the process is gone.

    Args:
        enough: MiB below which a figure too high is of no matter: what each of them maps is quickly asked for and counts shared
            pages again and again, what they share is slow to find out.
    """
    try:
        family = [parent := psutil.Process(pid), *parent.children(recursive=True)]
    except psutil.Error:
        return 0
    mapped = sum(_known(_mapped, family))
    return mapped // MIB if mapped // MIB <= enough else sum(_known(_own, family)) // MIB


def _known(ask: Callable[[psutil.Process], int], family: Iterable[psutil.Process]) -> Iterable[int]:
    for member in family:
        try:
            yield ask(member)
        except psutil.Error:
            continue  # it has ended meanwhile


def _mapped(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


def _own(process: psutil.Process) -> int:
    """Its share of what it shares, or where the system does not tell (outside Linux) only what it has for itself."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.uss))
