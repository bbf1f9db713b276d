"""Servers that are busy, slow, broken or not what they were taken for: each is tried again or told, with what to do."""

import socket
import time
from dataclasses import replace

import pytest
from tests.support.asking import HASTY
from tests.support.chat_server import Reply, completion

from ocroute.engines.base import PageLimits, Task
from ocroute.engines.openai import retry
from ocroute.engines.openai.retry import Deadline
from ocroute.errors import DeadlineExceeded, EngineError, EngineUnavailable

GOOD = Reply(body=completion("read at last"))


def read(engine, page):
    return engine.read_page(page, Task())


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
def test_passing_trouble_is_tried_again(server, engine, grey, status):
    server.script += [Reply(status, {"error": "busy"})] * 2 + [GOOD]
    reading = read(engine(), grey(1))
    assert reading.text == "read at last"
    assert reading.settings["tries"] == 3


def test_trouble_that_does_not_pass_ends_after_the_last_try(server, engine, grey):
    server.script += [Reply(500, {"error": {"message": "no such worker"}})] * 9
    with pytest.raises(EngineError, match=r"500 .*: no such worker \(tried 3 times\)\. See what the server logged"):
        read(engine(), grey(1))
    assert len(server.posts) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_a_second_try_would_not_change_is_asked_once(server, engine, grey, status):
    server.script += [Reply(status, {"detail": [{"msg": "bad request"}]}), GOOD]
    with pytest.raises(EngineError, match=f"{status} .*: bad request") as caught:
        read(engine(), grey(1))
    assert caught.value.next_step
    assert len(server.posts) == 1


def test_the_wait_that_the_server_asks_for_is_kept(server, engine, grey):
    server.script += [Reply(429, {"error": "slow down"}, {"Retry-After": "0.6"}), GOOD]
    assert read(engine(), grey(1)).text == "read at last"
    first, second = server.posts
    assert second.at - first.at >= 0.6


def test_a_wait_that_outlasts_the_page_is_not_begun(server, engine, grey):
    server.script += [Reply(429, {"error": "quota used up"}, {"Retry-After": "3600"}), GOOD]
    with pytest.raises(EngineError, match=r"quota used up and asks to wait for 3\d\d\d seconds"):
        read(engine(), grey(1))
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    "hang", [Reply(wait=600.0), Reply(body=b"{" + b" " * 6000, pace=0.1)], ids=["silent", "dripping"]
)
def test_a_server_that_hangs_is_given_up_in_time(server, engine, grey, hang):
    server.script += [hang] * 3
    one = engine(replace(HASTY, page=1.5))
    started = time.monotonic()
    with pytest.raises(
        EngineError, match=r"did not answer .*/chat/completions within 1\.5 seconds\. .*OCROUTE_SERVER_SEC"
    ):
        read(one, grey(1))
    assert 1.5 <= time.monotonic() - started < 60


def test_a_broken_connection_is_tried_again(server, engine, grey):
    server.script += [Reply(body=b'{"choices": [', length=10_000), GOOD]
    assert read(engine(), grey(1)).text == "read at last"
    server.script += [Reply(body=b'{"choices": [', length=10_000)] * 3
    with pytest.raises(EngineError, match=r"connection to .* broke: .*\(tried 3 times\)"):
        read(engine(), grey(1))


@pytest.mark.parametrize("cut", [b'{"choices": [{"message": {"content": "half', b'[{"id"'])
def test_json_that_ends_in_the_middle_is_asked_for_again(server, engine, grey, cut):
    broken = Reply(body=cut, headers={"Content-Type": "application/json"})
    server.script += [broken, GOOD]
    assert read(engine(), grey(1)).text == "read at last"
    server.script += [broken] * 3
    with pytest.raises(EngineError, match=r"ends in the middle: .* \(tried 3 times\)\. See what the server logged"):
        read(engine(), grey(1))


def test_an_answer_that_is_not_packed_as_it_says(server, engine, grey):
    server.script += [Reply(body=completion("whole"), headers={"Content-Encoding": "gzip"})] * 3
    with pytest.raises(EngineError, match=r"is not packed as its Content-Encoding says"):
        read(engine(), grey(1))


def test_a_server_that_goes_away_is_told(server, engine, grey):
    one = engine()
    server.close()
    with pytest.raises(
        EngineError, match=r"cannot connect to .*: Connection refused \(tried 3 times\)\. Start the server"
    ):
        read(one, grey(1))


