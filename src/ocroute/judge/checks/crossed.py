"""Words with a stamp, a signature or another mark over them, which are read surely and wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import Piece, pieces, quote
from ocroute.pages.page import InputPage
from ocroute.raster.crossing_marks import crossing_marks
from ocroute.raster.ink import ink_of
from ocroute.values import Box

MIDDLE: Final = (0.06, 0.28)  # of a word's sides that are left out on each: what only touches it does not cross it
CROSSED: Final = 0.05  # of a word's middle that the mark inks
LETTERS: Final = 2  # of a word
SHOWN: Final = 4  # words that the sentence names


class Crossed:
    """Speaks when strokes that hang together over more than a line run through several words."""

    summary: ClassVar[str] = "a stamp, a signature or another mark lies over words"
    limit: ClassVar[float] = 3  # words in one place

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How many words are under the mark that covers most of them, with their place.

        Another engine may leave these words out; the mark still lies there.
        """
        words = [one for one in pieces(reading, finest=True) if one.box is not None and one.letters >= LETTERS]
        if engine.kind == "textlayer" or len(words) < self.limit:
            return None
        before: list[Finding] = page.once("judge.crossed", list)
        groups = [group for group in _crossed(page, words) if len(group) >= self.limit]
        if groups:
            before.append(self._finding(max(groups, key=len), sum(map(len, groups)) / len(words)))
        return max(before, key=lambda finding: finding.value, default=None)

    def _finding(self, words: Sequence[Piece], share: float) -> Finding:
        named = ", ".join(quote(word.text) for word in words[:SHOWN])
        what = f"A stamp or another mark lies over {len(words)} words, which may be misread or missing: {named}."
        place = Box.around(_boxes(words))
        return Finding("crossed", float(len(words)), self.limit, what, weight=round(share, 4), image=place)


def _crossed(page: InputPage, words: Sequence[Piece]) -> list[list[Piece]]:
    """The words through whose middle a mark runs, together for each mark."""
    ink = ink_of(page)
    marks = crossing_marks(ink, median(box.height for box in _boxes(words)))
    groups: dict[int, list[Piece]] = defaultdict(list)
    if marks.any():
        for word, box in zip(words, _boxes(words), strict=True):
            middle = _middle(marks, box, ink.scale)
            mark, inked = Counter(middle[middle > 0].tolist()).most_common(1)[0] if middle.any() else (0, 0)
            if inked >= CROSSED * middle.size and mark:
                groups[mark].append(word)
    return list(groups.values())


def _boxes(words: Sequence[Piece]) -> list[Box]:
    return [word.box for word in words if word.box is not None]


def _middle(marks: NDArray[np.int32], box: Box, scale: float) -> NDArray[np.int32]:
    across, down = MIDDLE[0] * box.width, MIDDLE[1] * box.height
    x0, y0, x1, y1 = (int(side / scale) for side in (box.x0 + across, box.y0 + down, box.x1 - across, box.y1 - down))
    return marks[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1]
