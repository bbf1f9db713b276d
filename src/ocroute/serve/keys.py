"""Who may use the service: keys, and browsers that have shown one."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from ocroute.errors import UsageError
from ocroute.jobs.job_ids import Ids

COOKIE = "ocroute_session"
SESSION_SECONDS = 12 * 3600
_LEAST = 16  # characters of a key
NOBODY = ""
"""The owner where no keys are asked for."""


def keys_in(file: str) -> tuple[str, ...]:
    """The keys in a file: one a line; empty lines and those that begin with ``#`` say nothing.

    Raises:
        UsageError: it cannot be read, or holds none, or one that could be guessed.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"the keys in {file} cannot be read: {error}", next_step="Check the path of --keys") from error
    found = tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
    if not found:
        raise UsageError(f"{file} holds no key", next_step=f"Put one a line there, e.g.: {secrets.token_urlsafe(24)}")
    if any(len(key) < _LEAST or not key.isascii() or not key.isprintable() or " " in key for key in found):
        raise UsageError(
            f"a key in {file} is shorter than {_LEAST} signs, or not of ASCII letters and signs without blanks",
            next_step=f"Take one that nobody can guess, e.g.: {secrets.token_urlsafe(24)}",
        )
    return found


class Keys:
    """Finds whose a request is.

    Args:
        keys: none where nobody needs one.
        ids: sign the sessions of browsers, so that these outlast the server.
    """

    def __init__(self, keys: Iterable[str], ids: Ids) -> None:
        self._ids = ids
        self._owners = {key.encode(): ids.owner(key) for key in keys}

    @property
    def needed(self) -> bool:
        """Whether a request needs one."""
        return bool(self._owners)

    def owner(self, authorization: str, cookies: Mapping[str, str]) -> str | None:
        """Whose a request is; None where it is nobody's who may ask.

        Args:
            authorization: its header of that name.
            cookies: that came with it.
        """
        if not self._owners:
            return NOBODY
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self.of_key(key.strip())
        return self._of_session(cookies.get(COOKIE, ""))

    def of_key(self, key: str) -> str | None:
        """The owner of a key. It takes as long for a wrong one, however much of it is right."""
        found = None
        given = key.encode(errors="replace")
        for known, owner in self._owners.items():
            if hmac.compare_digest(known, given):
                found = owner
        return found

    def session(self, owner: str) -> str:
        """What a browser shows instead of the key from now on, for `SESSION_SECONDS`."""
        until = str(int(time.time()) + SESSION_SECONDS)
        return f"{owner}.{until}.{self._ids.signed('session', owner, until)}"

    def _of_session(self, text: str) -> str | None:
        owner, _, rest = text.partition(".")
        until, _, signature = rest.partition(".")
        right = hmac.compare_digest(signature.encode(), self._ids.signed("session", owner, until).encode())
        fresh = until.isascii() and until.isdigit() and int(until[:12]) > time.time()
        return owner if right and fresh and owner in self._owners.values() else None
