"""Requests to one server, tried again while its trouble may pass, and its faults as errors that say what to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from ocroute.engines.openai.address import EXAMPLE, Address
from ocroute.engines.openai.answers import message_in
from ocroute.engines.openai.background import Background
from ocroute.engines.openai.event_stream import is_stream, joined
from ocroute.engines.openai.patience import NOT_READY, Patience
from ocroute.engines.openai.refusals import About, about
from ocroute.engines.openai.refused_steps import check_url, next_step
from ocroute.engines.openai.retry import PASSING, Deadline, Limits, retry_after, wait
from ocroute.engines.openai.unreached import Unreached, connected, root, unreached
from ocroute.engines.openai.way import proxy, speaks_tls, trusted
from ocroute.errors import DeadlineExceeded, EngineError, NextStep, UsageError

T = TypeVar("T")

_SHOWN = 300


class BrokenOff(EngineError):
    """The server's answer ends in the middle of its JSON."""


class RequestRefused(EngineError):
    """The server answered with an error.

    Attributes:
        status: of HTTP.
        said: the server's own words.
        body: its answer, where that was JSON.
        about: what it is about, see `refusals.about`.
    """

    def __init__(self, message: str, *, next_step: str, status: int, said: str, body: Any, about: About) -> None:
        super().__init__(message, next_step=next_step)
        self.status, self.said, self.body, self.about = status, said, body, about


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer with status 200.

    Attributes:
        body: JSON, parsed.
        tries: how often it was asked.
        software: its Server header.
        waited: seconds in which it was not ready.
    """

    body: Any
    tries: int
    software: str
    waited: float = 0.0


class Client:
    """Asks one server. Several threads may use it, and several requests may be under way.

    Environment proxies are used, except for servers on this machine. Redirects are not followed: a key must not travel on.

    Args:
        ca: a file with the certificates that the server may have; empty for those of the system.

    Raises:
        UsageError: the address, the proxy or the certificates cannot be used.
    """

    def __init__(self, address: Address, limits: Limits, ca: str = "") -> None:
        self.address, self.limits = address, limits
        self._proxy, verify = proxy(address), trusted(address, ca)
        through = self._proxy.url if self._proxy else None
        headers = {"Accept": "application/json", "User-Agent": "ocroute"}
        if address.key:
            headers["Authorization"] = f"Bearer {address.key}"

        def make() -> httpx.AsyncClient:
            return httpx.AsyncClient(headers=headers, proxy=through, verify=verify, trust_env=False, timeout=None)

        try:
            httpx.URL(address.url)
        except httpx.InvalidURL as error:
            raise UsageError(
                f"{address.url!r} is no web address: {error}", next_step=f"Write, e.g.: {EXAMPLE}"
            ) from error
        self._background = Background(make)

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin with ``work``; see `Background.start`."""
        return self._background.start(work)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Do ``work``; see `Background.wait`."""
        return self._background.wait(work)

    def close(self) -> None:
        """End all requests and close all connections."""
        self._background.close()

    async def get(
        self, url: str, *, tries: int | None = None, seconds: float = 0.0, ready: Deadline | None = None
    ) -> Answer:
        """The JSON at ``url``.

        Args:
            tries: fewer than those of the limits.
            seconds: fewer than the limits give to a small request; 0 for those.
            ready: when to give up a server that is not ready yet, if later.

        Raises:
            RequestRefused: the server has no such thing, or does not give it.
            DeadlineExceeded: it is silent.
            EngineError: it cannot be reached, or answers with something else.
        """
        deadline = Deadline.of_list(self.limits, seconds)
        return await self._asked("GET", url, None, deadline, tries or self.limits.tries, ready or deadline)

    async def post(self, path: str, content: dict[str, Any], deadline: Deadline) -> Answer:
        """The server's answer to ``content`` at ``path`` below the base URL; errors as of `get`."""
        return await self._asked("POST", self.address.url + path, content, deadline, self.limits.tries, deadline)

    async def _asked(
        self, method: str, url: str, content: object, deadline: Deadline, tries: int, ready: Deadline
    ) -> Answer:
        """Ask until there is an answer, trouble that lasts, or no more time.

        A server that is not ready is waited for until ``ready``; other trouble that may pass has its number of tries.
        """
        done = failed = 0
        patience = Patience(f"the server at {self.address.url}")
        fault: EngineError
        while True:
            done += 1
            asked: float | None = None
            waiting = False
            try:
                async with asyncio.timeout(max(deadline.left, ready.left if patience.begun else 0.0)):
                    response, body = await self._once(method, url, content)
                if response.status_code == 200 and not _is_error(parsed := self._parsed(response, body)):
                    patience.over()
                    return Answer(parsed, done, response.headers.get("server", ""), round(patience.seconds, 1))
                refused = self._refused(response, body)
                if url.startswith("http://") and refused.about == "tls":
                    raise self._tls_wanted(url)
                if refused.status not in PASSING or refused.about:
                    raise refused
                fault, asked = refused, retry_after(response.headers.get("retry-after"))
                if waiting := refused.status in NOT_READY:
                    patience.not_ready(refused.status, refused.said, ready.left)
            except BrokenOff as error:
                fault = error
            except TimeoutError as error:
                if patience.begun and done > 1:
                    raise _after(_without_time(fault, ready, 0.0), done) from error
                raise _after(_late(url, deadline), done) from error
            except (httpx.RequestError, OSError) as error:  # of TLS that breaks later, httpx passes on the system's own
                fault = self._unreached(url, error)
                if fault.lasting:
                    raise fault from error
                if connected(error) and not self._proxy and await speaks_tls(url, self.limits.connect):
                    raise self._tls_wanted(url) from error
            failed += not waiting
            until = ready if waiting else deadline
            pause = wait(done, asked, self.limits)
            if failed >= tries:
                raise _after(fault, done)
            if pause >= until.left:
                raise _after(_without_time(fault, until, pause if asked else 0.0), done)
            await asyncio.sleep(pause)

    async def _once(self, method: str, url: str, content: object) -> tuple[httpx.Response, bytes]:
        timeout = httpx.Timeout(None, connect=self.limits.connect)
        async with self._background.resource.stream(method, url, json=content, timeout=timeout) as response:
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > self.limits.answer:
                    raise EngineError(
                        f"the server's answer is longer than {self.limits.answer >> 20} MiB", next_step=check_url(url)
                    )
            return response, bytes(body)

    def _parsed(self, response: httpx.Response, body: bytes) -> Any:
        kind = response.headers.get("content-type", "no type").partition(";")[0]
        try:
            return joined(body) if is_stream(kind, body) else json.loads(body)
        except ValueError as error:
            if body.lstrip()[:1] in (b"{", b"[") and body.rstrip()[-1:] not in (b"}", b"]"):
                raise BrokenOff(
                    f"the answer of {response.url} ends in the middle: {self._quoted(body)}",
                    next_step="See what the server logged, and what cuts answers on the way, e.g. a proxy",
                ) from error
            raise EngineError(
                f"{response.url} did not answer with JSON but with {self.address.hidden(kind)}: {self._quoted(body)}",
                next_step=check_url(self.address.url),
            ) from error

    def _refused(self, response: httpx.Response, body: bytes) -> RequestRefused:
        status = response.status_code
        try:
            kind = response.headers.get("content-type", "")
            parsed = joined(body) if is_stream(kind, body) else json.loads(body)
        except ValueError:
            parsed = None
        said = _cut(self.address.hidden(message_in(parsed))) or self._quoted(body)
        reason = f": {said}" if said else ""
        if 300 <= status < 400:
            reason = f": it points to {_cut(self.address.hidden(response.headers.get('location', 'nowhere')))}"
        how = f"{status} {_cut(self.address.hidden(response.reason_phrase))}"
        if status == 200:  # some servers tell their errors as if all were well, with a status inside
            how, status = "with an error", _status_in(parsed)
        topic = about(status, said, parsed)
        step = next_step(status, self.address.url, said, topic)
        if self._proxy and parsed is None:  # a page of HTML may be the proxy's
            how, step = f"{how} (or its proxy did, {self._proxy.shown})", f"{step}. {self._past_the_proxy()}"
        return RequestRefused(
            f"the server at {self.address.url} answered {how}{reason}",
            next_step=step,
            status=status,
            said=said,
            body=parsed,
            about=topic,
        )

    def _quoted(self, body: bytes) -> str:
        return _cut(" ".join(self.address.hidden(body.decode(errors="replace")).split()))

    def _unreached(self, url: str, error: Exception) -> Unreached:
        reason = self.address.hidden(root(error))  # it may quote a header that the server wrote
        if isinstance(error, httpx.ConnectTimeout):
            reason = f"no connection within {self.limits.connect:g} seconds"
        return unreached(url, error, reason, self._proxy)

    def _tls_wanted(self, url: str) -> EngineError:
        secure = self.address.url.replace("http://", "https://", 1)
        return EngineError(
            f"cannot ask {url}: what answers there speaks TLS", next_step=f"Write https:// instead of http://: {secure}"
        )

    def _past_the_proxy(self) -> str:
        return self._proxy.in_words(urlsplit(self.address.url).hostname or "") if self._proxy else ""


