"""Draws neural engines: weights, memory, kernels and the last canary page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ocroute.cli.terminal import STATE_STYLES
from ocroute.kernels.base import SUB_MODELS

if TYPE_CHECKING:
    from ocroute.engines.neural.model_status import ModelRow
    from ocroute.kernels.choice import Choice
    from ocroute.ppocr.line_models import Row

_HOW = """\
To use weights that you have: ocroute read PAGE --engine ENGINE --model FOLDER, or put them into $OCROUTE_MODELS/ENGINE.
To have them looked at: ocroute doctor --engine ENGINE --model FOLDER
To fetch them: ocroute read PAGE --engine ENGINE --model OWNER/NAME"""


def canary_table(rows: Sequence[ModelRow]) -> Table:
    """Every neural engine: where its weights are, memory needed and free, kernels, and what its canary page gave.

    Below it stands, once for all, how weights come here.
    """
    caption = _HOW if any(row.lacking for row in rows) else None
    table = Table(
        title="Neural engines", title_justify="left", show_lines=True, caption=caption, caption_justify="left"
    )
    table.add_column("engine", no_wrap=True)
    for heading in ("weights", "memory", "kernels", "canary page"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        weights = Text(row.weights, style=STATE_STYLES.get(row.state, ""))
        if row.named:
            weights.append(f"\nas last time: --model {row.named}", style="default")
        elif row.get and row.state != "usable" and not row.lacking:
            weights.append(f"\n{row.get}", style="default")
        memory = Text(f"{row.need_mb:,} MiB of {row.free_mb:,} free", style="green" if row.fits else "yellow")
        table.add_row(row.engine, weights, memory, _kernels(row), _canary(row))
    return table


def _kernels(row: ModelRow) -> Text:
    return Text("\n").join(_kernel(SUB_MODELS[sub_model], choice) for sub_model, choice in row.kernels.items())


def _kernel(name: str, choice: Choice) -> Text:
    if choice.kernel is None:
        return Text(f"{name}: none", style="red")
    if choice.proven:
        return Text(f"{name}: {choice.kernel}", style="green")
    return Text(f"{name}: PyTorch's own, unproven", style="yellow")


def _canary(row: ModelRow) -> Text:
    if row.canary is None:
        return Text("never loaded here" if row.state == "usable" or not row.named else "of other weights only")
    last = row.canary
    said = Text("read" if last.read else last.seen, style="green" if last.read else "red")
    said.append(f"\n{last.setting}", style="default")
    if row.outdated:
        said.append(f"\nsince then: {row.outdated}", style="yellow")
    return said


def line_model_table(rows: Sequence[Row]) -> Table:
    """Every line model, and how one that is not here comes here."""
    caption = "To fetch one: ocroute models get NAME. From then on --lang finds it, without a network."
    table = Table(title="Line models", title_justify="left", caption=caption, caption_justify="left")
    table.add_column("name", no_wrap=True)
    for heading in ("state", "scripts", "size", "from", "licence"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        size = f"{row.bytes / 1e6:.1f} MB" if row.bytes is not None else ""
        style = {"not here": "", "damaged": "red"}.get(row.state, "green")
        table.add_row(row.name, Text(row.state, style=style), row.scripts, size, row.source, row.licence)
    return table
