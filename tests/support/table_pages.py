"""Pages for these tests: words set at known places, ten pixels a letter, twenty a line."""

import cv2
import numpy as np

from ocroute.pages.page import InputPage
from ocroute.values import Box, Line, Table, Word

CHAR, HEIGHT = 10, 20


class SetPage(InputPage):
    """A page with given rules: as vectors, or only drawn into its raster as on a scan."""

    def __init__(self, rules=(), *, scan=False):
        super().__init__()
        self.source, self.number = "set", 1
        self._rules, self._scan = tuple(rules), scan

    @property
    def size(self):
        return 1000, 1400

    def rules(self):
        return None if self._scan else self._rules

    def _render(self):
        rng = np.random.default_rng(0)
        paper = rng.normal(235, 5, (1400, 1000, 3)).clip(0, 255).astype(np.uint8)
        for x0, y0, x1, y1 in self._rules:
            cv2.line(paper, (int(x0), int(y0)), (int(x1), int(y1)), (40, 40, 40), 2)
        return paper


def line(x, y, text):
    """One line with its words; a space is half a letter wide."""
    words, at = [], x
    for part in text.split(" "):
        words.append(Word(part, Box(at, y, at + CHAR * len(part), y + HEIGHT)))
        at += CHAR * len(part) + CHAR * 0.5
    return Line(text, Box.around(w.box for w in words), None, tuple(words))


def rows(top, columns, texts, *, pitch=28):
    """One line for every text that is not empty, row below row, each at its column's left edge."""
    return [
        line(x, top + pitch * number, text)
        for number, row in enumerate(texts)
        for x, text in zip(columns, row, strict=True)
        if text
    ]


def across(x0, x1, *ys):
    """Horizontal rules."""
    return [(x0, y, x1, y) for y in ys]


def down(y0, y1, *xs):
    """Vertical rules."""
    return [(x, y0, x, y1) for x in xs]


def grid(table: Table) -> list[list[str]]:
    """The text at every position; a cell with a span stands at all of its positions."""
    out = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        for r in range(cell.row, cell.row + cell.row_span):
            for c in range(cell.column, cell.column + cell.column_span):
                assert not out[r][c], f"two cells at row {r}, column {c}"
                out[r][c] = cell.text
    return out
