"""Whether the packages of the extra are here, found without importing any of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

INSTALL = "pip install 'ocroute[vlm]'"
MINIMUM = {"torch": "2.9", "safetensors": "0.5"}


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


def installed(name: str) -> str:
    """The version of an installed distribution; empty for one that is not here."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def versions() -> dict[str, str]:
    """What the reading depends on, for the page record."""
    return {name: have for name in ("torch", "transformers") if (have := installed(name))}


def _older(have: str, least: str) -> bool:
    return _numbers(have) < _numbers(least)


def _numbers(text: str) -> tuple[int, ...]:
    """The release of a version: ``(2, 13, 0)`` of ``2.13.0+cu130``; an odd one counts as new, for the canary to judge."""
    release = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in release.group().split(".")) if release else (10**6,)
