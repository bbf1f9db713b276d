"""Which kernel serves a problem, and why no other does. Pure: nothing is looked at or run here.

For which problems a proof speaks is said in `ocroute.kernels.probe.proof`, what keeps a kernel from running in
`ocroute.kernels.requirements`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from ocroute.kernels.base import KernelInfo, Problem
from ocroute.kernels.probe.proof import Proof
from ocroute.kernels.requirements import Platform, obstacle
from ocroute.machine import Gpu

_LONG = 2_048  # tokens; from here on the score matrices of a layer take hundreds of MiB, and most of the time
_CONDEMNING = ("wrong", "crashed", "timed_out")


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """One kernel as it was weighed.

    Attributes:
        accepted: whether it is proven for the problem.
        reason: why it is accepted, or rejected; of one that is accepted and not used in spite of that, why.
        tflops: what its proof measured.
        condemned: whether a proof on this device saw it give a wrong result, crash or hang.
        barred: whether it must not be used even unproven.
    """

    kernel: str
    accepted: bool
    reason: str
    tflops: float | None = None
    condemned: bool = False
    barred: bool = False


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


def choose(problem: Problem, platform: Platform, *, quantized: bool = False, proven_only: bool = False) -> Choice:
    """The fastest kernel proven exact for ``problem`` on ``platform``; else torch's own, named as unproven.

    A proven kernel that keeps whole score matrices does not take the place of torch's own where these are large: a page that
    runs out of memory is not read any better.

    Args:
        platform: whose proofs of other devices are passed over.
        quantized: consider kernels that compute in fewer bits too.
        proven_only: prefer any proven kernel to an unproven one.
    """
    infos = {name: info for name, (info, _) in platform.kernels.items()}
    here = [
        proof for proof in platform.proofs if _same_device(proof, platform.gpu) and proof.problem.same_class(problem)
    ]
    by_kernel = {name: [proof for proof in here if proof.kernel == name] for name in infos}
    rejections = {name: _rejection(name, platform, problem, by_kernel[name], quantized=quantized) for name in infos}
    rejected = {name: one for name, one in rejections.items() if one}
    holding = {name: _holding(by_kernel[name], problem) for name, one in rejections.items() if one is None}
    common = _common(holding.values())
    accepted = sorted(
        (_candidate(name, infos[name], proofs, common) for name, proofs in holding.items()),
        key=lambda one: (-(one.tflops or 0.0), one.kernel),
    )
    usable = [name for name in infos if name not in rejected or not rejected[name].barred]
    default = next((name for name in defaults(problem, platform.gpu) if name in usable), None)
    large = problem.longest >= _LONG and all(infos[one.kernel].materialises for one in accepted)
    trace = tuple(rejected.values())
    if accepted and large and default and not infos[default].materialises and not proven_only:
        reason = (
            f"unproven: what is proven here keeps whole score matrices, too slow and large at {problem.longest} tokens, "
            f"and {default} is torch's own default; run: ocroute prove {default}"
        )
        return Choice(default, False, reason, (*(_put_off(one, problem) for one in accepted), *trace))
    if accepted:
        best = accepted[0]
        among = f"the fastest of {len(accepted)}" if len(accepted) > 1 else "the only one"
        return Choice(best.kernel, True, f"{among} proven here: {best.reason}", (*accepted, *trace))
    if default:
        reason = f"unproven: no kernel is proven here for this problem class, and {default} is torch's own default"
        return Choice(default, False, reason, trace)
    return Choice(None, False, "no kernel can serve this problem here", trace)


def defaults(problem: Problem, gpu: Gpu | None) -> tuple[str, ...]:
    """What torch itself would most likely run well, best first. None of them is proven by being named here."""
    if gpu is None:
        return ("sdpa_flash", "sdpa_math", "eager")
    if gpu.kind != "cuda":  # AMD's cards have torch's flash code, Apple's have one path of their own behind "math"
        return ("sdpa_flash", "sdpa_math", "eager")
    if gpu.compute_capability >= (8, 0) and problem.dtype != "float32":
        return ("sdpa_flash", "sdpa_efficient", "sdpa_math", "eager")
    return ("sdpa_efficient", "sdpa_math", "eager")


def proven_lengths(problem: Problem, proofs: Iterable[Proof], kernel: str = "") -> list[int]:
    """Tokens of the longest sequence of each proof in the class of ``problem``, the longest first.

    Args:
        kernel: whose proofs count; anyone's when left out.
    """
    proven = (proof for proof in proofs if proof.verdict == "proven" and kernel in ("", proof.kernel))
    return sorted({proof.problem.longest for proof in proven if proof.problem.same_class(problem)}, reverse=True)


def _rejection(
    name: str, platform: Platform, problem: Problem, proofs: Sequence[Proof], *, quantized: bool
) -> Candidate | None:
    """The kernel as one that is not proven for ``problem``, with the reason; None if it is."""
    info, presence = platform.kernels[name]
    against = [proof for proof in proofs if proof.condemns(problem)]
    condemned = any(proof.verdict in _CONDEMNING for proof in against)
    if found := obstacle(name, platform, problem):
        reason = found.cause if presence.state != "usable" else f"refused: {found}"
        return Candidate(name, False, reason, condemned=condemned, barred=True)
    if against:
        reason = f"{against[0].verdict.replace('_', ' ')}: {against[0].reason}"
        return Candidate(name, False, reason, condemned=condemned, barred=True)
    if info.numerics != "exact" and not quantized:
        return Candidate(name, False, "quantized, and only exact kernels were asked for")
    proven = [proof.problem.longest for proof in proofs if proof.verdict == "proven"]
    if not proven:
        return Candidate(name, False, "unproven for this problem class; run: ocroute prove " + name)
    if not _holding(proofs, problem):
        return Candidate(name, False, f"proven up to {max(proven)} tokens only; {problem.longest} are needed")
    return None


def _holding(proofs: Iterable[Proof], problem: Problem) -> list[Proof]:
    """Those that stand behind a kernel at ``problem``, the nearest first."""
    return sorted((proof for proof in proofs if proof.serves(problem)), key=lambda proof: _size(proof.problem))


def _common(holding: Collection[Sequence[Proof]]) -> Problem | None:
    """The nearest problem at which all kernels were timed, so that their speeds can be compared; None if there is none."""
    timed = [{proof.problem for proof in proofs if proof.measure} for proofs in holding]
    return min(set.intersection(*timed), key=_size, default=None) if timed else None


def _size(problem: Problem) -> tuple[int, int]:
    """By which problems of a class are ordered."""
    return problem.longest, problem.tokens


def _candidate(name: str, info: KernelInfo, holding: Sequence[Proof], common: Problem | None) -> Candidate:
    """A proven kernel. Without a ``common`` problem its speed is that at its own nearest: by arithmetic done, not by time."""
    proof = next((proof for proof in holding if proof.problem == common), holding[0])
    figure = proof.measure
    speed = f", {figure.milliseconds:.3g} ms, {figure.tflops:.3g} TFLOP/s" if figure else ""
    kind = "exact" if info.numerics == "exact" else "within the limits of quantized kernels"
    reason = f"{name} is {kind} at up to {proof.problem.longest} tokens{speed}"
    return Candidate(name, True, reason, figure.tflops if figure else None)


def _put_off(one: Candidate, problem: Problem) -> Candidate:
    why = f"{one.reason}; not used at {problem.longest} tokens: it keeps whole score matrices"
    return msgspec.structs.replace(one, reason=why)


def _same_device(proof: Proof, gpu: Gpu | None) -> bool:
    if gpu is None:
        return proof.place.capability == (0, 0)
    return proof.place.capability == gpu.compute_capability and proof.place.device == gpu.name
