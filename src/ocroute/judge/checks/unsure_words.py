"""Words that are likely misread: more than a text to be relied upon may have."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import Piece, pieces, quote
from ocroute.pages.page import InputPage

FEWEST: Final = 0.5  # words that are expected to be wrong; a page of a few words has not much to lose, but all of it
SURE: Final = 0.6  # confidence of a whole word from which it is mostly right, whatever exactly it says
SIGNS: Final = 1.5  # width over height of signs without a letter that stand in the place of a word
SHOWN: Final = 4  # words that the sentence names
LIKELY: Final = 0.25  # chance to be wrong from which a word is named


class UnsureWords:
    """Speaks when the engine's doubts about single letters add up to many words.

    The mean hides it: with 99 % of the letters right one word in twenty is wrong.
    """

    summary: ClassVar[str] = "more words are likely misread than a text to be relied upon may have"
    limit: ClassVar[float] = 0.02  # share of the words

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the words that is expected to be wrong, by the confidence of each."""
        words = [piece for piece in pieces(reading, finest=True) if piece.confidence is not None and _is_word(piece)]
        doubts = [_doubt(word, engine) for word in words]
        expected = sum(doubts)
        if expected < FEWEST or expected < self.limit * len(words):
            return None
        worst = sorted(zip(doubts, words, strict=True), key=lambda pair: -pair[0])[:SHOWN]
        named = ", ".join(quote(word.text) for doubt, word in worst if doubt >= LIKELY)
        share = expected / len(words)
        what = f"About {expected:.0f} of {len(words)} words are likely misread" + (f", e.g. {named}" if named else "")
        return Finding(
            "unsure_words",
            round(share, 4),
            self.limit,
            f"{what}.",
            weight=round(min(0.95, 0.3 + 2 * share), 4),
            image=worst[0][1].box,
        )


def _is_word(piece: Piece) -> bool:
    """Whether it is one word: with letters or figures, or wide enough for some, as foreign script that is read as signs."""
    if len(piece.text.split()) > 1:
        return False
    return piece.letters > 0 or (piece.box is not None and piece.box.width > SIGNS * piece.box.height)


def _doubt(word: Piece, engine: EngineInfo) -> float:
    """The chance that a word is wrong."""
    sure = word.confidence or 0.0
    if engine.letter_confidence:
        return min(1.0, word.weight * (1 - sure))
    return 1 - sure if sure < SURE else 0.0
