"""Addresses such as ``s3://bucket/folder``: what they name, and how they may be told."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)  # one letter is a drive of Windows
_PARTS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]+)://"
    r"(?:(?P<user>[^/]*|[^/:]+:(?!\d*(?:/|$)).*)@)?"  # a password with a slash in it is a mistake, and still one
    r"(?P<path>.*?)"
    r"(?P<query>\?[\w.~%-]+=.*)?",  # elsewhere ``?`` and ``#`` are signs of a name
    re.IGNORECASE | re.DOTALL,
)
_CHAIN = re.compile(r"[a-z][a-z0-9+.-]+(?:://.*)?::([a-z][a-z0-9+.-]+://.*)", re.IGNORECASE | re.DOTALL)
_WITH_CONTAINER = ("abfs", "abfss", "wasb", "wasbs")
"""Where what stands before ``@`` is no user."""
_WITHOUT_USER = {
    **dict.fromkeys(("s3", "s3a"), "in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    **dict.fromkeys(("gs", "gcs"), "in a file that GOOGLE_APPLICATION_CREDENTIALS names"),
}
"""Where an address names no user, and where who asks is told instead."""
_SECRET = re.compile(r"([?&][\w-]*(?:signature|token|key|credential|secret|sig)[\w-]*=)[^&\s]+", re.IGNORECASE)


def scheme_of(name: str) -> str:
    """The scheme of an address, in small letters; empty for a path."""
    found = _ADDRESS.match(name)
    return found[1].lower() if found else ""


def shown(address: str) -> str:
    """The address as it may be told, logged and stored: without user, password, and a query such as ``?signature=...``."""
    parts = _PARTS.fullmatch(address)
    return f"{parts['scheme']}://{_container(parts)}{parts['path']}" if parts else address


def user_belongs(address: str) -> str:
    """Where the user belongs that ``address`` names, though its scheme knows none; empty where all is well."""
    parts = _PARTS.fullmatch(address)
    return _WITHOUT_USER.get(parts["scheme"].lower(), "") if parts and parts["user"] else ""


def _container(parts: re.Match[str]) -> str:
    user = parts["user"] or ""
    return f"{user}@" if user and ":" not in user and parts["scheme"].lower() in _WITH_CONTAINER else ""


def chained(name: str) -> str:
    """The last address of several in one, as it may be told: that of ``zip://*::s3://bucket/x``. Else empty."""
    found = _CHAIN.fullmatch(name)
    return shown(found[1]) if found else ""


def local_path(address: str) -> str:
    """The path that a ``file://`` address names."""
    from urllib.request import url2pathname  # here: it brings a client for HTTP with it

    path = "/" + address.partition("://")[2].partition("/")[2]
    return url2pathname(unquote(path) if os.name != "nt" else path)


def without_secrets(text: str, address: str) -> str:
    """What a library says, on one line, less the user, the password and the query of the address."""
    parts = _PARTS.fullmatch(address)
    secrets: set[str] = set()
    if parts and parts["user"] and not _container(parts):
        password = parts["user"].partition(":")[2]
        secrets = {f"{parts['user']}@", password, unquote(password)}
    if parts and parts["query"]:
        secrets |= {parts["query"], parts["query"][1:]}
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return " ".join(_SECRET.sub(r"\1***", text).split())
