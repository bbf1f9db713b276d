"""What every bench does alike: its arguments, the machine that it ran on, timing beside a check, and the record that it leaves.

A bench is a module that runs as ``python -m bench.NAME``: it prints what it finds and with ``--json`` writes a record. The
records that the documentation is made from lie in ``evidence/``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

ROOT = Path(__file__).parents[1]
EVIDENCE = ROOT / "evidence"

T = TypeVar("T")


def arguments(doc: str | None, *, record: str = "") -> argparse.ArgumentParser:
    """A parser whose ``--help`` is the module's docstring; with ``--json`` where the bench leaves a ``record`` of that name."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    if record:
        parser.add_argument(
            "--json", type=Path, metavar="FILE", help=f"write the record here; evidence/{record}.json in docs"
        )
    return parser


def machine() -> dict[str, Any]:
    """The date, this machine, and the versions of what decides a page's text and time."""
    from ocroute.machine import inspect

    here = inspect()
    found: dict[str, Any] = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{here.processor}, {here.cores} cores, {here.memory_mb // 1024} GiB, Python {here.python}",
        "versions": here.libraries,
    }
    if here.gpus:
        found |= {"gpus": [gpu.name for gpu in here.gpus], "driver": here.driver}
    return found


def write(path: Path | None, result: Mapping[str, Any]) -> None:
    """``result`` as JSON under what it was measured on; nothing without a path.

    A bench that takes long calls it after every step: what ends the process early then costs only the rest.
    """
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text({**machine(), **result}) + "\n", encoding="utf-8")


def as_text(value: Any, indent: str = "") -> str:
    """JSON with a line for each thing that holds no other: rows can be read and compared, and files stay small."""
    if isinstance(value, (dict, list, tuple)) and value:
        inner = value.values() if isinstance(value, dict) else value
        if any(isinstance(each, (dict, list, tuple)) for each in inner):
            deeper = indent + " "
            keys = (
                (json.dumps(str(key)) + ": " for key in value) if isinstance(value, dict) else iter([""] * len(value))
            )
            lines = (deeper + next(keys) + as_text(each, deeper) for each in inner)
            first, last = "{}" if isinstance(value, dict) else "[]"
            return f"{first}\n" + ",\n".join(lines) + f"\n{indent}{last}"
    return json.dumps(value, ensure_ascii=False)


def read(name: str) -> dict[str, Any]:
    """A published record, as it was written.

    Raises:
        FileNotFoundError: there is none.
    """
    found: dict[str, Any] = json.loads((EVIDENCE / f"{name}.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Turn(Generic[T]):
    """One run of one side: seconds by the clock, CPU seconds of this process and of ended children, and the answer."""

    seconds: float
    cpu: float
    answer: T


def in_turns(
    sides: Mapping[str, Callable[[], T]],
    check: Callable[[str, T], str],
    *,
    rounds: int,
    until: float = float("inf"),
) -> dict[str, list[Turn[T]]]:
    """Run all sides in turn, so that a busy machine slows them alike; who begins changes. No time counts without its check.

    Args:
        check: says what is wrong with a side's answer, outside the clock; empty when nothing is.
        rounds: at most so many turns of each side, at least one.
        until: of ``time.perf_counter``: no round begins that would end later, judged by the last one.

    Raises:
        SystemExit: an answer is wrong.
    """
    turns: dict[str, list[Turn[T]]] = {name: [] for name in sides}
    for number in range(rounds):
        began = time.perf_counter()
        for name in list(sides)[:: -1 if number % 2 else 1]:
            cpu, started = sum(os.times()[:4]), time.perf_counter()
            answer = sides[name]()
            turn = Turn(time.perf_counter() - started, sum(os.times()[:4]) - cpu, answer)
            if wrong := check(name, answer):
                raise SystemExit(f"{name}: {wrong}")
            turns[name].append(turn)
        now = time.perf_counter()
        if now + (now - began) > until:
            break
    return turns


def child_row(module: str, *options: object, seconds: float) -> dict[str, Any]:
    """The JSON that ``python -m MODULE OPTIONS`` prints last, or how it ended: in a process of its own a crash costs one row."""
    command = [sys.executable, "-m", module, *map(str, options)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=ROOT, check=False)
    except subprocess.TimeoutExpired:
        return {"state": "timed out", "reason": f"was not done within {seconds:g} s"}
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = " ".join(done.stderr.strip().splitlines()[-1:])[:300]
        return {"state": "crashed", "reason": f"ended with {done.returncode}: {said}"}
    row: dict[str, Any] = json.loads(lines[-1])
    return row


@contextmanager
def bare_checkout() -> Iterator[Path]:
    """A scratch folder, and ocroute importable with its registry rows also where it is not installed; for children too."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if not entry_points(group="ocroute.kernels"):
            project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            groups = project["entry-points"].items()
            rows = [
                line for group, named in groups for line in (f"[{group}]", *(f"{k} = {v}" for k, v in named.items()))
            ]
            facts = folder / f"ocroute-{project['version']}.dist-info"
            facts.mkdir()
            (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ocroute\nVersion: {project['version']}\n")
            (facts / "entry_points.txt").write_text("\n".join([*rows, ""]))
            paths = [str(ROOT / "src"), str(folder)]
            sys.path[:0] = paths
            os.environ["PYTHONPATH"] = os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")])
        yield folder
