"""What teaching a model brings, and what it takes."""

from __future__ import annotations

from parts.common import EVIDENCE, Record, from_evidence, measured, stamp, table

_SCRIPT = "python -m bench.finetune --taught FOLDER/TYPEFACE --json evidence/finetune-taught-NAME.json"


def proof() -> str:
    """A part for each typeface that was taught."""
    records = [measured(file.stem) for file in sorted(EVIDENCE.glob("finetune-taught-*.json"))]
    return "\n".join(_proof(record) for record in records) or f"Not measured yet. To measure it: `{_SCRIPT}`.\n"


def _proof(record: Record) -> str:
    training = record["training"]
    trials = table(
        ("after so many steps", "wrong characters on pages that it is not taught", "loops", "the canary page is read"),
        (
            (str(one["step"]), f"{one['cer']:.2%}", str(one["loops"]), "yes" if one["canary_read"] else "no")
            for one in training["trials"]
        ),
    )
    settings = ", ".join(f"{name} {value}" for name, value in record["settings"].items())
    where = f"{training['seconds']:.0f} s on {training['device']}" if "device" in training else "on a CPU"
    faces = list(dict.fromkeys(record["taught"]))
    kept = f", of which step {training['best_step']} was kept" if "best_step" in training else ""
    said = f"{training['pages']} pages taught in {training['steps']} steps, {where}{kept}."
    share = record["taught"].count(faces[0]) / len(record["taught"])
    others = f"{faces[0]} is taught on {share:.0%} of them, beside {', '.join(faces[1:])}."
    return f"### {faces[0]}\n\n{trials}\n{said} {others} Settings: {settings}.\n\n{_judged(record)}{stamp(record)}"


def _judged(record: Record) -> str:
    if "held_out" not in record:
        return f"Not judged yet on pages that are held out, and on others. To do that: `{_SCRIPT}`.\n"
    head = ("pages", "", "wrong characters", "accepted", "of those wrong", "loops", "difference")
    rows = []
    for name, typefaces in (("held_out", record["taught"]), ("others", record["before"])):
        told = record[name]
        what = f"{told['pages']} pages: {', '.join(dict.fromkeys(typefaces))}; {told['characters']:,} characters"
        between = "{:+.2%} to {:+.2%}".format(*told["difference"]) if told["difference"] else "too few pages"
        for side, called, more in (("base", "before", ""), ("adapted", "with the adapter", between)):
            of = told[side]
            counts = (str(of[key]) for key in ("accepted", "wrong_accepted", "loops"))
            rows.append((what if side == "base" else "", called, f"{of['cer']:.2%}", *counts, more))
    said = "".join(f"- {line}.\n" for line in record["says"])
    return f"{table(head, rows)}\nWhat `judge` says of it:\n\n{said}"


def _gradients(rows: Record) -> str:
    return table(
        ("gradients with", "apart from the first row of that dtype", "apart from the first row of all"),
        (
            (name, told["refused"], "")
            if "refused" in told
            else (name, f"{told['from_first']:.2e}", f"{told['from_first_in_float32']:.2e}")
            for name, told in rows.items()
        ),
    )


def _read_with(rows: Record) -> str:
    return table(
        ("read with", "wrong characters", "answers that are the first row's to the letter"),
        (
            (name, told["refused"], "")
            if "refused" in told
            else (name, f"{told['cer']:.2%}", f"{told['same_as_first']} of {told['pages']}")
            for name, told in rows.items()
        ),
    )


_STEP = "python -m bench.finetune_gpu step --json evidence/finetune-gpu.json"
_SWAP = "python -m bench.finetune_gpu swap --json evidence/finetune-swap.json"


@from_evidence("finetune-gpu", _STEP)
def step(record: Record) -> str:
    told = record["geometry"]
    seconds = " to ".join(f"{one:.2f}" for one in (min(told["seconds_a_page"]), max(told["seconds_a_page"])))
    row = (
        told["page"],
        f"{told['image_tokens']:,}",
        f"{told['answer_tokens']:,}",
        seconds,
        f"{told['peak_mib']:,} MiB",
        f"{told['counted_mib']['step']:,} MiB",
    )
    head = ("page", "image tokens", "answer, tokens", "seconds a page", "peak of memory", "counted beforehand")
    return table(head, [row]) + stamp(record)


@from_evidence("finetune-swap", _SWAP)
def swap_on_gpu(record: Record) -> str:
    parts = [_gradients(record["swap"]["gradients"])]
    for name, told in record["swap"]["trained_with"].items():
        parts.append(f"Trained with `{name}`, {told['steps']} steps:\n")
        parts.append(_read_with(told["read_with"]))
    return "\n".join(parts) + "\n" + stamp(record)


@from_evidence("finetune-memory", "python -m bench.finetune --memory --json evidence/finetune-memory.json")
def memory(record: Record) -> str:
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


PARTS = {
    "finetune": proof,
    "finetune-memory": memory,
    "finetune-step": step,
    "finetune-gpu-swap": swap_on_gpu,
}
