"""A line as a recogniser wrote it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A line as the recogniser wrote it.

    Attributes:
        text: the characters.
        probabilities: one a character.
        centers: of each character, about, in crop pixels from the left.
        spaces: how likely a space stands between each character and the one before it, as far as the recogniser knows.
    """

    text: str
    probabilities: NDArray[np.float32]
    centers: NDArray[np.floating]
    spaces: NDArray[np.float32]

    @property
    def confidence(self) -> float:
        """The mean probability of the characters, 0 to 1; 0 for an empty line."""
        return float(self.probabilities.mean()) if self.text else 0.0

    @property
    def doubt(self) -> float:
        """How many letters are expected to be wrong, as far as the recogniser knows; ink tells more of spaces than it does."""
        return float(sum(1 - self.probabilities[at] for at, sign in enumerate(self.text) if not sign.isspace()))

    def part(self, start: int, end: int) -> Traced:
        """Some of its characters, with their places."""
        return Traced(
            self.text[start:end], self.probabilities[start:end], self.centers[start:end], self.spaces[start:end]
        )

    def stripped(self) -> Traced:
        """Without blanks at its ends."""
        start = len(self.text) - len(self.text.lstrip())
        return self.part(start, max(start, len(self.text.rstrip())))

    def moved(self, columns: float) -> Traced:
        """The line so many pixels to the right."""
        return replace(self, centers=self.centers + columns)

    def __add__(self, other: Traced) -> Traced:
        """Its characters and those of ``other``, which are of the same crop."""
        return Traced(
            self.text + other.text,
            np.concatenate([self.probabilities, other.probabilities]),
            np.concatenate([self.centers, other.centers]),
            np.concatenate([self.spaces, other.spaces]),
        )
