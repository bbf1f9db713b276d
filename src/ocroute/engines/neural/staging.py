"""The computer's own memory on the way of a model's weights to a GPU.

Weights whose numbers are those that the model computes in are mapped from the file and pass through memory that the system can
take back at any time; nothing need be free for them. Those that are converted or stacked on the way are copied, all of them
before the first goes to the GPU; and on Windows nothing is mapped.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ocroute.engines.neural import shards
from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.recipe import Facts
from ocroute.errors import EngineUnavailable
from ocroute.machine import MIB, inspect


def need(folder: Path, where: Place) -> int:
    """Bytes of the computer's memory that loading the checkpoint in ``folder`` takes besides what it takes on the device."""
    if not where.device.startswith("cuda"):
        return 0  # there is one memory, and `budget.fitted` has counted it
    return shards.copied(folder, where.numbers, mapped=sys.platform != "win32")


def require(facts: Facts, folder: Path, where: Place) -> None:
    """Whether the weights can be brought to the GPU.

    Raises:
        EngineUnavailable: the computer has too little memory free; without this, the system would end the process.
    """
    wanted, free = need(folder, where) // MIB, inspect().free_mb
    if wanted > free:
        raise EngineUnavailable(
            f"{facts.name} needs {wanted} MiB of the computer's own memory while its weights go to {where.name}, "
            f"and {free} MiB are free",
            next_step="Close other programs, or choose a smaller model: ocroute engines",
        )
