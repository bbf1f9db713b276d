"""What is known of a text layer's letters: how they look beside each other, and what some of its words are read as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from ocroute.engines.base import Reading
from ocroute.errors import EngineError, EngineUnavailable
from ocroute.judge import drawn_words
from ocroute.judge.layer_sample import LETTERS, VOUCHED, WHOLE, Probe, Words, folded, lines_of, probe_of, take, words_of
from ocroute.judge.letter_shapes import Shapes, shapes_of
from ocroute.judge.line_crops import spread
from ocroute.judge.own_letters import own_letters
from ocroute.judge.read_back import DEEP, ReadBack, Seen, look, read_back
from ocroute.judge.scripts import script_of
from ocroute.judge.unlikely_words import SHORTEST, SLIP, UnlikelyWords
from ocroute.pages.page import InputPage
from ocroute.values import Line

DRAWN: Final = ("Cyrl", "Grek")  # scripts whose languages are known and that can be drawn
SPELLINGS: Final = 8  # of a word that are held against the page
SURE: Final = 0.9  # of each sign of a run of ideographs in which one is another
SURE_OF_WORDS: Final = 0.97  # of each letter of a word
SURE_OF_THE_SHORTEST: Final = (
    0.99  # the same of two or three letters; of 88 right short layers no word differs with 0.6
)
SURE_OF_FOREIGN: Final = 0.7  # the same of a word that does not look like the layer's either
LOOKED_AT: Final = 8  # such words
DRAWN_WORDS: Final = 40  # that are held against their own font's letters
UNREAD_WORDS: Final = 120  # the same where nobody reads them
VOUCHED_FOR: Final = 0.8  # share of them that are what the page shows, where the layer is right
MANY: Final = 300  # letters that were compared, from which fewer words have to be read


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one layer: its words, their letters beside each other, and some of them read back, where there is who reads.

    ``drawn`` are how many words were held against their own font's letters, and how many of them are what the page shows.
    ``corrected`` are words that the page surely shows otherwise: of the sample, of those that are spelled as hardly any is, see
    `unlikely_words`, with another letter of their own font, and runs of ideographs.
    """

    words: Words
    shapes: Shapes
    read: ReadBack | None
    corrected: tuple[Seen, ...]
    drawn: tuple[int, int] = (0, 0)

    @property
    def vouched(self) -> bool:
        """Whether the page's own fonts say that the words are right, and where they stand."""
        return 0 < VOUCHED_FOR * self.drawn[0] <= self.drawn[1]


def evidence_of(page: InputPage, reading: Reading, threads: int) -> Evidence:
    """Of the words that ``reading`` has from the file; gathered once for the same lines."""
    known: dict[tuple[Line, ...], Evidence] = page.once("judge.layer_evidence", dict)
    lines = tuple(lines_of(reading))
    if lines not in known:
        known.clear()
        known[lines] = _gathered(page, reading, threads)
    return known[lines]


def _gathered(page: InputPage, reading: Reading, threads: int) -> Evidence:
    words, shapes = words_of(reading), shapes_of(page, reading)
    drawn, redrawn = _of_own_fonts(page, words)
    least = VOUCHED if shapes.letters >= MANY and not shapes.odd else LETTERS
    try:
        read = read_back(page, words.readable, threads, least=least)
        found = [
            *_of_readings(page, words.readable, threads),
            *_surely_others(read, words),
            *_foreign(page, shapes, threads),
        ]
        corrected = list(dict.fromkeys(found))
    except (EngineUnavailable, EngineError):
        read, corrected = None, []
    corrected += [one for one in redrawn if one not in corrected] + _of_drawings(page, words.others)
    return Evidence(words, shapes, read, tuple(corrected), drawn)


