"""How many pixels of a page the model is shown."""

from __future__ import annotations

from ocroute.engines.neural.recipe import Facts

HALVINGS = 3
"""How often the budget is halved when memory runs out, before the page is given up."""


def pixels(facts: Facts) -> int:
    """The most pixels that an image may have."""
    return facts.max_pixels


def smaller(facts: Facts, budget: int) -> int:
    """Half of ``budget``; 0 where that is less than the model takes."""
    half = budget // 2
    return half if half >= facts.min_pixels else 0
