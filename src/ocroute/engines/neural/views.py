"""A page as the model is shown it, and how it is shown smaller where memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ocroute.engines.neural.budget import values
from ocroute.engines.neural.recipe import Facts, Prepared

TRIES = 4
"""How often a page is shown, each time smaller, before it is given up."""

_LESS = 0.75  # of what the model was shown is at most what it is shown at the next try


@dataclass(frozen=True, slots=True)
class View:
    """A page as the model is shown it: at most ``pixels`` of it, and what was made of these."""

    pixels: int
    prepared: Prepared


def views(facts: Facts, prepare: Callable[[int], Prepared], pixels: int) -> Iterator[View]:
    """The page with all of ``pixels``, and each time that the next view is asked for, with noticeably less to see.

    A budget that is halved changes nothing while the page is smaller than it, or where a model takes whole tiles; such steps
    are left out.

    Args:
        prepare: makes the model's inputs for a budget.
    """
    shown = float("inf")
    for _ in range(TRIES):
        prepared = prepare(pixels)
        while values(prepared.inputs) > _LESS * shown:
            if not (pixels := _half(facts, pixels)):
                return
            prepared = prepare(pixels)
        yield View(pixels, prepared)
        shown = values(prepared.inputs)
        if not (pixels := _half(facts, pixels)):
            return


def _half(facts: Facts, pixels: int) -> int:
    """Half of ``pixels``, or the least that the model takes; 0 where that was tried."""
    return max(pixels // 2, facts.min_pixels) if pixels > facts.min_pixels else 0
