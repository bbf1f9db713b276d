"""What torch raises, in our words."""

from __future__ import annotations

from ocroute.errors import DOCTOR, EngineCrashed, EngineError, EngineUnavailable
from ocroute.kernels.device_errors import lost, out_of_memory

_AGAIN = "Start the program again; with a worker process that happens by itself: ocroute read PAGE --jobs 1"

_lost_to = ""


class Overflow(EngineUnavailable, FloatingPointError):
    """A model's numbers leave the format that it computes in; a wider one may hold them."""


def translated(error: Exception, engine: str) -> EngineError:
    """``error`` as one of ours. After a fault on the GPU, nothing that this process asks of it will work any more."""
    global _lost_to
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    if lost(error):
        _lost_to = reason
        return EngineCrashed(f"{engine} broke the GPU's context: {reason}", next_step=_AGAIN)
    return EngineError(f"{engine} failed: {type(error).__name__}: {reason}", next_step=DOCTOR)


def at_start(error: Exception, engine: str, device: str) -> EngineUnavailable:
    """``error``, raised while a model is loaded or reads for the first time, as the reason why it cannot be used."""
    if isinstance(error, EngineError):
        return EngineUnavailable(error.message, next_step=error.next_step or DOCTOR)
    if out_of_memory(error):
        return EngineUnavailable(
            f"{engine} does not fit into the memory of {device}",
            next_step="Close what else uses it, or choose a smaller model: ocroute engines",
        )
    return EngineUnavailable(translated(error, engine).message, next_step=DOCTOR)


def check_device(engine: str) -> None:
    """Raises:
    EngineCrashed: an earlier fault has taken this process's GPU context.
    """
    if _lost_to:
        raise EngineCrashed(
            f"{engine} cannot run: this process lost the GPU to an earlier fault ({_lost_to})",
            next_step=_AGAIN,
        )
