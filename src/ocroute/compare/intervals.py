"""How sure figures over a few pages are: pages are drawn again and again, the same ones for every run, which pairs them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ocroute.compare.measures import Interval

ROUNDS = 1_000
FEWEST = 5
"""Pages from which an interval is given: drawing from fewer says that all is sure."""

_TAIL = 0.025  # of 95 %


class Resampled:
    """The same draws of pages for all figures of a comparison.

    Args:
        pages: how many there are, at least one.
        seed: the same draws for the same one.
    """

    def __init__(self, pages: int, *, seed: int = 0) -> None:
        self._enough = pages >= FEWEST
        self._times: NDArray[np.float64] = (
            np.random.default_rng(seed).multinomial(pages, [1 / pages] * pages, size=ROUNDS).astype(float)
        )

    def ratios(self, over: Sequence[float], under: Sequence[float]) -> NDArray[np.float64]:
        """The ratio of two sums over pages, in each draw; NaN where nothing is under the line, or pages are too few."""
        if not self._enough:
            return np.full(ROUNDS, np.nan)
        above, below = self._times @ np.asarray(over, float), self._times @ np.asarray(under, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio: NDArray[np.float64] = np.where(below > 0, above / below, np.nan)
        return ratio


def interval(drawn: NDArray[np.float64]) -> Interval | None:
    """The middle 95 % of draws; None where there are none that say anything."""
    known = drawn[~np.isnan(drawn)]
    if not known.size:
        return None
    low, high = np.quantile(known, [_TAIL, 1 - _TAIL])
    return Interval(float(low), float(high))
