"""A part of many inputs, told by the inputs' names alone, so that machines that know nothing of each other read all of them."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass

from ocroute.errors import UsageError


@dataclass(frozen=True, slots=True)
class Shard:
    """One of so many parts.

    Which part an input is in depends on nothing but its own path below what was named: files that come or go meanwhile move no
    other. Numbers from 1 to ``of``, or from 0 to ``of`` - 1, give every input once.

    Attributes:
        number: of the part; ``of`` is the same part as 0.
        count: parts there are.
    """

    number: int
    count: int

    @classmethod
    def of(cls, text: str) -> Shard:
        """What was typed, e.g. ``3/16``.

        Raises:
            UsageError: it is no such thing.
        """
        found = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*", text)
        number, count = (int(found[1]), int(found[2])) if found else (0, 0)
        if not count or number > count:
            raise UsageError(
                f"{text!r} is no part of the inputs",
                next_step="Write which of how many, from 1/16 to 16/16: --shard 3/16",
            )
        return cls(number % count, count)

    @property
    def name(self) -> str:
        """For files that belong to it."""
        return f"shard-{self.number or self.count}-of-{self.count}"

    def __contains__(self, below: str) -> bool:
        path = os.fsencode(below.replace(os.sep, "/"))
        return int.from_bytes(hashlib.blake2b(path, digest_size=8).digest()) % self.count == self.number
