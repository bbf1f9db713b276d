"""What judge, router and canary page add to the time that a model takes for a page."""

from __future__ import annotations

from statistics import median

from parts.common import Part, Record, from_evidence, stamp, table


@from_evidence("neural-overhead", "python -m bench.neural_overhead --json evidence/neural-overhead.json")
def overhead(record: Record) -> str:
    """Seconds by step, the model alone beside the whole of ocroute; and the canary page."""
    alone, whole = record["steps"]["alone"], record["steps"]["whole"]
    rows = [(step, f"{alone[step]:.3f} s" if step in alone else "", f"{took:.3f} s") for step, took in whole.items()]
    walls = (median(record["seconds"][side]) for side in ("alone", "whole"))
    rows.append(("**all, by the clock**", *(f"**{wall:.2f} s**" for wall in walls)))
    page, failed = record["page"], [name for name, held in record["checks"].items() if not held]
    pairs = len(record["seconds"]["whole"])
    shares = ", ".join(f"{share:.1%} where it reads {pages} page(s)" for pages, share in record["canary share"].items())
    kernels = ", ".join(f"{part} on `{kernel}`" for part, kernel in record["kernels"].items())
    return (
        table(("step, median", "model alone", "ocroute"), rows)
        + f"\nOne page of {page['words']} words, {page['prompt tokens']:,} tokens of prompt and {page['answer tokens']:,} of "
        f"answer; {kernels or 'no proven kernel'}; read {pairs} time(s) in each way. "
        f"Added: **{record['share']:+.1%}** by the clock, {record['share by steps']:.1%} as the sum of the steps that the model "
        f"alone does not take. Goal: {record['limit']:.0%} or less. "
        + (f"DOES NOT HOLD: {', '.join(failed)}.\n" if failed else "Both gave the same text, and it was accepted.\n")
        + f"\nThe canary page took {record['once']['canary']:.1f} s of the {record['once']['load']:.1f} s of loading, with all "
        "that a process does for the first time and the first page would do else; "
        f"{record['once']['canary again']:.1f} s when it was read once more. "
        f"It is read once after each loading, so of itself it adds {shares}.\n" + stamp(record)
    )


PARTS: dict[str, Part] = {"neural-overhead": overhead}
