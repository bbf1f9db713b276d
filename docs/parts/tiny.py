"""How well the tiny checkpoints read what training never showed."""

from __future__ import annotations

from typing import Any

from parts.common import Part, Record, from_evidence, stamp, table


@from_evidence("tiny-models", "python -m bench.tiny_models.evaluate FOLDER --json evidence/tiny-models.json")
def tiny(record: Record) -> str:
    """A row for each model and number format; the worst of its tasks, kinds and scripts beside the whole."""
    rows = [
        (f"`{name}`", numbers, *_rates(found), _boxes(found))
        for name, model in record["models"].items()
        for numbers, found in model["dtypes"].items()
    ]
    head = ("model", "numbers", "CER", "lines", "pages", "worst of all tasks, kinds and scripts", "overlap of boxes")
    return table(head, rows) + stamp(record)


def _rates(found: dict[str, Any]) -> tuple[str, ...]:
    worst = max(found["rows"], key=lambda row: row["cer"])
    kinds = (_rate([row for row in found["rows"] if row["kind"] == kind]) for kind in ("line", "page"))
    return (
        f"**{found['cer']:.2%}**",
        *kinds,
        f"{worst['cer']:.1%} ({worst['task']}, {worst['kind']}, {worst['script']})",
    )


def _rate(rows: list[dict[str, Any]]) -> str:
    return f"{sum(row['edits'] for row in rows) / max(1, sum(row['characters'] for row in rows)):.2%}"


def _boxes(found: dict[str, Any]) -> str:
    overlaps = [row["mean_overlap"] for row in found["rows"] if "mean_overlap" in row]
    return f"{sum(overlaps) / len(overlaps):.0%}" if overlaps else ""


PARTS: dict[str, Part] = {"tiny-models": tiny}
