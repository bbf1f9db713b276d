"""What dust does to letters: a speck above one looks like an accent, and one that touches it leaves no letter to be sure of.

The recogniser's doubt is spread over a letter and its accented kin. Taken together they outweigh the blank, and on a page whose
language has no accents the bare letter is what stands there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

SURE: Final = 0.98  # probability from which an accent is one, be it the only one of the page
RARE: Final = 0.004  # share of letters with sure accents below which a language has none: German has 0.015, French 0.03
FEWEST: Final = 200  # letters from which a text tells whether its language has accents

WESTERN: Final = "\u00ff"  # the last of the letters of Western Europe

STRUCK: Final = str.maketrans("ħłøđŧıĦŁØĐŦ", "hlodtiHLODT")  # what Unicode does not take apart

Classes = NDArray[np.intp]
Probabilities = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Kin:
    """Of a recogniser's classes those that write a Latin letter or a figure, without an accent and with one.

    Attributes:
        bare: the former.
        every: both, each bare one followed by those that have an accent more.
        starts: where in ``every`` the bare ones are.
        is_bare, is_accented: which is which as one flag a class.
        is_far: accented ones that no language of Western Europe has.
    """

    bare: Classes
    every: Classes
    starts: Classes
    is_bare: NDArray[np.bool_]
    is_accented: NDArray[np.bool_]
    is_far: NDArray[np.bool_]

    def bared(self, output: Probabilities) -> tuple[Classes, Probabilities]:
        """For each step of a (steps, classes) output the likeliest letter, accents not looked at, and how likely it is."""
        if not len(self.bare):
            return np.zeros(len(output), np.intp), np.zeros(len(output), np.float32)
        together = np.add.reduceat(np.take(output, self.every, axis=1), self.starts, axis=1)
        best = together.argmax(axis=1)
        return self.bare[best], np.take_along_axis(together, best[:, None], axis=1)[:, 0]

    def fits(self, classes: Classes) -> bool:
        """Whether a line is in Latin letters and figures, but for its signs."""
        written = classes[classes != 0]
        return bool((self.is_bare | self.is_accented)[written].sum() >= 0.6 * len(written))

    def doubted(self, lines: Iterable[tuple[Classes, Probabilities]]) -> NDArray[np.bool_]:
        """The classes whose accents are not believed where they are unsure, as one flag a class.

        All of them where the lines, each its classes and how likely they are, are in a language without accents; else those
        beyond Western Europe's that are sure nowhere: a language that has ``ț`` has many of it.
        """
        letters, sure = 0, np.zeros(len(self.is_accented), np.intp)
        for classes, probabilities in lines:
            accented = self.is_accented[classes]
            letters += int((self.is_bare[classes] | accented).sum())
            np.add.at(sure, classes[accented & (probabilities >= SURE)], 1)
        if letters >= FEWEST and sure.sum() < RARE * letters:
            return self.is_accented
        unseen: NDArray[np.bool_] = self.is_far & (sure == 0)
        return unseen


@cache
def kin(letters: tuple[str, ...]) -> Kin:
    """Among classes that stand for ``letters``."""
    bare = [index for index, letter in enumerate(letters) if letter.isascii() and letter.isalnum()]
    place = {letters[index]: at for at, index in enumerate(bare)}
    families = [[index] for index in bare]
    for index, letter in enumerate(letters):
        base = unicodedata.normalize("NFD", letter)[:1].translate(STRUCK)
        if not letter.isascii() and base in place:
            families[place[base]].append(index)
    every = np.array([index for family in families for index in family], np.intp)
    starts = np.cumsum([0, *map(len, families[:-1])])
    flags = np.zeros((2, len(letters)), bool)
    flags[1, every] = True
    flags[:, bare] = [[True], [False]]
    far = flags[1] & np.array([letter[:1] > WESTERN for letter in letters])
    return Kin(np.array(bare, np.intp), every, starts, flags[0], flags[1], far)
