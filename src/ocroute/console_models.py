"""Draws neural engines: weights, memory, kernels and the last canary page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ocroute.console import STATE_STYLES

if TYPE_CHECKING:
    from ocroute.engines.neural.outlook import ModelRow
    from ocroute.kernels.choice import Choice


def canary_table(rows: Iterable[ModelRow]) -> Table:
    """Every neural engine: its weights or how to get them, memory needed and free, kernels, and what its canary page gave."""
    table = Table(title="Neural engines", title_justify="left", show_lines=True)
    table.add_column("engine", no_wrap=True)
    for heading in ("weights", "memory", "kernels", "canary page"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        weights = Text(row.weights, style=STATE_STYLES.get(row.state, ""))
        if row.get and row.state != "usable":
            weights.append(f"\n{row.get}", style="default")
        memory = Text(f"{row.need_mb:,} MiB of {row.free_mb:,} free", style="green" if row.fits else "yellow")
        table.add_row(row.engine, weights, memory, _kernels(row), _canary(row))
    return table


def _kernels(row: ModelRow) -> Text:
    return Text("\n").join(_kernel(part, choice) for part, choice in row.kernels.items())


def _kernel(part: str, choice: Choice) -> Text:
    if choice.kernel is None:
        return Text(f"{part}: none", style="red")
    if choice.proven:
        return Text(f"{part}: {choice.kernel}", style="green")
    return Text(f"{part}: PyTorch's own, unproven", style="yellow")


def _canary(row: ModelRow) -> Text:
    if row.canary is None:
        return Text("never loaded here")
    last = row.canary
    said = Text("read" if last.read else last.seen, style="green" if last.read else "red")
    said.append(f"\n{last.date[:10]}, {last.model}, {last.device}, {last.numbers}", style="default")
    if row.outdated:
        said.append(f"\nsince then: {row.outdated}", style="yellow")
    return said
