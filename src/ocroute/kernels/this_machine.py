"""This machine's kernels: what is installed and in which build, what is proven, and the one to use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution, version
from typing import TYPE_CHECKING, Any, Literal

from ocroute.errors import EngineUnavailable, NextStep, PluginError
from ocroute.kernels.base import KERNELS, Kernel, KernelInfo, Presence, Problem
from ocroute.kernels.choice import Choice, choose
from ocroute.kernels.facts import all_facts
from ocroute.kernels.hub import downloaded
from ocroute.kernels.ledger import Ledger, Stale
from ocroute.kernels.probe.proof import Place, Proof
from ocroute.kernels.requirements import Installed, Platform, TorchBuild, torch_obstacle
from ocroute.machine import Gpu, Machine, inspect

if TYPE_CHECKING:
    from torch import Tensor

    Attend = Callable[..., Tensor]


def torch_build() -> TorchBuild | None:
    """Of the torch that is installed here; None without one, or with one that cannot be imported."""
    try:
        import torch
    except (ImportError, OSError):  # OSError: a library that its wheel expects is missing
        return None
    cuda = torch.version.cuda or ""
    other = "" if cuda else _other(torch)
    return TorchBuild(str(torch.__version__), cuda, tuple(torch.cuda.get_arch_list()) if cuda else (), other)


def _other(torch: Any) -> Literal["", "rocm", "mps", "xpu"]:
    """For whose GPUs a torch without CUDA was built."""
    if getattr(torch.version, "hip", None):
        return "rocm"
    if getattr(torch.version, "xpu", None):
        return "xpu"
    return "mps" if torch.backends.mps.is_built() else ""


def installed(name: str) -> Installed:
    """A kernel's facts, and whether its distribution is here: nothing of it but our own row is imported."""
    try:
        info: KernelInfo = KERNELS.load(name).info
    except PluginError as error:
        return KernelInfo(KERNELS[name].distribution), Presence("broken", reason=str(error))
    try:
        return info, Presence("usable", version(info.distribution))
    except PackageNotFoundError:
        return info, Presence("absent", reason=f"{info.distribution} is not installed")


def imported(name: str) -> Installed:
    """As `installed`, with whatever is wrong with the kernel's code: imports it. A row that raises then is broken too."""
    info, here = installed(name)
    if here.state == "broken":
        return info, here
    try:
        return info, KERNELS.load(name).presence()
    except Exception as error:  # a plugin's fault must not take the others down
        return info, Presence("broken", reason=f"its presence raised {type(error).__name__}: {error}")


def place_of(machine: Machine, gpu: Gpu | None) -> Place:
    """Where a proof made now on ``gpu``, or on the CPU, would hold. Imports torch: its build is not in its metadata."""
    build = torch_build()
    torch = build.version if build else ""
    if gpu is None:
        return Place(machine.processor, (0, 0), "", torch)
    return Place(gpu.name, gpu.compute_capability, machine.driver, torch)


def platform_of(machine: Machine, gpu: Gpu | None, *, facts: bool = True) -> Platform:
    """What kernels run on, on one of this machine's GPUs or on its CPU. Imports torch.

    Args:
        facts: heed what is known of versions on such cards; without it only what kernels themselves say counts.
    """
    kernels = {name: installed(name) for name in KERNELS}
    proofs = Ledger().fresh(place_of(machine, gpu), _builds(kernels))
    known = all_facts() if facts else ()
    return Platform(gpu, machine.driver_cuda, torch_build(), kernels, tuple(proofs), known, machine.host)


def platform_here(machine: Machine, *, facts: bool = True) -> Platform:
    """As `platform_of`, on this machine's first GPU, or on its CPU without one."""
    return platform_of(machine, machine.first_gpu, facts=facts)


def choice_on(platform: Platform, problem: Problem, *, quantized: bool = False, proven_only: bool = False) -> Choice:
    """As `choose`; what is chosen is imported, and if that fails, the next best is chosen."""
    while True:
        choice = choose(problem, platform, quantized=quantized, proven_only=proven_only)
        if choice.kernel is None:
            return choice
        found = imported(choice.kernel)
        if found[1].state == "usable":
            return choice
        platform = replace(platform, kernels={**platform.kernels, choice.kernel: found})


