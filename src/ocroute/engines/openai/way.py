"""The way to a server: through which proxy, and which certificates are believed on it."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from ocroute.engines.openai.address import Address
from ocroute.errors import NextStep, UsageError

_SCHEMES = ("http", "https", "socks5", "socks5h")
_BUNDLE, _FOLDER = "SSL_CERT_FILE", "SSL_CERT_DIR"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that the environment names.

    Attributes:
        url: as httpx takes it.
        shown: the same without a password.
        variable: that names it.
    """

    url: str
    shown: str
    variable: str

    def in_words(self, host: str) -> str:
        """For a next step: how to reach ``host`` without it."""
        return f"To go past the proxy that {self.variable} names: NO_PROXY={host}"


def proxy(address: Address, environment: Mapping[str, str] = os.environ) -> Proxy | None:
    """The proxy on the way to a server; none to this machine itself.

    Raises:
        UsageError: the environment names one that cannot be used.
    """
    parts = urlsplit(address.url)
    host = parts.hostname or ""
    proxies = getproxies_environment()
    if address.local or proxy_bypass(host):
        return None
    found = next((name for name in (parts.scheme, "all") if proxies.get(name)), "")
    if not found:
        return None
    names = (f"{found}_proxy", f"{found}_proxy".upper())
    variable = next((name for name in names if environment.get(name)), names[1])
    url = proxies[found] if "://" in proxies[found] else f"http://{proxies[found]}"
    try:
        said = urlsplit(url)
        shown, scheme = f"{said.scheme}://{said.hostname}:{said.port}" if said.port else url, said.scheme
    except ValueError as error:
        raise UsageError(
            f"{variable} names no proxy: {error}", next_step=f"Set it again, or: NO_PROXY={host}"
        ) from error
    if scheme not in _SCHEMES:
        raise UsageError(
            f"{variable} names a proxy of the kind {scheme}, {shown}, and known are {', '.join(_SCHEMES)}",
            next_step=f"Write socks5:// there, or: NO_PROXY={host}" if scheme == "socks" else f"Set NO_PROXY={host}",
        )
    if scheme.startswith("socks") and not find_spec("socksio"):
        raise UsageError(
            f"{variable} names a SOCKS proxy, {shown}, and the package for it is not installed",
            next_step=NextStep(command="pip install 'httpx[socks]'"),
        )
    return Proxy(url, shown, variable)


def trusted(address: Address, ca: str = "", environment: Mapping[str, str] = os.environ) -> ssl.SSLContext | bool:
    """The certificates that a server may have: those of the system's authorities, and what the user names instead.

    Args:
        ca: a file with certificates in PEM form; ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` are heeded where it is empty.

    Raises:
        UsageError: what is named is not there, or holds no certificate.
    """
    if not address.url.startswith("https"):
        return True
    file, folder = ca or environment.get(_BUNDLE, ""), "" if ca else environment.get(_FOLDER, "")
    name = "--ca" if ca else _BUNDLE
    if file and not Path(file).is_file():
        missing = "which is a folder" if Path(file).is_dir() else "and there is no such file"
        raise UsageError(f"{name} names {file}, {missing}", next_step="Name a file with certificates (PEM)")
    try:
        return ssl.create_default_context(cafile=file or None, capath=folder or None) if file or folder else True
    except (ssl.SSLError, OSError) as error:
        raise UsageError(
            f"{name} names {file or folder}, which holds no certificate that can be read: {error}",
            next_step="Name a file with certificates (PEM)",
        ) from error


async def speaks_tls(url: str, seconds: float) -> bool:
    """Whether a server that was asked without TLS, and did not answer as one does, wants it. Nothing is sent but a greeting."""
    parts = urlsplit(url)
    if parts.scheme != "http":
        return False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # asked is only whether there is one
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80, ssl=context)
    except (OSError, TimeoutError):  # what refuses the greeting raises SSLError, which is an OSError
        return False
    writer.transport.abort()
    return True
