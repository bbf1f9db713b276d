"""Lines that are broken on purpose and stay lines: verse, addresses, what is signed, sums.

Running text breaks a line where the next word does not fit any more. Where it would have fitted, again and again, and the
sentence was not at its end, somebody wanted the line to end there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import and_
from typing import Final

import numpy as np

from ocroute.layout.line_measures import Piece
from ocroute.layout.wording import begins, ended

BROKEN: Final = 0.5
"""Share of line ends at which the next word would have fitted, from which lines are broken on purpose."""

FLOWING: Final = 0.35
"""Share of line ends that look like those of running text, from which lines are running text with something short in it."""

OPENED: Final = 0.25
"""Share of line ends as in ``BROKEN`` that is enough where all lines begin as sentences do, and no sentence begins within one."""

WITHIN: Final = 2 / 3
"""Share of the ends of such lines that are within sentences: short sentences, one below the other, are speech or paragraphs."""

SHORT: Final = 0.65
"""Share of a column's width that no line takes which begins so and stands in a column wider than it needs."""

SMALL: Final = 0.34
"""Share of words that begin with a small letter, from which lines are no names and places."""

_BEGUN: Final = re.compile(r"[^\W\d_]{3}[.!?] +[^\W\d_a-zа-я]")  # behind a stop that is none of an abbreviation
_NEAR: Final = 2  # lines above and below that tell how far a line could have reached
_ROOM: Final = 0.5  # ems beyond the next word that have to be free
_FLUSH: Final = 0.6  # ems by which ends of lines differ that are set to one edge


def keeps_lines(lines: Sequence[Piece], width: float) -> bool:
    """Whether lines that follow each other without a gap, in one type, are broken on purpose.

    Args:
        lines: from top to bottom.
        width: of the column that they stand in, pixels.
    """
    if len(lines) < 2:
        return False
    breaks = list(pairwise(lines))
    free = [room > _ROOM * line.size for room, line in zip(_rooms(lines), lines, strict=False)]
    within = [not ended(above.text) for above, _ in breaks]
    opened = all(_opens(line.text) for line in lines) and sum(within) >= WITHIN * len(breaks)
    short = max(line.box.width for line in lines) < SHORT * width
    if opened and short:
        return True
    if len(breaks) == 1:
        return False
    verse = sum(free) >= OPENED * len(breaks) and not any(_BEGUN.search(line.text) for line in lines)
    if opened and (verse or _are_names(lines)):
        return True
    broken_within = sum(map(and_, free, within))
    flowing = sum(
        inside and not room and not begins(below.text)
        for inside, room, (_, below) in zip(within, free, breaks, strict=True)
    )
    return (
        sum(free) >= max(2, BROKEN * len(breaks))
        and 2 * broken_within >= sum(free)
        and flowing <= FLOWING * len(breaks)
    )


def _opens(text: str) -> bool:
    """Whether a line begins with a capital or a figure, or has neither letters nor figures, as a rule to sign on."""
    first = next(filter(str.isalnum, text), None)
    return first is None or first.isupper() or first.isdigit()


def _are_names(lines: Sequence[Piece]) -> bool:
    """Whether nearly every word begins with a capital or a figure, and not because all is set in capitals."""
    words = [word for line in lines for word in line.text.split()]
    capitals = all(line.text.isupper() for line in lines)
    return not capitals and sum(word[0].islower() for word in words) <= SMALL * len(words)


def _rooms(lines: Sequence[Piece]) -> Iterator[float]:
    """What would have been left of each line but the last, had the first word of the next stood on it; pixels."""
    across = _set_to_middle_or_right(lines)
    for at, (above, below) in enumerate(pairwise(lines)):
        near = lines[max(0, at - _NEAR) : at + _NEAR + 2]
        if across:
            used, most = above.box.width, max(line.box.width for line in near)
        else:
            used, most = above.box.x1, max(line.box.x1 for line in near)
        yield most - used - first_word(below) - 0.3 * above.size


def first_word(line: Piece) -> float:
    """How wide the first word of a line is, pixels."""
    words = line.line.words
    return words[0].box.width if words else len(line.text.split()[0]) * line.box.width / max(1, len(line.text))


def _set_to_middle_or_right(lines: Sequence[Piece]) -> bool:
    """Whether the lines begin at different places because they end at one, or have one middle."""
    noise = _FLUSH * max(line.size for line in lines)
    boxes = [line.box for line in lines]
    starts, ends = np.ptp([box.x0 for box in boxes]), np.ptp([box.x1 for box in boxes])
    middles = np.ptp([box.center[0] for box in boxes])
    return bool(starts > noise and min(ends, middles) <= noise)
