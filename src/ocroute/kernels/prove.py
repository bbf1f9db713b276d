"""Proves kernels on this machine: each in a child process of its own, one at work at a time, so that timings do not overlap."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ocroute.errors import EngineUnavailable, Interrupted, NextStep, UsageError
from ocroute.kernels.base import KERNELS, KernelInfo, Presence, Problem
from ocroute.kernels.facts import all_facts
from ocroute.kernels.ledger import Ledger
from ocroute.kernels.probe.cases import MEASURE, OWN_LENGTHS
from ocroute.kernels.probe.prober import Limits, Lost, Prober
from ocroute.kernels.probe.proof import Place, Proof, judged
from ocroute.kernels.requirements import Platform, obstacle
from ocroute.kernels.this_machine import build_of, installed, place_of, torch_build
from ocroute.machine import Gpu, Machine, inspect

__all__ = ["Limits", "prove", "prove_here"]

_AHEAD = 4  # children that may import torch while another is at work, where there is a core for each
_ONE_AT_A_TIME = (OWN_LENGTHS, MEASURE)
_ROOMY_MB = 16_000  # of a GPU, and enough cores: there a kernel may compile while another is at work
_SCORE_BYTES = 4  # of a score: whatever the inputs are, the softmax is computed in float32


def prove_here(
    kernels: Sequence[str],
    problems: Sequence[Problem],
    *,
    facts: bool = True,
    quantized: bool = False,
    device: str | None = None,
    ledger: Ledger | None = None,
    limits: Limits | None = None,
) -> Iterator[Proof]:
    """What ``ocroute prove`` does: proofs on this machine, kept in the ledger as they are made.

    Args:
        problems: of the models that are to run here, see `ocroute.engines.neural.attention_shapes`.
        kernels, facts, quantized, device, limits: see `prove`.
        ledger: the user's own when left out.

    Raises:
        Interrupted: by Ctrl-C; all proofs made until then are in the ledger.
        OutputError: a proof cannot be kept. For other errors see `prove`.
    """
    ledger, kept = ledger or Ledger(), 0
    try:
        for proof in prove(kernels, problems, facts=facts, quantized=quantized, device=device, limits=limits):
            if proof.ran:
                ledger.record(proof)
                kept += 1
            yield proof
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted; the proofs made so far ({kept}) are kept in {ledger.folder}",
            next_step="To see them: ocroute kernels",
        ) from None


def prove(
    kernels: Sequence[str],
    problems: Sequence[Problem],
    *,
    facts: bool = True,
    quantized: bool = False,
    device: str | None = None,
    machine: Machine | None = None,
    limits: Limits | None = None,
    seed: int = 0,
) -> Iterator[Proof]:
    """Proofs for each kernel and problem, kernel by kernel, as they are made.

    Of problems that differ in their lengths only the longest is tried first, and where a kernel is proven at it the shorter ones
    are too. What needs more memory than there is, is known beforehand and not tried.

    Args:
        kernels: by name; every installed one when empty, of which quantized ones only with ``quantized``.
        facts: heed dated facts about versions and cards; without it the probe alone decides.
        device: ``"cpu"``, ``"cuda"`` or ``"cuda:1"``; the first GPU when left out, or the CPU without one.
        seed: of the values in the tensors.

    Raises:
        UsageError: a kernel, or the device, does not exist.
        EngineUnavailable: torch is not installed.
    """
    machine = machine or inspect()
    device = device or ("cuda" if machine.gpus else "cpu")
    gpu = _gpu(machine, device)
    if "torch" not in machine.libraries:
        raise EngineUnavailable(
            "kernels are proven with torch, which is absent", next_step=NextStep(command="pip install 'ocroute[vlm]'")
        )
    for name in kernels:
        if name not in KERNELS:
            raise UsageError(f"there is no kernel named {name!r}", next_step=f"Choose from: {', '.join(KERNELS)}")
    found = {name: installed(name) for name in kernels or KERNELS}
    if not kernels:
        found = {name: kernel for name, kernel in found.items() if _meant(*kernel, quantized=quantized)}
        found = dict(
            sorted(found.items(), key=lambda item: item[1][0].compiles)
        )  # those compile while others are at work
    known = all_facts() if facts else ()
    ahead = min(_AHEAD, machine.cores // 4) if gpu else 0  # without a GPU their imports would take part in the timings
    bench = _Bench(device, limits or Limits(), seed, _compile_ahead(machine, gpu, problems))
    try:
        if gpu:  # children import torch while we do
            usable = [name for name, (_, presence) in found.items() if presence.state == "usable"]
            compiling = [name for name in usable if found[name][0].compiles] if bench.ahead else []
            bench.warm_up([*compiling, *usable[: 1 + ahead]])
        bench.place = place_of(machine, gpu)
        platform = Platform(gpu, machine.driver_cuda, torch_build(), found, facts=known, host=machine.host)
        waiting = [name for name in found if not all(obstacle(name, platform, problem) for problem in problems)]
        bench.end(*(name for name in found if name not in waiting))
        for name in found:
            first = waiting.index(name) if name in waiting else 0
            yield from _of_kernel(name, problems, platform, bench, waiting[first : first + 1 + ahead])
            bench.end(name)
    finally:
        bench.end(*found)


def _of_kernel(
    name: str, problems: Sequence[Problem], platform: Platform, bench: _Bench, next_up: Sequence[str]
) -> Iterator[Proof]:
    """The proofs of one kernel.

    Args:
        next_up: this kernel and those whose children may start while it is at work.
    """
    info, presence = platform.kernels[name]
    build = build_of(info, presence.version)
    proven: list[Proof] = []
    for problem in sorted(problems, key=lambda problem: problem.longest, reverse=True):
        if any(proof.serves(problem) and _same_heads(proof.problem, problem) for proof in proven):
            continue
        if why := obstacle(name, platform, problem):
            yield Proof(name, build, problem, bench.place, "refused", str(why), date=_now())
        elif too_large := _too_large(info, problem, platform.gpu):
            yield Proof(name, build, problem, bench.place, "out_of_memory", too_large, OWN_LENGTHS, date=_now())
        else:
            bench.warm_up(next_up)
            proof = bench.prove(name, build, problem)
            proven.append(proof)
            yield proof


def _same_heads(one: Problem, other: Problem) -> bool:
    return one.same_class(other) and (one.heads, one.kv_heads) == (other.heads, other.kv_heads)


def _too_large(info: KernelInfo, problem: Problem, gpu: Gpu | None) -> str:
    """Why a kernel that keeps whole score matrices cannot serve ``problem`` on this card; empty where it may."""
    if not info.materialises or gpu is None or not gpu.memory_mb:
        return ""
    cells = max(queries * keys for queries, keys in zip(problem.lengths, problem.keys, strict=True))
    needed = problem.heads * cells * _SCORE_BYTES >> 20
    if needed <= gpu.memory_mb:
        return ""
    return f"{OWN_LENGTHS}: not tried, its scores alone take {needed:,} MiB, and {gpu.name} has {gpu.memory_mb:,}"


def _compile_ahead(machine: Machine, gpu: Gpu | None, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The problems for which kernels compile while others are at work: one of a class, and none on a small machine."""
    if gpu is None or gpu.memory_mb < _ROOMY_MB or machine.cores < 2 * _AHEAD:
        return ()
    classes: list[Problem] = []
    for problem in problems:
        if not any(_same_heads(problem, known) for known in classes):
            classes.append(problem)
    return tuple(classes)


