"""What a probe finds, as plain values: they cross process borders, and lie in the ledger as JSON.

**Problem classes.** Two problems are of one class when head dim, dtype, causality, and the number of query heads to a key/value
head agree. The length buckets of a class are open below: a proof at length L holds for every length up to L. Several sequences
in one call need no proof of their own as long as no offset into the pack can outgrow 32 bits; beyond that the proof must have
run as many tokens.

**Verdicts.** A kernel once seen wrong in a class is out for the class, however it did at other times. Only what it showed at
the proof's own lengths (wrong, crashed, too slow, out of memory) says nothing about shorter ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from ocroute.kernels.base import Problem
from ocroute.kernels.probe.cases import MEASURE, OWN_LENGTHS

PROBE_VERSION = 3
"""Goes up whenever a case or a limit changes: proofs made with another number are stale."""

_OFFSETS = 2**31

Verdict = Literal["proven", "wrong", "crashed", "timed_out", "refused", "out_of_memory"]
Seen = Literal["passed", "wrong", "refused", "out_of_memory", "raised", "not_run"]


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one case showed.

    Attributes:
        case: its name in `ocroute.kernels.probe.cases.CASES`.
        seen: ``raised`` is a Python exception; a case in which the process ended has no outcome.
        error: of an exact kernel the absolute error that came nearest to its limit: of one value, or the root mean square of
            64 rows of a head; of a quantized one the largest relative L1 error of a head. None where the result had values
            that are not finite, or none was compared.
        limit: of that error; rows of small values have small limits.
        reason: a sentence, for all but ``passed``.
        own: whether the problem class itself asks for what this case tries. A kernel may refuse the others.
    """

    case: str
    seen: Seen
    error: float | None = None
    limit: float | None = None
    reason: str = ""
    own: bool = False


class Measure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Speed at the problem's own lengths.

    Attributes:
        milliseconds: median of a call.
        tflops: 10^12 multiplications and additions of the two matrix products a second.
        peak_mb: MiB of device memory that a call takes beside its inputs, the result included; None on the CPU.
        calls: how many were timed.
    """

    milliseconds: float
    tflops: float
    peak_mb: float | None = None
    calls: int = 0


class Place(msgspec.Struct, frozen=True):
    """Where a proof holds: a change of any of these makes it stale.

    Attributes:
        device: the GPU's name, or the CPU's.
        capability: compute capability ``(major, minor)``; ``(0, 0)`` for a CPU.
        driver: of NVIDIA; empty for a CPU.
        torch: its version, build included.
    """

    device: str
    capability: tuple[int, int]
    driver: str
    torch: str


class Proof(msgspec.Struct, frozen=True):
    """The verdict on one kernel at one problem class on one device.

    Attributes:
        version: of the kernel's distribution, and of what else it rests on: see `ocroute.kernels.this_machine.build_of`.
        reason: a sentence, for every verdict.
        case: the one that decided against the kernel, or that it was lost in; empty where it is proven.
        outcomes: of every case, in the order in which they ran.
        measure: None where the kernel did not come so far.
        seconds: that the probe took.
        compile_seconds: those of them in which the kernel compiled.
        date: ISO 8601, UTC.
        probe: `PROBE_VERSION` of the probe that ran.
    """

    kernel: str
    version: str
    problem: Problem
    place: Place
    verdict: Verdict
    reason: str
    case: str = ""
    outcomes: tuple[Outcome, ...] = ()
    measure: Measure | None = None
    seconds: float = 0.0
    date: str = ""
    probe: int = PROBE_VERSION
    compile_seconds: float = 0.0

    @property
    def ran(self) -> bool:
        """Whether the kernel was started; what was refused before is known again at no cost."""
        return bool(self.outcomes or self.case) or self.verdict != "refused"

    def serves(self, problem: Problem) -> bool:
        """Whether the proof stands behind the kernel at ``problem``, which is of its class."""
        if self.verdict != "proven" or problem.longest > self.problem.longest:
            return False
        in_reach = problem.tokens * problem.heads * problem.head_dim < _OFFSETS
        return problem.tokens <= self.problem.tokens or in_reach

    def condemns(self, problem: Problem) -> bool:
        """Whether what went wrong here would go wrong at ``problem``, which is of its class."""
        if self.verdict == "proven":
            return False
        return self.case not in (OWN_LENGTHS, MEASURE) or problem.longest >= self.problem.longest

    @property
    def worst(self) -> Outcome | None:
        """The outcome whose error is the largest part of its limit."""
        compared = [one for one in self.outcomes if one.error is not None and one.limit]
        return max(compared, key=lambda one: (one.error or 0.0) / (one.limit or 1.0), default=None)


def judged(outcomes: Sequence[Outcome]) -> tuple[Verdict, str, str]:
    """Verdict, sentence, and the case that decided, over the outcomes of a probe that ran to its end.

    A wrong result condemns wherever it was seen; a refusal, or the end of memory, only where the problem class itself asks.
    """
    decisive: tuple[tuple[Seen, Verdict], ...] = (("raised", "crashed"), ("wrong", "wrong"))
    for seen, verdict in decisive:
        found = [one for one in outcomes if one.seen == seen]
        if found:
            more = f" (and in {len(found) - 1} other cases)" if len(found) > 1 else ""
            return verdict, f"{found[0].case}: {found[0].reason}{more}", found[0].case
    for one in outcomes:
        if one.own and one.seen == "refused":
            return "refused", one.reason, one.case
        if one.own and one.seen == "out_of_memory":
            return "out_of_memory", f"{one.case}: {one.reason}", one.case
    passed = sum(one.seen == "passed" for one in outcomes)
    if not any(one.own and one.seen == "passed" for one in outcomes):
        return "refused", "no case of this problem class was run", ""
    beside = [one for one in outcomes if one.seen in ("refused", "out_of_memory")]
    return "proven", f"right in {passed} cases" + (f", declined {len(beside)}" if beside else ""), ""
