"""Sources that lie, or fail in a way of their own: it is said, nothing of it is believed, nothing crashes or hangs."""

import contextlib
import gzip
import json
import os
import time

import pytest
from tests.support.command import ocroute
from tests.support.news_server import JSON

from ocroute.watch import watch
from ocroute.watch.base import SOURCES, Subject
from ocroute.watch.polite_client import AT_ONCE

EVIL = "\x1b]0;owned\x07\x1b[2J\u202e"


def told(body, media_type=JSON, status=200, **headers):
    """A handler's answer."""
    body = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return lambda handler: handler.answer(status, body, Content_Type=media_type, **headers)


def listing(**changes):
    return {"meta": {"api-version": "1.0"}, "name": "torch", "files": [{"filename": "torch-2.15.0.tar.gz"}], **changes}


LIES = {
    "no JSON": told("not JSON"),
    "HTML as JSON": told("<html>Log in to the guest network</html>"),
    "a web page": told("<html>Log in to the guest network</html>", "text/html"),
    "an image": told(b"\x89PNG", "image/png"),
    "nothing": told(b""),
    "a list": told([1, 2, 3]),
    "wrong types": told(listing(files={"filename": 1})),
    "deep": told("[" * 100_000),
    "surrogates": told(b'{"name": "\\ud800", "meta": {"api-version": "1"}, "files": []}'),
    "not UTF-8": told(b'{"name": "\xff"}'),
    "no files": told(listing(files=[])),
    "another project": told(listing(name=f"{EVIL}evil")),
    "another API": told(listing(meta={"api-version": f"2{EVIL}"})),
    "versions that are none": told(listing(files=[{"filename": f"torch-{EVIL}.tar.gz"}, {"filename": "torch-" + "9" * 5000}])),
    "a loop": lambda handler: handler.answer(302, Location=handler.path),
    "a file": lambda handler: handler.answer(302, Location="file:///etc/passwd"),
    "no address": lambda handler: handler.answer(302, Location="http://[::bad/"),
    "not compressed": told("{}", Content_Encoding="gzip"),
    "cut short": lambda handler: (handler.answer(200, b"{", Content_Length=100), setattr(handler, "close_connection", True)),
    "a bomb": told(gzip.compress(b"[" * (40 << 20)), Content_Encoding="gzip"),
    "forbidden": told("{}", status=403),
    "an error": told("{}", status=500),
    "a moved thing without an address": told("{}", status=301),
    "not modified, though it never answered": told("", status=304),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_said_and_not_believed(news, machine, lie):
    news.acts["/simple/torch/"] = LIES[lie]
    news.package("transformers", "5.21.0", "5.22.0")
    found = watch(here=machine(packages={"transformers": "5.21.0"}))
    silent = next(one for one in found.silent if one.name == "torch")
    assert silent.reason
    assert silent.reason.isprintable()
    assert "torch" not in [one.name for one in found.news]
    assert [one.name for one in found.new] == ["transformers"]  # the others are not harmed
    assert found.exit_code == 10


@pytest.mark.parametrize(
    ("path", "body", "media_type"),
    [
        ("/latest.txt", "<html>", "text/html"),
        ("/latest.txt", f"595.58{EVIL} x", "text/plain"),
        ("/latest.txt", "9" * 100_000, "text/plain"),
        ("/repos/Dao-AILab/flash-attention/releases", {"message": "Moved"}, "application/json"),
        ("/repos/Dao-AILab/flash-attention/releases", [{"tag_name": f"v2.9{EVIL}"}], "application/json"),
        ("/repos/Dao-AILab/flash-attention/releases", [{"tag_name": None}], "application/json"),
    ],
)
def test_other_sources_are_not_believed_either(news, machine, path, body, media_type):
    news.acts[path] = told(body, media_type)
    found = watch(here=machine())
    assert len(found.silent) == 1
    assert not found.new


@pytest.mark.parametrize(
    "address", ["file:///opt/simple", "http://[bad", "http://x:99999", "ftp://x/y", "simple", "http://"]
)
def test_an_address_that_is_none_is_said(news, machine, monkeypatch, address):
    monkeypatch.setenv("OCROUTE_WATCH_GITHUB", address)
    found = watch(here=machine(have={"flash2": "2.8.3"}))
    assert [one.name for one in found.silent] == ["flash2", "sage2"]
    assert all("is no address of http or https" in one.reason for one in found.silent)


def test_a_host_that_was_asked_too_often_is_not_asked_again(news, machine):
    news.acts["*"] = told("{}", status=429, Retry_After="3600")
    found = watch(here=machine())
    assert 1 <= len(news.asked) <= AT_ONCE  # those that were on their way
    assert len(found.silent) == 10
    assert all("asked too often (429), and may be asked again at " in one.reason for one in found.silent)
    assert found.exit_code == 11


def test_a_short_wait_is_waited_once(news, machine):
    def busy_once(handler):
        news.acts.clear()
        handler.answer(429, Retry_After="1")

    news.package("torch", "2.14.1")
    news.acts["/simple/torch/"] = busy_once
    assert watch(here=machine()).silent == ()


def test_a_silent_network_costs_one_wait_and_not_one_a_source(news, machine, monkeypatch):
    monkeypatch.setattr("ocroute.watch.polite_client.CONNECT_SECONDS", 0.3)
    news.acts["*"] = lambda handler: time.sleep(10)
    found = watch(here=machine())
    assert all("is silent" in one.reason for one in found.silent)
    assert len(found.silent) == 10
    assert len(news.asked) <= AT_ONCE


def test_a_byte_now_and_then_holds_nobody_for_ever(news, machine, monkeypatch):
    def drips(handler):
        with contextlib.suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(2000):
                handler.wfile.write(b"X-Header: x\r\n")
                time.sleep(0.05)
        handler.close_connection = True

    monkeypatch.setattr("ocroute.watch.polite_client.SECONDS", 0.5)
    news.acts["*"] = drips
    found = watch(here=machine())
    assert len(found.silent) == 10
    assert len(news.asked) <= AT_ONCE
    assert all("did not end its answer" in one.reason for one in found.silent)


class Broken:
    def subjects(self, here):
        raise KeyError("its own fault")

    def read(self, subject, answer):
        raise ZeroDivisionError("its own fault")


class Unreadable(Broken):
    def subjects(self, here):
        yield Subject("program", "unreadable", f"{os.environ['OCROUTE_WATCH_GITHUB']}/thing")


@pytest.mark.parametrize("source", [Broken, Unreadable])
def test_a_source_of_somebody_else_that_fails_takes_no_other_down(news, machine, monkeypatch, source):
    load = SOURCES.load
    monkeypatch.setattr(SOURCES, "load", lambda name: source if name == "driver" else load(name))
    news.pages["/thing"] = ("text/plain", b"x")
    news.package("torch", "2.14.1")
    found = watch(here=machine())
    assert len(found.silent) == 1
    assert "its own fault" in found.silent[0].reason
    assert next(one for one in found.news if one.name == "torch").state == "same"


def test_escape_sequences_reach_neither_terminal_nor_file(news):
    remark = {"project-status": {"status": "archived"}}
    files = [{"filename": f"pillow-99.0{EVIL}.tar.gz"}, {"filename": "pillow-99.0.tar.gz", "upload-time": EVIL}]
    news.package("pillow", files=files, **remark)
    for options in ((), ("--md",), ("--json",)):
        done = ocroute("watch", *options)
        assert "99.0" in done.stdout
        assert "the project is archived" in done.stdout
        assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout)
