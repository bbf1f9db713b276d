"""Each kind of fault that servers have, at a page: our own sentence with what to do, and the page comes from another engine."""

from __future__ import annotations

import re

import pytest
from tests.support.chat_server import LLAMA_IS_FULL, VLLM_IS_FULL, Reply, Scripted, completion

import ocroute
from ocroute.engines.neural import canary

BUSY = {"error": {"message": "Loading model"}}
HTML = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
FAULTS = {
    "loading": (Reply(503, BUSY), r"answered 503 .*: Loading model; no time is left", "may still be loading its model"),
    "busy": (
        Reply(429, {"error": "slow down"}, {"Retry-After": "900"}),
        r"429 .*slow down and asks to wait for 9",
        "Wait:",
    ),
    "fault of its own": (
        Reply(500, {"error": "no worker"}),
        r"500 .*: no worker",
        "See what the server logged",
    ),
    "out of memory": (Reply(500, {"error": "CUDA out of memory"}), "CUDA out of memory", "have it serve a smaller one"),
    "context of llama.cpp": (
        Reply(400, LLAMA_IS_FULL),
        "exceeds the available context",
        "Give the server a longer context",
    ),
    "context of vLLM": (Reply(400, VLLM_IS_FULL), "longer than the maximum model length", "--max-model-len"),
    "no pictures": (
        Reply(400, {"error": "only text is supported"}),
        "400 .*only text",
        "its model has read the canary page",
    ),
    "key": (Reply(401, {"error": "bad key"}), "401 .*bad key", "OCROUTE_API_KEY"),
    "too large": (Reply(413, HTML), "413 .*Too Large", "Allow larger requests on the server"),
    "silence": (Reply(wait=600.0), r"did not answer .* within 4 seconds", "busy or hangs"),
    "no JSON": (
        Reply(body=b"<html>"),
        "did not answer with JSON but with application/json: <html>",
        "Check --base-url",
    ),
    "events without end": (Reply(body=b"data: x\n\n"), "did not answer with JSON", "Check --base-url"),
    "no completion": (Reply(body={"choices": []}), "is no chat completion", "what the server logged"),
    "refusal": (
        Reply(body=completion("", refusal=None, finish="content_filter")),
        "content_filter",
        "Try another model",
    ),
    "nothing": (Reply(body=completion("")), "the model wrote nothing", "a model that sees images"),
    "broken connection": (Reply(body=b"{}", length=99), "the connection to .* broke", "it may have crashed"),
}
_FOREIGN = re.compile(r"^(\w+\.)*\w*(Error|Exception|Timeout)\b|Traceback|object at 0x")


@pytest.fixture(scope="module")
def asked():
    made = Scripted()
    with ocroute.Reader(base_url=made.url) as reader:
        yield made, reader
    made.close()


@pytest.fixture(scope="module")
def page():
    return canary.page().resize((1008, 672))


@pytest.mark.parametrize("fault", FAULTS)
def test_the_page_comes_from_another_engine(fault, asked, page, monkeypatch):
    monkeypatch.setenv("OCROUTE_SERVER_SECONDS", "4")
    server, reader = asked
    reply, said, step = FAULTS[fault]
    server.script.extend([reply] * 60)
    (record,) = reader.read(page).pages
    server.script.clear()
    tried = {attempt.engine: attempt for attempt in record.attempts}
    assert [tried[name].outcome for name in ("openai", "rapidocr")] == ["failed", "accepted"]
    assert re.search(said, tried["openai"].reason), tried["openai"].reason
    assert step in tried["openai"].reason
    assert not _FOREIGN.search(tried["openai"].reason)
    assert record.provenance.engine == "rapidocr"
    assert "herons" in " ".join(block.text for block in record.blocks)
