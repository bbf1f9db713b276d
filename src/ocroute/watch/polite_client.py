"""Asking servers that owe us nothing: conditionally, within limits of time and size, and no more often than they let."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import msgspec

from ocroute import __version__
from ocroute.watch.base import Answer
from ocroute.watch.pip_settings import PipSettings, shown

if TYPE_CHECKING:
    import httpx

AT_ONCE = 4
CONNECT_SECONDS = 10.0
SECONDS = 20.0  # for a whole answer
LARGEST = 16 << 20  # bytes of an answer: the lists of files of large projects have some
REDIRECTS = 5
WAIT = 5.0  # seconds that a server may have us wait before we ask once more

TOKENS = {"api.github.com": "GITHUB_TOKEN", "huggingface.co": "HF_TOKEN"}
"""Host to the environment variable with a token for it, which no other host is given."""

_MOVED = (301, 302, 303, 307, 308)
_SPENT = (403, 429)


class Unanswered(Exception):
    """A source did not answer, or must not be asked now; the message says why, as a sentence without an end."""


class NotThere(Unanswered):
    """The server knows nothing of what was asked for."""


class Validators(msgspec.Struct, frozen=True, omit_defaults=True):
    """What tells a server which answer we have."""

    etag: str = ""
    last_modified: str = ""


class Told(msgspec.Struct, frozen=True):
    """What a server said: nothing new, or an answer and what to show it next time.

    Attributes:
        answer: None where what we have still holds.
        received: bytes that came over the line, headers left out.
    """

    answer: Answer | None
    validators: Validators
    received: int


class PoliteClient:
    """Asks addresses; may be used by several threads. A host that cannot be reached, or says that it was asked too often, is
    not asked again.
    """

    def __init__(self, make: Callable[[], httpx.Client], environment: Mapping[str, str] = os.environ) -> None:
        self._make = make
        self._environment = environment
        self._clients: dict[str, httpx.Client] = {}
        self._closed: dict[str, str] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let all connections go."""
        for client in self._clients.values():
            client.close()

    def ask(self, url: str, accept: str, known: Validators | None = None) -> Told:
        """GET an address.

        Args:
            known: of the answer that is here.

        Raises:
            Unanswered: there is no answer, for whatever reason.
        """
        import httpx

        if not _is_http(url):
            raise Unanswered(f"{shown(url)} is no address of http or https")
        host = _origin(url)
        with self._lock:
            if reason := self._closed.get(host):
                raise Unanswered(reason)
        ends = time.monotonic() + SECONDS
        timer = threading.Timer(SECONDS, self._end, (host,))  # a byte now and then would hold us for ever
        timer.start()
        try:
            for again in (False, True):
                told = self._asked(url, accept, known or Validators(), ends, again=again)
                if told is not None:
                    return told
            raise Unanswered(f"{host} is busy")
        except Unanswered:
            raise
        except Exception as error:
            with self._lock:
                reason = self._closed.get(host, "")
            if reason:  # the timer has ended it
                raise Unanswered(reason) from error
            if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
                raise self._close(host, f"{host} cannot be reached: {str(error) or type(error).__name__}") from error
            if isinstance(error, httpx.TimeoutException):
                raise self._close(host, f"{host} is silent for {CONNECT_SECONDS:.0f} s") from error
            if isinstance(error, httpx.HTTPError | httpx.InvalidURL | httpx.StreamError | ValueError):
                raise Unanswered(f"{host}: {str(error) or type(error).__name__}") from error
            raise
        finally:
            timer.cancel()

    def _client_for(self, host: str) -> httpx.Client:
        with self._lock:
            return self._clients.setdefault(host, self._clients.get(host) or self._make())

    def _end(self, host: str) -> None:
        """Break off what a host is being asked."""
        self._close(host, f"{host} did not end its answer in {SECONDS:.0f} s")
        self._client_for(host).close()

    def _asked(self, url: str, accept: str, known: Validators, ends: float, *, again: bool) -> Told | None:
        """One question, followed where it is sent on to; None where the server wants it asked once more."""
        client = self._client_for(_origin(url))
        for _ in range(REDIRECTS + 1):
            with client.stream("GET", url, headers=self._headers(url, accept, known)) as got:
                if got.status_code in _MOVED and (where := got.headers.get("location")):
                    url = _followed(url, where)
                    continue
                if got.status_code == 304 and known != Validators():
                    return Told(None, known, 0)
                if got.status_code in (*_SPENT, 503):
                    self._busy(url, got, again=again)
                    return None
                if got.status_code in (404, 410):
                    raise NotThere(f"{_origin(url)} has no such thing")
                if got.status_code != 200:
                    raise Unanswered(_status(url, got))
                body = _body(got, ends)
                validators = Validators(_header(got, "etag"), _header(got, "last-modified"))
                media_type = _header(got, "content-type").partition(";")[0].strip().lower()
                return Told(Answer(body, media_type), validators, got.num_bytes_downloaded)
        raise Unanswered(f"{_origin(url)} sends on from one address to the next without an end")

    def _headers(self, url: str, accept: str, known: Validators) -> dict[str, str]:
        """Of one request; on the way from address to address each gets its own."""
        headers = {"Accept": accept, "User-Agent": f"ocroute/{__version__}"}
        headers |= {"If-None-Match": known.etag} if known.etag else {}
        headers |= {"If-Modified-Since": known.last_modified} if known.last_modified else {}
        if token := token_for(url, self._environment):
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _busy(self, url: str, got: httpx.Response, *, again: bool) -> None:
        """Wait as long as the server asks, once and not long.

        Raises:
            Unanswered: it wants more than that.
        """
        host, until = _origin(url), _until(got.headers)
        wait = (until - datetime.now(UTC)).total_seconds() if until else None
        if not again and wait is not None and wait <= WAIT:
            time.sleep(max(0.0, wait))
            return
        said = _status(url, got)
        if got.status_code in _SPENT and until:
            said = f"{host} has been asked too often ({got.status_code}), and may be asked again at {until:%Y-%m-%d %H:%M} UTC"
        raise self._close(host, said) if got.status_code == 429 or until else Unanswered(said)

    def _close(self, host: str, reason: str) -> Unanswered:
        with self._lock:
            self._closed.setdefault(host, reason)
        return Unanswered(reason)


