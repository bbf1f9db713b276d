"""A small page of known text that a model must read before it is let near the user's pages.

Wrong numbers do not raise. A vision tower whose weights were lost in loading, frequencies that are zero, an image that never
reached the model, a stop token that is not one: each gives fluent, worthless text. A page whose text is known shows them all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ocroute.engines.neural.canary.diagnosis import Sight, added, diagnose, unfinished
from ocroute.engines.neural.failures import Overflow
from ocroute.errors import DOCTOR, EngineUnavailable

if TYPE_CHECKING:
    from PIL.Image import Image

TRUTH = "Grey herons wade\nby the old mill.\nOrder 4817 of May\nTotal due: 395.60"
"""What stands on the page, line by line."""

SIZE = (336, 224)
"""Width and height of the page, pixels."""

_PAGE = Path(__file__).with_name("page.png")

Read = Callable[["Image"], Sight]

_log = logging.getLogger(__name__)


class Unfinished(EngineUnavailable):
    """The answer was cut before it came to the text, as that of a model that thinks first may be."""


def page() -> Image:
    """The canary page: RGB, 336 x 224 pixels, black on white."""
    from PIL import Image as Images

    with Images.open(_PAGE) as opened:
        return opened.convert("RGB")


@cache
def blank() -> Image:
    """A page of the same size with nothing on it."""
    from PIL import Image as Images

    return Images.new("RGB", SIZE, "white")


def require(engine: str, read: Read) -> Sight:
    """Have ``read`` read the canary page.

    Args:
        engine: its name, for the message.
        read: the engine's own way from an image to text, the very one that pages take.

    Returns:
        What it read, when that is the text. Words of the model's own around it are no fault of its loading; a note tells them.

    Raises:
        EngineUnavailable: it is not; the message says in one sentence what was seen.
        Unfinished: it is not, but more room for the answer might help.
        Overflow: because the model's logits are NaN or Inf.
    """
    sight = read(page())
    fault = diagnose(sight, TRUTH, lambda: read(blank()))
    if fault:
        kind = (
            Overflow if sight.ending == "not finite" else Unfinished if unfinished(sight, TRUTH) else EngineUnavailable
        )
        raise kind(f"{engine} {fault}", next_step=DOCTOR)
    if words := added(sight.text, TRUTH):
        _log.warning("%s reads the canary page and adds words that are not on it: %s", engine, words)
    return sight
