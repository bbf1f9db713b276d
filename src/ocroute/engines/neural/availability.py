"""Whether a neural engine can run here, packages and weights, found without importing torch or transformers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ocroute.distributions import installed
from ocroute.engines.base import Availability
from ocroute.engines.neural import adapters, weights
from ocroute.engines.neural.model_facts import Facts
from ocroute.errors import EngineUnavailable, NextStep
from ocroute.kernels.requirements import Platform, torch_obstacle
from ocroute.machine import inspect

INSTALL = "pip install 'ocroute[vlm]'"
MINIMUM = {"torch": "2.9", "safetensors": "0.5"}


class Located(Availability, frozen=True, omit_defaults=True):
    """An availability that says where the weights lie.

    Attributes:
        where: their folder, or the hub id from which they will be fetched; empty where there are none.
        lacking: in a few words, where an engine lacks nothing but its weights.
    """

    where: str = ""
    lacking: str = ""


def availability(facts: Facts, model: str, runtime: str = "", adapter: str = "") -> Located:
    """Of the engine that ``facts`` describe.

    Args:
        runtime, adapter: what is to run the model, and what is to be added to it, see `ocroute.engines.Wanted`.
        model: the weights that the user names; empty for none. A hub id that is not here yet counts: it will be fetched.
    """
    if lacking := missing(facts.transformers, facts.packages):
        step = install_step()
        return Located("absent", reason=lacking, install=step.command, advice=step.advice)
    version = installed("transformers")
    folder = None
    try:
        if weights.to_fetch(facts, model):
            return Located("usable", version=version, scripts=facts.scripts, where=model)
        folder = weights.find(facts, model)
        weights.check(facts, folder, loaded_here=not runtime)
        fingerprint = weights.digest(folder)
        if adapter:
            fingerprint = adapters.opened(adapter, facts.name, fingerprint).hash_with(fingerprint)
    except EngineUnavailable as error:
        lacking = "" if model or folder else weights.wanted(facts)
        step = error.next_step
        return Located("absent", reason=error.message, install=step.command, advice=step.advice, lacking=lacking)
    except Exception as error:  # probing must survive a damaged cache
        return Located("broken", reason=f"{type(error).__name__}: {error}", install=INSTALL)
    return Located("usable", version=version, scripts=facts.scripts, weights=fingerprint[:16], where=str(folder))


def missing(transformers: str, others: Iterable[str] = ()) -> str:
    """What is not installed, or too old, in words; empty when all is here.

    Args:
        transformers: its oldest version that will do.
        others: distributions needed besides.
    """
    wanted = {"transformers": transformers, **MINIMUM, **dict.fromkeys(others, "0")}
    faults = []
    for name, least in wanted.items():
        have = installed(name)
        if not have:
            faults.append(f"{name} is not installed")
        elif _older(have, least):
            faults.append(f"{name} is {have}, and {least} is needed")
    return "; ".join(faults)


def install_step() -> NextStep:
    """How the packages of neural engines are installed here, with a torch that this machine's GPU can use."""
    if not installed("torch"):
        machine = inspect()
        if found := torch_obstacle(Platform(machine.first_gpu, machine.driver_cuda, None, host=machine.host)):
            return found.next_step
    return NextStep(command=INSTALL)


def versions() -> dict[str, str]:
    """What the reading depends on, for the page record."""
    return {name: have for name in ("torch", "transformers") if (have := installed(name))}


def _older(have: str, least: str) -> bool:
    return _numbers(have) < _numbers(least)


def _numbers(text: str) -> tuple[int, ...]:
    """The release of a version: ``(2, 13, 0)`` of ``2.13.0+cu130``; an odd one counts as new, for the canary to judge."""
    release = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in release.group().split(".")) if release else (10**6,)
