"""Dated facts about kernels, kept as data in ``facts.toml``, or in a newer copy of it that the user has named."""

from __future__ import annotations

import datetime
import logging
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import msgspec

from ocroute.kernels.base import NEWEST, DType, Problem

Capability = tuple[int, int]

_log = logging.getLogger(__name__)


class Fact(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Under which conditions a kernel is known to fail, how, and who says so; the fields are described in the file."""

    kernels: tuple[str, ...]
    symptom: str
    source: str
    date: datetime.date
    basis: Literal["read", "run"]
    versions: str = ""
    capabilities: tuple[tuple[Capability, Capability], ...] = ()
    cuda_below: str = ""
    dtypes: tuple[DType, ...] = ()
    head_dim_over: int = 0

    def holds(self, version: str, capability: Capability | None, cuda: str, problem: Problem | None) -> bool:
        """Whether the conditions are met. Those on the problem are not met by an unknown one."""
        if self.versions and not satisfies(version, self.versions):
            return False
        if self.capabilities and (capability is None or not within(capability, self.capabilities)):
            return False
        if self.cuda_below and not (cuda and older(cuda, self.cuda_below)):
            return False
        if self.dtypes and (problem is None or problem.dtype not in self.dtypes):
            return False
        return not self.head_dim_over or (problem is not None and problem.head_dim > self.head_dim_over)

    def __str__(self) -> str:
        return f"{self.symptom} ({self.source}; {self.basis} {self.date:%Y-%m-%d})"


@cache
def tables() -> dict[str, Any]:
    """``facts.toml``, by the names of its tables; the user's copy where that is newer."""
    shipped = tomllib.loads(files("ocroute.kernels").joinpath("facts.toml").read_text(encoding="utf-8"))
    try:
        kept = parsed(kept_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return shipped
    except (OSError, ValueError) as error:
        _log.warning("the facts in %s are not heeded: %s", kept_file(), error)
        return shipped
    return kept if newest(kept) > newest(shipped) else shipped


def kept_file() -> Path:
    """Where `ocroute.watch.refresh_facts` puts a newer copy."""
    from ocroute.kernels.ledger import home

    return home() / "facts.toml"


def parsed(text: str) -> dict[str, Any]:
    """The tables of a facts file, each row checked.

    Raises:
        ValueError: they are not what this version of ocroute knows.
    """
    from ocroute.kernels.torch_builds import Code, Release, number_builds  # which rest on this module

    found = tomllib.loads(text)
    if set(found) != {"fact", "torch", "torch_code"}:
        raise ValueError(
            f"it has the tables {', '.join(map(repr, found)) or 'none'} instead of fact, torch, torch_code"
        )
    msgspec.convert(found["fact"], tuple[Fact, ...])
    number_builds(
        msgspec.convert(found["torch"], tuple[Release, ...]), msgspec.convert(found["torch_code"], tuple[Code, ...])
    )
    return found


def newest(found: dict[str, Any]) -> datetime.date:
    """The date of the newest row."""
    return max((row["date"] for name in ("fact", "torch") for row in found[name]), default=datetime.date.min)


@cache
def all_facts() -> tuple[Fact, ...]:
    """Every fact about a kernel."""
    return msgspec.convert(tables()["fact"], tuple[Fact, ...])


def within(capability: Capability, ranges: tuple[tuple[Capability, Capability], ...]) -> bool:
    """Whether one of the inclusive ranges holds the compute capability."""
    return any(low <= capability <= high for low, high in ranges)


def in_words(ranges: tuple[tuple[Capability, Capability], ...]) -> str:
    """The ranges as people write them: ``8.0, 8.6 to 9.0, 12.0 and newer``."""

    def one(low: Capability, high: Capability) -> str:
        start, end = (f"{major}.{minor}" for major, minor in (low, high))
        return start if low == high else f"{start} and newer" if high == NEWEST else f"{start} to {end}"

    return ", ".join(one(*pair) for pair in ranges)


def satisfies(version: str, specifiers: str) -> bool:
    """Whether a version, betas included, satisfies a PEP 440 list; one that cannot be parsed does not."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifiers).contains(version, prereleases=True)
    except InvalidVersion:
        return False


def older(version: str, other: str) -> bool:
    """Whether ``version`` comes before ``other``; a beta comes before its release, one that cannot be parsed before nothing."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) < Version(other)
    except InvalidVersion:
        return False
