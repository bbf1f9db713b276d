"""Documents from addresses that clients name: only public ones, at every step."""

import asyncio
import contextlib
import ipaddress
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from tests.support.waiting import until

from ocroute.serve.outside_urls import OutsideUrls, UrlRefused, public

PUBLIC, INSIDE = "127.0.0.2", "127.0.0.1"
"""Both of this machine, so that real connections are made: the first stands for the internet, the other for what is inside."""


class Site(BaseHTTPRequestHandler):
    """Documents, and ways that lead elsewhere."""

    asked: ClassVar[list[tuple[str, str, str]]] = []

    def do_GET(self):
        self.asked.append((self.server.server_address[0], self.headers["Host"], self.path))
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2].replace("PORT", str(self.server.server_port)))
            self.end_headers()
            return
        if self.path == "/missing":
            self.send_error(404)
            return
        body = b"%PDF-" + b"0" * (2_000_000 if self.path == "/large" else 100)
        self.send_response(200)
        if self.path != "/large":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def two_sites():
    """Servers at both addresses, on one port that is free at both."""
    while True:
        first = ThreadingHTTPServer((PUBLIC, 0), Site)
        try:
            return [first, ThreadingHTTPServer((INSIDE, first.server_port), Site)]
        except OSError:  # somebody else has it there
            first.server_close()


@pytest.fixture
def sites():
    """A site at each of the two addresses, on one port."""
    Site.asked.clear()
    both = two_sites()
    threads = [threading.Thread(target=one.serve_forever, daemon=True) for one in both]
    for thread in threads:
        thread.start()
    yield both[0].server_port
    for one in both:
        one.shutdown()
        one.server_close()


def fetcher(names, **more):
    """Knows these names; of loopback only `PUBLIC` counts as public."""

    async def resolve(host, port):
        if host not in names:
            raise OSError("no such name")
        found = names[host]
        return found.pop(0) if found and isinstance(found[0], list) else found

    return OutsideUrls(
        1 << 20, allowed=lambda address: str(address) == PUBLIC or public(address), resolve=resolve, **more
    )


def fetch(urls, url, tmp_path):
    return asyncio.run(urls.fetch(url, tmp_path / "it"))


def test_a_public_document_is_fetched_from_the_address_that_was_looked_at(sites, tmp_path):
    name, size = fetch(fetcher({"docs.test": [PUBLIC]}), f"http://docs.test:{sites}/a/My%20scan.pdf?x=1", tmp_path)
    assert (name, size) == ("My scan.pdf", 105)
    assert Site.asked == [(PUBLIC, f"docs.test:{sites}", "/a/My%20scan.pdf?x=1")]


@pytest.mark.parametrize(
    "addresses",
    [[INSIDE], [PUBLIC, INSIDE], [INSIDE, PUBLIC], ["169.254.169.254"], ["10.0.0.1"], ["::1"], [], ["no address"]],
)
def test_a_name_with_any_address_that_is_not_public_is_refused_and_nothing_is_asked(sites, tmp_path, addresses):
    with pytest.raises(UrlRefused, match="no address of the public internet"):
        fetch(fetcher({"docs.test": addresses}), f"http://docs.test:{sites}/a.pdf", tmp_path)
    assert Site.asked == []


def test_a_name_that_changes_its_address_in_between_leads_nowhere_else(sites, tmp_path):
    urls = fetcher({"docs.test": [[PUBLIC], [INSIDE], [INSIDE]]})
    assert fetch(urls, f"http://docs.test:{sites}/a.pdf", tmp_path)[1] == 105
    assert [asked[0] for asked in Site.asked] == [PUBLIC]


