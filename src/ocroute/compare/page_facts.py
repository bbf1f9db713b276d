"""Facts about a page that a machine can check against its Markdown, one class a kind."""

from __future__ import annotations

import re
from functools import cached_property

import msgspec
from rapidfuzz import fuzz

from ocroute.compare.fact_text import find, limit_for, normalise, positions
from ocroute.compare.grids import Grid, tables


class PageText:
    """One page's Markdown with what the facts need of it, made once."""

    def __init__(self, markdown: str) -> None:
        self.markdown = markdown
        self.flat = normalise(markdown)

    @cached_property
    def grids(self) -> list[Grid]:
        """Its tables."""
        return tables(self.markdown)


class Fact(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind"):
    """Something true of a page. ``refutation`` says why the Markdown does not show it, or None where it does."""

    def refutation(self, page: PageText) -> str | None:
        """The reason in words, None when the fact holds."""
        raise NotImplementedError


class Present(Fact, frozen=True, tag="present"):
    """``text`` can be read on the page, with at most ``max_diffs`` letters wrong."""

    text: str
    max_diffs: int = 0

    def refutation(self, page: PageText) -> str | None:
        """The nearest text, where it is not near enough."""
        needle = normalise(self.text)
        best = find(needle, page.flat)
        if best.likeness >= limit_for(needle, self.max_diffs):
            return None
        return f"missing ({best.likeness:.2f}): {needle!r}; nearest: {page.flat[best.start : best.end]!r}"


class Absent(Fact, frozen=True, tag="absent"):
    """``text`` is a running head, a foot or a page number: it stands outside the text and must not be in it."""

    text: str
    max_diffs: int = 0

    def refutation(self, page: PageText) -> str | None:
        """Where it was found."""
        needle = normalise(self.text)
        best = find(needle, page.flat)
        if best.likeness < limit_for(needle, self.max_diffs):
            return None
        return f"furniture kept: {needle!r} in {page.flat[max(0, best.start - 30) : best.end + 30]!r}"


class Order(Fact, frozen=True, tag="order"):
    """``before`` is read before ``after``."""

    before: str
    after: str
    max_diffs: int = 0

    def refutation(self, page: PageText) -> str | None:
        """What is missing, or where both were found."""
        first, second = normalise(self.before), normalise(self.after)
        starts = positions(first, page.flat, limit_for(first, self.max_diffs))
        ends = positions(second, page.flat, limit_for(second, self.max_diffs))
        if starts and ends:
            return (
                None
                if min(starts) < max(ends)
                else f"order: {second!r} (at {ends[0]}) before {first!r} (at {starts[0]})"
            )
        lost = second if starts else first
        best = find(lost, page.flat)
        return f"order, missing ({best.likeness:.2f}): {lost!r}; nearest: {page.flat[best.start : best.end]!r}"


class TableCell(Fact, frozen=True, tag="table"):
    """A table has ``cell`` with these neighbours and headings; an empty string asks nothing."""

    cell: str
    up: str = ""
    down: str = ""
    left: str = ""
    right: str = ""
    top_heading: str = ""
    left_heading: str = ""
    max_diffs: int = 0

    def refutation(self, page: PageText) -> str | None:
        """Which neighbour differs, or that there is no such cell."""
        if not page.grids:
            return f"no table on the page; wanted {self._wish()}"
        wanted = normalise(self.cell)
        reasons = [
            self._wrong(grid, row, column)
            for grid in page.grids
            for (row, column), cell in grid.cells.items()
            if self._alike(wanted, cell.text)
        ]
        if None in reasons:
            return None
        return f"table: {reasons[0]}" if reasons else f"no cell {wanted!r} in {len(page.grids)} tables"

    def _wrong(self, grid: Grid, row: int, column: int) -> str | None:
        seen = {
            "up": [grid.neighbour(row, column, -1, 0)],
            "down": [grid.neighbour(row, column, 1, 0)],
            "left": [grid.neighbour(row, column, 0, -1)],
            "right": [grid.neighbour(row, column, 0, 1)],
            "top_heading": grid.top_headings(row, column),
            "left_heading": grid.left_headings(row, column),
        }
        for side, texts in seen.items():
            wanted = normalise(getattr(self, side))
            if wanted and not any(self._alike(wanted, text) for text in texts):
                return f"{side} of {self.cell!r} is {texts!r}, not {wanted!r}"
        return None

    def _alike(self, wanted: str, seen: str) -> bool:
        limit = 1 - self.max_diffs / max(1, len(wanted)) if len(wanted) > 3 else 1.0
        return fuzz.ratio(wanted, seen) / 100 >= max(0.5, limit)

    def _wish(self) -> str:
        return ", ".join(f"{name} {value!r}" for name, value in msgspec.structs.asdict(self).items() if value)


_ODD = re.compile("[\u4e00-\u9fff\u3040-\u30ff\uac00-\ud7af\U0001f300-\U0001faff\ufffd\ue000-\uf8ff]")
_MOST_REPEATS = 30


class Baseline(Fact, frozen=True, tag="baseline"):
    """The page has some text, does not end in a loop, and has no letters from scripts it is not written in."""

    def refutation(self, page: PageText) -> str | None:
        """What is odd."""
        if not any(letter.isalnum() for letter in page.flat):
            return "baseline: no text"
        if odd := _ODD.search(page.flat):
            return f"baseline: odd character {odd[0]!r} in {page.flat[max(0, odd.start() - 20) : odd.end() + 20]!r}"
        words = page.flat.split()
        for size in range(1, 6):
            tail = words[-size:]
            count = 0
            while words[len(words) - size * (count + 1) : len(words) - size * count] == tail and count <= _MOST_REPEATS:
                count += 1
            if count > _MOST_REPEATS:
                return f"baseline: {' '.join(tail)!r} repeated at the end"
        return None


AnyFact = Present | Absent | Order | TableCell | Baseline
