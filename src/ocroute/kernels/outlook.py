"""What a choice of kernels stands on, on a machine that is here or only described."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ocroute.kernels.base import KERNELS, KernelInfo, Presence
from ocroute.kernels.here import installed, proofs_here
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
