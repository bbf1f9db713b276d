"""What a proof's key says of a kernel: which build it is, and what else its results rest on."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, distribution, version

from ocroute.kernels.base import KernelInfo
from ocroute.kernels.hub import downloaded


def build_of(info: KernelInfo, version: str) -> str:
    """``version`` of a kernel with all else that a proof's key needs to tell two builds apart.

    E.g. ``1.0.6 with triton 3.6.0``; and ``2.8.3 (files 1a2b3c4d)`` where it was compiled here: built again, it may have the same
    version and other code. Empty for what is not here.
    """
    if not version:
        return ""
    others = [f"{name} {found}" for name in info.rests_on if (found := _version_of(name))]
    own = version + _files_of(info.distribution)
    return f"{own} with {', '.join(others)}" if others else own


def _version_of(name: str) -> str:
    """Of a distribution, of what is downloaded of a repository, or of the compiler; empty where there is nothing."""
    if name == "nvcc":
        from ocroute.kernels.build.toolchain import nvcc_version

        return nvcc_version()
    if "/" in name:
        return "/".join(downloaded(name))
    try:
        return version(name) + _files_of(name)
    except PackageNotFoundError:
        return ""


def _files_of(name: str) -> str:
    """A short digest of a distribution's files where they may have been compiled here; else empty."""
    if name == "torch":  # its version names its build, and its list of files is long
        return ""
    try:
        found = distribution(name)
    except (PackageNotFoundError, ValueError):  # ValueError: an empty name, of a row that is broken
        return ""
    from_file = found.read_text("direct_url.json") is not None
    compiled = "-linux_" in (found.read_text("WHEEL") or "")  # a package index takes wheels for manylinux only
    if not from_file and not compiled:
        return ""
    files = found.read_text("RECORD") or ""
    # the record lists itself, and bytecode that Python has compiled since, without digests
    told = "\n".join(sorted(line for line in files.splitlines() if ",sha256=" in line and "direct_url" not in line))
    return f" (files {hashlib.sha256(told.encode()).hexdigest()[:8]})"
