"""What came of every model's canary page on this machine: one readable JSON file for a model on a device."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ocroute.kernels import ledger


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


_log = logging.getLogger(__name__)


class Canary(msgspec.Struct, frozen=True):
    """One model's last reading of the canary page.

    Attributes:
        model: the folder or hub id that it came from.
        weights: SHA-256, as `weights.digest`.
        device, dtype: where it ran, and in which dtype.
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
    dtype: str = msgspec.field(name="numbers")
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

    @property
    def setting(self) -> str:
        """When, with which weights, where, in which dtype and on which kernels it was read, in a few words."""
        ran = [f"{part} {used.get('kernel')}" for part, used in self.kernels.items()]
        return ", ".join([self.date[:10], self.model, self.device, self.dtype, *ran])


def keep(record: Canary) -> None:
    """Put ``record`` in the place of an earlier one of the same weights on the same device.

    A folder that cannot be written costs a note, not the page.
    """
    key = hashlib.blake2b(f"{record.weights} {record.device} {record.dtype}".encode(), digest_size=6).hexdigest()
    path = _folder() / f"{record.engine}-{key}.json"
    try:
        ledger.keep(path, record)
    except OSError as error:
        _log.warning("the canary result of %s cannot be kept in %s: %s", record.engine, path.parent, error.strerror)


def kept() -> tuple[Canary, ...]:
    """Every record of this machine, the newest first. Files that cannot be read are left out, and a note says so."""
    return tuple(sorted(_read(sorted(_folder().glob("*.json"))), key=lambda record: record.date, reverse=True))


def newest(records: Iterable[Canary], engine: str) -> Canary | None:
    """The engine's last record, whatever its weights and device were; ``records`` are ordered as those of `kept`."""
    return next((record for record in records if record.engine == engine), None)


def matching(records: Iterable[Canary], engine: str, weights: str, device: str) -> Canary | None:
    """The engine's last record with these weights on this device. That of any other checkpoint says nothing about them.

    Args:
        records: ordered as those of `kept`.
        weights: the SHA-256 of `weights.digest`, or its beginning; empty where it is not known: then nothing matches.
        device: its name, as in page records.
    """
    same = (record for record in records if record.device == device and record.weights.startswith(weights))
    return newest(same, engine) if weights else None


def _read(paths: Iterable[Path]) -> Iterable[Canary]:
    for path in paths:
        try:
            yield msgspec.json.decode(path.read_bytes(), type=Canary)
        except (OSError, msgspec.DecodeError) as error:
            _log.warning("the canary result %s cannot be read: %s", path, error)


def _folder() -> Path:
    return ledger.home() / "canary"
