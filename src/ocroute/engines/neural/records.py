"""What came of every model's canary page on this machine: one readable JSON file for a model on a device."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ocroute.events import emit
from ocroute.kernels import ledger


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


class Canary(msgspec.Struct, frozen=True):
    """One model's last reading of the canary page.

    Attributes:
        model: the folder or hub id that it came from.
        weights: SHA-256, as `weights.digest`.
        device, numbers: where it ran, and its number format.
        versions: of torch and transformers.
        kernels: part to kernel, proven or not, and why; as in page records.
        read: whether the text was read.
        seen: the text, or the sentence that says what was wrong.
        date: UTC.
    """

    engine: str
    model: str
    weights: str
    device: str
    numbers: str
    versions: dict[str, str]
    kernels: dict[str, dict[str, Any]]
    read: bool
    seen: str
    date: str = msgspec.field(default_factory=_now)

    def outdated(self, versions: dict[str, str]) -> str:
        """What has changed since, so that the result may not hold any more; empty when nothing has."""
        return "; ".join(
            f"{name} was {self.versions.get(name) or 'none'} and is {versions.get(name) or 'none'}"
            for name in sorted({*self.versions, *versions})
            if self.versions.get(name) != versions.get(name)
        )


def keep(record: Canary) -> None:
    """Put ``record`` in the place of an earlier one of the same weights on the same device.

    A folder that cannot be written costs a note, not the page.
    """
    key = hashlib.blake2b(f"{record.weights} {record.device} {record.numbers}".encode(), digest_size=6).hexdigest()
    path = _folder() / f"{record.engine}-{key}.json"
    try:
        ledger.keep(path, record)
    except OSError as error:
        emit("note", text=f"the canary result of {record.engine} cannot be kept in {path.parent}: {error.strerror}")


def latest() -> dict[str, Canary]:
    """The newest record of every engine. Files that cannot be read are left out, and a note says so."""
    found: dict[str, Canary] = {}
    for record in _read(sorted(_folder().glob("*.json"))):
        if record.engine not in found or found[record.engine].date <= record.date:
            found[record.engine] = record
    return found


def _read(paths: Iterable[Path]) -> Iterable[Canary]:
    for path in paths:
        try:
            yield msgspec.json.decode(path.read_bytes(), type=Canary)
        except (OSError, msgspec.DecodeError) as error:
            emit("note", text=f"the canary result {path} cannot be read: {error}")


def _folder() -> Path:
    return ledger.home() / "canary"
