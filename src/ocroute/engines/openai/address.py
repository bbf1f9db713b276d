"""Where the server is, and the key that it may be shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from ocroute.errors import UsageError

EXAMPLE = "--base-url http://127.0.0.1:8000/v1"


@dataclass(frozen=True, slots=True)
class Address:
    """A server's base URL.

    Attributes:
        url: without a slash at its end.
        root: the same without the API's own path: where servers keep what is not OpenAI's.
        local: whether it is this machine.
        key: sent as a bearer token; empty for none. Never shown.
    """

    url: str
    root: str
    local: bool
    key: str = field(default="", repr=False)

    def hidden(self, text: str) -> str:
        """``text`` without the key, for messages that quote the server."""
        return text.replace(self.key, "***") if self.key else text


def address(base_url: str, environment: Mapping[str, str] = os.environ) -> Address:
    """The address in ``base_url``, with the user's key for it.

    ``OCROUTE_API_KEY`` is sent to whatever server the user names. ``OPENAI_API_KEY`` may be there for another program's sake, so
    it goes to this machine or over an encrypted connection only.

    Raises:
        UsageError: there is none, or it is no base URL.
    """
    if not base_url:
        raise UsageError("the engine openai needs the address of a server", next_step=f"Add, e.g.: {EXAMPLE}")
    url = base_url.rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # a port that is no number is found out here
    except ValueError as error:
        raise UsageError(f"{base_url!r} is no web address: {error}", next_step=f"Write, e.g.: {EXAMPLE}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{base_url!r} is no web address", next_step=f"Write, e.g.: {EXAMPLE}")
    if parts.username or parts.password:
        raise UsageError("a server's address may not hold a password", next_step="Put the key into OCROUTE_API_KEY")
    if parts.query or parts.fragment:
        raise UsageError(f"{base_url!r} holds more than an address", next_step=f"Write, e.g.: {EXAMPLE}")
    for ending in ("/chat/completions", "/completions", "/models"):
        if parts.path.endswith(ending):
            raise UsageError(
                f"{base_url!r} is the address of one function of a server, not its base",
                next_step=f"Write: --base-url {url.removesuffix(ending)}",
            )
    local = _local(host)
    key = environment.get("OCROUTE_API_KEY", "")
    if not key and (local or parts.scheme == "https"):
        key = environment.get("OPENAI_API_KEY", "")
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UsageError(
            "the API key in the environment holds signs that no key has", next_step="Set OCROUTE_API_KEY again"
        )
    return Address(url, url.removesuffix("/v1"), local, key)


def _local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback or ip_address(host).is_unspecified  # 0.0.0.0, which servers print
    except ValueError:  # a name
        return False
