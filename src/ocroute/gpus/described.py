"""What is known of a GPU before torch is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

Kind = Literal["cuda", "rocm", "mps"]
"""Of the builds of torch, the one that can use a GPU: for NVIDIA's CUDA, AMD's ROCm or Apple's Metal."""


class Gpu(msgspec.Struct, frozen=True):
    """One GPU as its driver describes it.

    Attributes:
        memory_mb, free_mb: MiB, of a slice of a card the slice's; 0 where only torch will know.
        compute_capability: ``(major, minor)``; of an AMD card the first two numbers of its ``gfx`` name, which torch calls so
            too; ``(0, 0)`` of others.
        kind: which build of torch can use it.
        unified: whether its memory is the computer's own.
    """

    name: str
    memory_mb: int
    free_mb: int
    compute_capability: tuple[int, int]
    uuid: str = ""
    kind: Kind = "cuda"
    unified: bool = False

    @property
    def in_words(self) -> str:
        """Name, memory and what decides which code it runs, e.g. ``NVIDIA L4, 23034 MiB, compute capability 8.9``."""
        memory = f"{self.memory_mb} MiB" if self.memory_mb else "memory not told"
        shared = " shared with the CPU" if self.unified else ""
        capability = ".".join(map(str, self.compute_capability))
        runs = {"cuda": f", compute capability {capability}", "rocm": ", for ROCm", "mps": ", for Metal"}
        return f"{self.name}, {memory}{shared}{runs[self.kind]}"


@dataclass(frozen=True, slots=True)
class FoundGpus:
    """What there is.

    Attributes:
        gpus: the first is the one that torch calls ``cuda:0``, or ``mps``.
        driver, cuda: the NVIDIA driver's version, and the newest CUDA that it serves; empty without one.
        note: why no GPU is listed.
    """

    gpus: tuple[Gpu, ...] = ()
    driver: str = ""
    cuda: str = ""
    note: str = ""
