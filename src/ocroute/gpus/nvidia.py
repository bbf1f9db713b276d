"""NVIDIA's GPUs, in the order in which CUDA would number them. Needs no torch.

The driver's management library lists every card, by its slot. CUDA, and torch with it, numbers those that
``CUDA_VISIBLE_DEVICES`` leaves, the fastest first unless ``CUDA_DEVICE_ORDER`` says otherwise; of a card that is cut into slices
(MIG) it uses one slice. Where the two may differ CUDA itself is asked, and cards and slices are matched by UUID.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from contextlib import suppress
from typing import Any
from uuid import UUID

from ocroute.gpus.described import FoundGpus, Gpu
from ocroute.host_memory import MIB, memory_mb

VISIBLE = "CUDA_VISIBLE_DEVICES"
HIDE_GPUS = f"{VISIBLE}=-1"
"""The environment in which nothing uses a GPU."""

_LIBRARY = "nvcuda.dll" if os.name == "nt" else "libcuda.so.1"
_MANAGEMENT = "libnvidia-ml.so.1"
_NO_DEVICE = 100
_IN_WINDOWS = "; this is WSL2, where the driver is that of Windows: update it there, then run wsl --update"


class _CudaError(Exception):
    """CUDA does not answer."""


def find() -> FoundGpus:
    """Ask the driver."""
    wsl = _IN_WINDOWS if "microsoft" in platform.release().lower() else ""
    if sys.modules.get("pynvml") is None and _without_driver():
        return FoundGpus(note=f"no NVIDIA driver answers (there is none){wsl}")
    try:
        import pynvml
    except ImportError as error:
        return FoundGpus(note=f"the NVIDIA management library's binding cannot be imported: {error}")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return FoundGpus(note=f"no NVIDIA driver answers ({error}){wsl}")
    try:
        driver = str(pynvml.nvmlSystemGetDriverVersion())
        number = int(pynvml.nvmlSystemGetCudaDriverVersion_v2())
        cuda = f"{number // 1000}.{number % 1000 // 10}"
        count = pynvml.nvmlDeviceGetCount()
        if count == 0:
            return FoundGpus((), driver, cuda, "the NVIDIA driver lists no GPU")
        if count == 1 and VISIBLE not in os.environ:
            return FoundGpus((_alone(pynvml.nvmlDeviceGetHandleByIndex(0)),), driver, cuda)
        gpus = tuple(_matched(uuid) for uuid in _numbered())
        return FoundGpus(gpus, driver, cuda, "" if gpus else f"{VISIBLE}={os.environ.get(VISIBLE, '')} hides every GPU")
    except pynvml.NVMLError as error:
        return FoundGpus(note=f"the NVIDIA driver answers with an error ({error})")
    except _CudaError as error:
        return FoundGpus(note=f"CUDA cannot be used: {error}")
    finally:
        pynvml.nvmlShutdown()


def _without_driver() -> bool:
    """Whether the driver's management library cannot be loaded; told without its binding, which takes long to import."""
    if os.name == "nt":  # where it may lie in several places
        return False
    try:
        ctypes.CDLL(_MANAGEMENT)
    except OSError:
        return True
    return False


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


def _alone(card: object) -> Gpu:
    """The only card, or the slice of it that torch will use."""
    if not _is_cut(card):
        return _described(card)
    try:
        return next(_matched(uuid) for uuid in _numbered())
    except (_CudaError, StopIteration):
        return _first_slice(card)


def _is_cut(card: object) -> bool:
    """Whether a card is cut into slices (MIG)."""
    import pynvml

    try:
        return bool(pynvml.nvmlDeviceGetMigMode(card)[0])
    except (pynvml.NVMLError, AttributeError):  # cards and drivers that know nothing of it
        return False


def _first_slice(card: object) -> Gpu:
    """As the management library lists them; a container may not be told of the card's memory, and of slices by UUID only."""
    import pynvml

    try:
        return _described(pynvml.nvmlDeviceGetMigDeviceHandleByIndex(card, 0), whole=card)
    except (pynvml.NVMLError, AttributeError):
        with suppress(pynvml.NVMLError):
            if _memory(card)[2]:  # a chip with the computer's memory cannot be cut, whatever its driver says
                return _described(card)
        major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(card)
        return Gpu(f"{pynvml.nvmlDeviceGetName(card)}, a MIG slice", 0, 0, (int(major), int(minor)))


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

    memory, free, unified = _memory(handle)
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(whole or handle)
    return Gpu(
        name=str(pynvml.nvmlDeviceGetName(handle)),
        memory_mb=memory,
        free_mb=free,
        compute_capability=(int(major), int(minor)),
        uuid=str(pynvml.nvmlDeviceGetUUID(handle)),
        unified=unified,
    )


def _memory(handle: object) -> tuple[int, int, bool]:
    """MiB in all and free, and whether they are the computer's own, as those of GB10 are: its driver tells of none."""
    import pynvml

    def error(name: str) -> Any:
        return getattr(pynvml, f"NVMLError_{name}", ())

    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    except error("NotSupported"):
        return *memory_mb(), True
    except error("NoPermission"):
        return 0, 0, False
    return int(memory.total) // MIB, int(memory.free) // MIB, False
