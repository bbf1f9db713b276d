"""The commands of a build. Pure: the same steps are printed by ``--dry-run`` and run by ``build``."""

from __future__ import annotations

import shlex
import textwrap
from pathlib import Path

import msgspec

from ocroute.errors import UsageError
from ocroute.kernels.build.checks import jobs
from ocroute.kernels.build.recipes import FOLDER, dotted
from ocroute.kernels.build.request import Request
from ocroute.kernels.build.toolchain import Toolchain


class Step(msgspec.Struct, frozen=True):
    """One shell script of the build, run by ``bash -euo pipefail`` in the plan's folder.

    Attributes:
        title: what it does, in few words.
        env: what it adds to the environment.
    """

    title: str
    script: str
    env: dict[str, str] = {}


class Plan(msgspec.Struct, frozen=True):
    """All that will run, in order.

    Attributes:
        folder: where it runs; ``src`` and ``wheel`` are made in it.
        installs: whether the last step puts the wheel into the environment.
    """

    name: str
    folder: Path
    steps: tuple[Step, ...]
    installs: bool


def plan(request: Request, tools: Toolchain) -> Plan:
    """The steps from source to installed wheel; decides nothing that ``checks`` did not show.

    Raises:
        UsageError: the source has no switch for this architecture, so there is nothing to run.
    """
    if dotted(request.arch) not in request.recipe.archs:
        known = ", ".join(request.recipe.archs)
        raise UsageError(f"{request.name} cannot be built for {dotted(request.arch)}", next_step=f"It can for {known}")
    python = shlex.quote(tools.python)
    steps = [_fetch(request, python), *_prepare(request), _compile(request, tools, python)]
    inspect = f"{python} -m ocroute.kernels.build.cubins --arch {dotted(request.arch)} wheel/*.whl"
    steps.append(Step("look inside", inspect, {"CUDA_HOME": tools.cuda_home}))
    if request.install:
        steps.append(Step("install", f"{python} -m pip install --no-deps --force-reinstall wheel/*.whl"))
    return Plan(request.name, request.folder, tuple(steps), request.install)


def script(made: Plan) -> str:
    """The plan as one bash script that can be pasted and does the same."""
    lines = [
        "#!/usr/bin/env bash",
        "set -euo pipefail",
        f"mkdir -p {_quoted(made.folder)}",
        f"cd {_quoted(made.folder)}",
    ]
    for step in made.steps:
        lines += ["", f"# {step.title}"]
        if step.env:
            exports = [f"export {name}={shlex.quote(value)}" for name, value in step.env.items()]
            lines += ["(", *(f"  {line}" for line in exports), textwrap.indent(step.script, "  "), ")"]
        else:
            lines.append(step.script)
    return "\n".join(lines) + "\n"


def _fetch(request: Request, python: str) -> Step:
    """Into ``src``: kept when it is there and from the same source, so that a build that was stopped goes on where it was."""
    if request.source is None:
        return _download(request, python)
    source = _quoted(request.source.absolute())
    if request.source.is_dir():
        # Copied each time, so that what was edited since is built; but what is gone since, or of another commit, must go.
        told = f"{source} $(git -C {source} rev-parse HEAD 2>/dev/null || true)"
        copy = f"mkdir -p src && tar -C {source} --exclude=.git -cf - . | tar -C src -xf -"
        return Step("copy the source", f"{_only(told)}\n{copy}\necho {told} > src.from")
    told = f"$(stat -c '%n %s %Y' {source})"
    return Step(
        "unpack the source", f"{_only(told)}\nif [ ! -e src ]; then\n  {_unpack(source)}\nfi\necho {told} > src.from"
    )


def _download(request: Request, python: str) -> Step:
    chosen = request.recipe
    asked = shlex.quote(chosen.requirement)
    fetch = (
        f"rm -rf sdist && {python} -m pip download --no-deps --no-build-isolation --no-binary {chosen.distribution} "
        f"--dest sdist {asked}"
    )
    script = (
        f"{_only(asked)}\nif [ ! -e src ]; then\n  {fetch}\n  {_unpack('sdist/*.tar.gz')}\nfi\necho {asked} > src.from"
    )
    return Step("download and unpack the source", script, chosen.download_env)


def _only(told: str) -> str:
    """Remove a ``src`` that is of another source than ``told``."""
    return f'if [ "$(cat src.from 2>/dev/null)" != "$(echo {told})" ]; then rm -rf src src.from; fi'


def _unpack(archive: str) -> str:
    return f"rm -rf src.part && mkdir src.part && tar -xf {archive} -C src.part --strip-components=1 && mv src.part src"


def _prepare(request: Request) -> list[Step]:
    chosen = request.recipe
    not_it = ": ".join(part for part in (f"this is not the source of {request.name}", chosen.source_hint) if part)
    files = [(chosen.marker, not_it), *((name, chosen.needs_hint) for name in chosen.needs)]
    tests = [
        f"test -e src/{name} || {{ echo {shlex.quote(f'{name} is missing' + (f': {hint}' if hint else ''))}; exit 1; }}"
        for name, hint in files
    ]
    steps = [Step("check the source", "\n".join(tests))]
    ours = chosen.forward.script if request.forward_only and chosen.forward else chosen.overlay
    if ours:
        steps.append(Step("put our setup script in its place", f"cp {_quoted(FOLDER / ours)} src/setup.py"))
    return steps


def _compile(request: Request, tools: Toolchain, python: str) -> Step:
    chosen = request.recipe
    forward = chosen.forward if request.forward_only else None
    dims = request.head_dims or (forward.head_dims if forward else ())
    filled = {
        name: value.format(
            arch=chosen.archs[dotted(request.arch)],
            jobs=max(1, jobs(request, tools)),
            head_dims=";".join(map(str, sorted(dims))),
        )
        for name, value in {**chosen.env, **(forward.env if forward else {})}.items()
    }
    env = {"CUDA_HOME": tools.cuda_home, **filled}
    folder = f"src/{chosen.subfolder}".rstrip("/")
    build = f"{python} -m pip wheel -v --no-deps --no-build-isolation --no-cache-dir --wheel-dir wheel ./{folder}"
    return Step("compile", f"rm -rf wheel\n{build}", env)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
