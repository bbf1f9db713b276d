"""What is here: CPU, memory, GPUs, drivers, libraries. Frozen, so that a plan can be made for any machine."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Literal

import msgspec

from ocroute.distributions import installed
from ocroute.gpus import HIDE_GPUS, MIB, Gpu, find
from ocroute.host_memory import memory_mb

__all__ = ["HIDE_GPUS", "LIBRARIES", "MIB", "Gpu", "Host", "Machine", "inspect", "memory_mb", "usable_cores"]

Host = Literal["linux", "linux-aarch64", "windows", "mac"]
"""Kinds of computers that builds of torch are made for."""

# What decides how a page is read, or what a bug report needs to say.
LIBRARIES = (
    "ocroute",
    "rapidocr",
    "openvino",
    "onnxruntime",
    "pypdfium2",
    "pillow",
    "opencv-python-headless",
    "numpy",
    "torch",
    "transformers",
)


class Machine(msgspec.Struct, frozen=True):
    """What a plan needs to know of a computer.

    Attributes:
        processor: the CPU's name.
        cores: that this process may use, after affinity and container limits.
        memory_mb, free_mb: MiB that this process may use, after container limits, and what of it is free.
        gpus: that this process may use, in CUDA's order: the first is torch's ``cuda:0``.
        driver, driver_cuda: of the NVIDIA driver, and the newest CUDA that it serves; empty without one.
        gpu_note: why no GPU is listed.
        libraries: installed versions by distribution name; absent ones are left out.
    """

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

    @property
    def first_gpu(self) -> Gpu | None:
        """The one that torch calls ``cuda:0``, or ``mps``; None without any."""
        return next(iter(self.gpus), None)

    @property
    def is_wsl(self) -> bool:
        """Whether this is a Linux within Windows (WSL2), whose driver is that of Windows."""
        return "microsoft" in self.os.lower()

    @property
    def host(self) -> Host:
        """Which builds of torch are for this computer; WSL2 is a Linux."""
        if self.os.startswith(("Windows", "Darwin")):
            return "windows" if self.os.startswith("Windows") else "mac"
        return "linux-aarch64" if self.architecture in ("aarch64", "arm64") else "linux"


def inspect() -> Machine:
    """Look at this machine. Loads no model and imports no torch; takes a few milliseconds, with several GPUs some tenths of a
    second.
    """
    memory, free = memory_mb()
    found = find()
    return Machine(
        os=f"{platform.system()} {platform.release()}",
        architecture=platform.machine(),
        processor=_processor(),
        cores=usable_cores(),
        memory_mb=memory,
        free_mb=free,
        python=platform.python_version(),
        gpus=found.gpus,
        driver=found.driver,
        driver_cuda=found.cuda,
        gpu_note=found.note,
        libraries=_libraries(),
    )


def usable_cores() -> int:
    """How many cores this process may use: its affinity, cut by a container's quota where there is one."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = (_read("/sys/fs/cgroup/cpu.max") or "max").partition(" ")
    if quota.isdigit() and period.strip().isdigit():
        affinity = min(affinity, max(1, int(quota) // int(period)))
    return affinity


def _processor() -> str:
    for line in (_read("/proc/cpuinfo") or "").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _libraries() -> dict[str, str]:
    return {name: version for name in LIBRARIES if (version := installed(name))}


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
