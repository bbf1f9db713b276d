"""What a case of the bench is."""

from __future__ import annotations

from dataclasses import dataclass

from ocroute.engines.base import Reading
from ocroute.values import Line


@dataclass(frozen=True)
class Case:
    """One reading of one sheet and the codes of which at least the first must be found (none: it is clean)."""

    name: str
    reading: Reading
    expected: tuple[str, ...] = ()
    kind: str = "ocr"
    languages: tuple[str, ...] = ()


def weight(lines: list[Line]) -> int:
    return sum(len(line.text.replace(" ", "")) for line in lines)
