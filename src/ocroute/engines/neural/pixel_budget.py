"""How many pixels of a page the model is shown: as many as it was made for, or as the memory allows that is free.

Host memory counts where weights pass through it on their way to a GPU. Those that have the dtype in which the model computes are
mapped from the file, through pages that the system can take back at any time; nothing need be free for them. Those that are
converted or stacked on the way are copied, all of them before the first goes to the GPU; and on Windows nothing is mapped.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocroute.engines.neural import shards
from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.memory_count import Need
from ocroute.engines.neural.model_facts import Facts, Prepared
from ocroute.errors import EngineUnavailable
from ocroute.machine import MIB, inspect

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

SMALL_PAGE = 827 * 1169
"""A4 at 100 dpi, the smallest page that is worth loading a model for. Pixels."""

CPU_PAGE = SMALL_PAGE
"""The largest page on a CPU: there A4 at 200 dpi takes minutes before the first word, at 100 dpi an eighth of that."""

TRIES = 4
"""How often a page is shown, each time smaller, before it is given up."""

_LESS = 0.75  # of what the model was shown is at most what it is shown at the next try

HEADROOM = (
    256 * MIB
)  # of a GPU's free memory, for the code and workspaces of libraries, which are loaded when first used
_SPREAD = 5  # the second page that is counted has so many times the pixels of the first: more than A4 at 200 dpi
_SHRINK = 0.95  # at least so much smaller is the next try, where a step in the need defeats the straight line
_SLIM = 2**-0.5  # width over height of A4


@dataclass(frozen=True, slots=True)
class Sample:
    """What one page takes.

    Attributes:
        pixels: that it may have.
        values: numbers in its pixel tensors: what the memory of a page grows with, in models of patches and of tiles alike.
        tokens: of the prompt, those of the image included.
        patches: in the sequence over which the vision tower attends; 0 where it does not depend on the page.
    """

    pixels: int
    values: int
    tokens: int
    patches: int
    need: Need


@dataclass(frozen=True, slots=True)
class Budget:
    """The pixels that a page may have here, and what is known of memory.

    Attention without masks takes memory in proportion to the patches, so two pages give the line for all.

    Attributes:
        pixels: the most.
        free: bytes that were free before the model was loaded.
        small, large: the two pages that were counted.
    """

    pixels: int
    free: int
    small: Sample
    large: Sample

    def predicted(self, values: float) -> int:
        """Bytes at the peak for a page with so many numbers in its pixel tensors, the longest answer included."""
        share = self._share(values, self.small.values, self.large.values)

        def between(name: str) -> int:
            return round(self._between(getattr(self.small.need, name), getattr(self.large.need, name), share))

        return replace(self.large.need, **{name: between(name) for name in ("vision", "prompt", "answer")}).peak

    def at(self, pixels: int) -> int:
        """As `predicted`, for a page that has ``pixels`` to itself."""
        return self.predicted(self._by_pixels(pixels, "values"))

    def record(self, values: float, pixels: int) -> dict[str, int]:
        """For the record of a page that might have ``pixels``: what was free before loading and what was predicted, MiB."""
        predicted = self.predicted(values)
        return {"free_mb": self.free // MIB, "predicted_mb": predicted // MIB, "budget_pixels": pixels}

    @property
    def patches(self) -> int:
        """Of a page that has all the pixels."""
        return round(self._by_pixels(self.pixels, "patches"))

    @property
    def tokens(self) -> int:
        """Of its prompt."""
        return round(self._by_pixels(self.pixels, "tokens"))

    def _by_pixels(self, pixels: int, name: str) -> float:
        share = self._share(pixels, self.small.pixels, self.large.pixels)
        return self._between(getattr(self.small, name), getattr(self.large, name), share)

    @staticmethod
    def _share(here: float, low: int, high: int) -> float:
        return (here - low) / (high - low) if high > low else 0.0

    @staticmethod
    def _between(low: int, high: int, share: float) -> float:
        return max(0.0, low + share * (high - low))


def fitted(facts: Facts, where: Place, sample: Callable[[int], Sample], free: int) -> Budget:
    """The largest budget that fits into ``free`` bytes, up to ``facts.max_pixels``, or on a CPU to what is set for that.

    Args:
        where: for the message.
        sample: counts a page of so many pixels; asked twice, or more often where the need has steps.

    Raises:
        EngineUnavailable: not even a small page fits.
    """
    least = min(facts.max_pixels, max(facts.min_pixels, SMALL_PAGE))
    small = sample(least)
    if small.need.peak > free:
        raise EngineUnavailable(
            f"{facts.name} needs {small.need.peak // MIB} MiB of memory for a small page "
            f"({small.need.weights // MIB} MiB of them for its weights), and {free // MIB} MiB are free on {where.name}",
            next_step="Close what else uses it, or choose a smaller model: ocroute engines",
        )
    large = sample(min(facts.max_pixels, _SPREAD * least))
    most = facts.max_pixels
    if where.device == "cpu":
        most = min(most, facts.cpu_pixels or max(facts.min_pixels, CPU_PAGE))
    budget = Budget(most, free, small, large)
    while budget.at(budget.pixels) > free:
        pixels = _most(budget, least, free)
        if pixels >= large.pixels:  # beyond both pages the line is all there is
            return replace(budget, pixels=pixels)
        between = sample(max(least, min(pixels, int(_SHRINK * budget.large.pixels))))
        budget = Budget(between.pixels, free, small, between)
        if between.pixels == least:
            break
    return budget


def _most(budget: Budget, least: int, free: int) -> int:
    """The most pixels, from ``least`` to the budget's, that the line lets into ``free`` bytes."""
    most = budget.pixels
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if budget.at(middle) <= free else (least, middle)
    return least


