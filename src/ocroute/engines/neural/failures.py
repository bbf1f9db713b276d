"""What torch raises, in our words."""

from __future__ import annotations

from ocroute.errors import EngineCrashed, EngineError, EngineUnavailable

_MEMORY = (
    *("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory"),
    *("cublas_status_alloc_failed", "cudnn_status_alloc_failed", "cusolver_status_alloc_failed"),
)
# The errors after which CUDA answers nothing but the same error. Others, such as a missing kernel image or an argument that a
# library does not support, leave the context whole, and what does end it comes out again at the next page.
_LOST = (
    *("device-side assert", "illegal memory access", "illegal instruction", "illegal address", "misaligned address"),
    *("unspecified launch failure", "launch timed out", "invalid program counter", "hardware stack error"),
    *("uncorrectable ecc error", "uncorrectable nvlink error", "gpu is lost", "fallen off the bus"),
    *("cuda_error_illegal_address", "cuda_error_launch_failed", "cuda_error_assert", "cuda_error_launch_timeout"),
)

_AGAIN = "Start the program again; with worker processes (--jobs 1) that happens by itself"

_lost_to = ""


class Overflow(EngineUnavailable, FloatingPointError):
    """A model's numbers leave the format that it computes in; a wider one may hold them."""


def out_of_memory(error: BaseException) -> bool:
    """Whether a smaller image may help."""
    return type(error).__name__ in ("OutOfMemoryError", "MemoryError") or _says(error, _MEMORY)


def lost(error: BaseException) -> bool:
    """Whether the GPU's context is gone, and with it all that this process might still ask of it."""
    return _says(error, _LOST)


def _says(error: BaseException, signs: tuple[str, ...]) -> bool:
    text = str(error).lower()
    return any(sign in text for sign in signs)


def translated(error: Exception, engine: str) -> EngineError:
    """``error`` as one of ours. After a fault on the GPU, nothing that this process asks of it will work any more."""
    global _lost_to
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    if lost(error):
        _lost_to = reason
        return EngineCrashed(f"{engine} broke the GPU's context: {reason}", next_step=_AGAIN)
    return EngineError(f"{engine} failed: {type(error).__name__}: {reason}")


def at_start(error: Exception, engine: str, device: str) -> EngineUnavailable:
    """``error``, raised while a model is loaded or reads for the first time, as the reason why it cannot be used."""
    if isinstance(error, EngineError):
        return EngineUnavailable(error.message, next_step=error.next_step or "Run: ocroute doctor")
    if out_of_memory(error):
        return EngineUnavailable(
            f"{engine} does not fit into the memory of {device}",
            next_step="Close what else uses it, or choose a smaller model: ocroute engines",
        )
    return EngineUnavailable(translated(error, engine).message, next_step="Run: ocroute doctor")


def check_device(engine: str) -> None:
    """Raises:
    EngineCrashed: an earlier fault has taken this process's GPU context.
    """
    if _lost_to:
        raise EngineCrashed(
            f"{engine} cannot run: this process lost the GPU to an earlier fault ({_lost_to})",
            next_step=_AGAIN,
        )
