"""Why a kernel must not be run here: from its requirements, the card, the driver, torch, and dated facts. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ocroute.kernels.base import KernelInfo, Presence, Problem
from ocroute.kernels.binaries import runs_on
from ocroute.kernels.facts import Capability, Fact, in_words, older, within
from ocroute.kernels.rows import misfit
from ocroute.machine import Gpu

_BUILDS = "https://pytorch.org/get-started/locally"
_DRIVERS = "https://www.nvidia.com/drivers"

# Of torch since 2.9: the oldest CUDA that it is built for, and the oldest with code for cards of a compute capability and newer.
# Builds for more than the oldest have no code for cards before Turing.
_OLDEST = "12.6"
_BUILT_FOR = (((12, 0), "12.8"), ((11, 0), "13.0"), ((10, 0), "12.8"))
_NEWEST = 13
_TURING = (7, 5)


class TorchFacts(msgspec.Struct, frozen=True):
    """What decides whether an installed torch can use a card.

    Attributes:
        version: as installed.
        cuda: that it was built for; empty in a build for the CPU.
        arch_list: what it has code for, e.g. ``("sm_90", "compute_120")``; empty where it cannot tell.
    """

    version: str
    cuda: str = ""
    arch_list: tuple[str, ...] = ()


def refusal(
    info: KernelInfo,
    presence: Presence,
    problem: Problem | None,
    *,
    gpu: Gpu | None,
    driver_cuda: str,
    torch: TorchFacts | None,
    facts: Iterable[Fact] = (),
) -> str | None:
    """Why not to run the kernel, in one sentence that names the next step where there is one; None if nothing is against it.

    Args:
        problem: what is to be computed; None asks about the card alone.
        gpu: on which to run; None asks about the CPU.
        driver_cuda: the newest CUDA that the driver serves; empty if unknown.
        torch: None without torch.
        facts: those about this kernel, see ``facts_about``; empty to leave their cases to the probe.
    """
    if presence.state != "usable":
        return f"{presence.state}: {presence.reason}" + (f"; to install: {info.install}" if info.install else "")
    if info.min_version and older(presence.version, info.min_version):
        return f"{info.distribution} {presence.version} is older than {info.min_version}; to install: {info.install}"
    if reason := _no_code(info, gpu, driver_cuda, torch):
        return reason
    if problem is not None and (reason := _not_for(info, problem, on_cpu=gpu is None)):
        return reason
    capability = gpu.compute_capability if gpu else None
    cuda = torch.cuda if torch else ""
    for fact in facts:
        if fact.holds(presence.version, capability, cuda, problem):
            return f"{fact}; --no-facts lets the probe decide"
    return None


def unusable(gpu: Gpu | None, driver_cuda: str, torch: TorchFacts) -> tuple[str, str] | None:
    """Why this torch can run nothing on the card, and what to do about it; None if it can, or without a card."""
    if gpu is None:
        return None
    if not torch.cuda:
        return f"torch {torch.version} is a build for the CPU", _build_for(gpu, driver_cuda)
    serves = _major(driver_cuda)
    if serves and serves < _major(torch.cuda):
        cause = f"the NVIDIA driver serves CUDA {driver_cuda} and torch {torch.version} needs {torch.cuda}"
        step = f"update the driver: {_DRIVERS}"
        there_is = serves >= _major(_oldest_for(gpu.compute_capability))
        return cause, f"{step}, or {_build_for(gpu, driver_cuda)}" if there_is else step
    if torch.arch_list and not any(runs_on(code, gpu.compute_capability) for code in torch.arch_list):
        cause = (
            f"torch {torch.version} (CUDA {torch.cuda}) has no code for {gpu.name}, compute capability "
            f"{_dotted(gpu.compute_capability)}, only for {', '.join(torch.arch_list)}"
        )
        return cause, _build_for(gpu, driver_cuda)
    return None


def _no_code(info: KernelInfo, gpu: Gpu | None, driver_cuda: str, torch: TorchFacts | None) -> str:
    if gpu is None:
        return "" if info.dtypes_on_cpu else "it needs an NVIDIA GPU"
    if torch is None:
        return "torch is not installed; to install: pip install 'ocroute[vlm]'"
    if found := unusable(gpu, driver_cuda, torch):
        return "; ".join(found)
    if info.capabilities and not within(gpu.compute_capability, info.capabilities):
        card = _dotted(gpu.compute_capability)
        return f"it runs on compute capability {in_words(info.capabilities)}; {gpu.name} has {card}"
    return ""


def _build_for(gpu: Gpu, driver_cuda: str) -> str:
    """Which build of torch has code for the card and runs on the driver, and where to find the command that installs it."""
    oldest, serves = _oldest_for(gpu.compute_capability), _major(driver_cuda)
    too_old = 0 < serves < _major(oldest)
    which = f"CUDA {oldest}"
    if gpu.compute_capability >= _TURING:
        which += " or newer" + (f", below {serves + 1}" if serves and not too_old and serves < _NEWEST else "")
    update = f"update the driver: {_DRIVERS}, and " if too_old else ""
    return f"{update}install a build of torch for {which}: {_BUILDS} gives the command for your system"


def _oldest_for(card: Capability) -> str:
    return next((cuda for since, cuda in _BUILT_FOR if card >= since), _OLDEST)


def _major(cuda: str) -> int:
    return int(cuda.split(".")[0]) if cuda else 0


def _dotted(capability: Capability) -> str:
    return ".".join(map(str, capability))


def _not_for(info: KernelInfo, problem: Problem, *, on_cpu: bool) -> str:
    reason = misfit(info, head_dim=problem.head_dim, dtype=problem.dtype, grouped=problem.group > 1, on_cpu=on_cpu)
    return f"it {reason}" if reason else ""
