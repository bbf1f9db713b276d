"""Why a kernel must not be run here: from its requirements, the card, the driver, torch, and dated facts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ocroute.errors import NextStep
from ocroute.kernels.base import KernelInfo, Presence, Problem
from ocroute.kernels.binaries import runs_on
from ocroute.kernels.facts import Capability, Fact, all_facts, in_words, older, within
from ocroute.kernels.torch_builds import builds_for, default_serves, major, newest_build, rocm_build
from ocroute.machine import Gpu, Host

if TYPE_CHECKING:
    from ocroute.kernels.probe.proof import Proof

_BUILDS = "https://pytorch.org/get-started/locally"
_DRIVERS = "https://www.nvidia.com/drivers"
_INSTALL = "pip install 'ocroute[vlm]'"
_BUILT_FOR = {"rocm": "AMD's ROCm", "mps": "Apple's Metal", "xpu": "Intel's GPUs", "": "the CPU"}

Installed = tuple[KernelInfo, Presence]
"""A kernel as it stands somewhere: its constant facts, and whether its code is there."""


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """What decides whether an installed torch can use a card.

    Attributes:
        version: as installed.
        cuda: that it was built for; empty in a build for the CPU, or for others' GPUs.
        arch_list: what it has code for, e.g. ``("sm_90", "compute_120")``; empty where it cannot tell.
        other: for whose GPUs it was built, if not for CUDA: ``rocm``, ``mps`` or ``xpu``.
    """

    version: str
    cuda: str = ""
    arch_list: tuple[str, ...] = ()
    other: Literal["", "rocm", "mps", "xpu"] = ""


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
        host: the kind of computer, for advice that can be followed on it.
    """

    gpu: Gpu | None = None
    driver_cuda: str = ""
    torch: TorchBuild | None = None
    kernels: Mapping[str, Installed] = field(default_factory=dict)
    proofs: tuple[Proof, ...] = ()
    facts: tuple[Fact, ...] = field(default_factory=all_facts)
    host: Host = "linux"


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
        capability = gpu.compute_capability if gpu and gpu.kind == "cuda" else None
        cuda = torch.cuda if torch else ""
        if kernel in fact.kernels and fact.holds(presence.version, capability, cuda, problem):
            return Obstacle(str(fact), NextStep("--no-facts lets the probe decide"))
    return None


def torch_obstacle(platform: Platform) -> Obstacle | None:
    """Why the platform's torch can run nothing on its GPU; None if it can, or without a GPU."""
    gpu, torch, driver_cuda = platform.gpu, platform.torch, platform.driver_cuda
    if gpu is None:
        return None
    if torch is None:
        return Obstacle("torch is not installed", _install_for(gpu, driver_cuda, platform.host))
    if gpu.kind != "cuda" or not torch.cuda:
        if gpu.kind == torch.other:
            return None
        built_for = f"CUDA {torch.cuda}" if torch.cuda else _BUILT_FOR[torch.other]
        return Obstacle(
            f"torch {torch.version} is a build for {built_for}", _build_for(gpu, driver_cuda, platform.host)
        )
    if driver_cuda and major(driver_cuda) < major(torch.cuda):
        cause = f"the NVIDIA driver serves CUDA {driver_cuda} and torch {torch.version} needs {torch.cuda}"
        return Obstacle(cause, _for_old_driver(gpu, driver_cuda, torch, platform.host))
    if torch.arch_list and not any(runs_on(code, gpu.compute_capability) for code in torch.arch_list):
        cause = (
            f"torch {torch.version} (CUDA {torch.cuda}) has no code for {gpu.name}, compute capability "
            f"{_dotted(gpu.compute_capability)}, only for {', '.join(torch.arch_list)}"
        )
        return Obstacle(cause, _build_for(gpu, driver_cuda, platform.host))
    return None


def _of_the_device(info: KernelInfo, platform: Platform) -> Obstacle | None:
    gpu = platform.gpu
    if gpu is None:
        return None if info.dtypes_on_cpu else Obstacle("it needs an NVIDIA GPU")
    if found := torch_obstacle(platform):
        return found
    if gpu.kind != "cuda":
        return None if gpu.kind in info.others else Obstacle(f"it needs an NVIDIA GPU; {gpu.name} is none")
    if info.capabilities and not within(gpu.compute_capability, info.capabilities):
        card = _dotted(gpu.compute_capability)
        return Obstacle(f"it runs on compute capability {in_words(info.capabilities)}; {gpu.name} has {card}")
    return None


def _misfit(info: KernelInfo, problem: Problem, *, on_cpu: bool) -> str:
    return info.misfit(head_dim=problem.head_dim, dtype=problem.dtype, grouped=problem.group > 1, on_cpu=on_cpu)


def _install_for(gpu: Gpu, driver_cuda: str, host: Host) -> NextStep:
    """How to get torch where there is none: from the default index where that has the right build."""
    if gpu.kind == "mps" or (gpu.kind == "cuda" and default_serves(gpu.compute_capability, driver_cuda, host)):
        return NextStep(command=_INSTALL)
    build = newest_build(gpu.compute_capability, driver_cuda, host) if gpu.kind == "cuda" else rocm_build()
    if gpu.kind == "rocm" and host != "linux":
        build = None
    return NextStep(command=build.command_with_others) if build else _build_for(gpu, driver_cuda, host)


def _build_for(gpu: Gpu, driver_cuda: str, host: Host) -> NextStep:
    """Which build of torch has code for the card and runs on the driver, as the command that installs it."""
    if gpu.kind == "mps":
        return NextStep(command="pip install --force-reinstall torch torchvision")
    if gpu.kind == "rocm":
        if host == "linux":
            return NextStep(command=rocm_build().command)
        return NextStep(f"PyTorch's index has builds for AMD on Linux only, for this system see {_BUILDS}")
    if build := newest_build(gpu.compute_capability, driver_cuda, host):
        return NextStep(command=build.command)
    if build := newest_build(gpu.compute_capability, "", host):
        return NextStep(f"Update the driver ({_DRIVERS}) and run: {build.command}")
    return NextStep("No release of torch since 2.9 has code for this card; ocroute reads on the CPU without it")


def _for_old_driver(gpu: Gpu, driver_cuda: str, torch: TorchBuild, host: Host) -> NextStep:
    """A newer driver, where the installed torch would run on it; a torch for this driver, where there is one."""
    card, build = gpu.compute_capability, newest_build(gpu.compute_capability, driver_cuda, host)
    newer = any(major(one.cuda) >= major(torch.cuda) for one in builds_for(card, host))
    if not newer:
        return _build_for(gpu, driver_cuda, host)
    instead = f", or run: {build.command}" if build else ""
    return NextStep(f"Update the driver: {_DRIVERS}{instead}")


def _dotted(capability: Capability) -> str:
    return ".".join(map(str, capability))
