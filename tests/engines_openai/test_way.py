"""The way to a server: certificates of one's own, and proxies that the environment names. Real TLS, and a real proxy."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.request
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.support.asking import HASTY
from tests.support.chat_server import Reply, Scripted

from ocroute.engines.base import Task
from ocroute.engines.openai.address import address
from ocroute.engines.openai.client import Client
from ocroute.engines.openai.retry import wait
from ocroute.engines.openai.unreached import unreached
from ocroute.engines.openai.way import proxy, speaks_tls, trusted
from ocroute.errors import EngineUnavailable, UsageError

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_way(monkeypatch):
    """The proxies and certificates of whoever runs the tests stay out of them."""
    for name in (*PROXIES, "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of its own for this machine, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl: no certificate can be made without it")
    folder = tmp_path_factory.mktemp("tls")
    made = [str(folder / name) for name in ("cert.pem", "key.pem")]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0.0.0.0"]
    command = ["openssl", "req", *kind, *names, "-out", made[0], "-keyout", made[1]]
    subprocess.run(command, check=True, capture_output=True)
    return made


def behind(server, certificate, prepare=lambda context: None):
    """The address of ``server`` behind TLS of some kind."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    prepare(context)
    server._http.socket = context.wrap_socket(server._http.socket, server_side=True)
    server._http.handle_error = lambda *_: None
    return server.url.replace("http://", "https://")


@pytest.fixture
def secure(server, certificate):
    """The address of ``server`` behind TLS with that certificate."""
    return behind(server, certificate)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_certificate_that_nobody_vouches_for_is_named_at_the_first_try(secure, engine, host):
    with pytest.raises(EngineUnavailable) as caught:
        engine(base_url=secure.replace("127.0.0.1", host))
    assert "its certificate is not trusted (self" in caught.value.message
    assert "tried" not in caught.value.message
    assert "--ca FILE, or SSL_CERT_FILE" in str(caught.value.next_step)


def test_a_server_without_tls_is_told_so(server, engine):
    with pytest.raises(EngineUnavailable, match="what answers there speaks no TLS") as caught:
        engine(base_url=server.url.replace("http://", "https://"))
    assert str(caught.value.next_step) == f"Write http:// instead of https://: {server.url}"
    assert "tried" not in caught.value.message


def test_a_server_with_tls_is_told_from_one_whose_connection_breaks(secure, server, engine):
    with pytest.raises(EngineUnavailable, match="what answers there speaks TLS") as caught:
        engine(base_url=server.url)
    assert str(caught.value.next_step) == f"Write https:// instead of http://: {secure}"
    assert "tried" not in caught.value.message


@pytest.mark.parametrize(
    "said", ["Client sent an HTTP request to an HTTPS server.", "The plain HTTP request was sent to HTTPS port"]
)
def test_a_server_with_tls_that_says_so_itself_is_understood(server, engine, said):
    server.reply = lambda _: Reply(400, said.encode(), {"Content-Type": "text/plain"})
    with pytest.raises(EngineUnavailable, match="what answers there speaks TLS") as caught:
        engine(base_url=server.url)
    assert str(caught.value.next_step) == f"Write https:// instead of http://: {server.url.replace('http', 'https')}"


def _hang_up(server):
    server.accept()[0].close()


def test_a_server_that_breaks_off_without_tls_is_asked_again():
    """What is told as TLS is TLS: a greeting that nobody answers is none."""
    closed = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    threading.Thread(target=_hang_up, args=(closed,), daemon=True).start()
    assert not asyncio.run(speaks_tls(url, 5.0))
    assert not asyncio.run(speaks_tls(url.replace("http", "https"), 5.0))
    closed.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("way", ["--ca", "SSL_CERT_FILE"])
def test_it_is_trusted_once_it_is_named(secure, engine, grey, certificate, monkeypatch, way, host):
    """On this machine too, where the environment is not asked for proxies."""
    named = {"ca": certificate[0]} if way == "--ca" else {}
    if not named:
        monkeypatch.setenv(way, certificate[0])
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    read = engine(base_url=secure.replace("127.0.0.1", host), **named).read_page(grey(77), Task())
    assert read.text == "grey 77"


@pytest.mark.parametrize("way", ["--ca", "SSL_CERT_FILE"])
@pytest.mark.parametrize(
    ("file", "said"), [("/no/such.pem", "there is no such file"), (__file__, "holds no certificate")]
)
def test_a_file_without_certificates_is_named(way, file, said):
    ca, environment = (file, {}) if way == "--ca" else ("", {way: file})
    with pytest.raises(UsageError, match=said) as caught:
        trusted(address("https://here.example/v1"), ca, environment)
    assert f"{way} names {file}" in caught.value.message


def test_without_tls_no_certificate_is_looked_for():
    assert trusted(address("http://here.example/v1"), "", {"SSL_CERT_FILE": "/no/such.pem"}) is True


def forward(server: Scripted) -> ThreadingHTTPServer:
    """A proxy that knows one server, whatever name it is asked for; ``asked`` are the names."""

    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._do(None)

        def do_POST(self):
            self._do(self.rfile.read(int(self.headers["Content-Length"])))

        def _do(self, data):
            made.asked.append(self.path.split("/")[2])
            url = server.url + self.path.partition("/v1")[2]
            request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
            with direct.open(request) as answer:
                body = answer.read()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.asked = []
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    return made


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_is_used_for_other_machines(server, engine, grey, monkeypatch, variable):
    made = forward(server)
    monkeypatch.setenv(variable, f"127.0.0.1:{made.server_address[1]}")
    try:
        assert engine(base_url="http://scans.example/v1").read_page(grey(55), Task()).text == "grey 55"
        assert set(made.asked) == {"scans.example"}
        assert engine().read_page(grey(56), Task()).text == "grey 56"  # this machine's own server is asked without it
        assert set(made.asked) == {"scans.example"}
    finally:
        made.shutdown()
        made.server_close()


