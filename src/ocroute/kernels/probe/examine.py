"""Runs every case of a problem class against one kernel, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ocroute.kernels.base import Kernel, Problem, Refused
from ocroute.kernels.device_errors import out_of_memory
from ocroute.kernels.probe.case_inputs import Call, make
from ocroute.kernels.probe.cases import CASES, OWN_LENGTHS, Case, not_run, short
from ocroute.kernels.probe.expected import Expected, Figure, Wrong
from ocroute.kernels.probe.proof import Outcome, Seen
from ocroute.kernels.probe.runs import RUNS, checked

_Class = tuple[int, int, int, bool, str]


@dataclass
class Examiner:
    """Examines one kernel on one device.

    What does not depend on the problem's lengths is run once for all problems that differ in nothing else.

    Args:
        device: ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        quick: cut long sequences of fixed length.

    Attributes:
        own: the call at the own lengths of the problem that was run last, and what it must give; None where it gave nothing.
    """

    kernel: Kernel
    device: str
    quick: bool = False
    own: Expected | None = None
    _seen: dict[_Class, list[Outcome]] = field(default_factory=dict)

    def run(self, problem: Problem, *, seed: int = 0, begins: Callable[[str], None] | None = None) -> Iterator[Outcome]:
        """The outcome of each case, in order; ends after one that raised, because the device may not have survived it.

        Args:
            seed: of the values.
            begins: is told each case before it runs.
        """
        self.own = None
        key = (problem.head_dim, problem.heads, problem.kv_heads, problem.causal, problem.dtype)
        seen = self._seen.get(key)
        if seen is not None:
            yield from seen
        kept: list[Outcome] = []
        for number, case in enumerate(CASES):
            if seen is not None and case.name != OWN_LENGTHS:
                continue
            outcome = self._one(short(case) if self.quick else case, problem, seed * len(CASES) + number, begins)
            if case.name != OWN_LENGTHS:
                kept.append(outcome)
            yield outcome
            if outcome.seen == "raised":
                return
        if seen is None:
            self._seen[key] = kept

    def _one(self, case: Case, problem: Problem, seed: int, begins: Callable[[str], None] | None) -> Outcome:
        if reason := not_run(case, problem, self.kernel.info, self.device):
            return Outcome(case.name, "not_run", reason=reason, own=case.own)
        if begins:
            begins(case.name)
        try:
            call = make(case, problem, self.device, seed)
            if case.name == OWN_LENGTHS:
                figure = self._at_own_lengths(call)
            else:
                figure = RUNS[case.run](self.kernel, call, lambda: make(case, problem, self.device, seed + 1_000_003))
        except Wrong as wrong:
            return Outcome(case.name, "wrong", wrong.error, wrong.limit, str(wrong), case.own)
        except Refused as refused:
            return Outcome(case.name, "refused", reason=str(refused), own=case.own)
        except Exception as error:  # whatever a kernel raises is a finding
            seen: Seen = "out_of_memory" if out_of_memory(error) else "raised"
            return Outcome(case.name, seen, reason=_said(error), own=case.own)
        return Outcome(case.name, "passed", figure.error, figure.limit, own=case.own)

    def _at_own_lengths(self, call: Call) -> Figure:
        """As `once`; what is expected is kept, for it takes longer than the kernel."""
        out = checked(self.kernel, call)
        self.own = Expected(call, self.kernel.info)
        return self.own.compare(out)


def _said(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"raised {type(error).__name__}: {lines[0] if lines else ''}"[:400]