@pytest.mark.parametrize(
    "target",
    [
        "http://inside.test:PORT/a.pdf",
        "http://127.0.0.1:PORT/a.pdf",
        "http://[::ffff:127.0.0.1]:PORT/a.pdf",
        "http://2130706433:PORT/a.pdf",
        "file:///etc/passwd",
        "gopher://127.0.0.1:PORT/",
        "//127.0.0.1:PORT/a.pdf",
        "http://docs.test@127.0.0.1:PORT/a.pdf",
        "http://[",
        "http://127.0.0.1:x/",
    ],
)
def test_no_redirect_leads_to_what_is_not_public(sites, tmp_path, target):
    names = {
        "docs.test": [PUBLIC],
        "inside.test": [INSIDE],
        "127.0.0.1": [INSIDE],
        "2130706433": [INSIDE],
        "::ffff:127.0.0.1": ["::ffff:127.0.0.1"],
    }
    with pytest.raises(UrlRefused):
        fetch(fetcher(names), f"http://docs.test:{sites}/to?{target}", tmp_path)
    assert [asked[0] for asked in Site.asked] == [PUBLIC]  # the redirect itself, and nothing after it


def test_redirects_to_public_addresses_are_followed_but_not_for_ever(sites, tmp_path):
    urls = fetcher({"docs.test": [PUBLIC], "other.test": [PUBLIC]})
    assert fetch(urls, f"http://docs.test:{sites}/to?http://other.test:PORT/b.pdf", tmp_path)[0] == "b.pdf"
    (tmp_path / "it").unlink()
    with pytest.raises(UrlRefused, match="more than 3 times"):
        fetch(urls, f"http://docs.test:{sites}/to?/to?/to?/to?/to?/to?/x", tmp_path)


@pytest.mark.parametrize(("path", "said"), [("/large", "more than 1 MiB"), ("/missing", "answered 404")])
def test_what_is_too_large_or_not_there_is_refused(sites, tmp_path, path, said):
    with pytest.raises(UrlRefused, match=said):
        fetch(fetcher({"docs.test": [PUBLIC]}), f"http://docs.test:{sites}{path}", tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "docs.test/a.pdf",
        "ftp://docs.test/a",
        "file:///etc/passwd",
        "http://",
        "http://user:pw@docs.test/",
        "http://docs.test:99999/",
        "http://[",
        "http://[::1",
        "http://docs.test\0/",
        "http://" + "a" * 300 + "/",
        "http://\u2024/",
    ],
)
def test_what_is_no_web_address_is_refused(tmp_path, url):
    with pytest.raises(UrlRefused):
        fetch(fetcher({"docs.test": [PUBLIC]}), url, tmp_path)


def test_a_name_in_any_letters_is_asked_for_as_the_net_has_it(sites, tmp_path):
    urls = fetcher({"xn--e1afmkfd.xn--p1ai": [PUBLIC]})
    assert fetch(urls, f"http://пример.рф:{sites}/письмо 1.pdf", tmp_path)[0] == "письмо 1.pdf"
    assert Site.asked[0][1] == f"xn--e1afmkfd.xn--p1ai:{sites}"


def test_proxies_of_the_environment_are_not_asked(sites, tmp_path, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{INSIDE}:{sites}")
    assert fetch(fetcher({"docs.test": [PUBLIC]}), f"http://docs.test:{sites}/a.pdf", tmp_path)[1] == 105
    assert [asked[0] for asked in Site.asked] == [PUBLIC]


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001:db8::1", False),
    ],
)
def test_which_addresses_are_public(address, is_public):
    assert public(ipaddress.ip_address(address)) is is_public


def test_the_server_itself_fetches_when_it_is_told_to_and_refuses_its_own_machine(real):
    real.ready()  # the page of its own is read
    for url in (
        f"{real.url}/livez",
        "http://localhost/x.pdf",
        "http://[::1]/x.pdf",
        "http://0x7f.1/x.pdf",
        "http://127.1/",
        "http://[",
    ):
        answer = real.ask("POST", "/v1/jobs", data={"url": url}, files={"other": b""})
        assert answer.status_code == 422
        wanted = {"model": None, "document": {"type": "document_url", "document_url": url}}
        assert real.ask("POST", "/v1/ocr", json=wanted).status_code == 422
    until(lambda: not real.metric("ocroute_unfinished_jobs"))
