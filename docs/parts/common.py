"""What the parts share: tables, rows of ocroute's own, and what was measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ocroute.registry import Registry

EVIDENCE = Path(__file__).parents[2] / "evidence"

Part = Callable[[], str]
Record = dict[str, Any]


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    cells = [head, tuple("---" for _ in head), *rows]
    return "".join(
        "| " + " | ".join(" ".join(cell.replace("|", r"\|").split()) for cell in row) + " |\n" for row in cells
    )


def built_in(registry: Registry) -> list[str]:
    """Rows of other packages that happen to be installed do not belong into our documentation."""
    return [name for name, row in registry.items() if row.builtin]


def measured(name: str) -> Record:
    """A file in ``evidence/``, as it was written by its bench."""
    found: Record = json.loads((EVIDENCE / f"{name}.json").read_text(encoding="utf-8"))
    return found


def from_evidence(name: str, script: str) -> Callable[[Callable[[Record], str]], Part]:
    """Makes a part out of a function of one file in ``evidence/``; where there is no such file, the part says so.

    Args:
        script: the command that writes the file.
    """

    def decorate(write: Callable[[Record], str]) -> Part:
        def part() -> str:
            if not (EVIDENCE / f"{name}.json").exists():
                return f"Not measured yet. To measure it: `{script}`.\n"
            return write(measured(name))

        return part

    return decorate


def stamp(record: Record) -> str:
    """Where and when a record was made, as a sentence."""
    gpus = ", ".join(record.get("gpus", ()))
    driver = f", driver {record['driver']}" if record.get("driver") else ""
    torch = (record.get("software") or record.get("where") or {}).get("torch") or record["versions"].get("torch", "")
    return f"\n{record['date']}, {gpus or record['machine']}{driver}{f', torch {torch}' if torch else ''}.\n"


def code(text: str) -> str:
    """As code, if there is any."""
    return f"`{text}`" if text else ""
