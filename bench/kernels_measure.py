"""Measures a call beside another: their times in turn, errors, the memory they take, and whether torch makes the host wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any

import torch
from torch import Tensor

from ocroute.kernels.base import Problem

Call = Callable[[], Tensor]
SECONDS = 0.5  # spent on each of the two ways to time a pair of calls
LAYERS = 12  # calls that follow one another, as the layers of a model make them
MIB = 1024 * 1024


def inputs(problem: Problem, device: str) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator(device).manual_seed(0)

    def make(heads: int) -> Tensor:
        shape = (sum(problem.lengths), heads, problem.head_dim)
        return torch.randn(shape, generator=generator, device=device).to(getattr(torch, problem.dtype))

    return make(problem.heads), make(problem.kv_heads), make(problem.kv_heads)


def error(out: Tensor, right: Tensor) -> dict[str, float]:
    off = (out.float() - right).abs()
    return {"max": off.max().item(), "mean": off.mean().item()}


def singly(calls: list[Call], device: str) -> dict[str, Any]:
    """Of each call, made from an idle device, the median in ms to its last result, and the host's part in microseconds.

    Also ``added_us``, see `_added`.
    """
    turns = _turns(calls, device, 1, most=200)
    whole, host = ([[turn[index][part] for turn in turns] for index in range(len(calls))] for part in (0, 1))
    return {
        "ms": list(map(median, whole)),
        "host_us": [median(every) * 1e3 for every in host],
        "rounds": len(turns),
        **_added(whole),
    }


def in_a_row(calls: list[Call], device: str) -> dict[str, Any]:
    """Of each call the median in ms when `LAYERS` of them follow one another; fewer of calls that take long.

    The host then prepares one call while the device works on the one before; what it adds shows only where it is the slower.
    """
    slowest = max(_once(call, device, 1)[0] for call in calls)
    count = max(2, min(LAYERS, int(40 / slowest)))
    turns = _turns(calls, device, count, most=60)
    each = [[turn[index][0] / count for turn in turns] for index in range(len(calls))]
    return {"ms": list(map(median, each)), "calls": count, "rounds": len(turns), **_added(each)}


def _turns(calls: list[Call], device: str, count: int, *, most: int) -> list[list[tuple[float, float]]]:
    """Turns in which each call is made ``count`` times; who begins changes, so that clocks and neighbours touch all alike."""
    for call in calls * 2:
        call()
    synchronise(device)
    turns: list[list[tuple[float, float]]] = []
    started = time.perf_counter()
    while len(turns) < 5 or (len(turns) < most and time.perf_counter() - started < SECONDS):
        order = list(range(len(calls)))[:: 1 if len(turns) % 2 else -1]
        taken = {index: _once(calls[index], device, count) for index in order}
        turns.append([taken[index] for index in range(len(calls))])
    return turns


def _added(each: list[list[float]]) -> dict[str, float]:
    """What the second call takes more than the first, in microseconds: the median over turns, and how sure that median is.

    ``added_us_error`` is the median's standard error, from the middle half of the differences.
    """
    if len(each) < 2:
        return {}
    differences = [(second - first) * 1e3 for first, second in zip(*each, strict=True)]
    low, _, high = quantiles(differences, n=4)
    return {"added_us": median(differences), "added_us_error": 0.93 * (high - low) / len(differences) ** 0.5}


def _once(call: Call, device: str, count: int) -> tuple[float, float]:
    """Milliseconds of ``count`` calls from an idle device, and the host's part of them."""
    synchronise(device)
    if device == "cpu":
        started = time.perf_counter()
        for _ in range(count):
            call()
        spent = (time.perf_counter() - started) * 1e3
        return spent, spent
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    started = time.perf_counter()
    for _ in range(count):
        call()
    host = (time.perf_counter() - started) * 1e3
    end.record()
    end.synchronize()
    return begin.elapsed_time(end), host


def extra_memory(call: Call, device: str) -> float | None:
    """MiB above what was allocated before, the output included; None where it cannot be asked."""
    if device == "cpu":
        return None
    synchronise(device)
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    call()
    synchronise(device)
    return (torch.cuda.max_memory_allocated() - before) / MIB


def waits(call: Call, device: str) -> str | None:
    """What torch said when the call made the host wait for the device; empty if it said nothing; None where it cannot be asked.

    Torch watches its own operations. What a foreign library does by itself is not seen.
    """
    if device == "cpu":
        return None
    synchronise(device)
    torch.cuda.set_sync_debug_mode("error")
    try:
        call()
    except RuntimeError as problem:
        return str(problem).splitlines()[0]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return ""


def synchronise(device: str) -> None:
    if device != "cpu":
        torch.cuda.synchronize()


def speed(problem: Problem, ms: float, peak_tflops: float) -> dict[str, float]:
    """``ms`` and what follows from it."""
    tflops = problem.flops / ms / 1e9
    return {"ms": ms, "tflops": tflops, "share_of_peak": tflops / peak_tflops}
