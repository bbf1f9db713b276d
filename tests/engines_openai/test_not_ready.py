"""A server that loads its model, or has no room for another request, is waited for; the page's time is the only limit."""

import logging
import time
from dataclasses import replace

import pytest
from tests.support.asking import HASTY
from tests.support.chat_server import Reply, completion

from ocroute.engines.base import PageLimits, Task
from ocroute.engines.openai import patience
from ocroute.errors import EngineError, EngineUnavailable

LOADING = Reply(503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}})
GOOD = Reply(body=completion("read at last"))


@pytest.fixture
def notes(caplog, monkeypatch):
    """Notes, sooner than people are given them."""
    monkeypatch.setattr(patience, "_FIRST_WORD", 0.1)
    caplog.set_level(logging.INFO, logger="ocroute")
    return lambda: [
        record.getMessage() for record in caplog.records if record.name == "ocroute.engines.openai.patience"
    ]


@pytest.mark.parametrize("status", sorted(patience.NOT_READY))
def test_it_is_asked_for_as_long_as_the_page_may_take(server, engine, grey, status, notes):
    """Not only as often as other trouble is: three times here."""
    server.script += [Reply(status, {"error": {"message": "Loading model"}})] * 12 + [GOOD]
    reading = engine().read_page(grey(1), Task())
    assert reading.text == "read at last"
    assert reading.settings["tries"] == 13
    assert reading.settings["waited_seconds"] > 0.1


def test_how_long_is_noted(server, engine, grey, notes):
    server.script += [LOADING] * 12 + [GOOD]
    engine().read_page(grey(1), Task())
    first, *_, last = notes()
    assert f"the server at {server.url} is not ready (503 Loading model): waited " in first
    assert "s are left" in first
    assert last.startswith(f"the server at {server.url} has answered after ")


def test_when_the_time_is_over_it_says_what_was_wrong_and_what_allows_more(server, engine, grey):
    server.script += [LOADING] * 1_000
    asked = engine(replace(HASTY, page=2.0))
    started = time.monotonic()
    with pytest.raises(EngineError) as caught:
        asked.read_page(grey(1), Task())
    assert time.monotonic() - started > 1.7
    said = str(caught.value)
    assert "answered 503" in said
    assert "Loading model" in said
    assert "no time is left of 2 seconds" in said
    assert "it may still be loading its model" in said
    assert "OCROUTE_SERVER_SECONDS=SECONDS in the environment allows more time" in said


def test_the_list_of_models_is_waited_for_too(server, engine, grey):
    """A proxy before a server that loads answers 503 to everything."""
    replies = [LOADING] * 8
    server.reply = _before(server.reply, replies)
    reading = engine().read_page(grey(77), Task())
    assert (replies, reading.text) == ([], "grey 77")


def _before(reply, replies):
    return lambda request: replies.pop() if replies and request.method == "GET" else reply(request)


def test_a_server_that_never_gets_ready_is_no_engine(server, engine):
    server.reply = lambda _: LOADING
    with pytest.raises(EngineUnavailable, match=r"answered 503 .*: Loading model; no time is left"):
        engine(page_limits=PageLimits(seconds=2.0), model="served")


def test_busy_in_between_does_not_use_up_the_tries_of_other_trouble(server, engine, grey):
    server.script += [LOADING, Reply(500, b"x"), LOADING, LOADING, Reply(502, b"x"), LOADING, GOOD]
    assert engine().read_page(grey(1), Task()).settings["tries"] == 7


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (
            429,
            {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"},
        ),
        (429, {"message": "Billing hard limit has been reached", "code": "billing_hard_limit_reached"}),
        (402, {"message": "Insufficient Balance", "type": "unknown_error", "code": "invalid_request_error"}),
    ],
)
def test_an_account_without_credit_is_not_waited_for(server, engine, grey, status, error):
    server.script += [Reply(status, {"error": error}), GOOD]
    with pytest.raises(EngineError, match=error["message"]) as caught:
        engine().read_page(grey(1), Task())
    assert len(server.posts) == 1
    assert "another account's" in str(caught.value.next_step)
