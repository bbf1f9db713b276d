"""The result for people: a table, and every failure with its context."""

from __future__ import annotations

from collections.abc import Iterable

from bench.accuracy.scores import Checked, Score, kind_of


def as_text(scores: list[Score]) -> str:
    """Engines as columns; groups, kinds of fact and media as rows."""
    lines = ["".join([f"{'':24}", *(f"{each.engine:>18}" for each in scores)])]
    lines.append(_row("overall (mean of groups)", [f"{100 * each.overall:5.1f} %" for each in scores]))
    for title, field in (("group", "by_category"), ("kind of fact", "by_kind"), ("medium", "by_medium")):
        lines.append(f"-- by {title}")
        names = sorted({name for each in scores for name in getattr(each, field)})
        lines += [_row(name, [str(getattr(each, field).get(name, "")) for each in scores]) for name in names]
    return "\n".join(lines)


def failures(checked: Iterable[Checked]) -> str:
    """Every fact that does not hold, a line each."""
    return "\n".join(
        f"{item.engine:10} {item.case:40} {kind_of(item.fact):8} {item.refutation}"
        for item in checked
        if item.refutation
    )


def _row(name: str, values: list[str]) -> str:
    return f"{name:24}" + "".join(f"{value:>18}" for value in values)
