"""Which kernel serves one half of a model: the fastest proven for its own shapes, and kept to what its proof holds for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from ocroute.errors import EngineUnavailable
from ocroute.kernels.adaptor.handle import Attend, Role
from ocroute.kernels.base import KERNELS, DType, Problem, Refused
from ocroute.kernels.faults import lost, out_of_memory
from ocroute.kernels.here import choice_for, proofs_on
from ocroute.kernels.probe.values import Proof
from ocroute.kernels.reach import longest as longest_of
from ocroute.kernels.reach import same_class
from ocroute.machine import Gpu, Machine

if TYPE_CHECKING:
    import torch
    from torch import Tensor

DEFAULT = "sdpa"
"""PyTorch's own attention, which picks among its back ends at every call."""

ProblemAt = Callable[[int], Problem]
"""The problem class of a half at sequences of so many tokens."""


class Guarded:
    """A kernel inside a model: not asked for more than its proof holds for, and never again after it has raised.

    What it refuses, the adaptor computes with PyTorch's attention, so the page is read all the same.

    Args:
        name: of the kernel.
        attend: as `ocroute.kernels.base.Kernel.attend`.
        longest: tokens of the longest sequence that its proof holds for; None where there is no proof.

    Attributes:
        fault: what it raised; empty while it works.
    """

    def __init__(self, name: str, attend: Attend, longest: int | None) -> None:
        self.name = name
        self.longest = longest
        self.fault = ""
        self._attend = attend

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, *, max_q: int, max_k: int, **keywords: Any) -> Tensor:
        """As ``attend``."""
        if self.fault:
            raise Refused(f"{self.name} raised earlier: {self.fault}")
        if self.longest is not None and max(max_q, max_k) > self.longest:
            raise Refused(f"{self.name} is proven up to {self.longest} tokens only")
        try:
            return self._attend(q, k, v, max_q=max_q, max_k=max_k, **keywords)
        except Refused:
            raise
        except Exception as error:
            if out_of_memory(error) or lost(error):
                raise  # a smaller page, or a new process: no other kernel would help
            self.fault = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            raise Refused(f"{self.name} raised: {self.fault}") from error


@dataclass(frozen=True, slots=True)
class Chosen:
    """The kernel of one half of a model.

    Attributes:
        kernel: that computes its attention; `DEFAULT` where PyTorch's own attention is left in place.
        proven: whether a proof on this device stands behind it.
        reason: one sentence.
        guard: around the kernel; None for `DEFAULT`.
        condemned: kernels that a proof on this device speaks against. PyTorch's attention must not fall back on them.
    """

    kernel: str
    proven: bool
    reason: str
    guard: Guarded | None = None
    condemned: tuple[str, ...] = ()


def choose(problem_at: ProblemAt, longest: int | None, gpu: Gpu | None, machine: Machine, *, quantised: bool) -> Chosen:
    """The fastest kernel proven at ``longest`` tokens; else at the next shorter length of a proof, and up to that only.

    Without any, PyTorch's attention stays, unless a proof speaks against one of its back ends, which it might pick at any
    call: then the best of the others is named.

    Args:
        longest: tokens of the longest sequence to come; None if unknown: then that of the longest proof.
        gpu: None for the processor.

    Raises:
        EngineUnavailable: proofs speak against all that could compute it.
    """
    choice = None
    for length in _lengths(problem_at(1), longest, proofs_on(gpu, machine)):
        found = choice_for(problem_at(length), gpu=gpu, machine=machine, allow_quantised=quantised)
        if found.kernel and found.proven:
            return Chosen(found.kernel, True, found.reason, _guard(found.kernel, length), found.condemned)
        choice = choice or found
    assert choice is not None  # there is always a length
    if not any(name.startswith(DEFAULT) for name in choice.condemned):
        return Chosen(DEFAULT, False, choice.reason)
    if choice.kernel is None:
        why = "; ".join(f"{one.kernel}: {one.reason}" for one in choice.trace if one.condemned)
        raise EngineUnavailable(f"{choice.reason} ({why})", next_step="Run: ocroute prove")
    return Chosen(choice.kernel, False, choice.reason, _guard(choice.kernel, None), choice.condemned)


def vouched(name: str, problem: Problem, gpu: Gpu | None, machine: Machine) -> Chosen:
    """What proofs here say of the kernel that someone has named for ``problem``.

    Raises:
        Refused: they speak against it.
    """
    choice = choice_for(problem, gpu=gpu, machine=machine, allow_quantised=True)
    said = next((one for one in choice.trace if one.kernel == name), None)
    if said is None:  # torch's own default, of which nothing is known
        return Chosen(name, False, choice.reason, condemned=choice.condemned)
    if said.condemned:
        raise Refused(
            f"{name} must not be used here: {said.reason}",
            next_step=f"Leave the kernel out, and the best one is chosen; or, if that is mended, run: ocroute prove {name}",
        )
    return Chosen(name, said.accepted, said.reason, condemned=choice.condemned)


def proven_length(name: str, problem: Problem, gpu: Gpu | None, machine: Machine) -> int:
    """Tokens of the longest sequence for which the kernel is proven in the class of ``problem``; 1 where it is not."""
    mine = [proof for proof in proofs_on(gpu, machine) if proof.kernel == name]
    return max(_proven_lengths(problem, mine), default=1)


def shape(half: Any, role: Role, length: int, dtype: DType) -> Problem:
    """The problem class of one half of a model.

    Args:
        half: its configuration, as transformers reads it; the text half's may be the whole model's.
        length: of the longest sequence, tokens.

    Raises:
        AttributeError: the configuration does not tell.
    """
    if role == "vision":
        width = getattr(half, "embed_dim", None) or half.hidden_size
        heads = kv_heads = getattr(half, "num_heads", None) or half.num_attention_heads
    else:
        half = half.get_text_config()
        width, heads = half.hidden_size, half.num_attention_heads
        kv_heads = getattr(half, "num_key_value_heads", None) or heads
    head_dim = getattr(half, "head_dim", None) or width // heads
    return Problem(head_dim, heads, kv_heads, role == "text", dtype, (length,))


def named(dtype: torch.dtype) -> DType | None:
    """The name of a number format that kernels know; None for another."""
    return next((name for name in get_args(DType) if f"torch.{name}" == str(dtype)), None)


def _guard(kernel: str, longest: int | None) -> Guarded:
    return Guarded(kernel, KERNELS.load(kernel)().attend, longest)


def _lengths(problem: Problem, longest: int | None, proofs: list[Proof]) -> list[int]:
    """What is to be asked for, and then the shorter lengths for which something is proven, the longest first."""
    proven = sorted(_proven_lengths(problem, proofs), reverse=True)
    if longest is None:
        return proven or [1]
    return [longest, *(length for length in proven if length < longest)]


def _proven_lengths(problem: Problem, proofs: list[Proof]) -> set[int]:
    same = (proof for proof in proofs if proof.verdict == "proven" and same_class(proof.problem, problem))
    return {longest_of(proof.problem) for proof in same}
