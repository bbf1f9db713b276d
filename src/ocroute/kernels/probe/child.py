"""The probing child: ``python -m ocroute.kernels.probe.child``, started by `ocroute.kernels.probe.parent` and nothing else.

It may crash, hang or eat memory: the parent watches it. Messages come on standard input and go out on what was standard output
when it started; what kernels print goes to the parent's log.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import select
import sys
from typing import BinaryIO, cast

from ocroute.kernels.base import KERNELS, Kernel
from ocroute.kernels.faults import out_of_memory
from ocroute.kernels.probe.values import Outcome
from ocroute.kernels.probe.wire import (
    Ask,
    Begins,
    Compiled,
    Compiles,
    Done,
    Failed,
    Ready,
    Saw,
    Setup,
    ToParent,
    decode_to_child,
    receive,
    send,
)

_IDLE = 0.5  # seconds without a question after which the parent is taken to be busy with another child
_GRACE = 60.0  # seconds after the parent's limit at which an orphan ends itself


def main() -> None:
    """Serve until standard input ends."""
    incoming, outgoing = _private_pipes()
    body = receive(incoming)
    if body is None:
        return
    setup = decode_to_child.decode(body)
    if not isinstance(setup, Setup):
        raise TypeError(f"the first message must be Setup, not {type(setup).__name__}")
    try:
        ready, kernel = _load(setup)
    except Exception as error:
        send(outgoing, Failed(f"{type(error).__name__}: {error}"))
        return
    send(outgoing, ready)
    if kernel is not None:
        _use_the_wait(incoming)
        _serve(kernel, setup, incoming, outgoing)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the parent, out of reach of whatever reads standard input or prints to standard output."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return incoming, outgoing


def _load(setup: Setup) -> tuple[Ready, Kernel | None]:
    import torch

    kind: type[Kernel] = KERNELS.load(setup.kernel)
    presence = kind.presence()
    torch.set_float32_matmul_precision("highest")  # float32 is not judged by TF32, whatever a package has just set
    return Ready(presence, kind.info), kind() if presence.state == "usable" else None


def _use_the_wait(incoming: BinaryIO) -> None:
    """Import what torch imports, for some seconds, at the first call of its custom operators and of its causal bias."""
    if os.name == "posix" and not select.select([incoming], [], [], _IDLE)[0]:
        importlib.import_module("torch._dynamo")


def _take(setup: Setup) -> None:
    """Begin to use the device, and cap what may be taken of its memory."""
    import torch

    if setup.device.startswith("cuda"):
        torch.cuda.set_device(torch.device(setup.device).index or 0)
        free, total = torch.cuda.mem_get_info()
        torch.cuda.set_per_process_memory_fraction(setup.fraction * free / total)


def _serve(kernel: Kernel, setup: Setup, incoming: BinaryIO, outgoing: BinaryIO) -> None:
    from ocroute.kernels.probe.cases import MEASURE
    from ocroute.kernels.probe.compare import Wrong
    from ocroute.kernels.probe.compiling import Announced
    from ocroute.kernels.probe.examine import Examiner
    from ocroute.kernels.probe.measure import measure

    def tell(message: ToParent, patience: float) -> None:
        faulthandler.dump_traceback_later(patience + _GRACE, exit=True)
        send(outgoing, message)

    def begins(case: str) -> None:
        tell(Begins(case), setup.case)

    examined = kernel
    if kernel.info.compiles:
        announced = Announced(
            kernel,
            begins=lambda what: tell(Compiles(what), setup.compiling),
            ends=lambda seconds: tell(Compiled(seconds), setup.case),
        )
        examined = cast("Kernel", announced)  # whose info is an instance's, not a class's
    examiner = None
    while (body := receive(incoming)) is not None:
        ask = decode_to_child.decode(body)
        if not isinstance(ask, Ask):
            raise TypeError(f"expected Ask, not {type(ask).__name__}")
        if examiner is None:
            _take(setup)
            examiner = Examiner(examined, setup.device)
        for outcome in examiner.run(ask.problem, seed=ask.seed, begins=begins):
            send(outgoing, Saw(outcome))
        figures = None
        if (own := examiner.own) is not None:
            begins(MEASURE)
            try:
                figures = measure(kernel, ask.problem, own)  # as compiled for the case before
            except Wrong as wrong:
                send(outgoing, Saw(Outcome(MEASURE, "wrong", wrong.error, wrong.limit, str(wrong), own=True)))
            except Exception as error:
                if not out_of_memory(error):
                    raise
        own = examiner.own = None  # its memory is the next problem's
        faulthandler.cancel_dump_traceback_later()
        send(outgoing, Done(figures))


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # the parent is gone
        os._exit(1)
    sys.stderr.flush()
    os._exit(0)  # libraries that hang while they clean up shall not hold the parent up
