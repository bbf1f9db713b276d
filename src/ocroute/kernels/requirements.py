"""Why a kernel must not be run here: from its requirements, the card, the driver, torch, and dated facts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ocroute.errors import NextStep
from ocroute.kernels.base import KernelInfo, Presence, Problem
from ocroute.kernels.binaries import runs_on
from ocroute.kernels.facts import Capability, Fact, all_facts, in_words, older, within
from ocroute.machine import Gpu

if TYPE_CHECKING:
    from ocroute.kernels.probe.proof import Proof

_BUILDS = "https://pytorch.org/get-started/locally"
_DRIVERS = "https://www.nvidia.com/drivers"

# Of torch since 2.9: the oldest CUDA that it is built for, and the oldest with code for cards of a compute capability and newer.
# Builds for more than the oldest have no code for cards before Turing.
_OLDEST = "12.6"
_BUILT_FOR = (((12, 0), "12.8"), ((11, 0), "13.0"), ((10, 0), "12.8"))
_NEWEST = 13
_TURING = (7, 5)

Installed = tuple[KernelInfo, Presence]
"""A kernel as it stands somewhere: its constant facts, and whether its code is there."""


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """What decides whether an installed torch can use a card.

    Attributes:
        version: as installed.
        cuda: that it was built for; empty in a build for the CPU.
        arch_list: what it has code for, e.g. ``("sm_90", "compute_120")``; empty where it cannot tell.
    """

    version: str
    cuda: str = ""
    arch_list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Platform:
    """What decides which kernels can run, on a machine that is here or only described.

    Attributes:
        gpu: on which they run; None for the CPU.
        driver_cuda: the newest CUDA that the driver serves; empty if unknown.
        torch: None without torch.
        kernels: every registered kernel.
        proofs: that are not stale, see `ocroute.kernels.ledger.Ledger.fresh`.
        facts: that are heeded; empty to leave their cases to the probe.
    """

    gpu: Gpu | None = None
    driver_cuda: str = ""
    torch: TorchBuild | None = None
    kernels: Mapping[str, Installed] = field(default_factory=dict)
    proofs: tuple[Proof, ...] = ()
    facts: tuple[Fact, ...] = field(default_factory=all_facts)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something cannot run, and what to do about it."""

    cause: str
    next_step: NextStep = field(default_factory=NextStep)

    def __str__(self) -> str:
        return f"{self.cause}; {self.next_step.remark}" if self.next_step else self.cause


def obstacle(kernel: str, platform: Platform, problem: Problem | None = None) -> Obstacle | None:
    """Why not to run ``kernel``; None if nothing is against it.

    Args:
        problem: what is to be computed; None asks about the card alone.
    """
    info, presence = platform.kernels[kernel]
    install = NextStep(command=info.install)
    if presence.state != "usable":
        return Obstacle(f"{presence.state}: {presence.reason}", install)
    if info.min_version and older(presence.version, info.min_version):
        return Obstacle(f"{info.distribution} {presence.version} is older than {info.min_version}", install)
    if found := _of_the_device(info, platform):
        return found
    gpu, torch = platform.gpu, platform.torch
    if problem is not None and (reason := _misfit(info, problem, on_cpu=gpu is None)):
        return Obstacle(f"it {reason}")
    for fact in platform.facts:
        capability, cuda = gpu.compute_capability if gpu else None, torch.cuda if torch else ""
        if kernel in fact.kernels and fact.holds(presence.version, capability, cuda, problem):
            return Obstacle(str(fact), NextStep("--no-facts lets the probe decide"))
    return None


def torch_obstacle(platform: Platform) -> Obstacle | None:
    """Why the platform's torch can run nothing on its GPU; None if it can, or without a GPU."""
    gpu, torch, driver_cuda = platform.gpu, platform.torch, platform.driver_cuda
    if gpu is None:
        return None
    if torch is None:
        return Obstacle("torch is not installed", NextStep(command="pip install 'ocroute[vlm]'"))
    if not torch.cuda:
        return Obstacle(f"torch {torch.version} is a build for the CPU", _build_for(gpu, driver_cuda))
    serves = _major(driver_cuda)
    if serves and serves < _major(torch.cuda):
        cause = f"the NVIDIA driver serves CUDA {driver_cuda} and torch {torch.version} needs {torch.cuda}"
        step = f"Update the driver: {_DRIVERS}"
        there_is = serves >= _major(_oldest_for(gpu.compute_capability))
        return Obstacle(cause, NextStep(f"{step}, or {_build_for(gpu, driver_cuda).remark}" if there_is else step))
    if torch.arch_list and not any(runs_on(code, gpu.compute_capability) for code in torch.arch_list):
        cause = (
            f"torch {torch.version} (CUDA {torch.cuda}) has no code for {gpu.name}, compute capability "
            f"{_dotted(gpu.compute_capability)}, only for {', '.join(torch.arch_list)}"
        )
        return Obstacle(cause, _build_for(gpu, driver_cuda))
    return None


def _of_the_device(info: KernelInfo, platform: Platform) -> Obstacle | None:
    gpu = platform.gpu
    if gpu is None:
        return None if info.dtypes_on_cpu else Obstacle("it needs an NVIDIA GPU")
    if found := torch_obstacle(platform):
        return found
    if info.capabilities and not within(gpu.compute_capability, info.capabilities):
        card = _dotted(gpu.compute_capability)
        return Obstacle(f"it runs on compute capability {in_words(info.capabilities)}; {gpu.name} has {card}")
    return None


def _misfit(info: KernelInfo, problem: Problem, *, on_cpu: bool) -> str:
    return info.misfit(head_dim=problem.head_dim, dtype=problem.dtype, grouped=problem.group > 1, on_cpu=on_cpu)


def _build_for(gpu: Gpu, driver_cuda: str) -> NextStep:
    """Which build of torch has code for the card and runs on the driver, and where to find the command that installs it."""
    oldest, serves = _oldest_for(gpu.compute_capability), _major(driver_cuda)
    too_old = 0 < serves < _major(oldest)
    which = f"CUDA {oldest}"
    if gpu.compute_capability >= _TURING:
        which += " or newer" + (f", below {serves + 1}" if serves and not too_old and serves < _NEWEST else "")
    update = f"Update the driver: {_DRIVERS}, and install" if too_old else "Install"
    return NextStep(f"{update} a build of torch for {which}: {_BUILDS} gives the command for your system")


def _oldest_for(card: Capability) -> str:
    return next((cuda for since, cuda in _BUILT_FOR if card >= since), _OLDEST)


def _major(cuda: str) -> int:
    return int(cuda.split(".")[0]) if cuda else 0


def _dotted(capability: Capability) -> str:
    return ".".join(map(str, capability))
