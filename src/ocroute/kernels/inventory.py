"""Every registered kernel as it stands on this machine: the answer to ``ocroute kernels``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

import msgspec

from ocroute.kernels.base import KERNELS, KernelInfo, Numerics, Presence
from ocroute.kernels.ledger import Stale
from ocroute.kernels.probe.proof import Verdict
from ocroute.kernels.requirements import Platform, obstacle
from ocroute.kernels.this_machine import imported

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


def inventory(platform: Platform, stale: Iterable[Stale] = ()) -> list[KernelRow]:
    """Look for every registered kernel's code. Runs nothing on a device; imports whatever of it is installed.

    Args:
        stale: proofs that hold no longer, see `ocroute.kernels.this_machine.stale_here`.
    """
    platform = replace(platform, kernels={name: imported(name) for name in KERNELS})
    changed: dict[str, dict[str, None]] = {}
    for old in stale:
        changed.setdefault(old.proof.kernel, {})[old.reason] = None
    return [_row(name, platform, tuple(changed.get(name, ()))) for name in platform.kernels]


def _row(name: str, platform: Platform, stale: tuple[str, ...]) -> KernelRow:
    info, presence = platform.kernels[name]
    refusal = obstacle(name, platform)
    seen = {proof.verdict for proof in platform.proofs if proof.kernel == name}
    verdicts = tuple(verdict for verdict in WORST_FIRST if verdict in seen)
    return KernelRow(
        name,
        _state(presence, verdicts, refused=refusal is not None),
        presence.state,
        presence.version,
        presence.reason,
        str(refusal or ""),
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
