"""Writes a measured result to a file, with what it was measured on: benches call it for ``--json``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ocroute.machine import inspect


def write(path: Path, result: dict[str, Any]) -> None:
    """``result`` as JSON, under the date, the machine and the versions of what decides a page's text and time."""
    machine = inspect()
    stamp: dict[str, Any] = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{machine.processor}, {machine.cores} cores, {machine.memory_mb // 1024} GiB, Python {machine.python}",
        "versions": machine.libraries,
    }
    if machine.gpus:
        stamp["gpus"] = [gpu.name for gpu in machine.gpus]
        stamp["driver"] = machine.driver
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**stamp, **result}, indent=2) + "\n", encoding="utf-8")
