"""Captions and footnotes by their first letters and their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ocroute.layout import limits
from ocroute.layout.pieces import Scale

if TYPE_CHECKING:
    from ocroute.layout.paragraphs import Group

_CAPTION = re.compile(
    r"^(?:fig(?:ure|\.)?|table|tab\.|scheme|chart|plate|box|exhibit|algorithm|listing|abbildung|abb\.|tabelle|рис(?:унок|\.)"
    r"|таблица|табл\.|figura|tableau|图|表)\s*(?:S|[A-Z]\.?)?\d{1,3}(?:[.\-–]\d{1,3})*[a-z]?\s*(?P<end>[.:|—–)]|$|\s[A-ZА-Я(])",
    re.IGNORECASE,
)
_NOTE = re.compile(r"^(?:[*†‡§¶‖#∗]{1,3}\s?\S|\(?[\d⁰¹²³⁴-⁹]{1,3}\)?(?:\s|(?=[A-Z\"“(]))|[a-z]\s+[A-Z])")


def is_caption(text: str) -> bool:
    """Whether a text begins as a caption does: ``Figure 3:``, ``Table 2. ...``, not ``Figure 3 shows``."""
    found = _CAPTION.match(text)
    return bool(found) and not (found["end"].strip().islower() if found else False)


def footnotes(column: Sequence[Group], scale: Scale, rules: Sequence[float]) -> int:
    """How many groups at the end of a column are footnotes: small type, and a note mark or a rule above the first."""
    count = 0
    small = scale.size * (limits.SMALL_SIZE if column and column[-1].lines[0].line.font else limits.SMALL_SIZE - 0.05)
    for number, group in enumerate(reversed(column), start=1):
        first = group.lines[0]
        if first.table is not None or group.size > small or first.box.y0 < 0.4 * scale.height:
            break
        above = [y for y in rules if first.box.y0 - 1.5 * scale.pitch < y < first.box.y0 + 0.2 * scale.size]
        if _NOTE.match(first.text) or above:
            count = number
    return count
