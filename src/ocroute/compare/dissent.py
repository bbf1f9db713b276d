"""Where runs differ, line by line, so that a person can say who is right: the list that makes facts. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein, Opcodes

from ocroute.compare.measures import ALIKE_EDITS
from ocroute.compare.read_pages import PageKey, Part, ReadPage
from ocroute.compare.scoring import Rules
from ocroute.document.exporters.prepared import placed_lines, plain_text, settled
from ocroute.values import Box

_LONGEST = 300
"""Characters of a variant; where a run has more in the place of a line, it has read something else there."""


@dataclass(frozen=True, slots=True)
class Dissent:
    """One line of a page that runs read in different ways.

    Attributes:
        box: where it stands, in the pixels of the run's record whose lines these are; None where nobody knows.
        variants: text to the runs that read it so; empty for those that have nothing there.
        size: edits between the two variants that are furthest apart.
    """

    page: PageKey
    box: Box | None
    variants: dict[str, tuple[str, ...]]
    size: int


def dissents(key: PageKey, base: str, pages: Mapping[str, ReadPage], rules: Rules, most: int) -> list[Dissent]:
    """The places of a page at which runs differ most, the largest difference first.

    Args:
        base: the run whose lines are asked about; the others' texts are laid beside them.
        pages: the page in each run; those that failed have no say.
        most: how many places.
    """
    plain = Rules(rules.ignored & {"furniture"})  # what becomes a fact keeps its case and its punctuation
    lines = [Part(text, part.box) for part in _lines(pages[base]) if (text := plain.applied(part.text))]
    if pages[base].error or not lines:
        return []
    spans, at = [], 0
    for line in lines:
        spans.append((at, at + len(line.text)))
        at += len(line.text) + 1
    whole = " ".join(line.text for line in lines)
    beside = {
        name: list(_beside(whole, plain.text(page), spans))
        for name, page in pages.items()
        if name != base and not page.error
    }
    found = []
    for place, line in enumerate(lines):
        variants: dict[str, list[str]] = {line.text: [base]}
        for name, texts in beside.items():
            variants.setdefault(texts[place], []).append(name)
        if len({rules.applied(text) for text in variants}) > 1 and max(map(len, variants)) <= _LONGEST:
            size = max(Levenshtein.distance(line.text, other) for other in variants)
            found.append(Dissent(key, line.box, {text: tuple(names) for text, names in variants.items()}, size))
    return sorted(found, key=lambda one: -one.size)[:most]


def _lines(page: ReadPage) -> Iterator[Part]:
    """With their places; two of which the first ends in a hyphen are one."""
    before: Part | None = None
    for part in _single_lines(page):
        if before is not None:
            boxes = [one.box for one in (before, part) if one.box]
            part = Part(before.text[:-1] + part.text, Box.around(boxes) if boxes else None)  # noqa: PLW2901
            before = None
        if len(part.text) > 2 and part.text.endswith(("-", "\u00ad")) and part.text[-2].isalpha():
            before = part
            continue
        yield part
    if before is not None:
        yield before


def _single_lines(page: ReadPage) -> Iterator[Part]:
    if page.record is None:
        yield from page.parts
        return
    for given in page.record.blocks:
        if given.category.is_furniture:
            continue
        for block in settled(given):
            if block.table is not None:
                yield from (Part(" ".join(cell.text.split()), cell.box or block.box) for cell in block.table.cells)
                continue
            if block.markup != "plain" or not block.lines:
                yield from (Part(text, block.box) for text in plain_text(block).split("\n"))
                continue
            for line in placed_lines(block):
                yield Part(" ".join(word.text for word in line.words), line.box)


def _beside(whole: str, other: str, spans: Sequence[tuple[int, int]]) -> Iterator[str]:
    """What ``other`` has in the place of each span of ``whole``; what it has besides belongs to the span before."""
    edits = Levenshtein.opcodes(whole, other, score_hint=ALIKE_EDITS)
    starts = [one.src_start for one in edits]
    begin = 0
    for place, (_, end) in enumerate(spans):
        stop = len(other) if place == len(spans) - 1 else _mapped(edits, starts, end)
        yield other[begin : max(begin, stop)].strip()
        begin = max(begin, stop)


def _mapped(edits: Opcodes, starts: Sequence[int], at: int) -> int:
    """Where the place ``at`` of the source is in the destination, behind what was inserted there."""
    place = bisect_right(starts, at) - 1
    if place < 0:
        return 0
    one = edits[place]
    inside = at - one.src_start
    if one.tag == "replace":
        return int(one.dest_start + inside * (one.dest_end - one.dest_start) // (one.src_end - one.src_start))
    return int(min(one.dest_start + inside, one.dest_end))
