"""Proofs on disk: one readable JSON file each, written whole, found again as long as nothing has changed that they rest on.

A file's name holds a hash of its key: device, capability, driver, torch, kernel and version, the probe's version, the problem.
Writers in several processes therefore never wait for one another: of two proofs under one key the later stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ocroute import __version__
from ocroute.errors import NextStep, OutputError, UsageError
from ocroute.files import write_whole
from ocroute.kernels.probe.proof import PROBE_VERSION, Place, Proof
from ocroute.kernels.redaction import redacted
from ocroute.machine import Machine, inspect

_SET_ASIDE = ".unreadable"
_decode = msgspec.json.Decoder(Proof).decode


class Stale(msgspec.Struct, frozen=True):
    """A proof that no longer holds here, and what has changed since."""

    proof: Proof
    reason: str


class Export(msgspec.Struct, frozen=True):
    """All proofs of a machine in one value: what a user can send with a report."""

    ocroute: str
    date: str
    machine: Machine
    proofs: tuple[Proof, ...]


_log = logging.getLogger(__name__)


def home() -> Path:
    """Where ocroute keeps what it learns about this machine: ``OCROUTE_HOME``, or the user's data folder."""
    if given := os.environ.get("OCROUTE_HOME"):
        return Path(given).expanduser()
    from platformdirs import user_data_path

    return user_data_path("ocroute", appauthor=False)


def keep(path: Path, value: msgspec.Struct) -> None:
    """Write ``value`` as readable JSON in the place of what ``path`` held; nobody ever sees half of it.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, readable(value))


def readable(value: msgspec.Struct) -> bytes:
    """``value`` as JSON, indented."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


class Ledger:
    """The proofs in a folder.

    Args:
        folder: made at the first proof; ``proofs`` in `home` when left out.

    Attributes:
        set_aside: files that could not be read in the last look, by their new names.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or home() / "proofs"
        self.set_aside: list[Path] = []

    def record(self, proof: Proof) -> Path:
        """Keep ``proof`` in the place of an earlier one under the same key.

        Raises:
            OutputError: the folder cannot be written.
        """
        path = self.folder / _file_name(proof)
        try:
            keep(path, proof)
        except OSError as error:
            raise OutputError(
                f"the proof of {proof.kernel} cannot be kept in {self.folder}: {(error.strerror or str(error)).lower()}",
                next_step="Set OCROUTE_HOME to a folder that you may write to",
            ) from error
        return path

    def proofs(self) -> list[Proof]:
        """Every proof that can be read, whatever it rests on, by file name. The others are set aside, and a note says so."""
        self.set_aside = []
        return list(self._read())

    def fresh(self, place: Place, versions: Mapping[str, str]) -> list[Proof]:
        """Those that hold at ``place`` with the kernels' ``versions`` as they are now."""
        return [proof for proof in self.proofs() if not staleness(proof, place, versions)]

    def stale(self, place: Place, versions: Mapping[str, str]) -> list[Stale]:
        """Those that do not, with what has changed. Of other devices too."""
        found = ((proof, staleness(proof, place, versions)) for proof in self.proofs())
        return [Stale(proof, reason) for proof, reason in found if reason]

    def export(self) -> bytes:
        """Everything as one JSON document: an `Export`.

        Nothing in it tells whose machine it is: no folders, no names of user or host, no serial numbers of cards.

        Raises:
            UsageError: there are no proofs.
        """
        proofs = tuple(map(_redacted, self.proofs()))
        if not proofs:
            raise UsageError(f"there are no proofs in {self.folder}", next_step=NextStep(command="ocroute prove"))
        machine = inspect()
        gpus = tuple(msgspec.structs.replace(gpu, uuid="") for gpu in machine.gpus)
        machine = msgspec.structs.replace(machine, gpus=gpus, gpu_note=redacted(machine.gpu_note))
        whole = Export(__version__, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", machine, proofs)
        return readable(whole)

    def export_to(self, path: Path) -> None:
        """Write what `export` gives into the file ``path``.

        Raises:
            OutputError: it cannot be written.
            UsageError: there are no proofs.
        """
        whole = self.export()
        try:
            write_whole(path, whole)
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written: {(error.strerror or str(error)).lower()}", next_step="Name another file"
            ) from error

    def _read(self) -> Iterator[Proof]:
        for path in sorted(self.folder.glob("*/*.json")):
            try:
                yield _decode(path.read_bytes())
            except FileNotFoundError:  # another process has set it aside
                continue
            except OSError as error:
                _log.warning("the proof %s cannot be read: %s", path, error)
            except msgspec.DecodeError as error:
                aside = path.with_name(path.name + _SET_ASIDE)
                with contextlib.suppress(OSError):
                    path.replace(aside)
                self.set_aside.append(aside)
                _log.warning("the proof %s is not readable (%s); set aside as %s", path, error, aside.name)


def staleness(proof: Proof, place: Place, versions: Mapping[str, str]) -> str:
    """What has changed since ``proof``, so that it does not hold at ``place``; empty while it holds.

    Args:
        versions: of the kernels' distributions, by kernel; one that is not named is not here any more.
    """
    then, now = proof.place, place
    pairs = (
        ("the device", then.device, now.device),
        ("its compute capability", _dotted(then.capability), _dotted(now.capability)),
        ("the driver", then.driver, now.driver),
        ("torch", then.torch, now.torch),
        (proof.kernel, proof.version, versions.get(proof.kernel, "")),
        ("the probe", str(proof.probe), str(PROBE_VERSION)),
    )
    return "; ".join(f"{what} was {old or 'none'} and is {new or 'none'}" for what, old, new in pairs if old != new)


def _redacted(proof: Proof) -> Proof:
    """``proof`` without what kernels may have said of this machine in their last words."""
    outcomes = tuple(msgspec.structs.replace(one, reason=redacted(one.reason)) for one in proof.outcomes)
    return msgspec.structs.replace(proof, reason=redacted(proof.reason), outcomes=outcomes)


def _dotted(capability: tuple[int, int]) -> str:
    return ".".join(map(str, capability))


def _file_name(proof: Proof) -> str:
    problem = proof.problem
    key = (proof.place, proof.kernel, proof.version, proof.probe, problem)
    digest = hashlib.blake2b(msgspec.json.encode(key), digest_size=6).hexdigest()
    shape = f"d{problem.head_dim}-{problem.heads}x{problem.kv_heads}-{'causal' if problem.causal else 'full'}"
    return f"{_slug(proof.place.device)}/{_slug(proof.kernel)}-{shape}-{max(problem.lengths)}-{digest}.json"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "unnamed"
