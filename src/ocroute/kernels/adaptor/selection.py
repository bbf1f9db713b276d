"""The kernel for a group of layers: the one that was given, or the fastest that is proven for their shape on their device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ocroute.errors import EngineUnavailable, NextStep
from ocroute.kernels.adaptor.kernel_attention import Guarded
from ocroute.kernels.base import KERNELS, Kernel, Problem, Refused
from ocroute.kernels.choice import Choice, proven_lengths
from ocroute.kernels.requirements import Platform
from ocroute.kernels.this_machine import choice_on, imported

if TYPE_CHECKING:
    from torch import Tensor

Attend = Callable[..., "Tensor"]  # a kernel's bound ``attend``

_PYTORCH = "sdpa_"  # with what the names of the kernels begin that are back ends of PyTorch's own attention


@dataclass(frozen=True, slots=True)
class Selected:
    """What computes the attention of a group.

    Attributes:
        kernel: its name.
        attend: what to call.
        proven: whether a proof on this device stands behind it.
        reason: one sentence.
        condemned: kernels that a proof on this device speaks against. PyTorch's attention must not fall back on them.
    """

    kernel: str
    attend: Attend
    proven: bool
    reason: str
    condemned: tuple[str, ...] = ()


def fastest(problem: Problem, longest: int | None, platform: Platform, *, quantized: bool) -> Selected | str:
    """The fastest kernel proven at ``longest`` tokens; else at the next shorter length of a proof, and up to that only.

    Without any, PyTorch's attention stays, unless a proof speaks against one of its back ends, which it might pick at any
    call: then the best of the others is taken.

    Args:
        problem: of the group's layers, at any length.
        longest: tokens of the longest sequence to come; None if unknown: then that of the longest proof.

    Returns:
        What was selected, or the reason why PyTorch's attention stays.

    Raises:
        EngineUnavailable: proofs speak against all that could compute it.
    """
    proven = proven_lengths(problem, platform.proofs)
    lengths = (proven or [1]) if longest is None else [longest, *(length for length in proven if length < longest)]
    choices = []
    for length in lengths:
        choices.append(_choice_at(length, problem, platform, quantized=quantized))
        if choices[-1].proven:
            return _guarded(choices[-1], length)
    first = choices[0]
    if not any(name.startswith(_PYTORCH) for name in first.condemned):
        return first.reason
    if first.kernel is None:
        why = "; ".join(f"{one.kernel}: {one.reason}" for one in first.trace if one.condemned)
        raise EngineUnavailable(f"{first.reason} ({why})", next_step=NextStep(command="ocroute prove"))
    return _guarded(first, None)


def given(kernel: str | Kernel | Attend, problem: Problem | None, platform: Platform) -> Selected:
    """What the caller gave, with what proofs here say of it where it is a registered name.

    Args:
        problem: of the layers, at any length; None where they do not tell.

    Raises:
        UsageError: there is no such kernel.
        Refused: it cannot run here, or proofs speak against it.
    """
    if not isinstance(kernel, str):
        attend: Attend = kernel if callable(kernel) else kernel.attend
        return Selected(type(getattr(attend, "__self__", attend)).__name__, attend, False, "given by the caller")
    attend = _attend(kernel)
    if problem is None:
        return Selected(kernel, attend, False, "its layers do not tell what proof would count")
    length = next(iter(proven_lengths(problem, platform.proofs, kernel)), 1)
    choice = _choice_at(length, problem, platform, quantized=True)
    said = next((one for one in choice.trace if one.kernel == kernel), None)
    if said is None:  # torch's own default, of which nothing is known
        return Selected(kernel, attend, False, choice.reason, choice.condemned)
    if said.condemned:
        raise Refused(
            f"{kernel} must not be used here: {said.reason}",
            next_step=f"Leave the kernel out, and the best one is chosen; or, if that is mended, run: ocroute prove {kernel}",
        )
    return Selected(kernel, attend, said.accepted, said.reason, choice.condemned)


def _choice_at(length: int, problem: Problem, platform: Platform, *, quantized: bool) -> Choice:
    return choice_on(platform, msgspec.structs.replace(problem, lengths=(length,)), quantized=quantized)


def _guarded(choice: Choice, longest: int | None) -> Selected:
    assert choice.kernel is not None
    guard = Guarded(choice.kernel, KERNELS.load(choice.kernel)().attend, longest)
    return Selected(choice.kernel, guard, choice.proven, choice.reason, choice.condemned)


def _attend(kernel: str) -> Attend:
    kind = KERNELS.load(kernel)
    info, presence = imported(kernel)
    if presence.state != "usable":
        raise Refused(
            f"{kernel} is {presence.state}: {presence.reason}",
            next_step=f"Install it: {info.install}" if info.install else "",
        )
    attend: Attend = kind().attend
    return attend
