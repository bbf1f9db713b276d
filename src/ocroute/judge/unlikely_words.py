"""Words of a text layer whose letters hardly ever follow each other in its language: where a letter is wrong, it is in these.

Of a page with one wrong letter in a hundred, a sample taken by chance shows one or two, as many as a reader gets wrong by itself.
Of the ten least likely words half are wrong. One counts that the page shows with a letter or two others that make it likely: who
reads a strange name wrongly makes it hardly a more usual word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from ocroute.judge.layer_sample import Probe
from ocroute.judge.read_back import Seen
from ocroute.judge.trigrams import ALPHABETS, fluency, fold, surprises, words

MOST: Final = 10  # words that are read
SHORTEST: Final = 4  # letters of a word that is told from others by its letters
FEWEST: Final = 40  # letters of a page from which its language is known
STRANGE: Final = 15.0  # bits of three trigrams in a row; half of the words of running text have 12, one in ten 16
GAIN: Final = 4.0  # bits by which what the page shows is likelier
SLIP: Final = 2  # letters that differ at most


class UnlikelyWords:
    """Those of one layer.

    Args:
        words: of a layer, all in letters of ``script``.
        script: a key of `trigrams.ALPHABETS`.
    """

    def __init__(self, words: Sequence[Probe], script: str = "Latn") -> None:
        self._script = script
        text = " ".join(word.text for word in words)
        found = fluency(text, script)
        self._language = found.language if found and found.letters >= FEWEST else ""
        self.chosen: tuple[Probe, ...] = tuple(self._choose(words)) if self._language else ()

    def _choose(self, every: Sequence[Probe]) -> list[Probe]:
        """The least likely words, each of those that the page has only once: who misreads a letter does not do it twice alike."""
        cores = [_core(word.text) for word in every]
        count = Counter(cores)
        once = [at for at, core in enumerate(cores) if count[core] == 1 and len(core) >= SHORTEST]
        bits = surprises([cores[at] for at in once], self._script, self._language)
        order = sorted(range(len(once)), key=lambda at: -bits[at])[:MOST]
        return [every[once[at]] for at in order if bits[at] >= STRANGE]

    def corrected(self, seen: Iterable[Seen]) -> list[Seen]:
        """Those words in whose place the page shows a likelier one."""
        doubtful = [one for one in seen if 0 < one.wrong <= SLIP and one.shown]
        both = [_core(text) for one in doubtful for text in (one.probe.text, one.shown)]
        if not both:
            return []
        bits = surprises(both, self._script, self._language)
        return [
            one for one, said, shown in zip(doubtful, bits[::2], bits[1::2], strict=True) if 0 < shown <= said - GAIN
        ]

    def likelier(self, word: Probe, count: int) -> list[str]:
        """Up to ``count`` spellings of ``word`` with one letter for another that are likelier than it is, the likeliest first."""
        core = _core(word.text)
        place = word.text.casefold().find(core)
        if not core or place < 0 or len(word.text.casefold()) != len(word.text):
            return []
        made = [
            core[:at] + letter + core[at + 1 :]
            for at in range(len(core))
            for letter in ALPHABETS[self._script]
            if letter != core[at]
        ]
        bits = surprises([core, *made], self._script, self._language)
        order = sorted(
            (at for at in range(len(made)) if 0 < bits[at + 1] <= bits[0] - GAIN), key=lambda at: bits[at + 1]
        )
        before, said, after = word.text[:place], word.text[place : place + len(core)], word.text[place + len(core) :]
        return [before + _in_case(said, made[at]) + after for at in order[:count]]


def _in_case(said: str, made: str) -> str:
    """``made`` with large letters where ``said`` has them."""
    return "".join(letter.upper() if like.isupper() else letter for letter, like in zip(made, said, strict=True))


def _core(text: str) -> str:
    """The longest run of letters in a word, folded; empty for addresses and part numbers."""
    return max(words(fold(text), least=1), key=len, default="")
