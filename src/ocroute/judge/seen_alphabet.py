"""In which alphabet the words of a short text are printed, seen by other eyes than the engine's.

Four letters are no language: nothing in "раде" says that the page has "page". Whoever reads the place again sees it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ocroute.engines.base import Reading
from ocroute.errors import EngineError, EngineUnavailable
from ocroute.judge import reference_recogniser
from ocroute.judge.alphabet_confusions import TWINS
from ocroute.judge.line_crops import SURE, around, spread
from ocroute.judge.reading_pieces import Piece, pieces
from ocroute.judge.scripts import census, script_of
from ocroute.pages.page import InputPage

MOST: Final = 4  # lines that are read again
SHORTEST: Final = 3  # letters of such a line
ALIKE: Final = 0.35  # of the letters that one reading may have more than the other


class SeenOtherwise(NamedTuple):
    """Lines whose letters are of another alphabet than the reading says: their share of the letters looked at, that alphabet,
    and the first of them as said and as seen.
    """

    share: float
    script: str
    said: str
    seen: str


def seen_otherwise(page: InputPage, reading: Reading, threads: int) -> SeenOtherwise | None:
    """What the reference recogniser surely sees of lines in Latin or Cyrillic; None where it agrees, or cannot tell."""
    lines = [piece for piece in pieces(reading) if piece.box is not None and _telling(piece.text)]
    chosen = spread(lines, MOST)
    if not chosen:
        return None
    try:
        seen = reference_recogniser.read_lines(
            page, [around(page, piece.box) for piece in chosen if piece.box], threads
        )
    except (EngineUnavailable, EngineError):
        return None
    wrong = [
        (piece, text, other)
        for piece, (text, sure) in zip(chosen, seen, strict=True)
        if sure >= SURE and (other := _other(piece, text))
    ]
    if not wrong:
        return None
    first, text, script = wrong[0]
    letters = sum(piece.letters for piece, *_ in wrong)
    return SeenOtherwise(letters / sum(piece.letters for piece in chosen), script, first.text, text)


def _other(said: Piece, seen: str) -> str:
    """The alphabet in which ``seen`` is written, where that is the other one and some of its letters are in no other."""
    script, other = _script(said.text), _script(seen)
    if not _telling(seen) or other == script or all(letter in TWINS[other] for letter in _letters(seen)):
        return ""
    count = sum(map(str.isalnum, seen))
    return other if abs(count - said.letters) <= ALIKE * max(count, said.letters) else ""


def _telling(text: str) -> bool:
    return sum(1 for _ in _letters(text)) >= SHORTEST and _script(text) in TWINS


def _letters(text: str) -> Iterable[str]:
    return (letter for letter in text if script_of(letter))


def _script(text: str) -> str:
    return max(census(text).items(), key=lambda item: item[1], default=("", 0))[0]
