"""What sources said last, kept from run to run, so that they are asked for changes only and can be shown without a network."""

from __future__ import annotations

import contextlib
import logging
import platform
import sys
from datetime import datetime
from pathlib import Path

import msgspec

from ocroute import __version__
from ocroute.kernels.ledger import home, keep
from ocroute.watch.base import Found
from ocroute.watch.polite_client import Validators

_log = logging.getLogger(__name__)


class Remembered(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer.

    Attributes:
        asked: when, in UTC.
        found: what was read from it.
        validators: to ask for changes with.
        files: of weights, as they were when these weights were first seen here; ``have`` says which weights.
        have: the installed version, or the fingerprint of the weights, at that time.
    """

    asked: datetime
    found: Found
    validators: Validators = Validators()
    files: dict[str, str] = {}
    have: str = ""


class _Store(msgspec.Struct, frozen=True):
    """The whole file; made under another ``under``, its answers were read for another Python and hold no longer."""

    under: str
    answers: dict[str, Remembered]


class Memory:
    """The file with all of them.

    Args:
        path: ``watch.json`` beside the proofs when left out.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or home() / "watch.json"
        self.answers = self._load()

    def save(self) -> None:
        """Keep all. Where that fails, a line of the log says so: the next run asks for everything again."""
        try:
            keep(self._path, _Store(_under(), self.answers))
        except OSError as error:
            _log.warning("what was asked cannot be kept in %s: %s", self._path, (error.strerror or str(error)).lower())

    def _load(self) -> dict[str, Remembered]:
        try:
            store = msgspec.json.decode(self._path.read_bytes(), type=_Store)
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("%s cannot be read, everything is asked anew: %s", self._path, error)
            with contextlib.suppress(OSError):
                self._path.replace(self._path.with_name(f"{self._path.name}.unreadable"))
            return {}
        return store.answers if store.under == _under() else {}


def _under() -> str:
    """What decides how an answer is read."""
    return f"ocroute {__version__}, Python {platform.python_version()}, {sys.platform} {platform.machine()}"
