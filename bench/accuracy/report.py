"""The result for people: a table on the terminal, and a page that shows every failure with its context."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

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


def as_html(scores: list[Score], checked: Iterable[Checked]) -> str:
    """One self-contained page: the table, then the failures under their pages."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Accuracy</title>"
        "<style>body{font:14px/1.4 sans-serif;max-width:70em;margin:2em auto}code{font-size:12px}</style>",
        f"<h1>Accuracy</h1><pre>{escape(as_text(scores))}</pre>",
    ]
    last = ""
    for item in sorted(checked, key=lambda each: (each.engine, each.case)):
        if item.refutation is None:
            continue
        if (heading := f"{item.engine}: {item.case}") != last:
            parts.append(f"<h3>{escape(heading)}</h3>")
            last = heading
        parts.append(f"<p><b>{kind_of(item.fact)}</b> <code>{escape(item.refutation)}</code></p>")
    return "".join(parts)


def _row(name: str, values: list[str]) -> str:
    return f"{name:24}" + "".join(f"{value:>18}" for value in values)
