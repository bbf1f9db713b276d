"""Text to read: words of two languages, invented words, numbers; one part of all words is kept for evaluation only."""

from __future__ import annotations

from pathlib import Path
from random import Random
from zlib import crc32

_LISTS = Path(__file__).with_name("words_of")
WORDS = {script: (_LISTS / f"{script}.txt").read_text(encoding="utf-8").split() for script in ("latin", "cyrillic")}
LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
MARKS = " .,;:!?()'«»-/%№$+#"
CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + LETTERS + LETTERS.upper() + MARKS
"""All that is ever drawn. Quotation marks of the typewriter are not: an answer in JSON would have to escape them."""

# Letters that look alike in both scripts: a word made of nothing else could be either.
ALIKE = frozenset("aceopxyABCEHKMOPTXYасеорхуАВСЕНКМОРТХУ")
# What syllables of invented words begin with, what they are sung on, what they end with (often nothing).
_SYLLABLES = {
    "latin": (
        "b c d f g h j k l m n p qu r s t v w z br cl dr fl gr pl st tr th sh ch sk sp",
        "a e i o u y ea ou ai",
        "n r s t l m x ck nd ng",
    ),
    "cyrillic": (
        "б в г д ж з к л м н п р с т ф х ц ч ш щ бр вл гр др кл пр ст тр св сн",
        "а е и о у ы э ю я ё ий ой",
        "н р с т л м й ть сь нь ъём",
    ),
}
_PARTS = {
    script: (begin.split(), middle.split(), ["", "", "", *end.split()])
    for script, (begin, middle, end) in _SYLLABLES.items()
}
_HELD_OUT = 8  # one word of so many is never seen in training


def held_out(word: str) -> bool:
    """Whether training never shows this word. The case does not matter."""
    return crc32(word.lower().encode()) % _HELD_OUT == 0


class Writer:
    """Writes text for one split.

    Args:
        rng: decides everything.
        script: ``latin``, ``cyrillic``, ``digits`` or ``mixed`` (words of both, each with a letter of its own script).
        evaluation: use words kept from training, and no others; numbers of one or two digits are in both.
    """

    def __init__(self, rng: Random, script: str, *, evaluation: bool) -> None:
        self.rng = rng
        self.script = script
        self.evaluation = evaluation

    def token(self, *, first: bool = False) -> str:
        """One word or number with its punctuation; ``first`` begins a sentence."""
        rng = self.rng
        if self.script == "digits" or rng.random() < 0.14:
            return self._number()
        word = self._word()
        style = rng.random()
        if style < 0.08:
            word = word.upper()
        elif first or style < 0.2:
            word = word[0].upper() + word[1:]
        mark = rng.random()
        if mark < 0.72:
            return word
        if mark < 0.90:
            return word + rng.choice(",,,...;:!?")
        if mark < 0.94:
            return f"({word})"
        if mark < 0.97:
            return f"«{word}»" if self.script == "cyrillic" else f"'{word}'"
        return f"{word}-{self._word()}"

    def _word(self) -> str:
        while True:
            script = self.script if self.script != "mixed" else self.rng.choice(("latin", "cyrillic"))
            if self.rng.random() < 0.5:
                word = self.rng.choice(WORDS[script])
            else:
                count = self.rng.choice((1, 2, 2, 3))
                word = "".join(self.rng.choice(part) for _ in range(count) for part in _PARTS[script])
            if held_out(word) is self.evaluation and not ALIKE.issuperset(word) and not ALIKE.issuperset(word.upper()):
                return word

    def _number(self) -> str:
        rng = self.rng
        while True:
            digits = "".join(rng.choice("0123456789") for _ in range(rng.choice((1, 2, 2, 3, 3, 4, 5, 6))))
            if len(digits) < 3 or held_out(digits) is self.evaluation:
                break
        form = rng.random()
        if form < 0.55:
            return digits
        if form < 0.67:
            return f"{digits}{rng.choice('.,')}{rng.randrange(100):02d}"
        if form < 0.76:
            return f"{rng.randrange(1, 32):02d}.{rng.randrange(1, 13):02d}.{rng.randrange(1900, 2100)}"
        if form < 0.82:
            return f"{rng.randrange(24):02d}:{rng.randrange(60):02d}"
        if form < 0.88:
            return digits + "%"
        if form < 0.94:
            return rng.choice(("№", "$", "+", "#")) + digits
        return f"{digits}{rng.choice('-/')}{rng.randrange(1000)}"
