"""This machine's kernels: what is installed, what is proven, and the one to use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import msgspec

from ocroute.errors import EngineUnavailable, PluginError
from ocroute.kernels.base import KERNELS, Kernel, KernelInfo, Presence, Problem
from ocroute.kernels.choice import Choice, KernelStatus, choose
from ocroute.kernels.facts import facts_about
from ocroute.kernels.identity import build_of
from ocroute.kernels.ledger import Ledger, Stale
from ocroute.kernels.probe.values import Place, Proof
from ocroute.kernels.reach import same_class
from ocroute.kernels.refusal import TorchFacts, refusal, unusable
from ocroute.kernels.survey import torch_facts
from ocroute.machine import Gpu, Machine, inspect

if TYPE_CHECKING:
    from torch import Tensor

    Attend = Callable[..., Tensor]


def place_of(machine: Machine, gpu: Gpu | None) -> Place:
    """Where a proof made now on ``gpu``, or on the processor, would hold. Imports torch: its build is not in its metadata."""
    facts = torch_facts()
    torch = facts.version if facts else ""
    if gpu is None:
        return Place(machine.processor, (0, 0), "", torch)
    return Place(gpu.name, gpu.compute_capability, machine.driver, torch)


def installed(name: str) -> tuple[KernelInfo, Presence]:
    """A kernel's facts, and whether its distribution is here: nothing of it but our own row is imported.

    What may still be wrong with it shows in ``Kernel.presence``, which does import it.
    """
    try:
        info: KernelInfo = KERNELS.load(name).info
    except PluginError as error:
        return KernelInfo(""), Presence("broken", reason=str(error))
    try:
        return info, Presence("usable", version(info.distribution))
    except PackageNotFoundError:
        return info, Presence("absent", reason=f"{info.distribution} is not installed")


def choice_for(
    problem: Problem,
    *,
    gpu: Gpu | None = None,
    machine: Machine | None = None,
    allow_quantised: bool = False,
    proven_only: bool = False,
) -> Choice:
    """What would be used for ``problem`` on ``gpu``, and why; on the processor where it is None.

    Imports the chosen kernel only; if that fails, the next best is chosen. For the options see `choose`.
    """
    machine = machine or inspect()
    kernels = {name: installed(name) for name in KERNELS}
    statuses = statuses_for(problem, kernels, gpu=gpu, machine=machine, torch=torch_facts())
    proofs = _proofs(machine, gpu, kernels)
    while True:
        choice = choose(problem, gpu, statuses, proofs, allow_quantised=allow_quantised, proven_only=proven_only)
        if choice.kernel is None:
            return choice
        presence = KERNELS.load(choice.kernel).presence()
        if presence.state == "usable":
            return choice
        statuses[choice.kernel] = msgspec.structs.replace(statuses[choice.kernel], presence=presence)


def best(problem: Problem, *, allow_quantised: bool = False, proven_only: bool = False) -> Attend:
    """The ``attend`` of the kernel to use for ``problem`` on this machine's first GPU, or on the processor without one.

    Args:
        allow_quantised: also kernels that compute in fewer bits.
        proven_only: refuse where no kernel is proven, rather than give torch's own default.

    Raises:
        EngineUnavailable: no kernel can serve the problem here, or none is proven and that was asked for.
    """
    machine = inspect()
    gpu = machine.gpus[0] if machine.gpus else None
    choice = choice_for(problem, gpu=gpu, machine=machine, allow_quantised=allow_quantised, proven_only=proven_only)
    if choice.kernel is None or (proven_only and not choice.proven):
        facts = torch_facts()
        if facts and (stands := unusable(gpu, machine.driver_cuda, facts)):
            raise EngineUnavailable(stands[0], next_step=stands[1][:1].upper() + stands[1][1:])
        why = "; ".join(f"{one.kernel}: {one.reason}" for one in choice.trace)
        raise EngineUnavailable(f"{choice.reason} ({why})", next_step="Run: ocroute prove")
    kernel: Kernel = KERNELS.load(choice.kernel)()
    return kernel.attend


def statuses_for(
    problem: Problem,
    kernels: Mapping[str, tuple[KernelInfo, Presence]],
    *,
    gpu: Gpu | None,
    machine: Machine,
    torch: TorchFacts | None,
) -> dict[str, KernelStatus]:
    """Whether each of ``kernels``, given by its facts and presence, may be used for ``problem`` on ``gpu``."""
    return {
        name: KernelStatus(*kernel, refused(name, kernel, problem, gpu=gpu, machine=machine, torch=torch))
        for name, kernel in kernels.items()
    }


def refused(
    name: str,
    kernel: tuple[KernelInfo, Presence],
    problem: Problem,
    *,
    gpu: Gpu | None,
    machine: Machine,
    torch: TorchFacts | None,
    facts: bool = True,
) -> str:
    """Why ``problem`` is not given to a kernel on ``gpu``, before anything runs; empty if it is.

    Args:
        kernel: its facts and presence.
        facts: heed what is known of this version on such cards; without it only what the kernel itself says counts.
    """
    known = facts_about(name) if facts else ()
    why = refusal(*kernel, problem, gpu=gpu, driver_cuda=machine.driver_cuda, torch=torch, facts=known)
    return why or ""


def proofs_here(machine: Machine) -> list[Proof]:
    """The proofs that hold on this machine's first GPU, or on its CPU without one, with what is installed now."""
    return proofs_on(machine.gpus[0] if machine.gpus else None, machine)


def proofs_on(gpu: Gpu | None, machine: Machine) -> list[Proof]:
    """As `proofs_here`, on one of its GPUs, or on its CPU."""
    return _proofs(machine, gpu, {name: installed(name) for name in KERNELS})


def stale_here(machine: Machine) -> list[Stale]:
    """The proofs of this machine's first GPU, or of its processor without one, that hold no longer, and what has changed.

    Those of kernels that were tried again since, in the same problem class, are passed over.
    """
    gpu = machine.gpus[0] if machine.gpus else None
    place = place_of(machine, gpu)
    builds = _builds({name: installed(name) for name in KERNELS})
    ledger = Ledger()
    fresh = ledger.fresh(place, builds)

    def again(old: Proof) -> bool:
        return any(new.kernel == old.kernel and same_class(new.problem, old.problem) for new in fresh)

    return [
        old for old in ledger.stale(place, builds) if old.proof.place.device == place.device and not again(old.proof)
    ]


def _proofs(machine: Machine, gpu: Gpu | None, kernels: Mapping[str, tuple[KernelInfo, Presence]]) -> list[Proof]:
    return Ledger().fresh(place_of(machine, gpu), _builds(kernels))


def _builds(kernels: Mapping[str, tuple[KernelInfo, Presence]]) -> dict[str, str]:
    return {name: build_of(info, presence.version) for name, (info, presence) in kernels.items()}
