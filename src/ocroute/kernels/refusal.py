"""Why a kernel must not be run here: from its requirements, the card, the driver, torch, and dated facts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from ocroute.kernels.base import KernelInfo, Presence, Problem
from ocroute.kernels.facts import Capability, Fact, in_words, older, within
from ocroute.kernels.rows import misfit
from ocroute.machine import Gpu

_BUILDS = "https://pytorch.org/get-started/locally"
_DRIVERS = "https://www.nvidia.com/drivers"

# Of torch since 2.9: the oldest CUDA that it is built for, the oldest with code for Blackwell, the newest. Builds for more than
# the oldest have no code for cards before Turing.
_OLDEST, _FOR_BLACKWELL, _NEWEST = "12.6", "12.8", 13
_TURING, _BLACKWELL = (7, 5), (10, 0)


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


def _no_code(info: KernelInfo, gpu: Gpu | None, driver_cuda: str, torch: TorchFacts | None) -> str:
    if gpu is None:
        return "" if info.dtypes_on_cpu else "it needs an NVIDIA GPU"
    if torch is None:
        return "torch is not installed; to install: pip install 'ocroute[vlm]'"
    if not torch.cuda:
        return f"torch {torch.version} is a build for the CPU; {_build_for(gpu, driver_cuda)}"
    if driver_cuda and int(driver_cuda.split(".")[0]) < int(torch.cuda.split(".")[0]):
        return (
            f"the NVIDIA driver serves CUDA {driver_cuda} and torch {torch.version} needs {torch.cuda}; "
            f"update the driver: {_DRIVERS}, or {_build_for(gpu, driver_cuda)}"
        )
    card = ".".join(map(str, gpu.compute_capability))
    if torch.arch_list and not has_code(torch.arch_list, gpu.compute_capability):
        return (
            f"torch {torch.version} (CUDA {torch.cuda}) has no code for {gpu.name}, compute capability {card}, "
            f"only for {', '.join(torch.arch_list)}; {_build_for(gpu, driver_cuda)}"
        )
    if info.capabilities and not within(gpu.compute_capability, info.capabilities):
        return f"it runs on compute capability {in_words(info.capabilities)}; {gpu.name} has {card}"
    return ""


def _build_for(gpu: Gpu, driver_cuda: str) -> str:
    """Which build of torch has code for the card and runs on the driver, and where to find the command that installs it."""
    card, serves = gpu.compute_capability, int(driver_cuda.split(".")[0]) if driver_cuda else 0
    if card < _TURING:
        which = f"CUDA {_OLDEST}"
    else:
        which = f"CUDA {_FOR_BLACKWELL if card >= _BLACKWELL else _OLDEST} or newer"
        if serves and serves < _NEWEST:
            which += f", below {serves + 1}"
    return f"install a build of torch for {which}: {_BUILDS} gives the command for your system"


def _not_for(info: KernelInfo, problem: Problem, *, on_cpu: bool) -> str:
    reason = misfit(info, head_dim=problem.head_dim, dtype=problem.dtype, grouped=problem.group > 1, on_cpu=on_cpu)
    return f"it {reason}" if reason else ""


def has_code(arch_list: Iterable[str], capability: Capability) -> bool:
    """Whether code for one of the architectures runs on a card.

    Machine code (``sm_``) runs on its own major version from its minor on; with the suffix ``a`` on that very card, with ``f``
    within the family, which is the major version. Portable code (``compute_``) runs on anything newer, unless it has a suffix.
    """
    for name in arch_list:
        match = re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", name)
        if not match:
            continue
        own = (int(match[2]), int(match[3]))
        if match[4] == "a":
            runs = capability == own
        elif match[1] == "compute" and not match[4]:
            runs = capability >= own
        else:
            runs = capability[0] == own[0] and capability >= own
        if runs:
            return True
    return False
