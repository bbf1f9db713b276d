"""The recipes, read from ``recipes.toml``: what a kernel's build needs, which switches it knows, what its failures mean."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from ocroute.errors import UsageError
from ocroute.kernels.facts import Capability

FOLDER = Path(__file__).parent


class KnownTrouble(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dated report of a build that went wrong.

    Attributes:
        archs, nvcc: where it applies: compute capabilities, and ``major.minor`` of the compiler.
        unless: the request's option that avoids it; empty for none.
    """

    archs: tuple[str, ...]
    nvcc: tuple[str, ...]
    text: str
    next_step: str
    source: str
    unless: str = ""


class ForwardOnly(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to leave out the backward pass; the numbers replace those of the recipe.

    Attributes:
        script: a setup script of ours that takes the place of the source's own.
        head_dims: that may be asked for. A kernel serves every head dim up to its own and above the next smaller one.
    """

    script: str
    modules: tuple[str, ...]
    head_dims: tuple[int, ...]
    gb_per_job: float
    disk_gb: float
    env: dict[str, str]


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one kernel is built.

    Attributes:
        distribution: the package that comes out.
        requirement: what pip downloads; empty where the user must name a source folder.
        download_env: environment of that download.
        marker: a file that tells its source, relative to the folder that the user names.
        source_hint: which folder to name, where that is not the repository itself.
        subfolder: from the marker's root, the folder with the setup script.
        needs, needs_hint: files that must be in the source, and what to do where one is missing.
        overlay: a setup script of ours, for a source that has none.
        modules: Python packages that the build imports.
        driver: what runs the compilers.
        headers: of the CUDA toolkit, beyond its runtime.
        min_nvcc, nvcc: the oldest compiler for the source, and for some compute capabilities.
        gb_per_job: memory of one compiler process at its peak, in GB.
        disk_gb: of source, objects and wheel together, in GB.
        builds_for_this_gpu: its setup script asks the GPU what to build for, so one must be there.
        archs: compute capability to the name that its switch has for it; what is absent cannot be built.
        refused: compute capability to the reason why building for it would be in vain.
        env: environment of the build; ``{arch}``, ``{jobs}`` and ``{head_dims}`` are filled in.
    """

    summary: str
    distribution: str
    marker: str
    modules: tuple[str, ...]
    min_nvcc: str
    gb_per_job: float
    disk_gb: float
    archs: dict[str, str]
    env: dict[str, str]
    source: str
    requirement: str = ""
    download_env: dict[str, str] = {}
    source_hint: str = ""
    subfolder: str = ""
    needs: tuple[str, ...] = ()
    needs_hint: str = ""
    driver: Literal["ninja", "make"] = "ninja"
    overlay: str = ""
    headers: tuple[str, ...] = ()
    nvcc: dict[str, str] = {}
    builds_for_this_gpu: bool = False
    refused: dict[str, str] = {}
    warnings: tuple[KnownTrouble, ...] = ()
    forward: ForwardOnly | None = None


class Symptom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a pattern (a regular expression) in a failed build's output means."""

    pattern: str
    cause: str
    next_step: str


class NvccAges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The oldest nvcc, as ``major.minor``, for each compute capability."""

    source: str
    oldest: dict[str, str]


class Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of ``recipes.toml``."""

    nvcc: NvccAges
    recipes: dict[str, Recipe]
    symptoms: tuple[Symptom, ...]


@cache
def book() -> Book:
    """Read once."""
    return msgspec.convert(tomllib.loads((FOLDER / "recipes.toml").read_text(encoding="utf-8")), Book)


def recipe(name: str) -> Recipe:
    """The recipe for a kernel.

    Raises:
        UsageError: there is none.
    """
    try:
        return book().recipes[name]
    except KeyError:
        known = ", ".join(book().recipes)
        raise UsageError(f"there is no recipe for {name!r}", next_step=f"There are: {known}") from None


def dotted(capability: Capability) -> str:
    """``(12, 0)`` as ``12.0``."""
    return f"{capability[0]}.{capability[1]}"


def parse_arch(text: str) -> Capability:
    """A compute capability as people write it: ``12.0``, ``sm_120``, ``120``, ``9.0a``.

    Raises:
        UsageError: it is none.
    """
    digits = text.lower().removeprefix("sm_").removeprefix("compute_").rstrip("af")
    major, dot, minor = digits.partition(".")
    if not dot:  # without it the last digit is the minor number, and no card is older than 50: 12 is a 12.0 cut short
        major, minor = (digits[:-1], digits[-1:]) if digits.isdecimal() and int(digits) >= 50 else ("", "")
    if not (major.isdecimal() and minor.isdecimal() and len(minor) == 1):
        raise UsageError(f"{text!r} is no compute capability", next_step="Write it with its dot, e.g. --arch 12.0")
    return int(major), int(minor)
