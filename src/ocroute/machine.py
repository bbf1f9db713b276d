"""What is here: processors, memory, GPUs, drivers, libraries. Frozen, so that a plan can be made for any machine."""

from __future__ import annotations

import msgspec


class Gpu(msgspec.Struct, frozen=True):
    """One GPU as its driver describes it. Memory in MiB; compute capability as ``(major, minor)``."""

    name: str
    memory_mb: int
    free_mb: int
    compute_capability: tuple[int, int]
    uuid: str = ""


class Machine(msgspec.Struct, frozen=True):
    """What a plan needs to know of a computer. Memory in MiB."""

    os: str
    architecture: str
    processor: str
    cores: int
    memory_mb: int
    free_mb: int
    python: str
    gpus: tuple[Gpu, ...] = ()
    driver: str = ""
    driver_cuda: str = ""
    gpu_note: str = ""
    libraries: dict[str, str] = {}
