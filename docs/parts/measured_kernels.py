"""What was measured of the kernels: speed, proofs, what the probe catches, models with kernels in them, builds."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from ocroute.kernels.probe.proof import PROBE_VERSION
from parts.common import Part, Record, from_evidence, stamp, table

_NAMES = {
    "page_4096": "One page of 4,096 patches",
    "page_19012": "One page of 19,012 patches",
    "four_pages": "Four packed pages",
    "text_5000": "Text prefill",
}
_UPSTREAM = {
    "upstream_eager": "eager with the published code's dense mask",
    "upstream_sdpa": "sdpa with the published code's dense mask",
}


@from_evidence("kernels", "python -m bench.kernels --json evidence/kernels.json")
def speed(record: Record) -> str:
    """A table for each problem, the fastest kernel first."""
    parts = [
        f"**{_NAMES.get(name, name)}** ({shape(problem)}):\n\n{problem_table(record, name)}"
        for name, problem in record["problems"].items()
    ]
    return "\n".join(parts) + f"\n{contract(record)}{not_measured(record)}{stamp(record)}"


def problem_table(record: Record, problem: str) -> str:
    found = {name: rows[problem] for name, rows in record["kernels"].items() if problem in rows}
    timed = {name: row for name, row in found.items() if "hand" in row}
    order = sorted(timed, key=lambda name: of(timed[name])["ms"])
    head = (
        "kernel",
        "ms",
        "TFLOP/s",
        "of the card's peak",
        "largest error",
        "memory beside the inputs",
        "by hand",
        "added, in a row",
        "added, single call",
    )
    return table(head, [speed_row(name, timed[name]) for name in order])


def of(row: Record) -> Record:
    """Through our contract where it was measured so, by hand else."""
    mine: Record = row.get("ours", row["hand"])
    return mine


def speed_row(name: str, row: Record) -> tuple[str, ...]:
    mine = of(row)
    through = "ours" in row
    return (
        f"`{name}`" if through else _UPSTREAM.get(name, name),
        f"{mine['ms']:.3g}",
        f"{mine['tflops']:.0f}",
        f"{mine['share_of_peak']:.0%}",
        f"{mine['error']['max']:.2g}",
        "" if mine["extra_mib"] is None else f"{mine['extra_mib']:,.0f} MiB",
        f"{row['hand']['ms']:.3g} ms" if through else "",
        added(row["in_a_row"]) if through else "",
        added(row["alone"]) if through else "",
    )


def added(way: Record) -> str:
    """What the contract adds, in one of the two ways of calling."""
    sure = f" ± {way['added_us_error']:.0f}" if "added_us_error" in way else ""
    return f"{way['added_us']:+.0f}{sure} µs{'' if way['within'] else ', over the limit'}"


def contract(record: Record) -> str:
    """How many calls keep the limit on what the contract may add, in both ways of calling, and which make the host wait."""
    ours = [(name, row) for name, rows in record["kernels"].items() for row in rows.values() if "ours" in row]
    limit = f"{record['limit']['share']:.0%} or {record['limit']['microseconds']:g} µs, whichever is more"
    calls = max((row["in_a_row"]["calls"] for _, row in ours), default=0)
    counts = {way: sum(row[way]["within"] for _, row in ours) for way in ("in_a_row", "alone")}
    waiting = sorted({name for name, row in ours if row["waits"]})
    waits = f"those of {', '.join(waiting)}" if waiting else "none"
    return (
        f"Of calls in a row, up to {calls} after one another as the layers of a model make them, {counts['in_a_row']} of "
        f"{len(ours)} add no more than {limit}. Of single calls from an idle device, where all that the host does shows, "
        f"{counts['alone']} of {len(ours)} do. Of the calls through the contract {waits} made the host wait for the device, "
        "as far as torch sees: it watches its own operations, not what a kernel's own library does.\n"
    )


def not_measured(record: Record) -> str:
    """Kernels without figures, and why."""
    reasons = dict(record["not_run"])
    for name, rows in record["kernels"].items():
        for row in rows.values():
            if "hand" not in row:
                reasons[name] = reason_in(row)
    if not reasons:
        return ""
    return "\nNot measured:\n\n" + "".join(f"- `{name}`: {short(reason)}\n" for name, reason in sorted(reasons.items()))


def reason_in(row: Record) -> str:
    """Why there are no figures, on one line."""
    return " ".join(str(row.get("failed") or row.get("refused") or row).split())[:300]


def short(reason: str) -> str:
    """A reason without the command to install, which stands elsewhere."""
    return reason.partition("; to install:")[0].replace("<", r"\<")


def shape(problem: Record) -> str:
    """Heads, head dim, tokens."""
    heads = f"{problem['heads']} heads"
    if problem["heads"] != problem["kv_heads"]:
        heads += f", {problem['kv_heads']} key/value heads"
    causal = "causal, " if problem["causal"] else ""
    lengths = " + ".join(f"{length:,}" for length in problem["lengths"])
    return f"{heads}, head dim {problem['head_dim']}, {causal}{problem['dtype']}, {lengths} tokens"


def proofs(name: str) -> Part:
    """The proofs of one part of ``python -m bench.prove_gpu``."""
    key = name.removeprefix("prove-")
    script = f"python -m bench.prove_gpu --parts {key} --json evidence/{name}.json"

    @from_evidence(name, script)
    def part(record: Record) -> str:
        found = record[key]
        made = found["proofs"]
        ran = [proof for proof in made if proof["outcomes"]]
        reasons = dict.fromkeys(
            f"- `{proof['kernel']}`, {words(proof['verdict'])}: {short(proof['reason'].lstrip(': '))}\n"
            for proof in made
            if proof["verdict"] != "proven" and "seen with the same heads" not in proof["reason"]
        )
        head = ("kernel", "version", "shape", "verdict", "error, part of its limit", "ms", "TFLOP/s", "memory")
        took = f"\n{len(made)} proofs in {found['seconds']:.0f} s.{earlier(made)}\n\n"
        return table(head, map(proof_row, ran)) + took + "".join(reasons) + stamp(record)

    return part


def earlier(made: list[Record]) -> str:
    """That proofs are of an earlier probe, if they are: they count no more."""
    versions = sorted({proof["probe"] for proof in made} - {PROBE_VERSION})
    if not versions:
        return ""
    return (
        f" Made by version {', '.join(map(str, versions))} of the probe. Version {PROBE_VERSION} has more cases and stricter "
        "limits and takes none of these for proofs; it has not run on this card yet."
    )


def words(verdict: str) -> str:
    return verdict.replace("_", " ")


def proof_row(proof: Record) -> tuple[str, ...]:
    measure: dict[str, Any] = proof["measure"] or {}
    shares = [
        one["error"] / one["limit"] for one in proof["outcomes"] if one.get("limit") and one.get("error") is not None
    ]
    verdict = words(proof["verdict"])
    return (
        f"`{proof['kernel']}`",
        re.sub(r" \(files \w+\)", "", proof["version"]),
        shape(proof["problem"]),
        verdict if verdict == "proven" else f"**{verdict}**",
        f"{max(shares):.2f}" if shares else "",
        f"{measure['milliseconds']:.3g}" if measure else "",
        f"{measure['tflops']:.0f}" if measure else "",
        f"{measure['peak_mb']:,.0f} MiB" if measure.get("peak_mb") is not None else "",
    )


@from_evidence("prove-zoo", "python -m bench.prove_gpu --parts zoo --json evidence/prove-zoo.json")
def zoo(record: Record) -> str:
    """Faulty kernels, and a few right ones, with the verdict that each must get and the one it got."""
    found = record["zoo"]
    rows = [
        (
            row["kernel"].removeprefix("zoo_").replace("_", " "),
            words(row["must_be"]),
            words(row["is"]) if row["is"] == row["must_be"] else f"**{words(row['is'])}**",
            row["reason"],
        )
        for row in found["kernels"]
    ]
    missed = f"Missed: {', '.join(found['missed'])}." if found["missed"] else "None was missed."
    end = f"\n{missed} {len(rows)} kernels in {found['seconds']:.0f} s.\n"
    return table(("kernel", "must be", "is", "what the probe saw"), rows) + end + stamp(record)


@from_evidence("vision-tower", "python -m bench.vision_tower --json evidence/vision-tower.json")
def vision_tower(record: Record) -> str:
    """The whole vision tower of dots.ocr on one page, kernel by kernel, against the published code's fallbacks."""
    rows = record["rows"]
    slowest = next(iter(rows.values()))
    cells = [
        (
            name if " " in name else f"`{name}`",
            f"{row['seconds']:.3g} s",
            f"{slowest['seconds'] / row['seconds']:.1f}x",
            "" if row["extra MiB"] is None else f"{row['extra MiB']:,} MiB",
            f"{row['share of peak']:.0%}" if row.get("share of peak") else "",
            f"{row['relative error']:.4f}",
        )
        for name, row in sorted(rows.items(), key=lambda item: item[1]["seconds"])
    ]
    head = (
        "attention",
        "time",
        "against the slowest fallback",
        "memory beyond weights and inputs",
        "of the peak",
        "error",
    )
    verdict, geometry = record["verdict"], record["geometry"]
    end = ""
    if "goal" in verdict:
        memory = f", {verdict['memory']} memory" if "memory" in verdict else ""
        end = f"\nGoal: {verdict['goal']}. Reached: {verdict['times faster']} times{memory}, with {verdict['best']}.\n"
    what = f"{geometry['patches']:,} patches, {geometry['layers']} layers. Errors are against a float32 run of the same tower.\n"
    skipped = "".join(f"- `{name}`: {short(reason)}\n" for name, reason in sorted(record.get("not run", {}).items()))
    return what + "\n" + table(head, cells) + end + (f"\nNot run:\n\n{skipped}" if skipped else "") + stamp(record)


