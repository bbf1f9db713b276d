"""How much of a page's print a reading has right, estimated from what can be seen of both: to choose among refused texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading
from ocroute.judge.ink_match import blank_paper, missing
from ocroute.judge.misreading import chances
from ocroute.judge.out_of_order import moved
from ocroute.judge.reading_pieces import Piece, pieces
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of

SEEN: Final = frozenset(
    {"coverage", "crossed", "handwriting", "invented", "low_confidence", "order", "outdone", "unsure_words"}
)
"""Checks that look at what merit looks at, where the text has places, or at the page alone. They know a limit, merit how much."""


def merit(page: InputPage, reading: Reading, engine: EngineInfo) -> float:
    """The harmonic mean of two shares, less the share of the words that stand out of order; 0 (nothing is right) to 1.

    The shares are: of the text's letters, those that stand on ink and are read right by what the engine says of itself; and the
    same letters, of all that is printed. Text without places counts as standing on ink.
    """
    words = pieces(reading, finest=True)
    total = sum(word.letters for word in words)
    if not total:
        return 0.0
    placed = _placed(words)
    bare = [word for word, is_bare in zip(placed, blank_paper(ink_of(page), placed), strict=True) if is_bare]
    right = sum(word.letters * (1 - doubt) for word, doubt in zip(words, chances(words, engine), strict=True))
    right -= sum(word.letters * (1 - doubt) for word, doubt in zip(bare, chances(bare, engine), strict=True))
    left_out = missing(page, reading).glyphs if placed else 0
    astray = moved(reading)
    return 2 * right / (2 * total + left_out) * (1 - astray.share if astray else 1.0)


def taken(reading: Reading, refusing: Iterable[Finding]) -> float:
    """The share of a text that the worst of the findings takes, of those that say more than `merit` knows.

    The worst, not all together: checks see the same harm from several sides.
    """
    seen = SEEN if _placed(pieces(reading)) else frozenset()
    return max((finding.weight for finding in refusing if finding.code not in seen), default=0.0)


def refused_before(page: InputPage) -> list[float]:
    """The scores of the readings of this page that were refused."""
    return page.once("judge.refused", list)


def _placed(words: Iterable[Piece]) -> list[Piece]:
    return [word for word in words if word.box is not None]
