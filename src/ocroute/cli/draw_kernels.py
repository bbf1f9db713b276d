"""Draws attention kernels: what is here, the proofs as they are made, and what each model would run on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ocroute.cli.terminal import STATE_STYLES, console
from ocroute.kernels.base import SUB_MODELS

if TYPE_CHECKING:
    from ocroute.kernels.base import Problem, SubModel
    from ocroute.kernels.choice import Choice
    from ocroute.kernels.inventory import KernelRow
    from ocroute.kernels.probe import Proof
    from ocroute.kernels.probe.proof import Measure
    from ocroute.machine import Machine

VERDICT_STYLES = {"proven": "green", "refused": "yellow", "out_of_memory": "yellow"}


def kernel_table(rows: Sequence[KernelRow], machine: Machine, proofs: Iterable[Proof] = ()) -> Table:
    """Every kernel: absent, broken, usable, or what its proofs say; why; what to install.

    Args:
        proofs: that hold on this machine, see `ocroute.kernels.requirements.Platform`.
    """
    gpu = machine.first_gpu
    capability = f", {'.'.join(map(str, gpu.compute_capability))}" if gpu and gpu.kind == "cuda" else ""
    where = f"{gpu.name}{capability}" if gpu else "the CPU"
    table = Table(title=f"Attention kernels on {where}", title_justify="left")
    for heading in ("kernel", "state", "version"):
        table.add_column(heading, no_wrap=True)
    table.add_column("remarks", overflow="fold")
    known: dict[str, list[Proof]] = {}
    for proof in proofs:
        known.setdefault(proof.kernel, []).append(proof)
    for row in rows:
        mine = known.get(row.name, [])
        remarks = [row.reason, row.refusal if row.presence == "usable" else "", *(_sentence(proof) for proof in mine)]
        remarks += [f"proofs that hold no longer: {change}; run: ocroute prove {row.name}" for change in row.stale]
        if row.presence != "usable" and row.install:
            remarks.append(f"to install: {row.install}")
        if row.numerics != "exact":
            remarks.append("quantized: used only when asked for")
        table.add_row(row.name, _state(row), row.version, Text("\n".join(remark for remark in remarks if remark)))
    return table


def draw_verdict(proof: Proof) -> None:
    """A line on stderr for a proof that was made just now."""
    line = Text(f"{proof.kernel} at {_shape(proof.problem)}: ")
    line.append(_words(proof.verdict), style=_style(proof.verdict))
    compiling = f", {proof.compile_seconds:.0f} of them compiling" if proof.compile_seconds >= 1.0 else ""
    line.append(f" ({proof.seconds:.0f} s{compiling})" if proof.ran else "")
    console(stderr=True).print(line)


def draw_proofs(proofs: Sequence[Proof]) -> None:
    """The table of proofs, and why those failed that did."""
    if not proofs:
        console(stderr=True).print("No kernel is installed. Run: ocroute kernels")
        return
    out = console()
    out.print(proof_table(proofs, out.width))
    for proof in proofs:
        if proof.verdict != "proven":
            out.print(Text(f"{proof.kernel}, {_shape(proof.problem)}: {proof.reason}"))


_FIGURES: dict[str, tuple[int, Callable[[Measure], str]]] = {
    "ms": (60, lambda measure: f"{measure.milliseconds:.3g}"),
    "TFLOP/s": (70, lambda measure: f"{measure.tflops:.3g}"),
    "MiB": (80, lambda measure: f"{measure.peak_mb:,.0f}" if measure.peak_mb is not None else ""),
}
"""Heading to the width of a terminal that has room for it, and what stands there."""


def proof_table(proofs: Sequence[Proof], width: int) -> Table:
    """Verdict, largest error as a part of its limit, and time, speed and memory at the problem's own lengths.

    Args:
        width: of the terminal, in characters; what is left out of the table on a narrow one stands in the JSON.
    """
    place, dtypes = proofs[0].place, dict.fromkeys(proof.problem.dtype for proof in proofs)
    title = f"Proofs in {' and '.join(dtypes)} on {place.device}, torch {place.torch}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("kernel", no_wrap=True)
    table.add_column("heads x dim, tokens")
    table.add_column("verdict")
    figures = [(heading, said) for heading, (least, said) in _FIGURES.items() if width >= least]
    for heading in ("error", *(heading for heading, _ in figures)):
        table.add_column(heading, justify="right", no_wrap=True)
    for proof in proofs:
        measure, worst = proof.measure, proof.worst
        table.add_row(
            proof.kernel,
            _shape(proof.problem, dtype=False),
            Text(_words(proof.verdict), style=_style(proof.verdict)),
            f"{worst.error / worst.limit:.2f}" if worst and worst.error is not None and worst.limit else "",
            *(said(measure) if measure else "" for _, said in figures),
        )
    return table


def model_table(choices: Mapping[str, Mapping[SubModel, Choice]], *, trace: bool = False) -> Table:
    """What the vision encoder and the decoder of each model would run on here, and why.

    Args:
        choices: model to sub-model to choice, see `ocroute.engines.neural.attention.kernel_choices`.
        trace: also why no other kernel was chosen.
    """
    table = Table("model", "sub-model", "kernel", "why", title="Kernels by model", title_justify="left")
    for model, of_model in choices.items():
        for sub_model, choice in of_model.items():
            style = "green" if choice.proven else "yellow" if choice.kernel else "red"
            others = [f"{one.kernel}: {one.reason}" for one in choice.trace if one.kernel != choice.kernel]
            why = "\n".join([choice.reason, *(others if trace else ())])
            table.add_row(model, SUB_MODELS[sub_model], Text(choice.kernel or "none", style=style), Text(why))
    return table


def _state(row: KernelRow) -> Text:
    """The state of a kernel; where it has proofs, every verdict on it, the worst first."""
    if row.presence != "usable" or not row.verdicts:
        return Text(row.state, style=STATE_STYLES.get(row.state, "yellow"))
    return Text("\n").join(Text(_words(verdict), style=_style(verdict)) for verdict in row.verdicts)


def _sentence(proof: Proof) -> str:
    speed = f", {proof.measure.milliseconds:.3g} ms, {proof.measure.tflops:.3g} TFLOP/s" if proof.measure else ""
    said = "" if proof.verdict == "proven" else f": {proof.reason}"
    return f"{_words(proof.verdict)} at {_shape(proof.problem)}{speed}{said}"


def _shape(problem: Problem, *, dtype: bool = True) -> str:
    heads = str(problem.heads) if problem.group == 1 else f"{problem.heads}/{problem.kv_heads}"
    total = sum(problem.lengths)
    lengths = f"{total:,}" if len(problem.lengths) == 1 else f"{total:,} in {len(problem.lengths)}"
    causal = " causal" if problem.causal else ""
    return f"{heads} x {problem.head_dim}, {lengths}{causal}{f', {problem.dtype}' if dtype else ''}"


def _words(verdict: str) -> str:
    return verdict.replace("_", " ")


def _style(verdict: str) -> str:
    return VERDICT_STYLES.get(verdict, "red")