@from_evidence("adaptor", "python -m bench.adaptor_gpu --json evidence/adaptor.json")
def adaptor(record: Record) -> str:
    """How many of the comparisons with PyTorch's own attention each kernel passed, inside tiny models."""
    rows, absent, why = [], [], []
    for name, kernel in record["kernels"].items():
        tried = kernel.get("cases", {})
        if not tried:
            absent.append(f"- `{name}`: {short(kernel.get('reason') or kernel['state'])}\n")
            continue
        failed = [case for case, seen in tried.items() if not seen["passed"]]
        tokens = [seen for seen in tried.values() if "tokens_equal" in seen]
        equal = f"{sum(seen['tokens_equal'] for seen in tokens)} of {len(tokens)}" if tokens else ""
        version = kernel.get("version") or ""
        kind = (kernel.get("numerics") or "").replace("quantised", "quantized")  # as older records spell it
        done = f"{len(tried) - len(failed)} of {len(tried)}"
        rows.append((f"`{name}`" if version else name, version, kind, done, equal, first(failed)))
        reasons = dict.fromkeys(tried[case].get("reason", "") for case in failed)
        left = Counter("; ".join(seen["declined"]) for seen in tried.values() if seen.get("declined"))
        why += [f"- `{name}` failed: {reason}\n" for reason in reasons if reason]
        why += [f"- `{name}` left calls of {n} cases to PyTorch: {short(reason)}\n" for reason, n in left.items()]
    head = ("kernel", "version", "numerics", "passed", "same tokens", "not passed")
    said = f"\nWhat ended in an error, and what a kernel left to PyTorch's attention:\n\n{''.join(why)}" if why else ""
    return table(head, rows) + said + (f"\nNot run:\n\n{''.join(absent)}" if absent else "") + stamp(record)


