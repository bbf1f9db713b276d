"""Which kernel serves a problem, and why no other does. Pure: nothing is looked at or run here.

**Problem classes.** Two problems are of one class when head dim, dtype, causality, and the number of query heads to a key/value
head agree. The length buckets of a class are open below: a proof at length L holds for every length up to L. Several sequences
in one call need no proof of their own as long as no offset into the pack can outgrow 32 bits; beyond that the proof must have
run as many tokens.

**Verdicts.** A kernel once seen wrong in a class is out for the class, however it did at other times. Only what it showed at
the proof's own lengths (wrong, crashed, too slow, out of memory) says nothing about shorter ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from ocroute.kernels.base import KernelInfo, Presence, Problem
from ocroute.kernels.probe.cases import MEASURE, OWN_LENGTHS
from ocroute.kernels.probe.values import Proof
from ocroute.machine import Gpu

_OFFSETS = 2**31
_CONDEMNING = ("wrong", "crashed", "timed_out")


class KernelStatus(msgspec.Struct, frozen=True):
    """A kernel's constant facts, its presence, and why it may not be used for the problem in hand; empty if it may."""

    info: KernelInfo
    presence: Presence
    refusal: str = ""


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """One kernel as it was weighed.

    Attributes:
        reason: why it is accepted, or rejected.
        tflops: what its proof measured.
        condemned: whether a proof on this device saw it give a wrong result, crash or hang.
    """

    kernel: str
    accepted: bool
    reason: str
    tflops: float | None = None
    condemned: bool = False


class Choice(msgspec.Struct, frozen=True):
    """The answer.

    Attributes:
        kernel: None where none can serve.
        proven: whether a proof on this device stands behind it.
        reason: one sentence.
        trace: every kernel; accepted ones first, the fastest at the head.
    """

    kernel: str | None
    proven: bool
    reason: str
    trace: tuple[Candidate, ...]

    @property
    def condemned(self) -> tuple[str, ...]:
        """Kernels that must not compute the problem here by whatever way, torch's own dispatch included."""
        return tuple(one.kernel for one in self.trace if one.condemned)


def choose(
    problem: Problem,
    gpu: Gpu | None,
    statuses: Mapping[str, KernelStatus],
    proofs: Iterable[Proof],
    *,
    allow_quantised: bool = False,
) -> Choice:
    """The fastest kernel proven exact for ``problem`` on ``gpu``; else torch's own, named as unproven.

    Args:
        gpu: None for the CPU.
        statuses: every registered kernel.
        proofs: that are not stale, see `ocroute.kernels.ledger.Ledger.fresh`; those of other devices are passed over.
        allow_quantised: consider kernels that compute in fewer bits too.
    """
    here = [proof for proof in proofs if _same_device(proof, gpu) and same_class(proof.problem, problem)]
    weighed = {
        name: _weigh(name, status, problem, [proof for proof in here if proof.kernel == name], allow_quantised)
        for name, status in statuses.items()
    }
    accepted = sorted(
        (one for one in weighed.values() if one.accepted), key=lambda one: (-(one.tflops or 0.0), one.kernel)
    )
    rejected = tuple(one for one in weighed.values() if not one.accepted)
    if accepted:
        best = accepted[0]
        among = f"the fastest of {len(accepted)}" if len(accepted) > 1 else "the only one"
        return Choice(best.kernel, True, f"{among} proven here: {best.reason}", (*accepted, *rejected))
    for name in defaults(problem, gpu):
        status = statuses.get(name)
        if status is not None and not _out(name, status, problem, here):
            reason = f"unproven: no kernel is proven here for this problem class, and {name} is torch's own default"
            return Choice(name, False, reason, rejected)
    return Choice(None, False, "no kernel can serve this problem here", rejected)


def defaults(problem: Problem, gpu: Gpu | None) -> tuple[str, ...]:
    """What torch itself would most likely run well, best first. None of them is proven by being named here."""
    if gpu is None:
        return ("sdpa_flash", "sdpa_math", "eager")
    if gpu.compute_capability >= (8, 0) and problem.dtype != "float32":
        return ("sdpa_flash", "sdpa_efficient", "sdpa_math", "eager")
    return ("sdpa_efficient", "sdpa_math", "eager")


def same_class(one: Problem, other: Problem) -> bool:
    """Whether the two differ in lengths and the number of heads only."""
    return (one.head_dim, one.dtype, one.causal, one.group) == (other.head_dim, other.dtype, other.causal, other.group)


def serves(proof: Proof, problem: Problem) -> bool:
    """Whether a proof holds for the lengths of ``problem``, the class being the same."""
    if _longest(problem) > _longest(proof.problem):
        return False
    return _tokens(problem) <= _tokens(proof.problem) or _tokens(problem) * problem.heads * problem.head_dim < _OFFSETS


def _weigh(name: str, status: KernelStatus, problem: Problem, proofs: list[Proof], allow_quantised: bool) -> Candidate:
    if reason := _out(name, status, problem, proofs):
        condemned = any(proof.verdict in _CONDEMNING and _condemns(proof, problem) for proof in proofs)
        return Candidate(name, False, reason, condemned=condemned)
    if status.info.numerics != "exact" and not allow_quantised:
        return Candidate(name, False, "quantised, and only exact kernels were asked for")
    proven = [proof for proof in proofs if proof.verdict == "proven"]
    if not proven:
        return Candidate(name, False, "unproven for this problem class; run: ocroute prove " + name)
    holding = [proof for proof in proven if serves(proof, problem)]
    if not holding:
        most = max(_longest(proof.problem) for proof in proven)
        return Candidate(name, False, f"proven up to {most} tokens only; {_longest(problem)} are needed")
    nearest = min(holding, key=lambda proof: (_longest(proof.problem), _tokens(proof.problem)))
    figure = nearest.measure
    speed = f", {figure.milliseconds:.3g} ms, {figure.tflops:.3g} TFLOP/s" if figure else ""
    kind = "exact" if status.info.numerics == "exact" else "within the limits of quantised kernels"
    reason = f"{name} is {kind} at up to {_longest(nearest.problem)} tokens{speed}"
    return Candidate(name, True, reason, figure.tflops if figure else None)


def _out(name: str, status: KernelStatus, problem: Problem, proofs: list[Proof]) -> str:
    """Why the kernel must not be used, whatever else is known of it; empty if it may."""
    if status.presence.state != "usable":
        return f"{status.presence.state}: {status.presence.reason}"
    if status.refusal:
        return f"refused: {status.refusal}"
    for proof in proofs:
        if proof.kernel == name and proof.verdict != "proven" and _condemns(proof, problem):
            return f"{proof.verdict.replace('_', ' ')}: {proof.reason}"
    return ""


def _condemns(proof: Proof, problem: Problem) -> bool:
    """Whether what went wrong there would go wrong here: a fault of the proof's own lengths only at these and above."""
    return proof.case not in (OWN_LENGTHS, MEASURE) or _longest(problem) >= _longest(proof.problem)


def _same_device(proof: Proof, gpu: Gpu | None) -> bool:
    if gpu is None:
        return proof.place.capability == (0, 0)
    return proof.place.capability == gpu.compute_capability and proof.place.device == gpu.name


def _longest(problem: Problem) -> int:
    return max((*problem.lengths, *problem.keys), default=0)


def _tokens(problem: Problem) -> int:
    return max(sum(problem.lengths), sum(problem.keys))