def free_bytes(where: Place) -> int:
    """Memory that a model may take there, what torch holds in reserve from earlier ones included."""
    import torch

    if not where.device.startswith("cuda"):
        machine = inspect()
        gpu = machine.first_gpu if where.device == "mps" else None
        return (gpu.free_mb if gpu else machine.free_mb) * MIB
    free, _ = torch.cuda.mem_get_info(where.device)
    held = torch.cuda.memory_reserved(where.device) - torch.cuda.memory_allocated(where.device)
    return max(0, free + held - HEADROOM)


def blank(pixels: int) -> Image:
    """An empty page of the shape of A4."""
    from PIL import Image as Images

    width = (pixels * _SLIM) ** 0.5
    return Images.new("RGB", (max(1, int(width)), max(1, int(pixels / width))), "white")


def values(inputs: Mapping[str, Any]) -> int:
    """Numbers in the pixel tensors among a model's inputs."""
    return sum(value.numel() for value in inputs.values() if _is_pixels(value))


def without_contents(inputs: Mapping[str, Any], dtype: torch.dtype) -> dict[str, Any]:
    """``inputs`` without the text, pixels on the meta device in ``dtype``, everything else (sizes, counts) as it is."""
    import torch

    return {
        name: torch.empty_like(value, device="meta", dtype=dtype) if _is_pixels(value) else value
        for name, value in inputs.items()
        if name != "input_ids"
    }


def patches(inputs: Mapping[str, Any]) -> int:
    """The sequence over which the vision tower attends; 0 where it is a fixed one."""
    grid = inputs.get("image_grid_thw")
    return 0 if grid is None else int(grid.prod(-1).sum())


def _is_pixels(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor) and value.is_floating_point()


def host_memory(folder: Path, where: Place) -> int:
    """Bytes of the computer's memory that loading the checkpoint in ``folder`` takes besides what it takes on the device."""
    if not where.device.startswith("cuda"):
        return 0  # there is one memory, and `budget.fitted` has counted it
    return shards.copied(folder, where.dtype_name, mapped=sys.platform != "win32")


def require_host_memory(facts: Facts, folder: Path, where: Place) -> None:
    """Whether the weights can be brought to the GPU.

    Raises:
        EngineUnavailable: the computer has too little memory free; without this, the system would end the process.
    """
    wanted, free = host_memory(folder, where) // MIB, inspect().free_mb
    if wanted > free:
        raise EngineUnavailable(
            f"{facts.name} needs {wanted} MiB of the computer's own memory while its weights go to {where.name}, "
            f"and {free} MiB are free",
            next_step="Close other programs, or choose a smaller model: ocroute engines",
        )


@dataclass(frozen=True, slots=True)
class View:
    """A page as the model is shown it: at most ``pixels`` of it, and what was made of these."""

    pixels: int
    prepared: Prepared


def views(facts: Facts, prepare: Callable[[int], Prepared], pixels: int) -> Iterator[View]:
    """The page with all of ``pixels``, and each time that the next view is asked for, with noticeably less to see.

    A budget that is halved changes nothing while the page is smaller than it, or where a model takes whole tiles; such steps
    are left out.

    Args:
        prepare: makes the model's inputs for a budget.
    """
    shown = float("inf")
    for _ in range(TRIES):
        prepared = prepare(pixels)
        while values(prepared.inputs) > _LESS * shown:
            if not (pixels := _half(facts, pixels)):
                return
            prepared = prepare(pixels)
        yield View(pixels, prepared)
        shown = values(prepared.inputs)
        if not (pixels := _half(facts, pixels)):
            return


def _half(facts: Facts, pixels: int) -> int:
    """Half of ``pixels``, or the least that the model takes; 0 where that was tried."""
    return max(pixels // 2, facts.min_pixels) if pixels > facts.min_pixels else 0
