"""Which kernel serves a problem, and why no other does. Pure: nothing is looked at or run here.

For which problems a proof speaks is said in `ocroute.kernels.reach`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from ocroute.kernels.base import KernelInfo, Presence, Problem
from ocroute.kernels.probe.values import Proof
from ocroute.kernels.reach import condemns, longest, same_class, serves, size
from ocroute.machine import Gpu

_LONG = 2_048  # tokens; from here on the score matrices of a layer take hundreds of MiB, and most of the time
_CONDEMNING = ("wrong", "crashed", "timed_out")


class KernelStatus(msgspec.Struct, frozen=True):
    """A kernel's constant facts, its presence, and why it may not be used for the problem in hand; empty if it may."""

    info: KernelInfo
    presence: Presence
    refusal: str = ""


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """One kernel as it was weighed.

    Attributes:
        accepted: whether it is proven for the problem.
        reason: why it is accepted, or rejected; of one that is accepted and not used in spite of that, why.
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
    proven_only: bool = False,
) -> Choice:
    """The fastest kernel proven exact for ``problem`` on ``gpu``; else torch's own, named as unproven.

    A proven kernel that keeps whole score matrices does not take the place of torch's own where these are large: a page that
    runs out of memory is not read any better.

    Args:
        gpu: None for the CPU.
        statuses: every registered kernel.
        proofs: that are not stale, see `ocroute.kernels.ledger.Ledger.fresh`; those of other devices are passed over.
        allow_quantised: consider kernels that compute in fewer bits too.
        proven_only: prefer any proven kernel to an unproven one.
    """
    here = [proof for proof in proofs if _same_device(proof, gpu) and same_class(proof.problem, problem)]
    by_kernel = {name: [proof for proof in here if proof.kernel == name] for name in statuses}
    rejections = {
        name: _rejection(name, status, problem, by_kernel[name], allow_quantised) for name, status in statuses.items()
    }
    rejected = tuple(one for one in rejections.values() if one)
    holding = {name: _holding(by_kernel[name], problem) for name, one in rejections.items() if one is None}
    common = _common(holding.values())
    accepted = sorted(
        (_candidate(name, statuses[name].info, holding[name], common) for name in holding),
        key=lambda one: (-(one.tflops or 0.0), one.kernel),
    )
    default = next((name for name in defaults(problem, gpu) if _may(name, statuses, problem, here)), None)
    large = longest(problem) >= _LONG and all(statuses[one.kernel].info.materialises for one in accepted)
    if accepted and large and default and not statuses[default].info.materialises and not proven_only:
        reason = (
            f"unproven: what is proven here keeps whole score matrices, too slow and large at {longest(problem)} tokens, "
            f"and {default} is torch's own default; run: ocroute prove {default}"
        )
        return Choice(default, False, reason, (*(_put_off(one, problem) for one in accepted), *rejected))
    if accepted:
        best = accepted[0]
        among = f"the fastest of {len(accepted)}" if len(accepted) > 1 else "the only one"
        return Choice(best.kernel, True, f"{among} proven here: {best.reason}", (*accepted, *rejected))
    if default:
        reason = f"unproven: no kernel is proven here for this problem class, and {default} is torch's own default"
        return Choice(default, False, reason, rejected)
    return Choice(None, False, "no kernel can serve this problem here", rejected)


def defaults(problem: Problem, gpu: Gpu | None) -> tuple[str, ...]:
    """What torch itself would most likely run well, best first. None of them is proven by being named here."""
    if gpu is None:
        return ("sdpa_flash", "sdpa_math", "eager")
    if gpu.compute_capability >= (8, 0) and problem.dtype != "float32":
        return ("sdpa_flash", "sdpa_efficient", "sdpa_math", "eager")
    return ("sdpa_efficient", "sdpa_math", "eager")


def _rejection(
    name: str, status: KernelStatus, problem: Problem, proofs: Sequence[Proof], allow_quantised: bool
) -> Candidate | None:
    """The kernel as one that is not proven for ``problem``, with the reason; None if it is."""
    if reason := _out(name, status, problem, proofs):
        condemned = any(proof.verdict in _CONDEMNING and condemns(proof, problem) for proof in proofs)
        return Candidate(name, False, reason, condemned=condemned)
    if status.info.numerics != "exact" and not allow_quantised:
        return Candidate(name, False, "quantised, and only exact kernels were asked for")
    proven = [proof for proof in proofs if proof.verdict == "proven"]
    if not proven:
        return Candidate(name, False, "unproven for this problem class; run: ocroute prove " + name)
    if not _holding(proven, problem):
        most = max(longest(proof.problem) for proof in proven)
        return Candidate(name, False, f"proven up to {most} tokens only; {longest(problem)} are needed")
    return None


def _holding(proofs: Iterable[Proof], problem: Problem) -> list[Proof]:
    """Those that stand behind a kernel at ``problem``, the nearest first."""
    found = [proof for proof in proofs if proof.verdict == "proven" and serves(proof, problem)]
    return sorted(found, key=lambda proof: size(proof.problem))


def _common(holding: Collection[Sequence[Proof]]) -> Problem | None:
    """The nearest problem at which all kernels were timed, so that their speeds can be compared; None if there is none."""
    timed = [{proof.problem for proof in proofs if proof.measure} for proofs in holding]
    return min(set.intersection(*timed), key=size, default=None) if timed else None


def _candidate(name: str, info: KernelInfo, holding: Sequence[Proof], common: Problem | None) -> Candidate:
    """A proven kernel. Without a ``common`` problem its speed is that at its own nearest: by arithmetic done, not by time."""
    proof = next((proof for proof in holding if proof.problem == common), holding[0])
    figure = proof.measure
    speed = f", {figure.milliseconds:.3g} ms, {figure.tflops:.3g} TFLOP/s" if figure else ""
    kind = "exact" if info.numerics == "exact" else "within the limits of quantised kernels"
    reason = f"{name} is {kind} at up to {longest(proof.problem)} tokens{speed}"
    return Candidate(name, True, reason, figure.tflops if figure else None)


def _put_off(one: Candidate, problem: Problem) -> Candidate:
    why = f"{one.reason}; not used at {longest(problem)} tokens: it keeps whole score matrices"
    return msgspec.structs.replace(one, reason=why)


def _may(name: str, statuses: Mapping[str, KernelStatus], problem: Problem, proofs: Sequence[Proof]) -> bool:
    return name in statuses and not _out(name, statuses[name], problem, proofs)


def _out(name: str, status: KernelStatus, problem: Problem, proofs: Sequence[Proof]) -> str:
    """Why the kernel must not be used, whatever else is known of it; empty if it may."""
    if status.presence.state != "usable":
        return f"{status.presence.state}: {status.presence.reason}"
    if status.refusal:
        return f"refused: {status.refusal}"
    for proof in proofs:
        if proof.kernel == name and proof.verdict != "proven" and condemns(proof, problem):
            return f"{proof.verdict.replace('_', ' ')}: {proof.reason}"
    return ""


def _same_device(proof: Proof, gpu: Gpu | None) -> bool:
    if gpu is None:
        return proof.place.capability == (0, 0)
    return proof.place.capability == gpu.compute_capability and proof.place.device == gpu.name
