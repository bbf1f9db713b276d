"""What ``ocroute compare`` says, on the terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from ocroute.cli.terminal import console
from ocroute.compare.comparison import Comparison
from ocroute.compare.comparison_tables import remarks, tables
from ocroute.errors import one_line


def draw_comparison(found: Comparison) -> None:
    """Tables on stdout."""
    screen = console()
    if not screen.is_terminal:
        screen.width = 400  # lines are as long as they are
    for title, header, rows in tables(found):
        table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
        for place, name in enumerate(header):
            table.add_column(name, justify="right" if place else "left")
        for row in rows:
            table.add_row(*(Text(one_line(cell)) for cell in row))
        screen.print(table)
        screen.print()
    for line in remarks(found):
        screen.print(Text(line))


def comparison_markdown(found: Comparison) -> str:
    """The same, to be pasted into an issue."""
    lines = []
    for title, header, rows in tables(found):
        lines += [f"## {title}", "", _row(header), _row(["---"] + ["---:"] * (len(header) - 1))]
        lines += [_row([one_line(cell) for cell in row]) for row in rows] + [""]
    return "\n".join([*lines, *(f"- {_cell(line)}" for line in remarks(found)), ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
