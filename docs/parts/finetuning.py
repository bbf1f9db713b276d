"""What teaching a model brings, and what it takes."""

from __future__ import annotations

from parts.common import Record, from_evidence, stamp, table

_SCRIPT = "python -m bench.finetune --json evidence/finetune.json"


@from_evidence("finetune", _SCRIPT)
def proof(record: Record) -> str:
    head = ("pages", "", "wrong characters", "accepted", "of those wrong", "loops", "difference")
    rows = []
    for name, typeface in (("held_out", record["taught"]), ("others", record["before"])):
        told = record[name]
        low, high = told["difference"]
        for side, called in (("base", "before"), ("adapted", "with the adapter")):
            of = told[side]
            between = f"{low:+.2%} to {high:+.2%}" if side == "adapted" else ""
            what = f"{told['pages']} pages: {', '.join(dict.fromkeys(typeface))}; {told['characters']:,} characters"
            counts = (str(of[key]) for key in ("accepted", "wrong_accepted", "loops"))
            rows.append((what if side == "base" else "", called, f"{of['cer']:.2%}", *counts, between))
    training = record["training"]
    settings = ", ".join(f"{name} {value}" for name, value in record["settings"].items())
    said = f"Taught {training['pages']} pages in {training['steps']} steps, {training['cpu_seconds']:g} CPU seconds; {settings}."
    return f"{table(head, rows)}\n{said}\n{stamp(record)}"


@from_evidence("finetune", _SCRIPT)
def swap(record: Record) -> str:
    if "swap" not in record:
        return f"Not measured yet. To measure it: `{_SCRIPT}`.\n"
    first = table(
        ("gradients with", "apart from the first row of that dtype", "apart from the first row of all"),
        (
            (name, f"{told['from_first']:.2e}", f"{told['from_first_in_float32']:.2e}")
            for name, told in record["swap"]["gradients"].items()
        ),
    )
    second = table(
        ("read with", "wrong characters", "answers that are the first row's to the letter"),
        (
            (name, f"{told['cer']:.2%}", f"{told['same_as_first']} of {told['pages']}")
            for name, told in record["swap"]["reading"].items()
        ),
    )
    return f"{first}\n{second}"


@from_evidence("finetune", _SCRIPT)
def memory(record: Record) -> str:
    if "memory" not in record:
        return f"Not counted yet. To count it: `{_SCRIPT}`.\n"
    head = (
        "largest page",
        "image tokens",
        "answer, tokens",
        "weights, MiB",
        "adapters and optimizer",
        "step",
        "trial",
        "must be free",
    )
    rows = (
        (
            told["page"],
            f"{told['image_tokens']:,}",
            f"{told['answer_tokens']:,}",
            *(f"{told['mib'][key]:,}" for key in ("weights", "adapters", "step", "reading", "peak")),
        )
        for told in record["memory"]
    )
    return f"{table(head, rows)}\nMiB; adapters with their optimizer.\n"


PARTS = {"finetune": proof, "finetune-swap": swap, "finetune-memory": memory}
