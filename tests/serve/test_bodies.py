"""What a request may bring: how much, how slowly, and of what kind."""

import asyncio
import base64
import contextlib
import socket
from urllib.parse import urlsplit

import pytest
from tests.support.service import picture
from tests.support.waiting import until

from ocroute.serve import bodies
from ocroute.serve.bodies import BodyRefused, LimitedBody


def parts(*sizes, pause=0.0):
    """What gives so many bytes, a part after another, with a pause before each."""
    left = list(sizes)

    async def receive():
        await asyncio.sleep(pause)
        size = left.pop(0)
        return {"type": "http.request", "body": b"0" * size, "more_body": bool(left)}

    return receive


async def all_of(body, count):
    return [len((await body())["body"]) for _ in range(count)]


def test_what_is_within_the_limits_passes_unchanged():
    assert asyncio.run(all_of(LimitedBody(parts(10, 20, 30), 60, "60"), 3)) == [10, 20, 30]


@pytest.mark.parametrize(("sizes", "declared"), [((10, 51), None), ((10, 51), "60"), ((61,), "5")])
def test_more_than_may_come_is_refused_whatever_was_declared(sizes, declared):
    with pytest.raises(BodyRefused) as caught:
        asyncio.run(all_of(LimitedBody(parts(*sizes), 60, declared), len(sizes)))
    assert caught.value.status == 413


@pytest.mark.parametrize("declared", ["61", "999999999999999999999999999999", "-1", "+1", "1_0", "٣", "", "0x1"])
def test_a_declared_length_is_looked_at_before_anything_comes(declared):
    with pytest.raises(BodyRefused):
        LimitedBody(parts(1), 60, declared)


def test_a_client_that_stops_sending_is_given_up(monkeypatch):
    monkeypatch.setattr(bodies, "IDLE", 0.05)
    with pytest.raises(BodyRefused) as caught:
        asyncio.run(all_of(LimitedBody(parts(1, 1, pause=5), 60, None), 2))
    assert caught.value.status == 408


def test_a_client_that_sends_a_byte_now_and_then_is_given_up_too(monkeypatch):
    monkeypatch.setattr(bodies, "IDLE", 1.0)
    with pytest.raises(BodyRefused) as caught:
        asyncio.run(all_of(LimitedBody(parts(*[1] * 1000, pause=0.03), 10_000, None), 1000))
    assert caught.value.status == 408
    assert "a second" in caught.value.message


def test_what_comes_after_the_whole_is_waited_for_as_long_as_it_takes(monkeypatch):
    monkeypatch.setattr(bodies, "IDLE", 0.05)
    body = LimitedBody(parts(5), 60, None)

    async def then():
        await body()
        with pytest.raises(IndexError):  # our own sign that the receiver was asked, and not given up
            await body()

    asyncio.run(then())


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"a=b&" * 1000, "application/x-www-form-urlencoded", 415),
        (picture(), "image/png", 415),
        (b"{}", "application/json", 415),
        (b"nothing", "multipart/form-data; boundary=x", 400),
        (b"nothing", "multipart/form-data", 400),
        (b"--x\r\n" + b"A: b\r\n" * 100_000, "multipart/form-data; boundary=x", 400),
        (b'--x\r\nContent-Disposition: form-data; name="' + b"a" * 500_000, "multipart/form-data; boundary=x", 400),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nq\r\n' * 2000,
            "multipart/form-data; boundary=x",
            400,
        ),
    ],
)
def test_forms_that_are_none_or_made_to_cost_are_refused(server, content, kind, status):
    for path in ("/v1/jobs", "/v1/files"):
        answer = server.ask("POST", path, content=content, headers={"Content-Type": kind})
        assert answer.status_code == status
        assert answer.json()["detail"]


def test_json_that_goes_deep_is_refused(server):
    for content in (b"[" * 1_000_000, b'{"a":' * 100_000, b"\xff\xfe", b"1e999999"):
        answer = server.ask("POST", "/v1/ocr", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422


@pytest.mark.parametrize("pages", [list(range(20_000)), "0," * 1_000_000 + "0"])
def test_endless_lists_of_pages_are_refused_before_they_are_looked_through(server, pages):
    wanted = {"document": {"type": "image_url", "image_url": "data:image/png;base64,AA=="}, "pages": pages}
    answer = server.ask("POST", "/v1/ocr", json=wanted)
    assert answer.status_code == 422
    assert "at most" in answer.text


def test_clients_that_send_slowly_do_not_keep_others_from_being_answered(server):
    address = urlsplit(server.url)
    head = b"POST /v1/ocr HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\n{"
    data = base64.b64encode(picture()).decode()
    wanted = {"document": {"type": "image_url", "image_url": f"data:image/png;base64,{data}"}}
    with contextlib.ExitStack() as held:
        for _ in range(12):
            line = held.enter_context(socket.create_connection((address.hostname, address.port)))
            line.sendall(head)
        until(lambda: server.metric("ocroute_unfinished_jobs") >= 12)
        assert server.ask("POST", "/v1/ocr", json=wanted, timeout=bodies.IDLE - 5).status_code == 200
    until(lambda: not server.metric("ocroute_unfinished_jobs"))
