"""The safetensors files of a checkpoint, read as far as their headers: eight bytes of little-endian length, then JSON."""

from __future__ import annotations

import json
import re
from math import prod
from pathlib import Path
from typing import Any

from ocroute.errors import EngineUnavailable

_NUMBERED = re.compile(r"(.+)-\d{5}-of-(\d{5})\.safetensors")
_BYTES = {"F32": 4, "BF16": 2, "F16": 2}  # of the formats that models are computed in
_NAMES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}


LFS = "is a pointer of Git LFS, not the weights"
"""What is wrong with a file that was cloned by a git without its extension for large files."""


def files(folder: Path) -> list[Path]:
    """The files that make up the model, as its index or their own names say, whether they are here or not.

    Raises:
        EngineUnavailable: the index cannot be read.
    """
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        here = sorted(folder.glob("*.safetensors"))
        numbered = [found for file in here if (found := _NUMBERED.fullmatch(file.name))]
        whole = {
            folder / f"{found[1]}-{number:05}-of-{found[2]}.safetensors"
            for found in numbered
            for number in range(1, int(found[2]) + 1)
        }
        return sorted(whole | set(here))
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError) as error:
        raise EngineUnavailable(f"{index} cannot be read", next_step=_again(folder)) from error
    if strays := [name for name in names if Path(name).name != name]:
        raise EngineUnavailable(f"{index} cannot be read: it leads to {strays[0]}", next_step=_again(folder))
    return sorted(folder / name for name in names)


def fault(file: Path) -> str:
    """What is wrong with the file's length, as the rest of a sentence that begins with its name; empty when nothing."""
    try:
        raw = header(file)
        ends = [0, *(tensor["data_offsets"][1] for tensor in _tensors(raw).values())]
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except (EngineUnavailable, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return (
            LFS if _begins(file, b"version https://git-lfs") else "is no safetensors file, or only the beginning of one"
        )
    wanted, have = 8 + len(raw) + max(ends), file.stat().st_size
    return "" if have == wanted else f"has {have:,} bytes of {wanted:,}"


def _begins(file: Path, words: bytes) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(words)) == words


def names(folder: Path) -> set[str]:
    """The names of all tensors in the files."""
    return {name for file in files(folder) for name in names_in(file)}


def names_in(file: Path) -> set[str]:
    """The names of the tensors in one file."""
    return set(_tensors(header(file)))


def copied(folder: Path, dtype: str, *, mapped: bool) -> int:
    """Bytes, in ``dtype``, of the tensors that transformers copies in memory while it loads the files.

    Args:
        folder: with the files.
        dtype: that the model will compute in.
        mapped: whether tensors of that dtype are mapped from the file and not copied. Experts are stacked, so they always are.
    """
    size = next(_BYTES[code] for code, name in _NAMES.items() if name == dtype)
    return sum(
        prod(tensor["shape"]) * size
        for file in files(folder)
        for name, tensor in _tensors(header(file)).items()
        if not mapped or ".experts." in name or _NAMES.get(tensor["dtype"]) != dtype
    )


def stored(folder: Path) -> int:
    """Bytes of all tensors as they lie in the files."""
    ends = ((tensor["data_offsets"] for tensor in _tensors(header(file)).values()) for file in files(folder))
    return sum(end - begin for offsets in ends for begin, end in offsets)


def header(file: Path) -> bytes:
    """The JSON at the head of the file.

    Raises:
        EngineUnavailable: there is none.
    """
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        raw = opened.read(length) if 0 < length <= 100_000_000 else b""
    if not raw or len(raw) != length:
        raise EngineUnavailable(f"{file} is no safetensors file", next_step=_again(file.parent))
    return raw


def _again(folder: Path) -> str:
    return f"Copy the checkpoint again from where it came, or fetch one: hf download OWNER/NAME --local-dir {folder}"


def _tensors(raw: bytes) -> dict[str, Any]:
    return {name: tensor for name, tensor in json.loads(raw).items() if name != "__metadata__"}
