"""Versions of installed packages, looked up once: a package's metadata has its whole README in it, and takes long to parse."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


def installed(name: str) -> str:
    """The version of an installed distribution; empty for one that is not here, which is looked for anew each time."""
    try:
        return _version(name)
    except PackageNotFoundError:
        return ""


@cache
def _version(name: str) -> str:
    return version(name)
