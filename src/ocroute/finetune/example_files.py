"""A folder of examples as it lies on disk: its manifest, and the pairs in its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ocroute.errors import CorruptInput, InputError, InputNotFound
from ocroute.finetune.exporting import MANIFEST, Manifest, Split
from ocroute.finetune.trainer_formats import Pair, pair_of


def manifest_of(folder: Path) -> Manifest:
    """What `export` said of the folder that it made.

    Raises:
        InputError: there is no such folder, or it is none of those.
    """
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise InputNotFound(
            f"{folder} has no {MANIFEST}", next_step="Make the examples with: ocroute finetune export"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptInput(f"{folder / MANIFEST} is damaged: {error}", next_step="Export again") from error
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}", next_step="Check the path") from error


def pairs_of(folder: Path, split: Split, manifest: Manifest, problems: list[str]) -> Iterator[tuple[str, Pair]]:
    """The examples of a file with their place; lines that are none become problems."""
    path = folder / f"{split}.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path} cannot be read: {error}")
        return
    for number, line in enumerate(lines, 1):
        if not line.strip():
            if number < len(lines):
                problems.append(f"{path}, line {number}: is empty")
            continue
        try:
            yield f"{path}, line {number}", pair_of(line, manifest.form)
        except ValueError as error:
            problems.append(f"{path}, line {number}: {error}")
