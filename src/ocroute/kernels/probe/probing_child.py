"""The probing child: ``python -m ocroute.kernels.probe.probing_child``, started by `ocroute.kernels.probe.prober` alone.

It may crash, hang or eat memory: the prober watches it.
"""

from __future__ import annotations

import faulthandler
import importlib
import logging
import os
import sys
from typing import cast

import msgspec

from ocroute.kernels.base import KERNELS, Kernel
from ocroute.kernels.device_errors import out_of_memory
from ocroute.kernels.probe.probe_messages import (
    Ask,
    Begins,
    Compiled,
    Compiles,
    Done,
    Failed,
    Ready,
    Saw,
    Setup,
    ToChild,
    ToParent,
)
from ocroute.kernels.probe.proof import Outcome
from ocroute.process import Parent

_log = logging.getLogger(__name__)

_IDLE = 0.5  # seconds without a question after which the parent is taken to be busy with another child
_GRACE = 60.0  # seconds after the parent's limit at which an orphan ends itself


def main() -> None:
    """Serve until the prober is gone."""
    parent: Parent[ToChild] = Parent(msgspec.msgpack.Decoder(ToChild))
    setup = parent.receive()
    if not isinstance(setup, Setup):
        raise TypeError(f"the first message must be Setup, not {type(setup).__name__}")
    try:
        ready, kernel = _load(setup)
    except Exception as error:
        parent.send(Failed(f"{type(error).__name__}: {error}"))
        return
    parent.send(ready)
    if kernel is not None:
        _use_the_wait(parent)
        if setup.ahead:
            _compile_ahead(kernel, setup, parent)
        _serve(kernel, setup, parent)


def _load(setup: Setup) -> tuple[Ready, Kernel | None]:
    # a kernel is one or two pieces of code: to start torch's pool of compiling processes takes longer than to compile them
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")
    import torch

    kind: type[Kernel] = KERNELS.load(setup.kernel)
    presence = kind.presence()
    torch.set_float32_matmul_precision("highest")  # float32 is not judged by TF32, whatever a package has just set
    return Ready(presence, kind.info), kind() if presence.state == "usable" else None


def _use_the_wait(parent: Parent[ToChild]) -> None:
    """Import what torch imports, for some seconds, at the first call of its custom operators and of its causal bias."""
    if not parent.asks(within=_IDLE):
        importlib.import_module("torch._dynamo")


def _compile_ahead(kernel: Kernel, setup: Setup, parent: Parent[ToChild]) -> None:
    """Let a kernel compile while the parent asks other children: on a few tokens, so that their timings are not disturbed.

    What goes wrong here goes wrong again when it is asked for, and is told then.
    """
    import torch

    from ocroute.kernels.probe.case_inputs import make
    from ocroute.kernels.probe.cases import CASES, COMPILED, not_run

    try:
        _take(setup)
        for problem in setup.ahead:
            for case in (case for case in CASES if case.name in COMPILED):
                if parent.asks(within=0.0):
                    return
                if not not_run(case, problem, kernel.info, setup.device):
                    make(case, problem, setup.device, 0).attend(kernel)
                    torch.cuda.synchronize()
    except Exception as error:
        _log.debug("compiling ahead: %s", error)


def _take(setup: Setup) -> None:
    """Begin to use the device, and cap what may be taken of its memory."""
    import torch

    if setup.device.startswith("cuda"):
        torch.cuda.set_device(torch.device(setup.device).index or 0)
        free, total = torch.cuda.mem_get_info()
        torch.cuda.set_per_process_memory_fraction(setup.fraction * free / total)


def _serve(kernel: Kernel, setup: Setup, parent: Parent[ToChild]) -> None:
    from ocroute.kernels.probe.cases import MEASURE
    from ocroute.kernels.probe.compiling import Announced
    from ocroute.kernels.probe.examine import Examiner
    from ocroute.kernels.probe.expected import Wrong
    from ocroute.kernels.probe.timing import measure

    def tell(message: ToParent, patience: float) -> None:
        faulthandler.dump_traceback_later(patience + _GRACE, exit=True)
        parent.send(message)

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
    while True:
        ask = parent.receive()
        if not isinstance(ask, Ask):
            raise TypeError(f"expected Ask, not {type(ask).__name__}")
        if examiner is None:
            _take(setup)
            examiner = Examiner(examined, setup.device)
        for outcome in examiner.run(ask.problem, seed=ask.seed, begins=begins):
            parent.send(Saw(outcome))
        figures = None
        if (own := examiner.own) is not None:
            begins(MEASURE)
            try:
                figures = measure(kernel, ask.problem, own)  # as compiled for the case before
            except Wrong as wrong:
                parent.send(Saw(Outcome(MEASURE, "wrong", wrong.error, wrong.limit, str(wrong), own=True)))
            except Exception as error:
                if not out_of_memory(error):
                    raise
        own = examiner.own = None  # its memory is the next problem's
        faulthandler.cancel_dump_traceback_later()
        parent.send(Done(figures))


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # the parent is gone
        os._exit(1)
    sys.stderr.flush()
    os._exit(0)  # libraries that hang while they clean up shall not hold the parent up
