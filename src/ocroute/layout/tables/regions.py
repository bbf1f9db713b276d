"""Where on a page a table may stand: between stacked rules, or where rows of segments line up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import numpy as np

from ocroute.layout.tables.cell_text import is_number
from ocroute.layout.tables.segments import Row, Segment, row_box
from ocroute.layout.tables.tokens import Scale, join
from ocroute.layout.wording import is_beside_table, is_drawn_rule, label_of
from ocroute.raster.rules import Rule, Rules
from ocroute.values import Box

HEAD_ROWS = 2
"""Rows above a rule made of characters that may be the head of what follows below it."""

FEWEST_VALUES = 2
"""Values beside a long label: one alone may be the number of an equation or of a page."""

PROSE_LETTERS = 32  # letters in a segment from which it may be a line of a paragraph


def prose(rows: Sequence[Row], scale: Scale) -> set[Segment]:
    """The segments that are lines of paragraphs: long, wordy, with another such line right above or below."""
    names = _long_labels(rows)
    long = [s for row in rows for s in row if s.letters >= PROSE_LETTERS and _wordy(s) and id(s) not in names]
    found: set[int] = set()
    for i, a in enumerate(long):
        for b in long[i + 1 :]:
            if b.box.y0 - a.box.y1 > 1.2 * scale.height:
                break
            shared = min(a.box.x1, b.box.x1) - max(a.box.x0, b.box.x0)
            apart = b.box.center[1] - a.box.center[1]
            if apart > 0.5 * scale.height and shared > 0.6 * max(a.box.width, b.box.width):
                found |= {id(a), id(b)}
    return {s for s in long if id(s) in found}


def _long_labels(rows: Sequence[Row]) -> set[int]:
    """Segments, by identity, as long as lines of prose, that name rows of values: each begins anew, as prose seldom does."""
    long = [
        s
        for row in rows
        for at, s in enumerate(row)
        if s.letters >= PROSE_LETTERS and _wordy(s) and _values_in(row[at + 1 :]) >= FEWEST_VALUES
    ]
    anew = sum(1 for s in long if not s.tokens[0].text[:1].islower())
    return {id(s) for s in long} if anew >= 0.9 * len(long) else set()


def _values_in(row: Row) -> int:
    return sum(is_number(join(s.tokens)) for s in row)


def _wordy(segment: Segment) -> bool:
    words = [t.text for t in segment.tokens if not t.leader]
    return len(words) >= 5 and sum(1 for w in words if not is_number(w)) >= 0.7 * len(words)


def stacks(rows: Sequence[Row], rules: Rules, paragraphs: set[Segment], scale: Scale) -> list[Box]:
    """Boxes from the first to the last of horizontal rules that share their ends, with tabular rows between them."""
    slack = 1.5 * scale.height
    groups: list[list[Rule]] = []
    for rule in rules.horizontal:
        if rule.length < 12 * scale.char:
            continue
        for group in groups:
            if abs(group[-1].start - rule.start) < slack and abs(group[-1].end - rule.end) < slack:
                group.append(rule)
                break
        else:
            groups.append([rule])
    out: list[list[Rule]] = []
    for group in groups:
        run = [group[0]]
        for rule in group[1:]:
            inside = _between(rows, run[-1], rule)
            if _tabular(inside, paragraphs, rule.length) or (len(run) > 1 and _one_line(inside)):
                run.append(rule)
                continue
            out.append(run)
            run = [rule]
        out.append(run)
    return [
        Box(min(r.start for r in run), run[0].at, max(r.end for r in run), run[-1].at) for run in out if len(run) > 1
    ]


def _between(rows: Sequence[Row], above: Rule, below: Rule) -> list[Row]:
    x0, x1 = min(above.start, below.start), max(above.end, below.end)
    inside = []
    for row in rows:
        mine = tuple(
            s
            for s in row
            if above.at < s.box.center[1] < below.at and min(s.box.x1, x1) - max(s.box.x0, x0) > 0.5 * s.box.width
        )
        if mine:
            inside.append(mine)
    return inside


def _tabular(inside: Sequence[Row], paragraphs: set[Segment], width: float) -> bool:
    """Whether rows stand in columns; lines of prose as long as the rules say no."""
    lines = sum(1 for row in inside if len(row) == 1 and row[0] in paragraphs and row[0].box.width > 0.6 * width)
    return sum(1 for row in inside if len(row) >= 2) >= 0.4 * len(inside) and lines <= 0.2 * len(inside)


def _one_line(inside: Sequence[Row]) -> bool:
    """Whether a single short line stands between: a heading inside the table, not a caption between two."""
    return len(inside) == 1 and not is_beside_table(" ".join(t.text for t in inside[0][0].tokens))


def runs(rows: Sequence[Row], scale: Scale) -> list[list[Row]]:
    """Stretches of rows most of which have two segments or more and which follow each other without a wide gap."""
    out: list[list[Row]] = []
    current: list[Row] = []
    gaps: list[float] = []
    single = 0
    above: Row = ()

    def close() -> None:
        while current and len(current[-1]) < 2:
            current.pop()
        if len(current) >= 2:
            out.append(list(current))
        current.clear()
        gaps.clear()

    for row in rows:
        if _is_typed_rule(row) and len(current) > HEAD_ROWS:
            close()  # the sums below the items, which have columns of their own
            continue
        gap = row_box(row).y0 - max(row_box(r).y1 for r in current[-2:]) if current else 0.0
        usual = median(gaps) if len(gaps) >= 3 else gap
        far = gap > 2.2 * scale.height or gap > max(scale.height, 2.2 * usual)
        if current:
            gaps.append(gap)
        single = single + 1 if len(row) < 2 else 0
        if far or single > 3:
            close()
        if len(row) >= 2 and not current and _reaches_into(above, row):
            current.append(above)
        if len(row) >= 2 or current:
            current.append(row)
        above = row
    close()
    return out


def _reaches_into(above: Row, row: Row) -> bool:
    """Whether a single line stands half over a row, in its white: the first line of a cell between lower neighbours."""
    if len(above) != 1:
        return False
    box = above[0].box
    free = (
        row[0].box.x1 < box.x0 and box.x1 < row[-1].box.x0 and all(s.box.x1 < box.x0 or s.box.x0 > box.x1 for s in row)
    )
    return free and box.y1 - row_box(row).y0 > 0.2 * box.height


def without_fields(rows: Sequence[Row]) -> list[Row]:
    """The rows without the fields of a form above and below a table, ``Bill: 1204   Date: 3 May``, and lines beyond them.

    A label with its value may be a sum, below the table or in it: there, only several fields in a row are none of its rows, and
    above it, all fields to one of which stands something else than a number. Where all are fields, they may be a table.
    """
    fields = list(map(_fields_of, rows))
    labelled = [all(map(label_of, some)) for some in fields]
    several = [told and len(some) > 1 for told, some in zip(labelled, fields, strict=True)]
    first = _beyond(rows, labelled)
    if all(is_number(some[0].partition(":")[2].strip()) for some in fields[:first] if len(some) == 1):
        first = _beyond(rows, several)
    last = len(rows) - _beyond(rows[::-1], several[::-1])
    return list(rows[first:last]) if first < last else list(rows)


def _beyond(rows: Sequence[Row], fields: Sequence[bool]) -> int:
    """How many rows at the beginning are fields, or single lines before and between them."""
    count = 0
    for at, (row, told) in enumerate(zip(rows, fields, strict=True), 1):
        if told:
            count = at
        elif len(row) > 1 or not any(fields[:at]):
            break
        else:
            count = at
    return count


def _fields_of(row: Row) -> list[str]:
    """What the fields of a row say: a label alone, or what begins with a colon, is one with its neighbour."""
    fields: list[str] = []
    for segment in row:
        text = join(segment.tokens)
        if fields and (text.startswith(":") or (fields[-1].endswith(":") and not label_of(text))):
            fields[-1] = f"{fields[-1]} {text}"
        else:
            fields.append(text)
    return fields


def _is_typed_rule(row: Row) -> bool:
    return len(row) == 1 and is_drawn_rule(" ".join(token.text for token in row[0].tokens))


def gutters(
    rows: Sequence[Row], paragraphs: set[Segment], rules: Rules, scale: Scale
) -> list[tuple[float, float, float]]:
    """Strips between columns of a page as (x, top, bottom): prose on both sides of the page, and nothing that crosses them.

    A row of a table never reaches over such a strip; a table as wide as the page has a heading or a rule that crosses.
    """
    marks = [s for row in rows for s in row if s in paragraphs]
    if len(marks) < 6:
        return []
    left = min(s.box.x0 for s in marks)
    cover = np.zeros(int(max(s.box.x1 for s in marks) - left) + 2, np.int32)
    for s in marks:
        cover[int(s.box.x0 - left) : int(s.box.x1 - left) + 1] += 1
    free = np.flatnonzero(cover <= 0.15 * cover.max())
    found: list[tuple[float, float, float]] = []
    for run in np.split(free, np.flatnonzero(np.diff(free) > 1) + 1):
        few, many = (
            sorted((cover[: run[0]].max(initial=0), cover[run[-1] + 1 :].max(initial=0))) if run.size else (0, 0)
        )
        if few < 2 or many < 3:
            continue
        emptiest = run[cover[run] == cover[run].min()]
        stretch = max(np.split(emptiest, np.flatnonzero(np.diff(emptiest) > 1) + 1), key=len)
        x = left + float(stretch[0] + stretch[-1]) / 2
        cuts = [s.box.center[1] for row in rows for s in row if s.box.x0 < x < s.box.x1]
        cuts += [r.at for r in rules.horizontal if r.start + scale.height < x < r.end - scale.height]
        ends = [row_box(rows[0]).y0 - 1, *sorted(cuts), row_box(rows[-1]).y1 + 1]
        for top, bottom in pairwise(ends):
            beside = [s.box for s in marks if top < s.box.center[1] < bottom and not s.box.x0 < x < s.box.x1]
            if beside:
                # Next to what crosses may stand the rest of it: only from the first line of prose on is the strip sure.
                first = top if top == ends[0] else min(b.y0 for b in beside)
                last = bottom if bottom == ends[-1] else max(b.y1 for b in beside)
                found.append((x, first, last))
    return found
