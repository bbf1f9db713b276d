"""Draws the answer to "does dots.ocr need FlashAttention 2?" from what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from ocroute.kernels.base import KERNELS
from parts.common import Part, Record, from_evidence, stamp, table

NUMBERS = ("bfloat16", "float32")
READS = 0.1  # character error rate up to which the model can be said to read
SAME_CER = 0.005  # a slip or two on the pages of the experiment
SAME_AGREEMENT = 0.001
WORST = 2  # pages that are left out, the same for all kernels


@from_evidence("kernel-experiment", "python -m bench.kernel_experiment --json evidence/kernel-experiment.json")
def verdict(record: Record) -> str:
    """Whether the kernels read alike, from the numbers."""
    trained = record["trained_with"]
    base = record["kernels"][trained]["bfloat16"]["cer"]
    exact = [(name, row) for name, _, row in runs(record) if is_exact(name)]
    if base > READS:
        return f"Nothing follows from this run: the model does not read (CER {base:.0%} with `{trained}`).\n"
    rates = [row["cer"] for _, row in exact]
    said = (
        "**No.** No exact kernel reads these pages worse than the one of training does"
        if max(rates) <= base + SAME_CER
        else "**Not so simple.** At least one exact kernel reads these pages worse than the one of training"
    )
    span = f"{min(rates):.2%} to {max(rates):.2%} over all exact kernels and both number formats"
    agreed = min(row["against_training"]["tokens_agree"] for name, row in exact if name != trained)
    alone = min(row["rounding_alone"]["tokens_agree"] for row in record["kernels"].values() if "rounding_alone" in row)
    alike = agreed >= alone - SAME_AGREEMENT
    return (
        f"{said}: CER {base:.2%} with `{trained}`, {span}; {record['pages']} pages. Along the true answers the likeliest token "
        f"is the same as in training's kernel at {agreed:.2%} of all places or more; between bfloat16 and float32 of one and the "
        f"same kernel at {alone:.2%} or more. "
        f"{'So another kernel changes no more than another number format does.' if alike else ''}\n{stamp(record)}"
    )


@from_evidence(
    "kernel-experiment-cpu", "python -m bench.kernel_experiment --device cpu --json evidence/kernel-experiment-cpu.json"
)
def by_page(record: Record) -> str:
    """The rates with and without the pages that make most of the error, and how many answers have no end."""
    rows = [(name, numbers, row) for name, numbers, row in runs(record) if is_exact(name)]
    lengths = record["characters"]
    every = range(len(lengths))
    others = sorted(every, key=lambda page: sum(row["edits"][page] for _, _, row in rows))[:-WORST]

    def rate(row: Record, pages: Sequence[int]) -> str:
        return f"{sum(row['edits'][page] for page in pages) / sum(lengths[page] for page in pages):.2%}"

    found = [
        (
            f"`{name}`",
            numbers,
            rate(row, every),
            rate(row, others),
            f"{row['edits'].count(0)}",
            f"{len(row['endless'])}",
        )
        for name, numbers, row in rows
    ]
    head = (
        *("kernel", "numbers", f"CER, all {len(lengths)} pages", f"without the {WORST} worst"),
        *("pages without an error", "answers without an end"),
    )
    return table(head, found) + stamp(record)


@from_evidence("kernel-experiment", "python -m bench.kernel_experiment --json evidence/kernel-experiment.json")
def kernels(record: Record) -> str:
    """A row for each kernel and number format that ran, and the kernels that did not."""
    rows = [_kernel(name, numbers, row, record["kernels"][name]) for name, numbers, row in runs(record)]
    head = ("kernel", "numbers", "CER", "same answers", "same likeliest token", "largest distance", "rounding alone")
    ran = {name for name, _, _ in runs(record)}
    silent = ", ".join(f"`{name}`" for name in record["kernels"] if name not in ran)
    return table(head, rows) + (f"\nNot run on this machine: {silent}.\n" if silent else "")


@from_evidence("loading-faults", "python -m bench.loading_faults --json evidence/loading-faults.json")
def faults(record: Record) -> str:
    """What each fault does to the reading, and what the canary page said."""
    rows = [
        (name, row["what"], "no text" if row["cer"] is None else f"{row['cer']:.1%}", row["canary"])
        for name, row in record["faults"].items()
    ]
    return table(("fault", "what happened", "CER", "the canary page"), rows) + stamp(record)


def runs(record: Record) -> list[tuple[str, str, Record]]:
    """Kernel, number format and row of everything that ran."""
    return [
        (name, numbers, row[numbers])
        for name, row in record["kernels"].items()
        for numbers in NUMBERS
        if "cer" in row.get(numbers, {})
    ]


def is_exact(name: str) -> bool:
    """Whether it computes in the bits of its inputs; PyTorch's own choice, which is no row of ours, does."""
    return name not in KERNELS or KERNELS.load(name).info.numerics == "exact"


def _kernel(name: str, numbers: str, row: Record, whole: Record) -> tuple[str, ...]:
    against, alone = row["against_training"], whole.get("rounding_alone")
    return (
        f"`{name}`" if is_exact(name) else f"`{name}` (quantized)",
        numbers,
        f"{row['cer']:.2%}",
        f"{against['same_answers']} of {row['pages']}",
        f"{against['tokens_agree']:.2%}",
        f"{against['largest']:.3g}",
        f"{alone['largest']:.3g}" if alone else "",
    )


PARTS: dict[str, Part] = {
    "kernel-experiment": kernels,
    "kernel-verdict": verdict,
    "kernel-by-page": by_page,
    "loading-faults": faults,
}
