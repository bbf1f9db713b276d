"""What every request passes: is it meant for us, does it come from our own page or from a program, and whose is it?

A server on a person's own machine can be asked by every web page that person opens: by a form that sends to it, and by a name
that suddenly leads to 127.0.0.1. So it is heard only under its own names, and what changes something is refused when another
page sends it, with or without keys.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from ocroute.serve.bodies import BodyRefused, LimitedBody, Receive
from ocroute.serve.keys import Keys
from ocroute.serve.service_metrics import Metrics

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_READS = ("GET", "HEAD", "OPTIONS")
_OPEN = frozenset(("/", "/livez", "/readyz", "/session", "/favicon.ico"))
_QUIET = frozenset(("/livez", "/readyz", "/metrics"))
"""What machines ask all the time, and nobody wants to read of."""
_SMALL = 64 << 10  # bytes that a request may bring where nothing large is wanted
_log = logging.getLogger("ocroute.serve.requests")

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-frame-options": b"DENY",
    b"content-security-policy": b"default-src 'none'; sandbox; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}
"""What every answer says unless it says something else: nothing in it is code, and it is nobody else's."""


class Gate:
    """Lets requests through to ``app``.

    Args:
        app: gets those that may pass; ``scope["state"]["owner"]`` says whose they are.
        keys: who may ask.
        hosts: names under which the server is asked; ``*`` for any.
        sizes: bytes that a request may bring, by the path that it is for.
        metrics: count requests.
    """

    def __init__(self, app: App, *, keys: Keys, hosts: Iterable[str], sizes: dict[str, int], metrics: Metrics) -> None:
        self._app, self._keys, self._sizes, self._metrics = app, keys, sizes, metrics
        self._hosts = frozenset(host.strip().lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        answer = _Answer(scope["method"], send)
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # routes know GET only; the server itself sends no body to a HEAD
        try:
            refused = self._refused(scope)
            if refused is not None:
                await answer.refuse(*refused)
                return
            headers = _headers(scope)
            most = self._sizes.get(scope["path"], _SMALL)
            body = LimitedBody(receive, most, headers.get("content-length"))
            await self._app(scope, body, answer)
        except BodyRefused as error:
            await answer.refuse(error.status, error.message)
        finally:
            self._note(scope, answer)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Why a request may not pass."""
        headers = _headers(scope)
        host = headers.get("host", "")
        if not self._ours(host):
            step = "Start it with --allow-hosts NAME if this name is right"
            return 421, f"this server is not known under the name in your request. {step}"
        if scope["method"] not in _READS and not _from_here(headers, host):
            return 403, "the request was sent by a page of another site"
        owner = self._keys.owner(headers.get("authorization", ""), _cookies(headers.get("cookie", "")))
        scope.setdefault("state", {})["owner"] = owner
        if owner is None and not _open(scope["path"]) and not _signed(scope):
            return 401, "a key is needed: Authorization: Bearer KEY"
        return None

    def _ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
        name = name.strip("[]").lower().rstrip(".")
        return "*" in self._hosts or name in self._hosts

    def _note(self, scope: Scope, answer: _Answer) -> None:
        route = getattr(scope.get("route"), "path", "")
        self._metrics.request(answer.method, route, answer.status)
        if route in _QUIET and answer.status in (200, 503):
            return
        told = {"method": answer.method, "route": route, "status": answer.status, "seconds": answer.seconds}
        _log.info("request", extra={"told": {"request": answer.id, **told}})


class _Answer:
    """Sends an answer with what every one of ours says."""

    def __init__(self, method: str, send: Send) -> None:
        self.method, self._send = method, send
        self.id = secrets.token_hex(8)
        self.status = 0
        self._headed = False
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the request came."""
        return round(time.monotonic() - self._began, 4)

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """See the specification of ASGI."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = [(name.lower(), value) for name, value in message.get("headers", [])]
            known = {name for name, _ in own}
            added = [(name, value) for name, value in _ALWAYS.items() if name not in known]
            message["headers"] = [*own, *added, (b"x-request-id", self.id.encode())]
        elif self.method == "HEAD":
            if self._headed:
                return  # what streams goes on until it hears that the client is gone
            self._headed = True
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def refuse(self, status: int, why: str) -> None:
        """Answer with an error, unless an answer has begun."""
        if self.status:
            return
        body = json.dumps({"detail": why}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers += [(b"connection", b"close")] if status in (408, 413) else []
        headers += [(b"www-authenticate", b"Bearer")] if status == 401 else []
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: one.value for name, one in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _from_here(headers: dict[str, str], host: str) -> bool:
    """Whether our own page sends it, or a program: only browsers tell where they come from, and they always do."""
    origin = headers.get("origin")
    if origin is not None:
        with suppress(ValueError):  # it is no address
            return urlsplit(origin).netloc.lower() == host.lower()
        return False
    return headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _open(path: str) -> bool:
    return path in _OPEN or path.startswith("/static/")


def _signed(scope: Scope) -> bool:
    """Whether it brings a signature instead of a key; the one address that takes such checks it."""
    parts = scope["path"].split("/")
    return scope["method"] in _READS and parts[1:3] == ["v1", "files"] and parts[4:] == ["content"]