def first(names: list[str], most: int = 4) -> str:
    """Not more than ``most`` names."""
    more = f"; and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more


@from_evidence("build-flash2", "python -m bench.build_kernel flash2 --json evidence/build-flash2.json")
def build(record: Record) -> str:
    """One build by our own recipe, step by step."""
    rows = [(step["step"] + files(step), f"{step['seconds']:.1f} s") for step in record["steps"]]
    inside = "; ".join(f"`{file}`: {', '.join(archs)}" for file, archs in record["inside"].items())
    made = f"`{record['wheel']}`, {record['wheel_bytes'] / 1e6:.1f} MB, holds {inside}."
    how = (
        f"For {record['arch']}, {'forward only' if record['forward_only'] else 'whole'}, {record['jobs']} jobs at once"
    )
    dims = f", head dims {', '.join(map(str, record['head_dims']))}" if record["head_dims"] else ""
    proven = record.get("proofs") or []
    verdicts = ", ".join(f"{proof['verdict']} ({shape(proof['problem'])})" for proof in proven)
    end = (
        f"Proofs: {verdicts}.\n"
        if proven
        else "The record of this build holds no proofs of it; see the proofs above.\n"
    )
    return (
        f"{how}{dims}, nvcc {record['toolchain']['nvcc']}.\n\n"
        + table(("step", "time"), rows)
        + f"\n{made}\n{end}"
        + stamp(record)
    )


def files(step: Record) -> str:
    return f" ({step['files']} of {step['of']} files)" if "files" in step else ""


PARTS: dict[str, Part] = {
    "kernel-speed": speed,
    "prove-model": proofs("prove-model"),
    "prove-compiling": proofs("prove-compiling"),
    "prove-zoo": zoo,
    "vision-tower": vision_tower,
    "adaptor": adaptor,
    "build-flash2": build,
}
