"""A kernel for a group of layers, and what proofs on its device say of the two together."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ocroute.errors import UsageError
from ocroute.kernels.adaptor.choose import Chosen, choose, named, proven_length, shape, vouched
from ocroute.kernels.adaptor.handle import Attend
from ocroute.kernels.adaptor.layers import Group
from ocroute.kernels.base import Problem
from ocroute.machine import Gpu, inspect


class Suited(NamedTuple):
    """What serves a group."""

    group: Group
    chosen: Chosen
    attend: Attend


def automatic(group: Group, longest: int | None, *, quantised: bool) -> Suited | str:
    """The best kernel for the group, or why PyTorch's attention stays.

    Raises:
        EngineUnavailable: proofs speak against all that could compute it.
    """
    if _problem(group, 1) is None:
        return f"{type(group.config).__name__} does not tell the heads of its layers, so no proof can be looked up"

    def problem_at(length: int) -> Problem:
        problem = _problem(group, length)
        assert problem is not None
        return problem

    chosen = choose(problem_at, longest, _gpu(group), inspect(), quantised=quantised)
    return Suited(group, chosen, chosen.guard) if chosen.guard else chosen.reason


def suited(group: Group, kernel: Chosen | str, attend: Attend) -> Suited:
    """The kernel that was given for the group.

    Raises:
        Refused: it was named, and seen wrong here.
    """
    if isinstance(kernel, Chosen):
        return Suited(group, kernel, attend)
    gpu = _gpu(group)
    machine, problem = inspect(), _problem(group, 1)
    if problem is None:
        return Suited(group, Chosen(kernel, False, "its layers do not tell what proof would count"), attend)
    length = proven_length(kernel, problem, gpu, machine)
    return Suited(group, vouched(kernel, msgspec.structs.replace(problem, lengths=(length,)), gpu, machine), attend)


def _problem(group: Group, length: int) -> Problem | None:
    dtype = named(group.owner.dtype)
    try:
        return shape(group.config, group.role, length, dtype) if dtype else None
    except (AttributeError, UsageError):
        return None


def _gpu(group: Group) -> Gpu | None:
    device, gpus = group.owner.device, inspect().gpus
    return gpus[min(device.index or 0, len(gpus) - 1)] if device.type == "cuda" and gpus else None