def test_nobody_at_the_address(engine):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and does not listen
        with pytest.raises(
            EngineUnavailable, match=r"cannot connect to .*: Connection refused.*Start the server, or check"
        ):
            engine(base_url=f"http://127.0.0.1:{free.getsockname()[1]}/v1")


def test_a_port_that_speaks_something_else(engine):
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(EngineUnavailable, match=r"within 1\.5 seconds"),
    ):
        engine(replace(HASTY, small=1.5), base_url=f"http://127.0.0.1:{silent.getsockname()[1]}/v1")


def test_an_address_without_its_path(server, engine):
    with pytest.raises(
        EngineUnavailable, match=r"404 Not Found.*most end in /v1: http://127\.0\.0\.1:\d+/v1, or add --mo"
    ):
        engine(base_url=server.url.removesuffix("/v1"))
    with pytest.raises(EngineUnavailable, match=r"404 Not Found.*most end in /v1: http://127\.0\.0\.1:\d+/v1"):
        engine(base_url=server.url.removesuffix("/v1"), model="served")


def test_a_website_is_no_server(server, engine):
    server.others["/v1/models"] = Reply(body=b"<!DOCTYPE html>\n<p>Welcome", headers={"Content-Type": "text/html"})
    server.models = None
    with pytest.raises(EngineUnavailable, match=r"not answer with JSON but with text/html: <!DOCTYPE html> <p>Welcome"):
        engine()


def test_json_that_is_no_list_of_models(server, engine):
    server.others["/v1/models"] = Reply(body={"data": [{"name": "x"}]})
    server.models = None
    with pytest.raises(EngineUnavailable, match=r"/models holds no list of models: .*`id`"):
        engine()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply(body=b"Internal nonsense", headers={"Content-Type": "text/plain"}),
            "not with JSON|JSON but with text/plain",
        ),
        (Reply(body={"choices": []}), "no chat completion: .*length >= 1"),
        (Reply(body={"object": "error", "message": "out of memory"}), "answered with an error: out of memory"),
        (Reply(body={"error": {"message": "no such model", "code": 404}}), "answered with an error: no such model"),
        (Reply(body={"error": "image too large"}), "answered with an error: image too large"),
        (Reply(body=completion(None)), "wrote nothing. See that the server serves a model that sees images"),
        (Reply(body=completion("  \n")), "wrote nothing"),
        (Reply(body=completion("<think>Hm, ", "length")), "wrote nothing but thoughts, and ran out of room"),
        (Reply(body=completion("half a", "content_filter")), "finish reason 'content_filter'"),
        (Reply(307, headers={"Location": "http://elsewhere.example/v1"}), "it points to http://elsewhere.example/v1"),
    ],
)
def test_answers_that_are_none(server, engine, grey, reply, words):
    server.script += [reply] * 3
    with pytest.raises(EngineError, match=words) as caught:
        read(engine(), grey(1))
    assert caught.value.next_step
    assert len(server.posts) == 1


def test_an_endless_answer_is_cut_off(server, engine, grey):
    server.script.append(Reply(body=completion("x" * 100_000)))
    with pytest.raises(EngineError, match="longer than"):
        read(engine(replace(HASTY, answer=50_000)), grey(1))


def test_a_refused_key_is_told_without_showing_it(server, engine, monkeypatch):
    monkeypatch.setenv("OCROUTE_API_KEY", "sk-very-secret")
    server.models = None
    server.others["/v1/models"] = Reply(401, {"error": {"message": "Incorrect API key provided: sk-very-secret"}})
    with pytest.raises(EngineUnavailable, match=r"401 .*: \*\*\*|provided: \*\*\*") as caught:
        engine()
    assert "secret" not in str(caught.value)
    assert "OCROUTE_API_KEY" in str(caught.value.next_step)
    assert len(server.requests) == 1


def echoing(words):
    """Replies of a server that shows the key wherever it can."""
    return [
        Reply(307, headers={"Location": f"http://elsewhere.example/v1?key={words}"}),
        Reply(400, {"error": {"message": "x" * 290 + words}}),
        Reply(400, f"{'x ' * 145}{words}".encode()),
        Reply(body={"error": {"message": f"{words} has no credit"}}),
        Reply(body=completion("a", words)),
        Reply(body=completion("a") | {"choices": [{"message": {"refusal": f"{words}? No."}, "finish_reason": "stop"}]}),
        Reply(body=b"no JSON", headers={"Content-Type": words}),
    ]


