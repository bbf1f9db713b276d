"""How likely a word is misread, by what its engine says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ocroute.engines.base import EngineInfo
from ocroute.judge.reading_pieces import Piece

SURE: Final = 0.6  # confidence of a whole word from which it is mostly right, whatever exactly it says


def chances(words: Iterable[Piece], engine: EngineInfo) -> Iterator[float]:
    """For each word the chance that it is wrong, 0 to 1; 0 where the engine says nothing."""
    for word in words:
        sure = word.confidence
        if sure is None:
            yield 0.0
        elif engine.letter_confidence:
            yield min(1.0, word.weight * (1 - sure))
        else:
            yield 1 - sure if sure < SURE else 0.0
