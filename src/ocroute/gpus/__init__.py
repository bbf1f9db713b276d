"""The GPUs that a program started here would use, in the order in which torch would number them. Imports no torch."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from ocroute.gpus import nvidia, others
from ocroute.gpus.described import FoundGpus, Gpu, Kind
from ocroute.gpus.nvidia import HIDE_GPUS, VISIBLE
from ocroute.host_memory import MIB

__all__ = ["HIDE_GPUS", "MIB", "VISIBLE", "FoundGpus", "Gpu", "Kind", "find"]


def find() -> FoundGpus:
    """Ask NVIDIA's driver, and the system for cards of AMD, Apple and Intel.

    Where there are NVIDIA's and AMD's, those come first which the installed torch is built for.
    """
    found, more = nvidia.find(), others.find()
    if os.environ.get(VISIBLE) == "-1":  # as HIDE_GPUS says; ROCm heeds the same variable
        more = FoundGpus()
    gpus = (*more.gpus, *found.gpus) if _for_rocm() else (*found.gpus, *more.gpus)
    return replace(found, gpus=gpus, note="" if gpus else "; ".join(filter(None, (found.note, more.note))))


def _for_rocm() -> bool:
    """Whether the installed torch is a build for AMD's cards."""
    try:
        return "+rocm" in version("torch")
    except PackageNotFoundError:
        return False
