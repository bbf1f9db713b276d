"""A server that cannot be reached: why, and what to do."""

from __future__ import annotations

import os
import re
import ssl
from urllib.parse import urlsplit

import httpx

from ocroute.engines.openai.way import Proxy
from ocroute.errors import EngineError, NextStep

_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_PLAIN = "WRONG_VERSION_NUMBER"
_UNASKED_CERTIFICATE = "CERTIFICATE_REQUIRED"
_PASSWORD = "Give the proxy a name and a password that it takes: {variable}=http://USER:PASSWORD@HOST:PORT. "


class Unreached(EngineError):
    """No answer came at all.

    Attributes:
        lasting: whether it fails for good, however often it is tried.
    """

    def __init__(self, message: str, next_step: str | NextStep, *, lasting: bool = False) -> None:
        super().__init__(message, next_step=next_step)
        self.lasting = lasting


def connected(error: Exception) -> bool:
    """Whether a connection stood before ``error``."""
    return not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError))


def unreached(url: str, error: Exception, reason: str, proxy: Proxy | None) -> Unreached:
    """What became of a request.

    Args:
        reason: the system's own words, see `root`.
        proxy: on the way, if any.
    """
    if _UNTRUSTED in reason:
        said = _certificate(reason)
        return Unreached(f"cannot connect to {url}: {_fault(said)} ({said})", _mend(url, said), lasting=True)
    if not connected(error) and proxy:
        through = f"through the proxy {proxy.shown}, which {proxy.variable} names"
        host = urlsplit(url).hostname or ""
        denied = reason.startswith("407")
        step = f"{_PASSWORD.format(variable=proxy.variable) if denied else ''}{proxy.in_words(host)}"
        return Unreached(f"cannot connect to {url} {through}: {reason}", step, lasting=denied)
    if _PLAIN in reason:
        step = f"Write http:// instead of https://: {url.replace('https://', 'http://').removesuffix('/models')}"
        return Unreached(f"cannot connect to {url}: what answers there speaks no TLS", step, lasting=True)
    if _UNASKED_CERTIFICATE in reason:
        step = "Ask through a proxy that has one, or have the server ask for a key instead"
        return Unreached(f"{url} wants a certificate of its clients, and ocroute shows none", step, lasting=True)
    if isinstance(error, ssl.SSLError) or "[SSL" in reason:
        step = "See that the server speaks TLS 1.2 or newer"
        return Unreached(f"cannot agree on TLS with {url}: {reason}", step, lasting=True)
    if isinstance(error, httpx.DecodingError):
        step = "See what changes answers on the way, e.g. a proxy that compresses them"
        return Unreached(f"the answer of {url} is not packed as its Content-Encoding says: {reason}", step)
    if not connected(error):
        return Unreached(f"cannot connect to {url}: {reason}", "Start the server, or check --base-url")
    return Unreached(f"the connection to {url} broke: {reason}", "See what the server logged; it may have crashed")


def root(error: BaseException) -> str:
    """The words of the system's own error, where the library's are vaguer."""
    reason, cause = str(error) or type(error).__name__, error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, ssl.SSLError):  # an OSError whose number is none of the system's
            return str(cause)
        if isinstance(cause, OSError) and cause.strerror:  # asyncio writes its own words over those of an errno
            reason = os.strerror(cause.errno) if cause.errno and cause.errno > 0 else cause.strerror
        cause = cause.__cause__ or cause.__context__
    return reason


def _certificate(reason: str) -> str:
    """What is wrong with a certificate, in OpenSSL's own words."""
    words = reason.partition("certificate verify failed: ")[2].partition(" (_ssl.c")[0]
    return words.rstrip(".") or reason


def _fault(said: str) -> str:
    if "mismatch" in said:
        return "its certificate is for another name"
    return "its certificate is out of date" if _out_of_date(said) else "its certificate is not trusted"


def _mend(url: str, said: str) -> str:
    if "mismatch" in said:
        return f"Name it in --base-url as its certificate does, instead of {urlsplit(url).hostname}, or give it one for that name"
    if _out_of_date(said):
        return "Have the server's certificate renewed, and see that this machine's clock is right"
    return "Name a file with the certificate that it shows, or with its authority's: --ca FILE, or SSL_CERT_FILE"


def _out_of_date(said: str) -> bool:
    return bool(re.search(r"expired|not yet valid", said))
