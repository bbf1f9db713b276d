"""Published weights that are on this machine: whether the files on the Hugging Face hub are still the same, by their SHA-256.

A model's commit changes for its README too, so only weight files are compared. To be checked on a connected machine: only
servers on loopback have been asked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ocroute.engines.neural.availability import Located
from ocroute.watch.base import LONGEST, Answer, Found, Here, Nonsense, Subject

ADDRESS = "HF_ENDPOINT"
"""The environment variable with another address of the hub, which the hub's own client heeds too."""

_HUB = "https://huggingface.co"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class _Lfs(msgspec.Struct):
    sha256: str


class _Sibling(msgspec.Struct):
    rfilename: str
    lfs: _Lfs | None = None


class _Model(msgspec.Struct):
    id: str
    siblings: list[_Sibling]
    modified: str = msgspec.field(default="", name="lastModified")


class ModelHub:
    """The models whose weights lie in the hub's cache."""

    def subjects(self, here: Here) -> Iterable[Subject]:
        """See `ocroute.watch.base.Source`."""
        base = (os.environ.get(ADDRESS) or _HUB).rstrip("/")
        for engine, status in here.engines.items():
            where = status.availability
            if isinstance(where, Located) and where.state == "usable" and (name := _repository(Path(where.where))):
                files = _hashes(Path(where.where))
                url = f"{base}/api/models/{name}?blobs=true"
                yield Subject("weights", name, url, where.weights, files=files, about=(engine,))

    def read(self, subject: Subject, answer: Answer) -> Found:
        """See `ocroute.watch.base.Source`."""
        try:
            model = msgspec.json.decode(answer.body, type=_Model)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Nonsense(f"answers something else than a model's files: {str(error)[:LONGEST]}") from error
        if model.id.casefold() != subject.name.casefold():
            raise Nonsense(f"answers for another model, {model.id[:LONGEST]!r}")
        weights = {
            one.rfilename[:LONGEST]: one.lfs.sha256
            for one in model.siblings
            if "/" not in one.rfilename and one.rfilename.endswith(".safetensors") and one.lfs
        }
        if not weights or not all(_SHA256.fullmatch(digest) for digest in weights.values()):
            raise Nonsense("tells no hashes of weight files")
        return Found(files=weights, date=model.modified[:10])


def _repository(folder: Path) -> str:
    """The model's name on the hub, of a folder in the hub's cache; empty for others."""
    found = next((part for part in folder.parts if part.startswith("models--")), "")
    return found.removeprefix("models--").replace("--", "/", 1)


def _hashes(folder: Path) -> dict[str, str]:
    """File to SHA-256, as the cache names what its links lead to; no file where it has no links, as on Windows."""
    found = {file.name: file.resolve().name for file in sorted(folder.glob("*.safetensors")) if file.is_symlink()}
    return {name: digest for name, digest in found.items() if _SHA256.fullmatch(digest)}
