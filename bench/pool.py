"""Work spread over processes, each on a core of its own: many models with many threads each would be in each other's way."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_processes(work: Callable[[T], R], tasks: Iterable[T], processes: int) -> Iterator[R]:
    """``work`` of each task as it is done; in this process, with all its cores, where ``processes`` is 1."""
    if processes < 2:
        yield from map(work, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, alone_on_a_core, (cores_for(processes, context),)) as pool:
        yield from pool.imap_unordered(work, tasks)


def cores_for(processes: int, context: Any) -> Any:
    """A queue with a core for each of so many processes; None where a process cannot be bound to one."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    cores, here = context.Queue(), sorted(os.sched_getaffinity(0))
    for at in range(processes):
        cores.put(here[at % len(here)])
    return cores


def alone_on_a_core(cores: Any) -> None:
    """In each process: one core for it alone, so that many do not start many threads each."""
    if cores is not None:
        os.sched_setaffinity(0, {cores.get()})
