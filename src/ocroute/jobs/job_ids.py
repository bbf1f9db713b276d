"""Ids that tell what they were given for, so that nobody has to remember those that are gone.

An id is random, and signed with a secret of the folder, its kind and its owner. Whoever makes one up, or names another owner's,
is told that there is no such thing; whoever names one of his own that is not there any more, that it was there once.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

_FORM = re.compile(r"[a-z2-7]{39}")
_RANDOM = 26  # signs: 16 bytes
_SIGNED = 13  # signs: 8 bytes


class Ids:
    """Makes ids, and knows them again.

    Args:
        folder: holds the secret, and is there; one is made where there is none.

    Raises:
        OSError: the secret can be neither read nor written.
    """

    def __init__(self, folder: Path) -> None:
        place = folder / "secret"
        with contextlib.suppress(FileExistsError):
            made = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(made, "wb") as file:
                file.write(secrets.token_bytes(32))
        self._secret = place.read_bytes()
        if len(self._secret) < 32:  # the disk was full when it was made
            place.unlink()
            raise OSError(f"{place} was not whole, and is removed; start again")

    def new(self, kind: str, owner: str) -> str:
        """An id that nobody can guess: small letters and digits, so that it can be a file's name on every system."""
        drawn = _text(secrets.token_bytes(16))[:_RANDOM]
        return drawn + self._signature(drawn, kind, owner)

    def knows(self, name: str, kind: str, owner: str) -> bool:
        """Whether ``name`` is an id that was given for this kind of thing to this owner."""
        if not _FORM.fullmatch(name):
            return False
        return hmac.compare_digest(name[_RANDOM:], self._signature(name[:_RANDOM], kind, owner))

    def owner(self, key: str) -> str:
        """What stands for a key wherever something belongs to it; the key itself is written nowhere."""
        return self.signed("owner", key)[:24]

    def signed(self, *parts: str) -> str:
        """A signature of some words, e.g. of an address that may be used until some time."""
        told = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hmac.new(self._secret, told, hashlib.sha256).hexdigest()

    def _signature(self, drawn: str, kind: str, owner: str) -> str:
        return _text(bytes.fromhex(self.signed("id", kind, owner, drawn))[:8])[:_SIGNED]


def _text(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