def test_this_machine_is_also_what_servers_print(server, engine, grey, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert engine(base_url=server.url.replace("127.0.0.1", "0.0.0.0")).read_page(grey(5), Task()).text == "grey 5"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_that_is_not_there_is_named_with_its_variable(engine, monkeypatch, variable):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setenv(variable, f"http://user:secret@127.0.0.1:{port}")
        with pytest.raises(EngineUnavailable) as caught:
            engine(base_url="http://scans.example/v1")
    said = str(caught.value)
    assert f"through the proxy http://127.0.0.1:{port}, which {variable} names: Connection refused" in said
    assert f"To go past the proxy that {variable} names: NO_PROXY=scans.example" in said
    assert "secret" not in said
    assert "Start the server" not in said


def test_no_proxy_leaves_a_server_out(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert proxy(address("http://scans.example/v1")).variable == "HTTP_PROXY"
    monkeypatch.setenv("NO_PROXY", "scans.example")
    assert proxy(address("http://scans.example/v1")) is None


@pytest.mark.parametrize(
    ("value", "said", "step"),
    [
        ("socks://127.0.0.1:9", "a proxy of the kind socks", "Write socks5:// there"),
        ("ftp://127.0.0.1:9", "a proxy of the kind ftp", "NO_PROXY=scans.example"),
        ("http://127.0.0.1:many", "names no proxy", "NO_PROXY=scans.example"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named(engine, monkeypatch, value, said, step):
    monkeypatch.setenv("ALL_PROXY", value)
    with pytest.raises(UsageError, match=said) as caught:
        engine(base_url="http://scans.example/v1")
    assert "ALL_PROXY names" in caught.value.message
    assert step in str(caught.value.next_step)


def test_a_socks_proxy_needs_its_package(engine, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setattr("ocroute.engines.openai.way.find_spec", lambda _: None)
    with pytest.raises(
        UsageError, match=r"ALL_PROXY names a SOCKS proxy, socks5://127\.0\.0\.1:9, and the package"
    ) as caught:
        engine(base_url="http://scans.example/v1")
    assert str(caught.value.next_step) == "Run: pip install 'httpx[socks]'"


def test_a_certificate_for_another_name_is_not_helped_by_a_file(secure, engine, certificate, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", partial(_here, socket.getaddrinfo))
    with pytest.raises(EngineUnavailable, match=r"its certificate is for another name \(Hostname mismatch") as caught:
        engine(base_url=secure.replace("127.0.0.1", "lan.example"), ca=certificate[0])
    assert str(caught.value.next_step).startswith(
        "Name it in --base-url as its certificate does, instead of lan.example"
    )
    assert "tried" not in caught.value.message


def _here(asked, host, *arguments, **named):
    return asked("127.0.0.1" if host in ("lan.example", b"lan.example") else host, *arguments, **named)


def test_a_server_that_wants_a_client_s_certificate_is_told(server, engine, monkeypatch):
    """It says so when the connection stands already, or only resets it: so its words are put in here."""

    async def broken(*_):
        raise ssl.SSLError("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)")

    monkeypatch.setattr(Client, "_once", broken)
    with pytest.raises(EngineUnavailable, match="wants a certificate of its clients") as caught:
        engine()
    assert "tried" not in caught.value.message


def test_tls_that_is_too_old_is_told(server, engine, certificate):
    def prepare(context):
        context.set_ciphers("ECDHE-ECDSA-AES128-SHA@SECLEVEL=0")  # none that we would take
        context.maximum_version = ssl.TLSVersion.TLSv1_2

    with pytest.raises(EngineUnavailable, match="cannot agree on TLS with") as caught:
        engine(base_url=behind(server, certificate, prepare), ca=certificate[0])
    assert "TLS 1.2 or newer" in str(caught.value.next_step)


@pytest.mark.parametrize("said", ["certificate has expired", "certificate is not yet valid"])
def test_a_certificate_out_of_date_is_for_the_server_s_owner(said):
    reason = f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {said} (_ssl.c:1006)"
    found = unreached("https://lan.example/v1", OSError(), reason, None)
    assert found.message == f"cannot connect to https://lan.example/v1: its certificate is out of date ({said})"
    assert "renewed" in str(found.next_step)
    assert found.lasting


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_is_told(engine, monkeypatch, scheme):
    class Proxy(BaseHTTPRequestHandler):
        def _refuse(self):
            self.send_response(407)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_CONNECT = _refuse  # noqa: N815

        def log_message(self, *_):
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://127.0.0.1:{listener.server_address[1]}")
    try:
        with pytest.raises(EngineUnavailable, match="407 Proxy Authentication Required") as caught:
            engine(base_url=f"{scheme}://lan.example/v1", model="m")
    finally:
        listener.shutdown()
        listener.server_close()
    assert "http://USER:PASSWORD@HOST:PORT" in str(caught.value.next_step)
    assert "NO_PROXY=lan.example" in str(caught.value.next_step)
    assert "tried" not in caught.value.message


def test_a_folder_is_no_file_with_certificates(tmp_path):
    with pytest.raises(UsageError, match="which is a folder"):
        trusted(address("https://lan.example/v1"), str(tmp_path))


def test_thousands_of_tries_do_not_overflow_the_wait():
    assert 0 < wait(5_000, None, HASTY) <= HASTY.longest_wait
