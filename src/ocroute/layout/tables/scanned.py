"""What a scan does to the rules of a framed table: rows of letters look like rules, and short rules are not seen."""

from __future__ import annotations

from collections.abc import Sequence

from ocroute.layout.tables.lattice import frame_box
from ocroute.layout.tables.rows import Row
from ocroute.layout.tables.tokens import Scale
from ocroute.raster.rules import Rule, Rules

_TALLEST = 2.5
"""Heights of a word that a head of one line takes, with the white and the rules around it."""


def capped(frame: Rules, rules: Rules, rows: Sequence[Row], scale: Scale) -> Rules:
    """A frame together with the row of words between its top and the next rule as wide as itself, if it has such."""
    box = frame_box(frame)
    caps = [
        rule
        for rule in rules.horizontal
        if 0.8 * scale.height < box.y0 - rule.at < _TALLEST * scale.height and rule.covers(box.x0, box.x1, scale.height)
    ]
    upright = [rule for rule in frame.vertical if rule.start < box.y0 + 0.7 * scale.height]
    if not caps or len(upright) < 3:
        return frame
    cap = caps[-1]
    head = [
        segment
        for row in rows
        for segment in row
        if cap.at < segment.box.center[1] < box.y0 and box.x0 < segment.box.center[0] < box.x1
    ]
    crossed = any(s.box.x0 < rule.at < s.box.x1 for s in head for rule in upright)
    if len(head) < 2 or crossed:
        return frame
    longer = (Rule(rule.at, cap.at, rule.end) if rule in upright else rule for rule in frame.vertical)
    return Rules(tuple(sorted((cap, *frame.horizontal))), tuple(sorted(longer)))
