"""Which architectures a wheel's libraries hold: ``python -m ocroute.kernels.build.cubins --arch 12.0 WHEEL...``."""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import zipfile
from pathlib import Path

from ocroute import process
from ocroute.errors import ExitCode, NextStep, OcrouteError
from ocroute.kernels.binaries import runs_on
from ocroute.kernels.build.recipes import dotted, parse_arch
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
        listing = process.run([str(tool), option, str(library)], seconds=300).stdout.decode(errors="replace")
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


def main() -> None:
    """Print what is inside; exit with 7 where the card would find nothing."""
    parser = argparse.ArgumentParser(description="List the GPU architectures inside wheels.")
    parser.add_argument("wheels", nargs="+", type=Path)
    parser.add_argument("--arch", required=True, help="compute capability that must be served, e.g. 12.0")
    arguments = parser.parse_args()
    try:
        capability = parse_arch(arguments.arch)
        for wheel in arguments.wheels:
            for library, codes in verify(wheel, capability).items():
                print(f"{library}: {', '.join(codes)}")
    except OcrouteError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
