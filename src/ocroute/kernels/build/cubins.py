"""Which architectures a wheel's libraries hold."""

from __future__ import annotations

import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

from ocroute.errors import ExitCode, NextStep, OcrouteError
from ocroute.kernels.binaries import runs_on
from ocroute.kernels.build.recipes import dotted
from ocroute.kernels.build.toolchain import cuobjdump
from ocroute.kernels.facts import Capability

_CODE = re.compile(r"\.sm_(\d+)(\d)([af]?)\.cubin\b")
_PTX = re.compile(r"\.(?:sm|compute)_(\d+)(\d)([af]?)\.ptx\b")


class NotInside(OcrouteError):
    """A wheel, or a library in it, lacks code for the card."""

    exit_code = ExitCode.UNAVAILABLE


def architectures(wheel: Path) -> dict[str, tuple[str, ...]]:
    """What is compiled into a wheel.

    Returns:
        Each shared library with GPU code in it, to its sorted architectures: ``sm_120`` for machine code, ``ptx_120`` for
        code that the driver translates.

    Raises:
        NotInside: there is no cuobjdump to look with.
    """
    tool = cuobjdump()
    if tool is None:
        raise NotInside(
            f"nothing here can look into {wheel.name}", next_step=NextStep(command="pip install nvidia-cuda-cuobjdump")
        )
    found: dict[str, tuple[str, ...]] = {}
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".so") and (inside := _listed(tool, Path(archive.extract(name, folder)))):
                found[name] = inside
    return found


def _listed(tool: Path, library: Path) -> tuple[str, ...]:
    """Architectures of one library; empty where it holds no GPU code."""
    names: set[str] = set()
    for option, pattern, prefix in (("--list-elf", _CODE, "sm"), ("--list-ptx", _PTX, "ptx")):
        listing = subprocess.run(
            [tool, option, library], capture_output=True, text=True, timeout=300, check=False
        ).stdout
        names |= {f"{prefix}_{major}{minor}{suffix}" for major, minor, suffix in pattern.findall(listing)}
    return tuple(sorted(names))


def verify(wheel: Path, capability: Capability) -> dict[str, tuple[str, ...]]:
    """What is inside, if every library with GPU code has some for this card.

    Raises:
        NotInside: one has not, or there is no GPU code at all.
    """
    inside = architectures(wheel)
    if not inside:
        raise NotInside(f"{wheel.name} holds no GPU code at all", next_step="Read the build's log: it compiled nothing")
    for library, codes in inside.items():
        if not any(runs_on(code, capability) for code in codes):
            held = ", ".join(codes)
            raise NotInside(f"{library} in {wheel.name} holds {held}, nothing that {dotted(capability)} runs")
    return inside
