"""Measures one call: its time beside another's in turn, its error, the memory it takes, and whether it makes the host wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import Tensor

from ocroute.kernels.base import Problem

Call = Callable[[], Tensor]
SECONDS = 1.5  # spent on timing a pair of calls
MIB = 1024 * 1024


def inputs(problem: Problem, device: str) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)

    def make(heads: int) -> Tensor:
        shape = (sum(problem.lengths), heads, problem.head_dim)
        return torch.randn(shape, generator=generator).to(getattr(torch, problem.dtype)).to(device)

    return make(problem.heads), make(problem.kv_heads), make(problem.kv_heads)


def reference(problem: Problem, q: Tensor, k: Tensor, v: Tensor, rows: int = 512) -> Tensor:
    """In float32, ``rows`` queries at a time, so that no whole score matrix is kept."""
    out = torch.empty(q.shape, dtype=torch.float32, device=q.device)
    start = 0
    for length in problem.lengths:
        page = slice(start, start + length)
        own, keys, values = (x[page].float().transpose(0, 1) for x in (q, k, v))
        keys, values = (x.repeat_interleave(problem.group, 0) for x in (keys, values))
        for first in range(0, length, rows):
            scores = own[:, first : first + rows] @ keys.transpose(1, 2) * problem.head_dim**-0.5
            if problem.causal:
                place = torch.arange(length, device=q.device)
                scores.masked_fill_(place > place[first : first + rows, None], float("-inf"))
            out[start + first : start + min(first + rows, length)] = (scores.softmax(-1) @ values).transpose(0, 1)
        start += length
    return out


def error(out: Tensor, right: Tensor) -> dict[str, float]:
    off = (out.float() - right).abs()
    return {"max": off.max().item(), "mean": off.mean().item()}


def times(calls: list[Call], device: str) -> list[dict[str, float]]:
    """Of each call made alone the median in ms from an idle device to the last result, and the host's part in microseconds.

    The calls take turns, in changing order, so that clocks and neighbours touch all alike.
    """
    for call in calls * 3:
        call()
    synchronise(device)
    started = time.perf_counter()
    for call in calls:
        call()
    synchronise(device)
    rounds = max(10, min(100, int(SECONDS / (time.perf_counter() - started))))
    total: list[list[float]] = [[] for _ in calls]
    host: list[list[float]] = [[] for _ in calls]
    for turn in range(rounds):
        order = range(len(calls)) if turn % 2 else range(len(calls) - 1, -1, -1)
        for index in order:
            whole, part = _once(calls[index], device)
            total[index].append(whole)
            host[index].append(part)
    return [
        {"alone_ms": median(total[i]), "host_us": median(host[i]) * 1e3, "rounds": rounds} for i in range(len(calls))
    ]


def in_a_row(calls: list[Call], device: str, count: int = 12) -> list[float]:
    """Of each call the median in ms when ``count`` of them follow one another, as the layers of a model make them.

    The host then prepares one call while the device works on the one before; what it adds shows only where it is the slower.
    """
    if device == "cpu":
        return [timing["alone_ms"] for timing in times(calls, device)]
    total: list[list[float]] = [[] for _ in calls]
    for turn in range(7):
        order = range(len(calls)) if turn % 2 else range(len(calls) - 1, -1, -1)
        for index in order:
            synchronise(device)
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            for _ in range(count):
                calls[index]()
            end.record()
            end.synchronize()
            total[index].append(begin.elapsed_time(end) / count)
    return [median(every[1:]) for every in total]


def _once(call: Call, device: str) -> tuple[float, float]:
    synchronise(device)
    if device == "cpu":
        started = time.perf_counter()
        call()
        spent = (time.perf_counter() - started) * 1e3
        return spent, spent
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    started = time.perf_counter()
    out = call()
    host = (time.perf_counter() - started) * 1e3
    end.record()
    end.synchronize()
    del out
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
    """What torch said when the call made the host wait for the device; empty if it did not; None where it cannot be asked."""
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


def row(problem: Problem, timing: dict[str, float], peak_tflops: float) -> dict[str, Any]:
    """``timing`` with the speed of calls in a row."""
    speed = problem.flops / timing["ms"] / 1e9
    return {**timing, "tflops": speed, "share_of_peak": speed / peak_tflops}
