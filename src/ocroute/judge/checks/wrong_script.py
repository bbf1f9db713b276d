"""Letters of another script than the page's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.alphabet_confusions import as_other_script, odd_capitals
from ocroute.judge.reading_pieces import pieces, plain
from ocroute.judge.scripts import advice, census, letters_of, script_of
from ocroute.pages.page import InputPage

FEWEST_LETTERS: Final = 30
MIXED: Final = 0.12  # share of words with letters of two alphabets
CLEARLY: Final = 0.4  # bits a letter by which the other alphabet must fit better
STRANGE: Final = 4.4  # bits a letter from which text does not read well as it stands
READABLE: Final = 5.2  # bits a letter beyond which the other alphabet explains nothing either
ODD: Final = 0.15  # share of words like MockBa
ASKED: Final = 0.2  # share of letters in the scripts of the languages asked for
_ADVICE: Final = (
    "Install Tesseract's data for the page's language and name it, e.g. for Russian: "
    "apt install tesseract-ocr tesseract-ocr-rus, then read with --lang ru"
)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_EUROPEAN: Final = {"Latn", "Cyrl", "Grek"}


class WrongScript:
    """Speaks when boxes came back blank, when words mix alphabets, or when the text reads better in another alphabet."""

    summary: ClassVar[str] = "the engine cannot write the script of the page"
    limit: ClassVar[float] = 0.15  # share of the lines that came back blank

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The plainest of the signs that the script is wrong."""
        return next(self._signs(reading, task), None)

    def _signs(self, reading: Reading, task: Task) -> Iterator[Finding]:
        text = plain(reading)
        letters = census(text)
        blanks = sum(line.box.width for line in reading.blanks)
        written = sum(max(piece.box.width, piece.box.height) for piece in pieces(reading) if piece.box is not None)
        share = blanks / (blanks + written) if blanks else 0.0
        if len(reading.blanks) >= 2 and share >= self.limit:
            what = f"{len(reading.blanks)} line(s), {share:.0%} of the text, came back blank: a script the engine cannot write"
            yield self._finding(share, self.limit, what, share, task)
        total = letters.total()
        if total < FEWEST_LETTERS:
            return
        mixed = _mixed(text)
        if mixed >= MIXED:
            yield self._finding(mixed, MIXED, f"{mixed:.0%} of the words mix letters of two alphabets", mixed, task)
        main = letters.most_common(1)[0][0]
        other = as_other_script(text, main, strange=STRANGE)
        if other is not None and other[1] > STRANGE and other[2] < min(other[1] - CLEARLY, READABLE):
            what = f"The text reads better as {_name(other[0])} letters: it was read in the wrong alphabet"
            yield self._finding(other[1] - other[2], CLEARLY, what, 0.8, task, other[0])
        odd = odd_capitals(text)
        if other is not None and odd >= ODD and other[1] > STRANGE and other[2] < other[1]:
            what = (
                f"{odd:.0%} of the words have capitals or figures inside, as when a page is read in the wrong alphabet"
            )
            yield self._finding(odd, ODD, what, 0.8, task, other[0])
        asked = {script for language in task.languages for script in letters_of(language)}
        found = sum(letters[script] for script in asked) / total
        if asked and "Latn" not in asked and found < ASKED and (other is None or other[1] > STRANGE):
            names = ", ".join(task.languages)
            what = f"Text in {names} was asked for, but only {found:.0%} of the letters are of its script"
            yield self._finding(found, ASKED, what, 0.7, task)

    def _finding(self, value: float, limit: float, what: str, bad: float, task: Task, script: str = "") -> Finding:
        guess = {"Cyrl": "ru", "Latn": "en"}.get(script, "")
        language = next((language for language in task.languages if "Latn" not in letters_of(language)), guess)
        step = advice(language) if language else _ADVICE
        weight = round(min(0.95, 0.3 + 0.7 * bad), 4)
        return Finding("wrong_script", round(value, 4), limit, f"{what}.", weight=weight, next_step=step)


def _mixed(text: str) -> float:
    every = _WORD.findall(text)
    return (
        sum(len({script_of(letter) for letter in word} & _EUROPEAN) > 1 for word in every) / len(every)
        if every
        else 0.0
    )


def _name(script: str) -> str:
    return {"Cyrl": "Cyrillic", "Latn": "Latin"}[script]
