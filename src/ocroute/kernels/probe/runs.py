"""The ways in which a case calls a kernel."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ocroute.kernels.base import Kernel, Refused
from ocroute.kernels.probe.case_inputs import Call
from ocroute.kernels.probe.expected import Expected, Figure, Wrong, formed

_REPEATS = {"cuda": 1000, "cpu": 12}
_HELD = 50  # results kept at once while repeating
_NAMES = ("q", "k", "v", "cu_q", "cu_k")

# (kernel, the case's call, another call of the same shape) -> its worst figure
RunFunction = Callable[[Kernel, Call, Callable[[], Call]], Figure]


def checked(kernel: Kernel, call: Call) -> Tensor:
    """One call, waited for; the inputs must come out of it as they went in.

    Raises:
        Wrong: an input has changed, or the result has not the form that it must have.
    """
    given = (call.q, call.k, call.v, call.cu_q, call.cu_k)
    before = [tensor.clone() for tensor in given]
    out = formed(call.attend(kernel), call)
    _wait(call)
    for name, tensor, copy in zip(_NAMES, given, before, strict=True):
        if not torch.equal(tensor, copy):
            off = float((tensor.float() - copy.float()).abs().max())
            raise Wrong(f"{name} was changed in place, by up to {off:.3g}", off, 0.0)
    return out


def once(kernel: Kernel, call: Call, _: Callable[[], Call]) -> Figure:
    """One call."""
    return Expected(call, kernel.info).compare(checked(kernel, call))


def singles(kernel: Kernel, call: Call, _: Callable[[], Call]) -> Figure:
    """A pack, and then each of its sequences alone: both must be right."""
    figures = [once(kernel, call, _)]
    for number, single in enumerate(call.singles(), start=1):
        try:
            figures.append(once(kernel, single, _))
        except Wrong as wrong:
            raise Wrong(
                f"right in a pack, wrong alone (sequence {number}): {wrong}", wrong.error, wrong.limit
            ) from wrong
    return _worst(figures)


def poisoned(kernel: Kernel, call: Call, _: Callable[[], Call]) -> Figure:
    """A call for which the allocator has only memory full of NaN to give."""
    expected = Expected(call, kernel.info)
    sizes = {call.q.numel() * factor // 4 for factor in (1, 2, 4, 8, 16)}
    dirt = [
        torch.full((size,), torch.nan, dtype=call.q.dtype, device=call.q.device) for size in sizes for _ in range(4)
    ]
    del dirt
    return expected.compare(formed(call.attend(kernel), call))


def changed(kernel: Kernel, call: Call, other: Callable[[], Call]) -> Figure:
    """A call, then other values in the same memory, and the call again; the first result must outlive it."""
    expected = Expected(call, kernel.info)
    first = checked(kernel, call)
    figures = [expected.compare(first)]
    _overwrite(call, other())
    figures.append(once(kernel, call, other))
    try:
        figures.append(expected.compare(first))
    except Wrong as wrong:
        raise Wrong(f"the next call changed an earlier result: {wrong}", wrong.error, wrong.limit) from wrong
    return _worst(figures)


def repeats(kernel: Kernel, call: Call, _: Callable[[], Call]) -> Figure:
    """Many calls with the same inputs: each result is compared with the first, and the one furthest from it checked."""
    expected, figures = Expected(call, kernel.info), []
    left = _REPEATS[call.q.device.type]
    first = checked(kernel, call)
    number = 1
    while left > 0:
        outs = [formed(call.attend(kernel), call) for _ in range(min(_HELD, left))]
        off = torch.stack([(out - first).abs().amax() for out in outs])
        worst = int(torch.nan_to_num(off, nan=torch.inf).argmax())
        try:
            figures.append(expected.compare(outs[worst]))
        except Wrong as wrong:
            raise Wrong(f"call {number + worst + 1} with the same inputs: {wrong}", wrong.error, wrong.limit) from wrong
        left, number = left - len(outs), number + len(outs)
    return _worst([expected.compare(first), *figures])


def side_stream(kernel: Kernel, call: Call, other: Callable[[], Call]) -> Figure:
    """A call queued behind slow work on a stream of its own: a kernel on another stream sees the inputs too early."""
    fresh, kept = other(), checked(kernel, call)
    del kept
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        torch.cuda._sleep(20_000_000)  # type: ignore[no-untyped-call]  # some 10 ms
        _overwrite(call, fresh)
        copy = formed(call.attend(kernel), call).clone()
    stream.synchronize()
    return Expected(call, kernel.info).compare(copy)


def two_streams(kernel: Kernel, call: Call, other: Callable[[], Call]) -> Figure:
    """The first call of these lengths waits on a stream of its own, and the next on this one does not wait for it.

    Masks and the like that a kernel makes for the first and keeps for the next would be used before they are made.
    """
    late = other()
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        torch.cuda._sleep(100_000_000)  # type: ignore[no-untyped-call]  # some 50 ms
        first = formed(late.attend(kernel), late)
    next_ = formed(call.attend(kernel), call).clone()
    torch.cuda.current_stream().synchronize()
    figure = Expected(call, kernel.info).compare(next_)
    stream.synchronize()
    return _worst([figure, Expected(late, kernel.info).compare(first)])


def graph(kernel: Kernel, call: Call, other: Callable[[], Call]) -> Figure:
    """A captured CUDA graph, replayed after the values in its inputs have changed."""
    fresh = other()
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):  # what is set up at a first call must not be captured
            formed(call.attend(kernel), call)
    torch.cuda.current_stream().wait_stream(stream)
    torch.cuda.synchronize()
    recorded = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(recorded):
            out = call.attend(kernel)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        torch.cuda.synchronize()  # raises where the device did not survive the attempt
        raise Refused(f"a CUDA graph cannot capture it: {type(error).__name__}: {_first_line(error)}") from error
    _overwrite(call, fresh)
    recorded.replay()
    torch.cuda.synchronize()
    return Expected(call, kernel.info).compare(out.clone())


RUNS: dict[str, RunFunction] = {
    "once": once,
    "singles": singles,
    "poisoned": poisoned,
    "changed": changed,
    "repeats": repeats,
    "side_stream": side_stream,
    "two_streams": two_streams,
    "graph": graph,
}


def _overwrite(call: Call, other: Call) -> None:
    for mine, theirs in ((call.q, other.q), (call.k, other.k), (call.v, other.v)):
        mine.copy_(theirs)


def _worst(figures: list[Figure]) -> Figure:
    return max(figures, key=lambda figure: figure.error / figure.limit if figure.limit else figure.error)


def _wait(call: Call) -> None:
    if call.q.is_cuda:
        torch.cuda.synchronize(call.q.device)


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), "")[:300]
