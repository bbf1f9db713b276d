"""What is here to build with. Looks at files and asks compilers for their version; imports no torch, runs nothing on a GPU."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from ocroute import machine, process
from ocroute.kernels.facts import Capability

GB = 1000**3


class Toolchain(msgspec.Struct, frozen=True):
    """Compilers, PyTorch and room. Empty strings where something is missing.

    Attributes:
        system: ``linux`` and the like, as ``sys.platform``.
        python: the interpreter for which the wheel is built.
        has_python_headers: whether that interpreter came with ``Python.h``.
        cuda_home: the toolkit: a folder with ``bin/nvcc`` and ``include/cuda_runtime.h``.
        nvcc: its version, ``major.minor``.
        headers: which of the headers that recipes name are in it.
        torch, torch_cuda: versions; the second is empty for a PyTorch without CUDA.
        cxx, cxx_version: the C++ compiler.
        ninja, make: what drives the compilers.
        cuobjdump: the tool that lists what is inside a library.
        modules: which of the Python packages that recipes name can be imported.
        cores: that may be used.
        memory_gb, free_gb: memory, in GB.
        disk_gb: free where the build works, in GB.
        gpus: compute capabilities of the cards.
    """

    system: str
    python: str
    has_python_headers: bool
    cuda_home: str
    nvcc: str
    headers: tuple[str, ...]
    torch: str
    torch_cuda: str
    cxx: str
    cxx_version: str
    ninja: str
    make: str
    cuobjdump: str
    modules: tuple[str, ...]
    cores: int
    memory_gb: float
    free_gb: float
    disk_gb: float
    gpus: tuple[Capability, ...] = ()


def look(work: Path, *, modules: tuple[str, ...], headers: tuple[str, ...]) -> Toolchain:
    """What is here.

    Args:
        work: the folder whose disk counts; it need not exist.
        modules, headers: that the recipe needs.
    """
    here = machine.inspect()
    home = cuda_home()
    cxx = shutil.which(os.environ.get("CXX") or "c++") or shutil.which("g++") or ""
    return Toolchain(
        system=sys.platform,
        python=sys.executable,
        has_python_headers=Path(sysconfig.get_path("include"), "Python.h").is_file(),
        cuda_home=str(home or ""),
        nvcc=_first(r"release (\d+\.\d+)", home / "bin" / "nvcc", "--version") if home else "",
        headers=tuple(name for name in headers if home and (home / "include" / name).is_file()),
        torch=_version("torch"),
        torch_cuda=_torch_cuda(),
        cxx=cxx,
        cxx_version=_first(r"(\d+\.\d+(?:\.\d+)?)", cxx, "--version") if cxx else "",
        ninja=shutil.which("ninja") or "",
        make=shutil.which("make") or "",
        cuobjdump=str(cuobjdump() or ""),
        modules=tuple(name for name in modules if _importable(name)),
        cores=here.cores,
        memory_gb=here.memory_mb * machine.MIB / GB,
        free_gb=here.free_mb * machine.MIB / GB,
        disk_gb=_disk_gb(work),
        gpus=tuple(gpu.compute_capability for gpu in here.gpus),
    )


def cuda_home() -> Path | None:
    """The CUDA toolkit. A folder with an nvcc that only calls another one does not count: it has no headers."""
    found = shutil.which("nvcc")
    named = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH")]
    by_path = [str(Path(found).resolve().parents[1])] if found else []
    for candidate in (*named, *by_path, "/usr/local/cuda"):
        if not candidate:
            continue
        home = Path(candidate)
        if (home / "bin" / "nvcc").is_file() and (home / "include" / "cuda_runtime.h").is_file():
            return home.resolve()
    return None


def nvcc_version() -> str:
    """Of the toolkit's compiler, to the last digit, e.g. ``12.9.86``; empty without one. Asked once, and when it changes."""
    home = cuda_home()
    compiler = home / "bin" / "nvcc" if home else None
    return _asked(compiler, compiler.stat().st_mtime_ns) if compiler else ""


@cache
def _asked(compiler: Path, changed: int) -> str:  # noqa: ARG001 - another one under the same name is asked again
    return _first(r"\bV(\d+(?:\.\d+)+)", compiler, "--version")


def cuobjdump() -> Path | None:
    """From the toolkit, the path, Triton's wheel, or NVIDIA's wheel of it."""
    home = cuda_home()
    places = [home / "bin"] if home else []
    for package, inside in (
        ("triton", "backends/nvidia/bin"),
        ("nvidia", "cu13/bin"),
        ("nvidia", "cuda_cuobjdump/bin"),
    ):
        spec = importlib.util.find_spec(package)
        places += [Path(root, inside) for root in (spec.submodule_search_locations or ())] if spec else []
    for place in places:
        if (place / "cuobjdump").is_file():
            return place / "cuobjdump"
    found = shutil.which("cuobjdump")
    return Path(found) if found else None


def _first(pattern: str, *command: str | Path) -> str:
    """The first group of ``pattern`` in what a command prints; empty where there is none."""
    try:
        done = process.run([str(part) for part in command], seconds=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(pattern, done.stdout.decode(errors="replace"))
    return match[1] if match else ""


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _torch_cuda() -> str:
    """PyTorch writes the CUDA version it was built with into a file; reading it spares seconds of import."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return ""
    text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    match = re.search(r"^cuda\b[^=]*=\s*['\"]([\d.]+)['\"]", text, re.MULTILINE)
    return match[1] if match else ""


def _importable(module: str) -> bool:
    if module == "ninja" and shutil.which("ninja"):
        return True  # the program is enough
    if module == "wheel":  # newer releases of setuptools bring it for the setup scripts that they run
        setuptools = importlib.util.find_spec("setuptools")
        if setuptools and setuptools.origin and Path(setuptools.origin).with_name("_vendor").joinpath("wheel").is_dir():
            return True
    return importlib.util.find_spec(module) is not None


def _disk_gb(folder: Path) -> float:
    existing = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    return shutil.disk_usage(existing).free / GB
