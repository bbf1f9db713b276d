"""A text layer's words read back from the page, and what the letters that differ say about its fonts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from operator import itemgetter
from typing import Final

import numpy as np
from rapidfuzz.distance import Levenshtein

from ocroute.judge import layer_sample, reference_recogniser
from ocroute.judge.layer_sample import Probe, folded
from ocroute.judge.line_crops import around, spread
from ocroute.judge.own_letters import OwnLetters, own_letters
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.values import Box

SLIPS: Final = 0.008  # share of letters that the reference recogniser misreads in print, when it reads a word twice
WRONG: Final = 0.05  # share of wrong letters from which a layer must not be believed
SURE: Final = 0.6  # confidence below which the reference recogniser has no say
CAP: Final = 2  # letters by which one word may speak: a word that is misread is often misread throughout
SETTLED: Final = 3.0  # log odds that settle the matter: twenty to one
STRIP: Final = 26  # letters of words that are read at once, as if they stood on one line
AGAIN: Final = 12  # words at most that are read a second time, each by itself; further ones that differ do not count
LONG: Final = 3  # letters of a word that is none of a formula
BARE: Final = 2  # rows of the reduced page between a letter and its dot
TIGHT: Final = 0.5  # of a word's height in ink: less is a font without a true height; x-height is half of most
DEEP: Final = 420  # letters that are read of a layer which is in doubt
_FOR_WRONG: Final = log(WRONG / SLIPS)
_FOR_RIGHT: Final = log((1 - WRONG) / (1 - SLIPS))


@dataclass(frozen=True, slots=True)
class Seen:
    """A word of the layer and what the page shows in its place.

    Attributes:
        wrong: how many letters differ.
        least: how sure the recogniser is of the letter that it is least sure of, 0 to 1; 0 where the word was not read alone.
    """

    probe: Probe
    shown: str
    wrong: int
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What was seen of a layer.

    Attributes:
        seen: every word that could be read, once.
        suspects: the fonts whose words are not what the page shows.
        odds: the log odds of the worst of them, or of all; above 0 the layer is more likely wrong than right.
        asked: how many letters were looked at first, and how many of them could be read, as the layer has them or otherwise.
    """

    seen: tuple[Seen, ...]
    suspects: frozenset[str] = frozenset()
    odds: float = 0.0
    asked: tuple[int, int] = (0, 0)

    @property
    def share(self) -> float:
        """The share of wrong letters among those that speak: in the suspected fonts, or in all."""
        chosen = [one for one in self.seen if one.probe.font in self.suspects] or self.seen
        return sum(one.wrong for one in chosen) / max(1, sum(len(one.probe.letters) for one in chosen))


def confirmed(page: InputPage, words: Sequence[Probe], threads: int) -> list[Seen]:
    """Those of ``words`` that the page shows otherwise.

    Raises:
        EngineUnavailable: the models of the reference recogniser are not installed.
    """
    return [one for one in look(page, words, threads) if one.wrong]


def read_back(page: InputPage, words: Sequence[Probe], threads: int, *, least: int = layer_sample.LETTERS) -> ReadBack:
    """Read as many of ``words`` as it takes to tell whether they are what ``page`` shows: about ``least`` letters where they are.

    Raises:
        EngineUnavailable: the models of the reference recogniser are not installed.
    """
    first = layer_sample.first_choice(words, least)
    seen = look(page, first, threads)
    asked = sum(len(word.letters) for word in first), sum(len(one.probe.letters) for one in seen)
    if not any(one.wrong for one in seen):
        return ReadBack(tuple(seen), asked=asked)
    found = _weighed(seen)
    if found.odds < 2 * SETTLED:
        fonts = {one.probe.font for one in seen if one.wrong}
        seen += look(page, layer_sample.more(words, first, fonts, DEEP), threads)
        found = _weighed(seen)
    return replace(found, asked=asked)


def _weighed(seen: Sequence[Seen]) -> ReadBack:
    fonts: dict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        fonts[one.probe.font].append(one)
    odds = {font: _odds(every) for font, every in fonts.items()}
    whole = _odds(seen)
    suspects = frozenset(font for font, value in odds.items() if value >= SETTLED or (value > 0 and whole > 0))
    return ReadBack(tuple(seen), suspects, max([whole, *(odds[font] for font in suspects)]))


def _odds(seen: Iterable[Seen]) -> float:
    """Of a wrong layer against a right one."""
    wrong = right = 0
    for one in seen:
        wrong += min(CAP, one.wrong)
        right += max(0, len(one.probe.letters) - one.wrong)
    return wrong * _FOR_WRONG + right * _FOR_RIGHT


def look(page: InputPage, words: Sequence[Probe], threads: int) -> list[Seen]:
    """Each of ``words`` beside what is read in its place; those that differ are read by themselves again.

    A word is read once a page.
    """
    known: dict[Probe, Seen | None] = page.once("judge.read_back", dict)
    unread = [word for word in dict.fromkeys(words) if word not in known]
    known.update(dict.fromkeys(unread))  # those of which nothing can be said stay None
    known.update({one.probe: one for one in _read(page, unread, threads)})
    return [one for word in words if (one := known[word]) is not None]


