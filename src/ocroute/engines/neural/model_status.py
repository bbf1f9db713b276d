"""Every neural engine as it stands on this machine: the part of ``ocroute doctor`` that is about models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ocroute.engines.base import Availability, EngineInfo
from ocroute.engines.neural.attention import kernel_choices
from ocroute.engines.neural.availability import Located
from ocroute.engines.neural.canary.history import Canary, matching, newest
from ocroute.kernels.base import SubModel
from ocroute.kernels.choice import Choice
from ocroute.kernels.requirements import Platform
from ocroute.machine import Machine

_CPU = "cpu"  # as records of pages and canaries call it
_FLOAT32 = 2  # on the CPU a weight takes four bytes instead of two


class ModelRow(msgspec.Struct, frozen=True):
    """One neural engine here.

    Attributes:
        state: of packages and weights together.
        weights: where they are, or what is missing.
        get: the command that brings what is missing; empty when nothing is.
        lacking: whether weights are all that is missing.
        named: where the engine's last canary page had its weights from, if none are found now.
        need_mb: memory for the weights and one A4 page at 100 dpi, in the dtype that this machine computes in.
        free_mb: of the GPU, or of the host without one.
        device: where that memory is.
        kernels: sub-model to the kernel that it would run on.
        canary: the last reading of the canary page with these very weights on this device; None when there was none.
        outdated: what has changed since then.
    """

    engine: str
    state: str
    weights: str
    get: str
    need_mb: int
    free_mb: int
    device: str
    kernels: Mapping[SubModel, Choice] = {}
    canary: Canary | None = None
    outdated: str = ""
    lacking: bool = False
    named: str = ""

    @property
    def proven(self) -> bool:
        """Whether every kernel that it would run on is proven."""
        return all(choice.proven for choice in self.kernels.values())

    @property
    def fits(self) -> bool:
        """Whether the memory that is free is enough; of a card that does not tell, yes."""
        return self.need_mb <= self.free_mb or not self.free_mb


def model_rows(
    engines: Mapping[str, tuple[EngineInfo, Availability]],
    machine: Machine,
    platform: Platform | None = None,
    canaries: Sequence[Canary] = (),
) -> tuple[ModelRow, ...]:
    """A row for each neural engine, in the order in which they are tried. Pure.

    Args:
        engines: every registered engine: its constant facts and its availability.
        platform: that kernels would run on; without torch none is chosen.
        canaries: every result that is kept, the newest first, see `records.kept`.
    """
    neural = ((name, *both) for name, both in engines.items() if both[0].kind == "vlm")
    return tuple(
        _row(name, info, here, machine, platform, canaries)
        for name, info, here in sorted(neural, key=lambda row: (row[1].rank, row[0]))
    )


def _row(
    name: str,
    info: EngineInfo,
    here: Availability,
    machine: Machine,
    platform: Platform | None,
    canaries: Sequence[Canary],
) -> ModelRow:
    gpu = machine.first_gpu
    kernels = kernel_choices(name, platform) if platform and platform.torch else {}
    found = here if isinstance(here, Located) else Located(here.state)
    device = gpu.name if gpu else _CPU
    canary, last = matching(canaries, name, here.weights, device), newest(canaries, name)
    missing = f"not here: {found.lacking}" if found.lacking else here.reason
    return ModelRow(
        engine=name,
        state=here.state,
        weights=(found.where or "here") if here.state == "usable" else missing,
        get=here.install or here.advice,
        need_mb=info.gpu_mb if gpu else info.gpu_mb * _FLOAT32,
        free_mb=gpu.free_mb if gpu else machine.free_mb,
        device=gpu.name if gpu else "the CPU",
        kernels=kernels,
        canary=canary,
        outdated=canary.outdated(_versions(canary, machine)) if canary else "",
        lacking=bool(found.lacking),
        named=last.model if last and found.lacking else "",
    )


def _versions(canary: Canary, machine: Machine) -> dict[str, str]:
    """What the machine has now of what the canary was read with, as far as the machine lists it."""
    return {name: machine.libraries.get(name, have) for name, have in canary.versions.items()}
