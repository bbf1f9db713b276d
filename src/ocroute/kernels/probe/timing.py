"""How fast a kernel is at the problem's own lengths, and how much memory a call takes."""

from __future__ import annotations

import time
from statistics import median

import torch
from torch import Tensor

from ocroute.kernels.base import Kernel, Problem
from ocroute.kernels.probe.case_inputs import Call
from ocroute.kernels.probe.expected import Expected, Wrong, formed
from ocroute.kernels.probe.proof import Measure

MIB = 1 << 20
_SECONDS = {"cuda": 0.25, "cpu": 0.5}
_MOST, _LEAST = 50, 3


def measure(kernel: Kernel, problem: Problem, own: Expected) -> Measure:
    """Median of a call after warming up; at least 3 and at most 50 calls, about 0.25 s on a GPU and 0.5 s on the CPU.

    Args:
        own: the call at the problem's own lengths, and what it must give: `ocroute.kernels.probe.examine.Examiner.own`.

    Raises:
        Wrong: the last result is not right, or has not the form that it must have.
    """
    call = own.call
    peak = _peak_mb(kernel, call)
    time_once = _cuda_ms if call.q.is_cuda else _cpu_ms
    first, _ = time_once(kernel, call)
    count = max(_LEAST, min(_MOST, int(_SECONDS[call.q.device.type] * 1000 / max(first, 1e-3))))
    times = []
    for _ in range(count):
        milliseconds, out = time_once(kernel, call)
        times.append(milliseconds)
    try:
        own.compare(formed(out, call))
    except Wrong as wrong:
        raise Wrong(f"call {count + 2} at these lengths: {wrong}", wrong.error, wrong.limit) from wrong
    taken = median(times)
    return Measure(round(taken, 4), round(problem.flops / max(taken, 1e-6) / 1e9, 2), peak, count)


def _peak_mb(kernel: Kernel, call: Call) -> float | None:
    """What one call takes beside its inputs; also the warming up."""
    if not call.q.is_cuda:
        call.attend(kernel)
        return None
    device = call.q.device
    torch.cuda.empty_cache()
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    call.attend(kernel)
    torch.cuda.synchronize(device)
    return round((torch.cuda.max_memory_allocated(device) - before) / MIB, 1)


def _cuda_ms(kernel: Kernel, call: Call) -> tuple[float, Tensor]:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    start.record()
    out = call.attend(kernel)
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)), out


def _cpu_ms(kernel: Kernel, call: Call) -> tuple[float, Tensor]:
    start = time.perf_counter()
    out = call.attend(kernel)
    return (time.perf_counter() - start) * 1000, out
