"""TEDS, the likeness of tables as trees of rows and cells (Zhong, ShafieiBavani, Jimeno Yepes, 2020).

docling-metrics-table computes it: spans count, texts by their edit distance. Headers and body are not told apart, since most
programs do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from html import escape
from typing import Any

from ocroute.compare.measures import Cell
from ocroute.errors import NextStep, PackageMissing

Cells = tuple[Cell, ...]


class TreeLikeness:
    """Holds the tables of two pages against each other.

    Raises:
        PackageMissing: docling-metrics-table is not installed.
    """

    def __init__(self) -> None:
        try:
            import docling_metrics_table as library
        except ImportError as error:
            raise PackageMissing(
                "TEDS needs docling-metrics-table, which is not installed",
                next_step=NextStep(command="pip install 'ocroute[teds]'"),
            ) from error
        self._sample: Any = library.TableMetricHTMLInputSample
        self._metric: Any = library.TableMetric(metrics=[library.docling_metrics_table.TableMetricKind.TEDS])

    def page(self, truth: Sequence[Cells], found: Sequence[Cells]) -> tuple[float, int]:
        """The sum over tables, each with the one that it is likest to, and how many tables there are: one too many, or too few,
        counts as unlike as can be.
        """
        pairs = sorted(
            ((-self.tables(one, other), at, place) for at, one in enumerate(truth) for place, other in enumerate(found))
        )
        total, taken = 0.0, (set[int](), set[int]())
        for score, at, place in pairs:
            if at not in taken[0] and place not in taken[1]:
                total -= score
                taken[0].add(at)
                taken[1].add(place)
        return total, max(len(truth), len(found))

    def tables(self, one: Cells, other: Cells) -> float:
        """Of two tables, 0 to 1."""
        sample = self._sample(id="table", html_a=html_of(one), html_b=html_of(other), structure_only=False)
        return float(self._metric.evaluate_sample(sample).teds.teds)


def html_of(cells: Cells) -> str:
    """A table as HTML, with white space in texts as one space."""
    rows: dict[int, list[Cell]] = defaultdict(list)
    for cell in sorted(cells):
        rows[cell[0]].append(cell)
    last = max(rows, default=-1)
    body = "".join(f"<tr>{''.join(map(_html, rows.get(row, [])))}</tr>" for row in range(last + 1))
    return f"<table><tbody>{body}</tbody></table>"


def _html(cell: Cell) -> str:
    _, _, rows, columns, text = cell
    spans = "".join(f' {name}="{count}"' for name, count in (("rowspan", rows), ("colspan", columns)) if count > 1)
    return f"<td{spans}>{escape(' '.join(text.split()))}</td>"
