"""Letters of another script than the page's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Final

from msgspec.structs import replace

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.alphabet_confusions import as_other_script, lookalikes, misread_lines, odd_capitals
from ocroute.judge.layer_sample import words_of
from ocroute.judge.reading_pieces import pieces, plain, quote
from ocroute.judge.scripts import advice, census, letters_of, script_of
from ocroute.judge.seen_alphabet import seen_otherwise
from ocroute.judge.trigrams import fold
from ocroute.judge.unwritten_rows import rows_among
from ocroute.languages import SCRIPT_NAMES
from ocroute.pages.page import InputPage

FEWEST_LETTERS: Final = 30
MIXED: Final = 0.12  # share of words with letters of two alphabets
LOOKALIKE: Final = 0.05  # share of words with letters of one alphabet that look like those of another
FEWEST_LOOKALIKES: Final = 3  # such words
CLEARLY: Final = 0.4  # bits a letter by which the other alphabet must fit better
STRANGE: Final = 4.4  # bits a letter from which text does not read well as it stands
READABLE: Final = 5.2  # bits a letter beyond which the other alphabet explains nothing either
PART: Final = 0.15  # share of the letters in lines that read better in the other alphabet
PLAINLY: Final = 0.8  # bits a letter by which it must fit lines better that were chosen for being strange
ODD: Final = 0.15  # share of words like MockBa
BARE: Final = 0.2  # share of Greek words with an accent; running Greek has 0.6
FEWEST_GREEK: Final = 3  # different words of three small Greek letters or more; formulas have shorter ones
UNSURE: Final = 0.85  # mean confidence below which an engine that saw a foreign script, or two, did not read its own
BOTH: Final = 0.15  # share of letters in the lesser of Latin and Cyrillic from which a text is in both
ASKED: Final = 0.2  # share of letters in the scripts of the languages asked for
SEEN: Final = 0.3  # share of a short text's letters that are seen in the other alphabet
_ADVICE: Final = (
    "Fetch a line model for the page's script (ocroute models lists them), or install Tesseract's data for its language, and "
    "name the language, e.g. for Korean: ocroute models get korean, then read with --lang ko"
)
# The language that is named to the user where only the script is known: the one with most readers.
_LANGUAGE: Final = {
    "Latn": "en", "Cyrl": "ru", "Grek": "el", "Hans": "zh", "Hant": "zh-Hant", "Jpan": "ja", "Kore": "ko", "Arab": "ar",
    "Hebr": "he", "Deva": "hi", "Beng": "bn", "Taml": "ta", "Telu": "te", "Thai": "th", "Armn": "hy", "Geor": "ka",
}  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_IN_FORMULAS: Final = 3  # letters up to which a word may mix Greek and Latin: Δx, πf, µSv
_EUROPEAN: Final = {"Latn", "Cyrl", "Grek"}


class WrongScript:
    """Speaks when boxes come back blank, alphabets mix, Greek has no accents, or text reads better or is seen in another one."""

    summary: ClassVar[str] = "the engine cannot write the script of the page"
    limit: ClassVar[float] = 0.15  # share of the lines that came back blank

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The plainest of the signs that the script is wrong."""
        return next(self._signs(page, reading, engine, task), None)

    def _signs(self, page: InputPage, reading: Reading, engine: EngineInfo, task: Task) -> Iterator[Finding]:
        text = plain(reading)
        letters = census(text)
        blanks = sum(line.box.width for line in reading.blanks)
        written = sum(max(piece.box.width, piece.box.height) for piece in pieces(reading) if piece.box is not None)
        share = blanks / (blanks + written) if blanks else 0.0
        if len(reading.blanks) >= 2 and share >= self.limit:
            what = f"{len(reading.blanks)} line(s), {share:.0%} of the text, came back blank: a script the engine cannot write"
            yield self._finding(share, self.limit, what, share, task)
        elif rows := rows_among(page, reading):
            widest = max(rows, key=lambda row: row.box.width)
            what = f"{len(rows)} line(s) of print came back blank: a script the engine cannot write"
            yield replace(self._finding(share, 0.0, what, share, task), image=widest.box)
        if reading.foreign and (sure := _confidence(reading)) < UNSURE:
            what = f"The page is in {SCRIPT_NAMES.get(reading.foreign, reading.foreign)}, which the engine cannot write here"
            yield self._finding(sure, UNSURE, what, 0.9, task, reading.foreign)
        greek = {word for word in _WORD.findall(text) if _is_small_greek(word)}
        accented = sum(fold(word) != word.replace("ς", "σ") for word in greek) / max(1, len(greek))
        if len(greek) >= FEWEST_GREEK and accented < BARE:
            what = f"Of {len(greek)} Greek words {accented:.0%} have an accent: the engine knows Greek letters from formulas only"
            yield self._finding(accented, BARE, what, 0.9, task, "Grek")
        total = letters.total()
        if total < FEWEST_LETTERS:
            if engine.kind != "textlayer" or words_of(reading).others:  # else they are read by who writes them
                yield from self._of_few_letters(page, reading, task)
            return
        yield from self._alphabets(reading, text, letters, task)
        asked = {script for language in task.languages for script in letters_of(language)}
        found = sum(letters[script] for script in asked) / total
        if asked and "Latn" not in asked and found < ASKED:
            other = as_other_script(text, letters.most_common(1)[0][0], strange=STRANGE)
            if other is None or other[1] > STRANGE:
                names = ", ".join(task.languages)
                what = f"Text in {names} was asked for, but only {found:.0%} of the letters are of its script"
                yield self._finding(found, ASKED, what, 0.7, task)

    def _of_few_letters(self, page: InputPage, reading: Reading, task: Task) -> Iterator[Finding]:
        """What must be looked at, for it is too short to tell by itself."""
        seen = seen_otherwise(page, reading, task.limits.threads)
        if seen is not None and seen.share >= SEEN:
            what = f"What was read as {quote(seen.said)} is seen in {_name(seen.script)} letters, as {quote(seen.seen)}"
            yield self._finding(seen.share, SEEN, what, 0.9, task, seen.script)

    def _alphabets(self, reading: Reading, text: str, letters: Counter[str], task: Task) -> Iterator[Finding]:
        """Signs that letters of one alphabet stand for those of another."""
        mixed = _mixed(text)
        if mixed >= MIXED:
            yield self._finding(mixed, MIXED, f"{mixed:.0%} of the words mix letters of two alphabets", mixed, task)
        both = min(letters["Latn"], letters["Cyrl"]) / letters.total()
        if both >= BOTH and (sure := _confidence(reading)) < UNSURE:
            what = f"{both:.0%} of the letters are of a second alphabet, and the engine is {sure:.0%} sure: it may know neither"
            yield self._finding(sure, UNSURE, what, 0.7, task)
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
        misread, share = misread_lines(text, strange=STRANGE, clearly=PLAINLY, readable=READABLE, odd=ODD)
        if share >= PART:
            what = f"Lines with {share:.0%} of the letters read better as {_name(misread)} letters"
            yield self._finding(share, PART, what, share, task, misread)
        count, share = lookalikes(text, clearly=CLEARLY)
        if count >= FEWEST_LOOKALIKES and share >= LOOKALIKE:
            what = f"{share:.0%} of the words have letters of another alphabet that only look like the right ones"
            yield self._finding(share, LOOKALIKE, what, share, task)

    def _finding(self, value: float, limit: float, what: str, bad: float, task: Task, script: str = "") -> Finding:
        guess = _LANGUAGE.get(script, "")
        language = next((language for language in task.languages if "Latn" not in letters_of(language)), guess)
        step = advice(language) if language else _ADVICE
        weight = round(min(0.95, bad), 4)
        return Finding("wrong_script", round(value, 4), limit, f"{what}.", weight=weight, next_step=step)


def _mixed(text: str) -> float:
    """The share of words with letters of several alphabets."""
    every = _WORD.findall(text)
    return sum(map(_mixes, every)) / len(every) if every else 0.0


def _mixes(word: str) -> bool:
    scripts = {script_of(letter) for letter in word} & _EUROPEAN
    return len(scripts) > 1 and ("Grek" not in scripts or len(word) > _IN_FORMULAS)


def _is_small_greek(word: str) -> bool:
    return len(word) >= 3 and word.islower() and all(script_of(letter) == "Grek" for letter in word)


def _confidence(reading: Reading) -> float:
    """The mean confidence of a reading, weighted by characters; 1 where the engine gives none."""
    rated = [(p.confidence, p.weight) for p in pieces(reading, finest=True) if p.confidence is not None]
    return sum(sure * count for sure, count in rated) / sum(count for _, count in rated) if rated else 1.0


def _name(script: str) -> str:
    return {"Cyrl": "Cyrillic", "Latn": "Latin"}[script]
