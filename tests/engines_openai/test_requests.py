"""What is sent, what comes back, in which order, and what the record says of it."""

import gc
import subprocess
import sys
import threading

import numpy as np
import pytest
from tests.support.asking import HASTY
from tests.support.chat_server import Reply, completion
from tests.support.pages import ArrayPage
from tests.support.waiting import PATIENCE

from ocroute.engines.base import Task
from ocroute.engines.neural import canary
from ocroute.engines.neural.canary import TRUTH
from ocroute.engines.openai import OpenAi
from ocroute.engines.openai.engine import CANARY_TOKENS
from ocroute.errors import EngineUnavailable, UsageError
from ocroute.values import Category


def only(engine, pages):
    (page,) = pages
    return engine.read_page(page, Task())


def test_a_page_goes_as_an_image_and_comes_back_as_blocks(server, engine, grey):
    server.script.append(Reply(body=completion("# Ferries\n\nThe last boat leaves at nine.")))
    reading = engine().read_page(grey(200), Task())
    assert [(block.category, block.text) for block in reading.blocks] == [
        (Category.TITLE, "Ferries"),
        (Category.TEXT, "The last boat leaves at nine."),
    ]
    (request,) = server.posts
    assert request.path == "/v1/chat/completions"
    assert request.body["model"] == "served"
    assert request.body["temperature"] == 0
    assert request.body["max_tokens"] == 8192
    assert "Markdown" in request.prompt
    assert np.array_equal(np.asarray(request.image), grey(200).pixels)
    assert reading.finish == "stop"
    assert reading.model == "served"
    assert reading.settings["base_url"] == server.url
    assert reading.settings["tries"] == 1
    assert (reading.settings["prompt_tokens"], reading.settings["tokens"]) == (11, 7)
    assert reading.versions["server"].startswith("BaseHTTP/")
    assert set(reading.seconds) == {"prepare", "answer"}


def test_an_answer_that_ran_out_of_room_is_marked(server, engine, grey):
    server.script.append(Reply(body=completion("It goes on and", "length")))
    reading = engine().read_page(grey(1), Task())
    assert (reading.finish, reading.text) == ("length", "It goes on and")


def test_a_forgotten_engine_ends_its_thread(server):
    def threads():
        return [thread for thread in threading.enumerate() if thread.name == "ocroute-openai"]

    before = threads()
    engine = OpenAi(Task(base_url=server.url), limits=HASTY)
    (own,) = [thread for thread in threads() if thread not in before]
    del engine
    gc.collect()
    own.join(PATIENCE)
    assert not own.is_alive()


def test_a_large_page_is_sent_smaller_and_a_photograph_as_jpeg(server, engine):
    noise = np.random.default_rng(0).integers(0, 256, (4000, 4000, 3), np.uint8)
    reading = only(engine(), [ArrayPage(noise)])
    width, height = server.posts[0].image.size
    assert width == height
    assert 12_800_000 < width * height <= 12_845_056
    assert reading.settings["image"] == "jpeg"
    assert reading.settings["frame"] == [width, height]


def test_thoughts_are_no_text_but_stay_in_the_raw_answer(server, engine, grey):
    server.script.append(Reply(body=completion("<think>A grey page?</think>\nGrey.")))
    reading = engine().read_page(grey(5), Task())
    assert reading.text == "Grey."
    assert "<think>" in reading.raw


def test_the_only_model_is_used_and_of_several_one_must_be_named(server, engine, grey):
    assert only(engine(), [grey(3)]).text == "grey 3"
    server.models = [{"id": "a"}, {"id": "b"}]
    with pytest.raises(EngineUnavailable, match="several: a, b"):
        engine()
    engine(model="b").read_page(grey(3), Task())
    assert server.posts[-1].body["model"] == "b"


def test_a_model_that_is_not_there_is_told_with_those_that_are(server, engine):
    server.models = [{"id": "a"}, {"id": "b"}]
    server.read_canary = lambda _: Reply(404, {"error": {"message": "The model `x` does not exist."}})
    with pytest.raises(EngineUnavailable, match=r"`x` does not exist.*'x'.*but: a, b\. Name one of them: --model"):
        engine(model="x")