def _read(page: InputPage, words: Sequence[Probe], threads: int) -> list[Seen]:
    return [
        one for script in dict.fromkeys(word.script for word in words) for one in _read_in(page, words, threads, script)
    ]


def _read_in(page: InputPage, every: Sequence[Probe], threads: int, script: str) -> list[Seen]:
    """Those of the words that are read by the model for ``script``."""
    strips = _strips([word for word in every if word.script == script])
    boxes = [[around(page, word.box) for word in strip] for strip in strips]
    found: list[Seen] = []
    for strip, shown in zip(strips, reference_recogniser.glance(page, boxes, threads, script), strict=True):
        found += _compared(strip, shown)
    doubtful = spread([one.probe for one in found if one.wrong or _figures_within(one.probe.text)], AGAIN)
    again = {one.probe: one for one in _alone(page, doubtful, threads, script)}
    return list(_settled(own_letters(page), found, again))


def _settled(own: OwnLetters, found: Iterable[Seen], again: Mapping[Probe, Seen]) -> Iterator[Seen]:
    """Each word as it was read the last time, and as the layer has it where its own font's letters are what the page shows: the
    recogniser errs in typefaces, and they do not. Those that nobody could read are left out.
    """
    for one in found:
        probe = one.probe
        seen = again.get(probe, one)
        if seen.wrong and own.shows(probe.text, probe.box, probe.font, probe.size):
            yield Seen(probe, probe.text, 0)
        elif not seen.wrong or probe in again:
            yield seen


def _alone(page: InputPage, words: Sequence[Probe], threads: int, script: str) -> list[Seen]:
    """What each word is read as by itself, with a margin and without, the better; not those that cannot be read."""
    boxes = [around(page, word.box) for word in words] + [_inked_rows(page, word.box) for word in words]
    read = reference_recogniser.trace(page, boxes, threads, script)
    found: list[Seen] = []
    for word, *ways in zip(words, read[: len(words)], read[len(words) :], strict=True):
        wrong, doubt, line = min(
            ((_misread(word, line.text), -line.confidence, line) for line in ways),
            key=itemgetter(0, 1),
        )
        if not wrong or (-doubt >= SURE and line.text.strip()):
            found.append(Seen(word, line.text.strip(), wrong, float(min(line.probabilities, default=0.0))))
    return found


def _inked_rows(page: InputPage, box: Box) -> Box:
    """The box, or, where most of its height is bare as in fonts that lie about theirs, its thickest row of ink."""
    box, ink = box.clamped(*page.size), ink_of(page)
    x0, y0, x1, y1 = (int(side / ink.scale) for side in (box.x0, box.y0, box.x1, box.y1))
    rows = ink.mask[y0 : y1 + 1, x0 : x1 + 1].sum(axis=1)
    inked = np.flatnonzero(rows)
    if not inked.size:
        return box
    runs = np.split(inked, np.flatnonzero(np.diff(inked) > BARE) + 1)
    best = max(runs, key=lambda run: int(rows[run].sum()))
    height = (best[-1] - best[0] + 1) * ink.scale
    if height >= TIGHT * box.height:
        return box
    top, ground = (y0 + best[0]) * ink.scale, 0.25 * height
    return Box(box.x0, float(top - ground), box.x1, float(top + height + ground)).clamped(*page.size)


def _misread(word: Probe, shown: str) -> int:
    """How many letters of ``word`` differ from ``shown``. What looks alike is one letter, for the recogniser mixes it up too; but
    a word with figures in it (``w0r1d``) in whose place it reads letters alone is a bad reader's.
    """
    differing = _differing(word.letters, folded(shown))
    return differing if differing or any(map(str.isdigit, shown)) else _figures_within(word.text)


def _figures_within(text: str) -> int:
    """How many figures stand before and among the letters of a word; none in short words, which may be formulas."""
    letters = [at for at, sign in enumerate(text) if sign.isalpha()]
    return sum(map(str.isdecimal, text[: letters[-1]])) if len(letters) >= LONG else 0


def _differing(said: str, shown: str) -> int:
    """How many letters differ; none where one is cut off, or one of a neighbour is seen, at an edge of the crop."""
    if len(said) > 2 and shown and (shown in (said[1:], said[:-1]) or said in (shown[1:], shown[:-1])):
        return 0
    return min(len(said), Levenshtein.distance(said, shown))


def _strips(words: Sequence[Probe]) -> list[list[Probe]]:
    strips: list[list[Probe]] = []
    room = 0
    for word in words:
        if room < len(word.letters):
            strips.append([])
            room = STRIP
        strips[-1].append(word)
        room -= len(word.letters) + 1
    return strips


def _compared(strip: Sequence[Probe], shown: str) -> list[Seen]:
    """The words of a strip, each with the letters of ``shown`` that fall to it."""
    said = "".join(word.letters for word in strip)
    owner = [at for at, word in enumerate(strip) for _ in word.letters]
    wrong = [0] * len(strip)
    for edit in Levenshtein.editops(said, folded(shown)):
        wrong[owner[min(edit.src_pos, len(owner) - 1)]] += 1
    return [Seen(word, "" if count else word.text, count) for word, count in zip(strip, wrong, strict=True)]
