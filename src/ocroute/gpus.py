"""The NVIDIA GPUs that a program started here would use, in the order in which it would number them. Needs no torch.

The driver's management library lists every card, by its slot. CUDA, and torch with it, numbers those that
``CUDA_VISIBLE_DEVICES`` leaves, the fastest first unless ``CUDA_DEVICE_ORDER`` says otherwise. Where the two may differ CUDA
itself is asked, and the cards are matched by UUID.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

MIB = 1024 * 1024
VISIBLE = "CUDA_VISIBLE_DEVICES"
HIDE_GPUS = f"{VISIBLE}=-1"
"""The environment in which nothing uses a GPU."""

_LIBRARY = "nvcuda.dll" if os.name == "nt" else "libcuda.so.1"
_NO_DEVICE = 100


class Gpu(msgspec.Struct, frozen=True):
    """One GPU as its driver describes it. Memory in MiB; compute capability as ``(major, minor)``."""

    name: str
    memory_mb: int
    free_mb: int
    compute_capability: tuple[int, int]
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class FoundGpus:
    """What there is.

    Attributes:
        gpus: the first is the one that torch calls ``cuda:0``.
        driver, cuda: the driver's version, and the newest CUDA that it serves; empty without one.
        note: why no GPU is listed.
    """

    gpus: tuple[Gpu, ...] = ()
    driver: str = ""
    cuda: str = ""
    note: str = ""


class _CudaError(Exception):
    """CUDA does not answer."""


def find() -> FoundGpus:
    """Ask the driver."""
    try:
        import pynvml
    except ImportError as error:
        return FoundGpus(note=f"the NVIDIA management library's binding cannot be imported: {error}")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return FoundGpus(note=f"no NVIDIA driver answers ({error})")
    try:
        driver = str(pynvml.nvmlSystemGetDriverVersion())
        number = int(pynvml.nvmlSystemGetCudaDriverVersion_v2())
        cuda = f"{number // 1000}.{number % 1000 // 10}"
        count = pynvml.nvmlDeviceGetCount()
        if count == 0:
            return FoundGpus((), driver, cuda, "the NVIDIA driver lists no GPU")
        if count == 1 and VISIBLE not in os.environ:
            return FoundGpus((_described(pynvml.nvmlDeviceGetHandleByIndex(0)),), driver, cuda)
        gpus = tuple(_matched(uuid) for uuid in _numbered())
        return FoundGpus(gpus, driver, cuda, "" if gpus else f"{VISIBLE}={os.environ.get(VISIBLE, '')} hides every GPU")
    except pynvml.NVMLError as error:
        return FoundGpus(note=f"the NVIDIA driver answers with an error ({error})")
    except _CudaError as error:
        return FoundGpus(note=f"CUDA cannot be used: {error}")
    finally:
        pynvml.nvmlShutdown()


def _numbered() -> list[UUID]:
    """The UUIDs of CUDA's devices, in its order. Makes no context, and takes no memory on any of them.

    Raises:
        _CudaError: it does not start.
    """
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise _CudaError(str(error)) from error

    def call(name: str, *arguments: Any) -> int:
        return int(getattr(library, name)(*arguments))

    def check(code: int) -> None:
        if code:
            words = ctypes.c_char_p()
            call("cuGetErrorString", code, ctypes.byref(words))
            raise _CudaError(f"{(words.value or b'unknown error').decode(errors='replace')} ({code})")

    begun = call("cuInit", 0)
    if begun == _NO_DEVICE:
        return []
    check(begun)
    count = ctypes.c_int()
    check(call("cuDeviceGetCount", ctypes.byref(count)))
    return [_uuid(number, call, check) for number in range(count.value)]


def _uuid(number: int, call: Any, check: Any) -> UUID:
    device, raw = ctypes.c_int(), ctypes.create_string_buffer(16)
    check(call("cuDeviceGet", ctypes.byref(device), number))
    check(call("cuDeviceGetUuid_v2", raw, device))  # of a slice of a card the slice's own, unlike the first version
    return UUID(bytes=raw.raw)


def _matched(uuid: UUID) -> Gpu:
    """The card, or the slice of one, with this UUID."""
    import pynvml

    try:
        return _described(pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}"))
    except pynvml.NVMLError_NotFound:
        part = pynvml.nvmlDeviceGetHandleByUUID(f"MIG-{uuid}")
        return _described(part, whole=pynvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(part))


def _described(handle: object, *, whole: object | None = None) -> Gpu:
    import pynvml

    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(whole or handle)
    return Gpu(
        name=str(pynvml.nvmlDeviceGetName(handle)),
        memory_mb=int(memory.total) // MIB,
        free_mb=int(memory.free) // MIB,
        compute_capability=(int(major), int(minor)),
        uuid=str(pynvml.nvmlDeviceGetUUID(handle)),
    )
