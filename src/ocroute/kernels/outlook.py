"""Which kernel a model would run on, on a machine that is here or only described. Pure, but for `ground_here`."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ocroute.kernels.base import KERNELS, KernelInfo, Presence, Problem
from ocroute.kernels.choice import Choice, choose
from ocroute.kernels.here import installed, proofs_here, statuses_for
from ocroute.kernels.probe.geometry import attention_of, parts_of
from ocroute.kernels.probe.values import Proof
from ocroute.kernels.refusal import TorchFacts, refusal
from ocroute.kernels.survey import torch_facts
from ocroute.machine import Machine


class Ground(msgspec.Struct, frozen=True):
    """What a choice of kernels stands on besides the machine.

    Attributes:
        torch: None where it is not installed.
        kernels: every registered kernel: its constant facts and its presence.
        proofs: that hold on the machine's first GPU.
    """

    torch: TorchFacts | None = None
    kernels: Mapping[str, tuple[KernelInfo, Presence]] = {}
    proofs: tuple[Proof, ...] = ()


def ground_here(machine: Machine) -> Ground:
    """The ground on this machine. Imports torch, where it is installed, to ask for which cards it has code."""
    kernels = {name: installed(name) for name in KERNELS}
    return Ground(torch_facts(), kernels, tuple(proofs_here(machine)))


def torch_refusal(machine: Machine, torch: TorchFacts | None) -> str:
    """Why torch cannot use the machine's first GPU, in a sentence that names the next step; empty if it can."""
    anything = KernelInfo("torch", capabilities=(((0, 0), (99, 9)),))
    here = Presence("usable", torch.version) if torch else Presence("absent", reason="torch is not installed")
    gpu = machine.gpus[0] if machine.gpus else None
    return refusal(anything, here, None, gpu=gpu, driver_cuda=machine.driver_cuda, torch=torch) or ""


def outlook(model: str, machine: Machine, ground: Ground, *, quantised: bool = False) -> dict[str, Choice]:
    """Part of ``model`` (``vision``, ``text``) to the kernel that it would run on, at the longest page of this card.

    Args:
        model: the name of its engine; one that no kernel of ours can serve has no parts.
        quantised: consider kernels that compute in fewer bits too.
    """
    if not attention_of(model):
        return {}
    gpu = machine.gpus[0] if machine.gpus else None

    def chosen(problem: Problem) -> Choice:
        statuses = statuses_for(problem, ground.kernels, gpu=gpu, machine=machine, torch=ground.torch)
        return choose(problem, gpu, statuses, ground.proofs, allow_quantised=quantised)

    return {part: chosen(problems[-1]) for part, problems in parts_of(model, gpu).items()}