def _is_error(body: Any) -> bool:
    """Whether JSON that came with status 200 tells of an error all the same."""
    return isinstance(body, dict) and bool(body.get("error") or body.get("object") == "error")


def _status_in(body: Any) -> int:
    """The HTTP status that an error names; 200 where it names none."""
    error = body.get("error") if isinstance(body, dict) else None
    code = (error if isinstance(error, dict) else body).get("code")
    return code if isinstance(code, int) and 400 <= code < 600 else 200


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _late(url: str, deadline: Deadline) -> EngineError:
    """Nothing came in time."""
    return DeadlineExceeded(
        f"the server did not answer {url} within {deadline.seconds:g} seconds",
        next_step="; ".join(filter(None, ("See whether it is busy or hangs", deadline.more))),
    )


def _without_time(fault: EngineError, deadline: Deadline, asked: float) -> EngineError:
    """``fault``, after which there is no time for another try: the server asks for ``asked`` seconds before it, if any."""
    wish = f" and asks to wait for {asked:.0f} seconds" if asked else ""
    fault.message += f"{wish}; no time is left of {deadline.seconds:g} seconds"
    fault.next_step = NextStep("; ".join(filter(None, (str(fault.next_step), deadline.more))))
    return fault


def _after(fault: EngineError, tries: int) -> EngineError:
    """``fault`` with the number of tries in its message."""
    fault.message += f" (tried {tries} times)" if tries > 1 else ""
    return fault