@pytest.mark.parametrize("at", range(len(echoing(""))))
def test_a_key_is_shown_in_no_error(server, engine, grey, monkeypatch, at):
    monkeypatch.setenv("OCROUTE_API_KEY", "sk-very-secret")
    server.script.append(echoing("sk-very-secret")[at])
    with pytest.raises(EngineError) as caught:
        read(engine(), grey(1))
    assert "***" in str(caught.value) or "xxx" in str(caught.value) or "x x" in str(caught.value)
    assert "sk-v" not in str(caught.value)


def test_an_error_in_a_good_answer_is_tried_again_where_it_may_pass(server, engine, grey):
    server.script += [Reply(body={"error": {"message": "busy", "code": 503}}), GOOD]
    assert read(engine(), grey(1)).settings["tries"] == 2


@pytest.mark.parametrize("slow", ["models", "canary"])
def test_the_task_s_seconds_end_the_building_of_an_engine_too(server, engine, slow):
    if slow == "models":
        server.models = None
        server.others["/v1/models"] = Reply(wait=600.0)
    else:
        server.read_canary = lambda _: Reply(wait=600.0)
    started = time.monotonic()
    with pytest.raises(EngineUnavailable, match=r"within 1 seconds.*--timeout SECONDS allows more"):
        engine(AMPLE, page_limits=PageLimits(seconds=1.0))
    assert 1.0 <= time.monotonic() - started < 50


AMPLE = replace(HASTY, tries=1000)


@pytest.mark.parametrize(
    "hang", [Reply(wait=600.0), Reply(body=b"{" + b" " * 6000, pace=0.1)], ids=["silent", "dripping"]
)
def test_the_task_s_seconds_end_a_page_before_the_engine_s_own(server, engine, grey, hang):
    server.script += [hang] * 3
    one = engine(AMPLE)
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"within 1 seconds\. .*; --timeout SECONDS allows more time"):
        one.read_page(grey(1), Task(limits=PageLimits(seconds=1.0)))
    assert 1.0 <= time.monotonic() - started < 50


def test_all_tries_of_a_page_share_its_seconds(server, engine, grey):
    """Short ones, each in time: together they must not take longer."""
    server.script += [Reply(503, {"error": {"message": "Loading model"}}, wait=0.1)] * 1000
    one = engine(AMPLE)
    with pytest.raises(EngineError, match=r"Loading model|did not answer") as caught:
        one.read_page(grey(1), Task(limits=PageLimits(seconds=2.0)))
    assert 1 < len(server.posts) < 40
    assert "of 2 seconds" in caught.value.message or "within 2 seconds" in caught.value.message
    assert str(caught.value.next_step).endswith("--timeout SECONDS allows more time")


def test_a_question_that_is_put_again_without_a_setting_gets_no_new_seconds(server, engine, grey, monkeypatch):
    refusal = {"error": {"code": "unsupported_parameter", "param": "temperature", "message": "no"}}
    passed = 0.0
    monkeypatch.setattr(retry, "monotonic", lambda: time.monotonic() + passed)

    def refuses_late(_):
        nonlocal passed
        passed = 597.0
        return Reply(400, refusal)

    server.script += [refuses_late, Reply(wait=3600.0)]
    one = engine(replace(AMPLE, page=0.0))
    with pytest.raises(DeadlineExceeded, match=r"within 600 seconds"):
        one.read_page(grey(1), Task(limits=PageLimits(seconds=600.0)))
    assert len(server.posts) == 2
    assert time.monotonic() + passed - server.posts[0].at < 897, "597 of 600 seconds were spent when it was put again"


def test_a_late_page_costs_the_pages_after_it_nothing(server, engine, grey):
    server.script += [Reply(wait=600.0)]
    one = engine(AMPLE)
    with pytest.raises(DeadlineExceeded):
        one.read_page(grey(1), Task(limits=PageLimits(seconds=0.5)))
    reading = one.read_page(grey(2), Task(limits=PageLimits(seconds=30.0)))
    assert reading.text == "grey 2"


@pytest.mark.parametrize(
    ("limit", "task", "given"),
    [(0.0, 0.0, 600.0), (0.0, 900.0, 900.0), (5.0, 0.0, 5.0), (5.0, 3.0, 3.0), (5.0, 9.0, 5.0)],
)
def test_the_shorter_limit_holds(limit, task, given):
    deadline = Deadline.of_page(replace(HASTY, page=limit), task)
    assert deadline.seconds == given
    assert 0 < deadline.left <= given
    assert ("--timeout" in deadline.more) == (given == task)