def best(problem: Problem, *, allow_quantized: bool = False, proven_only: bool = False) -> Attend:
    """The ``attend`` of the kernel to use for ``problem`` on this machine's first GPU, or on the CPU without one.

    Args:
        allow_quantized: also kernels that compute in fewer bits.
        proven_only: refuse where no kernel is proven, rather than give torch's own default.

    Raises:
        EngineUnavailable: no kernel can serve the problem here, or none is proven and that was asked for.
    """
    platform = platform_here(inspect())
    choice = choice_on(platform, problem, quantized=allow_quantized, proven_only=proven_only)
    if choice.kernel is None or (proven_only and not choice.proven):
        if platform.torch and (found := torch_obstacle(platform)):
            raise EngineUnavailable(found.cause, next_step=found.next_step)
        why = "; ".join(f"{one.kernel}: {one.reason}" for one in choice.trace)
        raise EngineUnavailable(f"{choice.reason} ({why})", next_step=NextStep(command="ocroute prove"))
    kernel: Kernel = KERNELS.load(choice.kernel)()
    return kernel.attend


def stale_here(machine: Machine) -> list[Stale]:
    """The proofs of this machine's first GPU, or of its CPU without one, that hold no longer, and what has changed.

    Those of kernels that were tried again since, in the same problem class, are passed over.
    """
    place = place_of(machine, machine.first_gpu)
    builds = _builds({name: installed(name) for name in KERNELS})
    ledger = Ledger()
    fresh = ledger.fresh(place, builds)

    def again(old: Proof) -> bool:
        return any(new.kernel == old.kernel and new.problem.same_class(old.problem) for new in fresh)

    return [
        old for old in ledger.stale(place, builds) if old.proof.place.device == place.device and not again(old.proof)
    ]


def build_of(info: KernelInfo, version: str) -> str:
    """``version`` of a kernel with all else that a proof's key needs to tell two builds apart.

    E.g. ``1.0.6 with triton 3.6.0``; and ``2.8.3 (files 1a2b3c4d)`` where it was compiled here: built again, it may have the same
    version and other code. Empty for what is not here.
    """
    if not version:
        return ""
    others = [f"{name} {found}" for name in info.rests_on if (found := _version_of(name))]
    own = version + _files_of(info.distribution)
    return f"{own} with {', '.join(others)}" if others else own


def _builds(kernels: Mapping[str, Installed]) -> dict[str, str]:
    return {name: build_of(info, presence.version) for name, (info, presence) in kernels.items()}


def _version_of(name: str) -> str:
    """Of a distribution, of what is downloaded of a repository, or of the compiler; empty where there is nothing."""
    if name == "nvcc":
        from ocroute.kernels.build.toolchain import nvcc_version

        return nvcc_version()
    if "/" in name:
        return "/".join(downloaded(name))
    try:
        return version(name) + _files_of(name)
    except PackageNotFoundError:
        return ""


def _files_of(name: str) -> str:
    """A short digest of a distribution's files where they may have been compiled here; else empty."""
    if name == "torch":  # its version names its build, and its list of files is long
        return ""
    try:
        found = distribution(name)
    except (PackageNotFoundError, ValueError):  # ValueError: an empty name, of a row that is broken
        return ""
    from_file = found.read_text("direct_url.json") is not None
    compiled = "-linux_" in (found.read_text("WHEEL") or "")  # a package index takes wheels for manylinux only
    if not from_file and not compiled:
        return ""
    files = found.read_text("RECORD") or ""
    # the record lists itself, and bytecode that Python has compiled since, without digests
    told = "\n".join(sorted(line for line in files.splitlines() if ",sha256=" in line and "direct_url" not in line))
    return f" (files {hashlib.sha256(told.encode()).hexdigest()[:8]})"
