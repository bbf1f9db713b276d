"""Whether what ocroute tells people to install can be installed today.

    python -m bench.advice [--json evidence/advice.json]

- ``lines``: every ``pip install`` that ocroute names for the default package index, resolved with ``--dry-run --no-deps`` for
  this Python on this system, from wheels where there are any. What it resolves to, or pip's last words.
- ``torch``: every release in ``facts.toml``, and the CUDA that its metadata on the default index asks for, against the table.
- ``table_only``: lines that name PyTorch's own index. It is not asked: they are made from the table, whose sources are dated.

Constraints and folders of wheels of this machine are left aside; its index is asked in the place of the default one.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.parts.advice import advice
from docs.parts.machines import described

from bench import harness
from ocroute.engines.neural.availability import INSTALL
from ocroute.kernels.base import KERNELS
from ocroute.kernels.requirements import Platform, torch_obstacle
from ocroute.kernels.torch_builds import releases

_CUDA = re.compile(r"^cuda-toolkit\[.*\]==(\d+\.\d+)|^nvidia-cuda-runtime-cu\d+==(\d+\.\d+)")


def lines() -> Iterator[str]:
    """Every command with pip in it that ocroute names, once."""
    found = [INSTALL, *(KERNELS.load(name).info.install for name in KERNELS if KERNELS[name].builtin)]
    found += [row.instead for row in advice().claims] + [row.get for row in advice().packages]
    for one in described().values():
        for system in one.hosts:
            for driver in filter(None, {one.driver, one.last_driver}) if one.gpu else ():
                machine = one.on(system, driver)
                step = torch_obstacle(Platform(machine.first_gpu, machine.driver_cuda, None, host=machine.host))
                found.append(step.next_step.command if step else "")
    yield from dict.fromkeys(line.partition(" && ")[0] for line in found if line.startswith("pip install"))


def requirements(line: str) -> list[str]:
    """What a line asks the index for; of ocroute's own extras what they need."""
    asked: list[str] = []
    for word in shlex.split(line)[2:]:
        if word.startswith("ocroute["):
            project = tomllib.loads((harness.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            asked += project["optional-dependencies"][word.removeprefix("ocroute[").removesuffix("]")]
        elif not word.startswith("-"):
            asked.append(word)
    return asked


def resolved(requirement: str, *options: str) -> dict[str, Any]:
    """What pip makes of it, wheels first."""
    answer: dict[str, Any] = {}
    for wheels in (["--only-binary=:all:"], []):
        answer = _asked(requirement, *options, *wheels)
        if "version" in answer:
            break
    return answer


def _asked(requirement: str, *options: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "PIP_CONSTRAINT": os.devnull, "PIP_FIND_LINKS": empty}
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed", "-q"]
        done = subprocess.run(
            [*command, "--report", "-", *options, requirement],
            env=environment,
            cwd=empty,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    if done.returncode:
        return {"requirement": requirement, "problem": (done.stderr.strip().splitlines() or ["no word"])[-1][:300]}
    [found] = json.loads(done.stdout)["install"]
    metadata = found["metadata"]
    matches = (_CUDA.match(need) for need in metadata.get("requires_dist", ()))
    cuda = next((match[1] or match[2] for match in matches if match), "")
    kind = "wheel" if found["download_info"]["url"].endswith(".whl") else "source"
    return {"requirement": requirement, "version": metadata["version"], "kind": kind} | ({"cuda": cuda} if cuda else {})


def main() -> None:
    parser = harness.arguments(__doc__, record="advice")
    json_file: Path | None = parser.parse_args().json
    record: dict[str, Any] = {"python": sys.version.split()[0], "lines": [], "torch": [], "table_only": []}
    for line in lines():
        if "index-url" in line:
            record["table_only"].append(line)
            continue
        options = [word for word in shlex.split(line)[2:] if word == "--pre"]
        found = [resolved(requirement, *options) for requirement in requirements(line)]
        record["lines"].append({"line": line, "resolved": found})
        print(line, *(f"{one['requirement']}: {one.get('version') or one['problem']}" for one in found), sep="\n    ")
    for release in releases():
        found = resolved(f"torch=={release.release}")
        right = found.get("cuda") == release.default
        record["torch"].append({**found, "default": release.default, "right": right})
        print(f"torch {release.release}: {found}, in the table {release.default}")
    harness.write(json_file, record)
    wrong = [one for one in record["torch"] if not one["right"]]
    unresolved = [one for row in record["lines"] for one in row["resolved"] if "version" not in one]
    print(f"{len(unresolved)} unresolved, {len(wrong)} releases unlike the table")
    sys.exit(1 if wrong or unresolved else 0)


if __name__ == "__main__":
    main()