def _of_own_fonts(page: InputPage, words: Words) -> tuple[tuple[int, int], list[Seen]]:
    """Of words from all over the page, how many could be held against their own font's letters and how many are what these
    show; and those in which it shows another letter.
    """
    own = own_letters(page)
    if not own.known:
        return (0, 0), []
    chosen = spread(words.readable, DRAWN_WORDS) + spread(words.others, UNREAD_WORDS)
    seen = [(word, own.shown(word.text, word.box, word.font, word.size)) for word in chosen]
    same = [word for word, shown in seen if shown == _signs(word)]
    others = [
        Seen(word, shown, sum(a != b for a, b in zip(shown, _signs(word), strict=True)), 1.0)
        for word, shown in seen
        if shown and shown != _signs(word)
    ]
    told = sum(shown is not None for _, shown in seen)
    return (told if 3 * told >= len(chosen) else 0, len(same)), others


def _signs(word: Probe) -> str:
    """Its signs without spaces."""
    return "".join(word.text.split())


def _of_readings(page: InputPage, words: Sequence[Probe], threads: int) -> list[Seen]:
    """Unlikely words in whose place a likelier one is read."""
    found: list[Seen] = []
    for script in dict.fromkeys(word.script for word in words):
        unlikely = UnlikelyWords([word for word in words if word.script == script], script)
        found += unlikely.corrected(look(page, unlikely.chosen, threads))
    return [*found, *_of_ideographs(page, words, threads)]


def _surely_others(read: ReadBack, words: Words) -> list[Seen]:
    """Words of the sample with one letter that is surely another, or that surely are other words, where all of it together is
    no worse than a reader is. The shortest count in a short layer, all of which was read.
    """
    short = sum(len(word.letters) for word in words.readable) <= WHOLE
    return [one for one in read.seen if read.odds <= 0 and (_has_another(one, short=short) or _is_another(one))]


def _foreign(page: InputPage, shapes: Shapes, threads: int) -> list[Seen]:
    """Words that do not look like what the layer has, and are surely read to be others."""
    probes = [probe for word in spread(shapes.foreign, LOOKED_AT) if (probe := probe_of(word)).script]
    return [one for one in look(page, probes, threads) if one.wrong > SLIP and one.least >= SURE_OF_FOREIGN]


def _has_another(one: Seen, *, short: bool) -> bool:
    """Whether a word is shown with as many letters, all of them sure and one of them another."""
    letters = len(one.probe.letters)
    sure = SURE_OF_WORDS if letters >= SHORTEST else SURE_OF_THE_SHORTEST if short and letters > 1 else inf
    return one.wrong == 1 and one.least >= sure and len(folded(one.shown)) == letters


def _is_another(one: Seen) -> bool:
    """Whether most letters of a word or a run of ideographs are others, all of them sure: so no reader errs."""
    letters = len(one.probe.letters)
    return 2 * one.wrong > letters >= SHORTEST <= len(folded(one.shown)) and one.least >= SURE


def _of_ideographs(page: InputPage, words: Sequence[Probe], threads: int) -> list[Seen]:
    """Runs of ideographs in which signs are surely others. None of these is unlikely by those beside it, and hardly any
    stands there twice: more of them have to be read.
    """
    every = [word for word in words if any(script_of(sign) in ("Hani", "Jpan") for sign in word.letters)]
    chosen = take(spread(every, len(every)), DEEP)
    return [one for one in look(page, list(chosen), threads) if one.wrong and one.least >= SURE]


def _of_drawings(page: InputPage, others: Sequence[Probe]) -> list[Seen]:
    """Unlikely words in letters that nobody reads here, where a likelier one looks more like the page: two of them or none."""
    found: list[Seen] = []
    own = own_letters(page)
    for script in DRAWN:
        unlikely = UnlikelyWords(
            [word for word in others if any(script_of(sign) == script for sign in word.letters)], script
        )
        for word in unlikely.chosen:
            if own.shows(word.text, word.box, word.font, word.size):
                continue
            if text := drawn_words.better(page, word, unlikely.likelier(word, SPELLINGS)):
                found.append(Seen(word, text, 1))
    return found if len(found) > 1 else []
