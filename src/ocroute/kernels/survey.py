"""Every registered kernel as it stands on this machine: the answer to ``ocroute kernels``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from ocroute.errors import PluginError
from ocroute.kernels.base import KERNELS, KernelInfo, Numerics, Presence
from ocroute.kernels.facts import facts_about
from ocroute.kernels.ledger import Stale
from ocroute.kernels.probe.values import Proof, Verdict
from ocroute.kernels.refusal import TorchFacts, refusal
from ocroute.machine import Gpu, Machine

if TYPE_CHECKING:
    from ocroute.kernels.base import Kernel


WORST_FIRST: tuple[Verdict, ...] = ("wrong", "crashed", "timed_out", "out_of_memory", "refused", "proven")
"""What a kernel did at one problem is not made good by another; what it only declined is."""

_FAULTS = WORST_FIRST[:3]


class KernelRow(msgspec.Struct, frozen=True):
    """One kernel here.

    Attributes:
        state: in one word: ``absent`` or ``broken``; else the worst fault that it was seen in here, or ``proven``; else what it
            was refused for, or ``usable``: nothing is known of it.
        presence, version, reason: as ``Presence``.
        verdicts: of its proofs that hold here, each once, the worst first.
        stale: what has changed since its proofs that hold no longer, each once.
        refusal: why it is not run on the first GPU (without one: on the CPU); empty if nothing is against it.
        install: the command that brings it, or a newer one.
        info: its constant facts.
    """

    name: str
    state: Literal["absent", "broken", "usable"] | Verdict
    presence: Literal["absent", "broken", "usable"]
    version: str
    reason: str
    refusal: str
    install: str
    numerics: Numerics
    info: KernelInfo
    verdicts: tuple[Verdict, ...] = ()
    stale: tuple[str, ...] = ()


def survey(
    machine: Machine, *, facts: bool = True, proofs: Iterable[Proof] = (), stale: Iterable[Stale] = ()
) -> list[KernelRow]:
    """Look for every registered kernel's code. Runs nothing on a device; imports whatever of it is installed.

    Args:
        machine: whose first GPU and driver are asked about.
        facts: whether dated facts may refuse; see ``facts.toml``.
        proofs, stale: of that GPU, see `ocroute.kernels.here.proofs_here`.
    """
    torch = torch_facts()
    gpu = machine.gpus[0] if machine.gpus else None
    seen: dict[str, set[Verdict]] = {}
    for proof in proofs:
        seen.setdefault(proof.kernel, set()).add(proof.verdict)
    changed: dict[str, dict[str, None]] = {}
    for old in stale:
        changed.setdefault(old.proof.kernel, {})[old.reason] = None
    return [
        _row(name, gpu, machine.driver_cuda, torch, seen.get(name, set()), tuple(changed.get(name, ())), facts=facts)
        for name in KERNELS
    ]


def look(name: str) -> tuple[KernelInfo, Presence]:
    """A row's facts and its presence here. One that cannot be imported, or that breaks its promise not to raise, is broken."""
    try:
        kernel: type[Kernel] = KERNELS.load(name)
    except PluginError as error:
        return KernelInfo(KERNELS[name].distribution), Presence("broken", reason=str(error))
    try:
        return kernel.info, kernel.presence()
    except Exception as error:  # a plugin's fault must not take the others down
        return kernel.info, Presence("broken", reason=f"its presence raised {type(error).__name__}: {error}")


def torch_facts() -> TorchFacts | None:
    """Of the torch that is installed here; None without one, or with one that cannot be imported."""
    try:
        import torch
    except (ImportError, OSError):  # OSError: a library that its wheel expects is missing
        return None
    return TorchFacts(str(torch.__version__), torch.version.cuda or "", tuple(torch.cuda.get_arch_list()))


def _row(
    name: str,
    gpu: Gpu | None,
    driver_cuda: str,
    torch: TorchFacts | None,
    seen: set[Verdict],
    stale: tuple[str, ...],
    *,
    facts: bool,
) -> KernelRow:
    info, presence = look(name)
    known = facts_about(name) if facts else ()
    why = refusal(info, presence, None, gpu=gpu, driver_cuda=driver_cuda, torch=torch, facts=known)
    verdicts = tuple(verdict for verdict in WORST_FIRST if verdict in seen)
    return KernelRow(
        name,
        _state(presence, verdicts, refused=bool(why)),
        presence.state,
        presence.version,
        presence.reason,
        why or "",
        info.install,
        info.numerics,
        info,
        verdicts,
        stale,
    )


def _state(
    presence: Presence, verdicts: tuple[Verdict, ...], *, refused: bool
) -> Literal["absent", "broken", "usable"] | Verdict:
    if presence.state != "usable":
        return presence.state
    if verdicts:
        return "proven" if "proven" in verdicts and verdicts[0] not in _FAULTS else verdicts[0]
    return "refused" if refused else "usable"
