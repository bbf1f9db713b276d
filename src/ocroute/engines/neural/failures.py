"""What torch raises, in our words."""

from __future__ import annotations

from ocroute.errors import EngineCrashed, EngineError

_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")
_LOST = ("device-side assert", "illegal memory access", "CUDA error", "unspecified launch failure", "cudaError")

_lost_to = ""


def out_of_memory(error: BaseException) -> bool:
    """Whether a smaller image may help."""
    text = str(error).lower()
    return type(error).__name__ == "OutOfMemoryError" or any(sign in text for sign in _MEMORY)


def lost(error: BaseException) -> bool:
    """Whether the GPU's context is gone, and with it all that this process might still ask of it."""
    return any(sign in str(error) for sign in _LOST)


def translated(error: Exception, engine: str) -> EngineError:
    """``error`` as one of ours. After a fault on the GPU, nothing that this process asks of it will work any more."""
    global _lost_to
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    if lost(error):
        _lost_to = reason
        return EngineCrashed(f"{engine} broke the GPU's context: {reason}", next_step="Start a new process")
    return EngineError(f"{engine} failed: {type(error).__name__}: {reason}")


def check_device(engine: str) -> None:
    """Raises:
    EngineCrashed: an earlier fault has taken this process's GPU context.
    """
    if _lost_to:
        raise EngineCrashed(
            f"{engine} cannot run: this process lost the GPU to an earlier fault ({_lost_to})",
            next_step="Start a new process",
        )
