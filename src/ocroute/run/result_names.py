"""What the results of an input are called: by its own path only, and never two alike."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

from ocroute.errors import UsageError


def stem_of(below: str) -> str:
    """The path without suffix, below the output folder, of the results of an input.

    It depends on nothing but the input's own path: ``report.pdf`` gives ``report``; any other suffix stays, ``report.png`` gives
    ``report.png``, so that both can stand beside each other. It never leads out of the output folder: names in a bucket may be
    anything, and ``..`` in them becomes ``__``.

    Args:
        below: its path below the folder that was named, see `ocroute.pages.InputFile`.
    """
    given = PurePath(below)
    inside = given.relative_to(given.anchor)
    path = PurePath(*("__" if part == os.pardir else part for part in inside.parts))
    plain = path.suffix.lower() == ".pdf" and path.stem.strip(".")
    return os.fspath(path.with_name(path.stem) if plain else path)


def leads_out(stem: str) -> bool:
    """Whether a stem that was stored by others is none that `stem_of` gives."""
    path = PurePath(stem)
    return not path.name or bool(path.anchor) or os.pardir in path.parts


def check_stems(named: Iterable[tuple[str, str]]) -> None:
    """Whether no two results would be the same file, on a disk too where upper and lower case are one.

    Args:
        named: each input's name and its stem.

    Raises:
        UsageError: two would; it names both inputs.
    """
    first: dict[str, str] = {}
    for name, stem in named:
        key = unicodedata.normalize("NFC", stem).casefold()
        if (other := first.setdefault(key, name)) != name:
            apart = PurePath(other).parent != PurePath(name).parent
            step = "Give the folder that holds both, whose tree is kept" if apart else "Rename one"
            raise UsageError(
                f"{other} and {name} would both be written to {stem}",
                next_step=f"{step}, or read each into a folder of its own",
            )