def test_a_model_outside_the_list_is_used_where_the_server_takes_it(server, engine, grey):
    server.models = []
    assert only(engine(model="loaded-on-demand"), [grey(3)]).text == "grey 3"
    server.models = None
    assert only(engine(model="unlisted"), [grey(4)]).text == "grey 4"


def test_a_model_that_does_not_read_the_canary_page_is_not_used(server, engine, grey):
    server.read_canary = lambda _: Reply(body=completion("I am sorry, I see no page."))
    with pytest.raises(EngineUnavailable, match=r"the model served .*canary page as 'i am sorry.*--model NAME"):
        engine()


@pytest.mark.parametrize("cut", [(None, "length"), ("<think>A page. Hm", "length"), ("A page, it seems. Hm", "length")])
def test_a_model_that_thinks_long_gets_the_room_that_pages_have(server, engine, grey, cut, caplog):
    server.read_canary = lambda request: Reply(
        body=completion(*cut) if request.body["max_tokens"] == CANARY_TOKENS else completion(f"Hm.</think>{TRUTH}")
    )
    assert only(engine(), [grey(3)]).text == "grey 3"
    assert [request.body["max_tokens"] for request in server.canaries] == [CANARY_TOKENS, 8192]
    (note,) = caplog.messages
    assert note == (
        "512 tokens were too few for the model served to come to the canary page's text; it is asked again, with 8192"
    )


def test_a_model_that_never_comes_to_the_text_is_asked_twice_only(server, engine):
    server.read_canary = lambda _: Reply(body=completion("<think>A page. Hm", "length"))
    with pytest.raises(EngineUnavailable, match="canary page"):
        engine()
    assert len(server.canaries) == 2


def test_the_canary_page_is_parsed_as_pages_are(server, engine, grey):
    server.read_canary = server.read_page = lambda _: Reply(body=completion(f"# {TRUTH}"))
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        require = canary.require
        patch.setattr(canary, "require", lambda name, read: seen.append(require(name, read)))
        one = engine()
    server.script.append(server.read_page(None))
    assert only(one, [grey(3)]).text == seen[0].text == TRUTH


def test_a_setting_that_the_model_does_not_know_is_left_out_and_recorded(server, engine, grey):
    def strict(request):
        for name in ("max_tokens", "temperature"):
            if name in request.body:
                error = {"message": f"{name} is not supported", "param": name, "code": "unsupported_parameter"}
                return Reply(400, {"error": error})
        assert request.body["max_completion_tokens"] <= 8192
        return Reply(body=completion("read"))

    one = engine()
    server.script += [strict] * 3
    reading = one.read_page(grey(1), Task())
    assert reading.text == "read"
    assert reading.settings["left_out"] == ["max_tokens", "temperature"]
    server.script.append(strict)
    assert only(one, [grey(1)]).text == "read"
    assert len(server.posts) == 4


def test_a_task_that_the_model_does_not_know_is_refused(server, engine, grey):
    with pytest.raises(UsageError, match=r"'layout'.*Choose from: markdown, text"):
        engine(mode="layout")
    with pytest.raises(UsageError, match="'layout'"):
        engine().read_page(grey(1), Task(mode="layout"))
    engine(mode="text").read_page(grey(1), Task(mode="text"))
    assert "Markdown" not in server.posts[-1].prompt


def test_proxies_are_not_asked_for_this_machine(server, engine, grey, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert only(engine(), [grey(3)]).text == "grey 3"


def test_the_key_is_sent(server, engine, grey, monkeypatch):
    monkeypatch.setenv("OCROUTE_API_KEY", "secret-1")
    engine().read_page(grey(1), Task())
    assert {request.headers["Authorization"] for request in server.requests} == {"Bearer secret-1"}


def test_nothing_heavy_is_imported_before_a_server_is_named():
    code = (
        "import sys; from ocroute.engines.base import ENGINES; print(ENGINES.load('openai').probe().state);"
        "print([name for name in ('httpx', 'torch', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["usable", "[]"]
