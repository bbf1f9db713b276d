"""Whether a neural engine can run here, found without importing torch or transformers."""

from __future__ import annotations

from ocroute.engines.base import Availability
from ocroute.engines.neural import packages, weights
from ocroute.engines.neural.recipe import Facts
from ocroute.errors import EngineUnavailable


class Located(Availability, frozen=True, omit_defaults=True):
    """An availability that says where the weights lie.

    Attributes:
        where: their folder, or the hub id from which they will be fetched; empty where there are none.
        lacking: in a few words, where an engine lacks nothing but its weights.
    """

    where: str = ""
    lacking: str = ""


def availability(facts: Facts, model: str) -> Located:
    """Of the engine that ``facts`` describe.

    Args:
        model: the weights that the user names; empty for none. A hub id that is not here yet counts: it will be fetched.
    """
    if lacking := packages.missing(facts.transformers, facts.packages):
        return Located("absent", reason=lacking, install=packages.INSTALL)
    version = packages.installed("transformers")
    folder = None
    try:
        if weights.to_fetch(facts, model):
            return Located("usable", version=version, scripts=facts.scripts, where=model)
        folder = weights.find(facts, model)
        weights.check(facts, folder)
        fingerprint = weights.digest(folder)[:16]
    except EngineUnavailable as error:
        lacking = "" if model or folder else weights.wanted(facts)
        return Located("absent", reason=error.message, install=error.next_step.removeprefix("Run: "), lacking=lacking)
    except Exception as error:  # probing must survive a damaged cache
        return Located("broken", reason=f"{type(error).__name__}: {error}", install=packages.INSTALL)
    return Located("usable", version=version, scripts=facts.scripts, weights=fingerprint, where=str(folder))
