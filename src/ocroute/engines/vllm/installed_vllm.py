"""Which vLLM the user has. Looked for, never imported: it may live in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ocroute.errors import EngineUnavailable
from ocroute.process import run

VARIABLE = "OCROUTE_VLLM"
"""The environment variable that names vLLM's program, where it is not in this environment or on the path."""

_SECONDS = 120.0  # for it to say its version: it imports torch first


@dataclass(frozen=True, slots=True)
class InstalledVllm:
    """A vLLM.

    Attributes:
        program: its command.
        version: as it says; empty where it does not.
    """

    program: Path
    version: str


def find(environment: Mapping[str, str] = os.environ) -> InstalledVllm:
    """The user's vLLM: the one that ``OCROUTE_VLLM`` names, that of this environment, or one on the path.

    Raises:
        EngineUnavailable: there is none.
    """
    named = environment.get(VARIABLE, "")
    program = Path(named) if named else _here("vllm", environment)
    if program is None:
        raise EngineUnavailable(
            "there is no vLLM in this environment",
            next_step=f"Name one: {VARIABLE}=/path/to/bin/vllm ocroute read ..., or leave --runtime vllm out",
        )
    if not shutil.which(str(program)):
        raise EngineUnavailable(f"{VARIABLE} names {named}, which is no program", next_step="Name bin/vllm itself")
    return InstalledVllm(program, _listed(program) or _said(program))


def runtimes(environment: Mapping[str, str] = os.environ) -> list[str]:
    """What there is besides ocroute itself to run a model, a line each. Starts none of it."""
    found = []
    named = environment.get(VARIABLE, "")
    if program := Path(named) if named else _here("vllm", environment):
        version = f"vLLM {_listed(program)}".strip()
        use = "--engine NAME --runtime vllm has it run the model; without, ocroute's own batch does, in its process"
        found.append(
            f"{version} at {program}: {use}" if shutil.which(str(program)) else f"{VARIABLE}={named} is no program"
        )
    if program := _here("sglang", environment):
        found.append(f"SGLang at {program}: not started by ocroute; start it yourself and name it with --base-url")
    return found


def _here(name: str, environment: Mapping[str, str]) -> Path | None:
    beside = Path(sys.executable).with_name(f"{name}.exe" if os.name == "nt" else name)
    found = shutil.which(str(beside)) or shutil.which(name, path=environment.get("PATH"))
    return Path(found) if found else None


def _listed(program: Path) -> str:
    """The version in the list of packages of the environment that the program is part of."""
    root = program.absolute().parent.parent
    for pattern in ("lib/python*/site-packages", "Lib/site-packages"):
        for folder in root.glob(f"{pattern}/vllm-*.dist-info"):
            return folder.name.removeprefix("vllm-").removesuffix(".dist-info")
    return ""


def _said(program: Path) -> str:
    try:
        done = run([str(program), "--version"], seconds=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    words = done.stdout.decode(errors="replace").split()
    return words[-1] if words and not done.returncode else ""
