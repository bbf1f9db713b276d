"""Documents from web addresses that strangers name, fetched without being led to anything that is not public."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from ocroute.errors import OcrouteError
from ocroute.serve.bodies import label

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

_REDIRECTS = 3
_SECONDS = 60.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network(
    "64:ff9b:1::/48"
)  # leads wherever a network's owner wants; Python 3.11 takes it for public


class UrlRefused(OcrouteError):
    """A document cannot be fetched from there, or must not be."""


def public(address: Address) -> bool:
    """Whether an address is one of the public internet, by whatever way of writing it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return public(inner)
        if address in _NAT64:
            return public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address in _LOCAL_NAT64:
            return False
    return address.is_global and not address.is_multicast


async def resolved(host: str, port: int) -> list[str]:
    """All addresses of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class OutsideUrls:
    """Fetches documents.

    A name is resolved once; every address that it has must be public; the one that was looked at is the one that is connected to,
    so that a name that changes its address in between leads nowhere. Each redirect is looked at in the same way.

    Args:
        most: bytes of a document.
        allowed: whether an address may be asked.
        resolve: gives the addresses of a name.
    """

    def __init__(self, most: int, *, allowed: Callable[[Address], bool] = public, resolve: Resolve = resolved) -> None:
        self._most, self._allowed, self._resolve = most, allowed, resolve

    async def fetch(self, url: str, place: Path) -> tuple[str, int]:
        """Put what is at ``url`` at ``place``. Its name, and how many bytes.

        Raises:
            UrlRefused: it must not be fetched, or cannot be.
        """
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._fetched(url, place)
        except TimeoutError as error:
            raise UrlRefused(f"the document did not come within {_SECONDS:g} seconds") from error

    async def _fetched(self, url: str, place: Path) -> tuple[str, int]:
        import httpx

        try:
            async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=20.0) as client:
                for _ in range(_REDIRECTS + 1):
                    request = await self._request(client, url)
                    answer = await client.send(request, stream=True)
                    try:
                        if not answer.is_redirect:
                            return await self._saved(answer, url, place)
                        url = urljoin(url, answer.headers.get("location", ""))
                    finally:
                        await answer.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError) as error:
            raise UrlRefused(f"the document cannot be fetched: {type(error).__name__}") from error
        raise UrlRefused(f"the address leads on more than {_REDIRECTS} times")

    async def _request(self, client: Any, url: str) -> Any:
        """A request to the address that was looked at, which says to the server, and to TLS, the name that was asked for."""
        host, port, secure = _parts(url)
        checked = await self._checked(host, port)
        there = f"[{checked}]" if ":" in checked else checked
        target = urlsplit(url)
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        usual = port == (443 if secure else 80)
        named = f"[{host}]" if ":" in host else host
        return client.build_request(
            "GET",
            f"{'https' if secure else 'http'}://{there}:{port}{path}",
            headers={
                "Host": named if usual else f"{named}:{port}",
                "User-Agent": "ocroute",
                "Accept-Encoding": "identity",
            },
            extensions={"sni_hostname": host},
        )

    async def _checked(self, host: str, port: int) -> str:
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise UrlRefused(f"the name {host} leads nowhere") from error
        refused = UrlRefused(f"{host} is no address of the public internet")
        if not found:
            raise refused
        for each in found:
            with contextlib.suppress(ValueError):
                if self._allowed(ipaddress.ip_address(each.partition("%")[0])):
                    continue
            raise refused
        return found[0]

    async def _saved(self, answer: Any, url: str, place: Path) -> tuple[str, int]:
        if answer.status_code != 200:
            raise UrlRefused(f"the server there answered {answer.status_code}")
        size = 0
        with place.open("wb") as out:
            async for part in answer.aiter_raw():
                size += len(part)
                if size > self._most:
                    raise UrlRefused(f"the document has more than {self._most >> 20} MiB")
                await asyncio.to_thread(out.write, part)
        return label(unquote(urlsplit(url).path)), size


def _parts(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether TLS is wanted.

    Raises:
        UrlRefused: it is no web address.
    """
    import httpx

    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UrlRefused("this is no web address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise UrlRefused("only addresses that begin with https:// or http://, without a user, are fetched")
    try:
        host = httpx.URL(url).raw_host.decode(
            "ascii"
        )  # as names, certificates and headers have it: xn--... for пример.рф
    except (httpx.InvalidURL, ValueError) as error:
        raise UrlRefused("this is no web address") from error
    return host, port or (443 if parts.scheme == "https" else 80), parts.scheme == "https"


__all__ = ["OutsideUrls", "UrlRefused", "public", "resolved"]