def token_for(url: str, environment: Mapping[str, str] = os.environ) -> str:
    """The token that a request may carry: over TLS, to the host that it is for; empty for every other one."""
    parts = urlsplit(url)
    variable = TOKENS.get(parts.hostname or "") if parts.scheme == "https" else None
    return environment.get(variable, "").strip() if variable else ""


@contextmanager
def polite_client(settings: PipSettings) -> Iterator[PoliteClient]:
    """A client that heeds the proxies and certificates of the environment and of pip.

    Raises:
        Unanswered: they cannot be used.
    """
    import ssl

    import httpx

    def make() -> httpx.Client:
        return httpx.Client(
            timeout=httpx.Timeout(CONNECT_SECONDS, connect=CONNECT_SECONDS),
            verify=trusted,
            proxy=settings.proxy or None,
            limits=httpx.Limits(max_connections=AT_ONCE),
        )

    try:
        own = settings.certificates
        trusted = ssl.create_default_context(cafile=own) if own else httpx.create_ssl_context()
        make().close()
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        with_ = f" with the certificates in {settings.certificates}" if settings.certificates else ""
        raise Unanswered(f"no connection can be made{with_}: {error}") from error
    client = PoliteClient(make)
    try:
        yield client
    finally:
        client.close()


def _followed(url: str, where: str) -> str:
    """The address that a server sends on to.

    Raises:
        Unanswered: it must not be followed.
    """
    new = urljoin(url, where)
    if not _is_http(new) or (urlsplit(new).scheme == "http" and urlsplit(url).scheme == "https"):
        raise Unanswered(f"{_origin(url)} sends on to {shown(new)[:200]}, which is not followed")
    return new


def _body(got: httpx.Response, ends: float) -> bytes:
    parts, size = [], 0
    for part in got.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise Unanswered(f"{_origin(str(got.url))} answers with more than {LARGEST >> 20} MiB")
        if time.monotonic() > ends:
            raise Unanswered(f"{_origin(str(got.url))} did not end its answer in {SECONDS:.0f} s")
    return b"".join(parts)


def _header(got: httpx.Response, name: str) -> str:
    value: str = got.headers.get(name, "")
    return value if len(value) <= 500 else ""


def _until(headers: Mapping[str, str]) -> datetime | None:
    """From when on the server may be asked again, as far as it says so."""
    after = headers.get("retry-after", "")
    reset = headers.get("x-ratelimit-reset", "") if headers.get("x-ratelimit-remaining") == "0" else ""
    try:
        if after.isdecimal():
            return datetime.fromtimestamp(time.time() + int(after), UTC)
        if after:
            return parsedate_to_datetime(after).astimezone(UTC)
        return datetime.fromtimestamp(int(reset), UTC) if reset.isdecimal() else None
    except (ValueError, OverflowError, OSError):
        return None


def _status(url: str, got: httpx.Response) -> str:
    """With the phrase of the standard: the server's own may be anything."""
    phrase = (
        HTTPStatus(got.status_code).phrase
        if got.status_code in {one.value for one in HTTPStatus}
        else "an unknown code"
    )
    return f"{_origin(url)} answers {got.status_code} {phrase}"


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _origin(url: str) -> str:
    """Host and port, without a password."""
    parts = urlsplit(url)
    host = parts.hostname or "no host"
    return f"{host}:{parts.port}" if parts.port else host
