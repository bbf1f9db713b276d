"""What people are told about attention packages, and what is so: dated facts, read from ``advice.toml``."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

CARDS = ("A100 (8.0)", "RTX 30, 40 (8.6, 8.9)", "H100, H200 (9.0)", "B200, B300 (10.x)", "RTX 50 (12.x)")


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One piece of advice.

    Attributes:
        claim: as it is told.
        verdict: two or three words.
        answer: what the source says instead.
        instead: a command that helps.
        source, date: where the answer is from, and the day on which that was written or read.
    """

    claim: str
    verdict: str
    answer: str
    instead: str
    source: str
    date: date


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For which cards a package has code, one entry for each of ``CARDS``, and how to get it."""

    name: str
    get: str
    cards: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.cards) != len(CARDS):
            raise ValueError(f"{self.name} names {len(self.cards)} kinds of card, there are {len(CARDS)}")


class Advice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of ``advice.toml``."""

    claims: tuple[Claim, ...]
    packages: tuple[Package, ...]


@cache
def advice() -> Advice:
    """Read once."""
    text = Path(__file__).with_name("advice.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Advice)
