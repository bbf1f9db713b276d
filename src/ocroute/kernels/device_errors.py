"""What torch says when memory has run out, and when the GPU's context is gone."""

from __future__ import annotations

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


def out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that the device's, or the host's, memory has run out: a smaller input may help."""
    return type(error).__name__ in ("OutOfMemoryError", "MemoryError") or _says(error, _MEMORY)


def lost(error: BaseException) -> bool:
    """Whether the GPU's context is gone, and with it all that this process might still ask of it."""
    return _says(error, _LOST)


def _says(error: BaseException, signs: tuple[str, ...]) -> bool:
    text = str(error).lower()
    return any(sign in text for sign in signs)
