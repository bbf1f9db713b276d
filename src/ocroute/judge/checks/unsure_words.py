"""Words that are likely misread: more than a text to be relied upon may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.misreading import chances
from ocroute.judge.reading_pieces import Piece, pieces, quote
from ocroute.pages.page import InputPage

FEWEST: Final = 0.5  # words that are expected to be wrong; a page of a few words has not much to lose, but all of it
SIGNS: Final = 1.5  # width over height of signs without a letter that stand in the place of a word
EITHER: Final = 0.5  # chance to be wrong of a word that two engines read differently
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
        words = words_of(reading)
        refused: list[Counter[str]] = page.once("judge.unsure_words", list)
        doubts = [max(pair) for pair in zip(chances(words, engine), _beside(words, refused), strict=True)]
        expected = sum(doubts)
        if expected < FEWEST or expected < self.limit * len(words):
            return None
        refused.append(Counter(word.text for word in words))
        worst = sorted(zip(doubts, words, strict=True), key=lambda pair: -pair[0])[:SHOWN]
        named = ", ".join(quote(word.text) for doubt, word in worst if doubt >= LIKELY)
        share = expected / len(words)
        what = f"About {expected:.0f} of {len(words)} words are likely misread" + (f", e.g. {named}" if named else "")
        return Finding(
            "unsure_words",
            round(share, 4),
            self.limit,
            f"{what}.",
            weight=round(share, 4),
            image=worst[0][1].box,
        )


def words_of(reading: Reading) -> list[Piece]:
    """The single words of which their engine says how sure it is."""
    return [piece for piece in pieces(reading, finest=True) if piece.confidence is not None and _is_word(piece)]


def _is_word(piece: Piece) -> bool:
    """Whether it is one word: with letters or figures, or wide enough for some, as foreign script that is read as signs."""
    if len(piece.text.split()) > 1:
        return False
    return piece.letters > 0 or (piece.box is not None and piece.box.width > SIGNS * piece.box.height)


def _beside(words: Sequence[Piece], refused: Sequence[Counter[str]]) -> Iterator[float]:
    """The same by other engines' readings of the page, refused as unsure: of two that differ one is wrong."""
    left = [Counter(reading) for reading in refused]
    for word in words:
        yield EITHER if any(reading[word.text] <= 0 for reading in left) else 0.0
        for reading in left:
            reading[word.text] -= 1