def _meant(info: KernelInfo, presence: Presence, *, quantized: bool) -> bool:
    """Whether the kernel is tried without being named."""
    return presence.state != "absent" and (quantized or info.numerics == "exact")


def unproven(names: Sequence[str], proofs: Sequence[Proof]) -> list[str]:
    """Those of ``names`` that are not to be relied on: never proven, or caught in a fault, in any of their ``proofs``.

    What a kernel refuses, or has no memory for, is no fault where it is proven at other problems.
    """
    proven = {proof.kernel for proof in proofs if proof.verdict == "proven"}
    faulty = {proof.kernel for proof in proofs if proof.verdict in ("wrong", "crashed", "timed_out")}
    return [name for name in dict.fromkeys(names) if name not in proven or name in faulty]


def unserved(proofs: Sequence[Proof]) -> list[Problem]:
    """The problems at which no kernel is proven."""
    served = {proof.problem for proof in proofs if proof.verdict == "proven"}
    return [problem for problem in dict.fromkeys(proof.problem for proof in proofs) if problem not in served]


class _Bench:
    """The children, and what was learnt from those that were lost.

    A kernel has one; but where kernels compile ahead, those that do have one for each problem class, so that they compile for all
    of them at once: torch's compiler takes one core.

    Attributes:
        ahead: problems for which kernels that compile do so before they are asked, one of a class.
        place: where the proofs hold; unknown until torch is imported.
    """

    def __init__(self, device: str, limits: Limits, seed: int, ahead: Sequence[Problem] = ()) -> None:
        self.place = Place("", (0, 0), "", "")
        self.ahead = ahead
        self._children: dict[tuple[str, Problem | None], Prober] = {}
        self._device, self._limits, self._seed = device, limits, seed
        self._fallen: dict[tuple[object, ...], Lost] = {}

    def warm_up(self, names: Sequence[str]) -> None:
        """Let the children of these kernels import what they need."""
        for name in names:
            if not any(known == name for known, _ in self._children):
                compiles = self.ahead and installed(name)[0].compiles
                for ahead in self.ahead if compiles else (None,):
                    self._start(name, ahead)

    def _start(self, name: str, ahead: Problem | None) -> Prober:
        self._children[name, ahead] = child = Prober(name, self._device, self._limits, (ahead,) if ahead else ())
        return child

    def _child_for(self, name: str, problem: Problem) -> tuple[str, Problem | None]:
        of_class = (known for known in self.ahead if _same_heads(known, problem))
        return name, next(of_class, None) if installed(name)[0].compiles else None

    def prove(self, name: str, version: str, problem: Problem) -> Proof:
        """One proof; a child that is lost is replaced for the next."""
        started = time.monotonic()
        key = (name, problem.head_dim, problem.heads, problem.kv_heads, problem.causal, problem.dtype)
        if before := self._fallen.get(key):
            return self._proof(name, version, problem, before)
        whose = self._child_for(name, problem)
        child = self._children.get(whose) or self._start(*whose)
        outcomes, measure, lost, compiled = child.examine(problem, self._seed)
        raised = any(outcome.seen == "raised" for outcome in outcomes)
        if lost or raised:  # the device may not have survived in that process
            self._children.pop(whose).end()
        if lost:
            if lost.case not in _ONE_AT_A_TIME:
                self._fallen[key] = lost
            verdict, reason, case = lost.verdict, lost.reason, lost.case
            reason = f"{case}: {reason}" if case else reason
        else:
            verdict, reason, case = judged(outcomes)
        if compiled >= 1.0:
            reason += f"; compiling took {compiled:.0f} s"
        if verdict == "timed_out":
            reason += f"; to allow it more: ocroute prove {name} --timeout {2 * self._limits.case:g}"
        return Proof(
            name,
            version,
            problem,
            self.place,
            verdict,
            reason,
            case,
            outcomes,
            measure,
            round(time.monotonic() - started, 2),
            _now(),
            compile_seconds=round(compiled, 2),
        )

    def end(self, *names: str) -> None:
        """End the children of these kernels."""
        for whose in [whose for whose in self._children if whose[0] in names]:
            self._children.pop(whose).end()

    def _proof(self, name: str, version: str, problem: Problem, lost: Lost) -> Proof:
        reason = f"{lost.case}: {lost.reason}" if lost.case else lost.reason
        reason += "; seen with the same heads at other lengths"
        return Proof(name, version, problem, self.place, lost.verdict, reason, lost.case, date=_now())


def _gpu(machine: Machine, device: str) -> Gpu | None:
    kind, _, index = device.partition(":")
    if kind == "cpu" and not index:
        return None
    number = int(index) if index.isdigit() else 0
    if kind != "cuda" or number >= len(machine.gpus):
        there = ", ".join(["cpu", *(f"cuda:{i}" for i in range(len(machine.gpus)))])
        raise UsageError(f"there is no device {device!r}", next_step=f"Choose from: {there}")
    return machine.gpus[number]


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
