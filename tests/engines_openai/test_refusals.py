"""Refusals that mean something: too little room, a setting that is unknown, a name without its tag, nothing on an empty page."""

import pytest
from tests.support.chat_server import LLAMA_IS_FULL, VLLM_IS_FULL, Reply, completion

from ocroute.engines.base import Task
from ocroute.engines.neural import canary
from ocroute.engines.openai.refusals import about, refused_setting, share_of_room
from ocroute.errors import EngineError, EngineUnavailable

OPENAI = {
    "error": {
        "message": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "type": "invalid_request_error",
        "code": "context_length_exceeded",
    }
}
SGLANG = {
    "object": "error",
    "message": "The input (5120 tokens) is longer than the model's context length (4096 tokens).",
    "code": 400,
}
VLLM_LATER = {
    "error": {
        "message": "You passed 9000 input tokens and requested 0 output tokens. However, the model's context length is only 4096 "
        "tokens, resulting in a maximum input length of 4096 tokens. Please reduce the length of the input prompt.",
        "code": 400,
    }
}
FULL = [
    (LLAMA_IS_FULL, 0.8),
    (VLLM_IS_FULL, 8192 / 16476),
    (OPENAI, 8192 / 9000),
    (SGLANG, 0.8),
    (VLLM_LATER, 4096 / 9000),
]
GOOD = Reply(body=completion("read at last"))


@pytest.mark.parametrize(("body", "share"), FULL)
def test_a_page_that_is_too_large_for_the_context_is_shown_smaller_once(server, engine, grey, body, share):
    server.script += [Reply(400, body), GOOD]
    reading = engine().read_page(grey(9, size=(900, 600)), Task())
    assert reading.text == "read at last"
    first, second = (request.image.size for request in server.posts)
    assert first == (600, 900)
    less = second[0] * second[1] / (600 * 900)
    assert 0.8 * share < less < share
    assert reading.settings["frame"] == list(second)


@pytest.mark.parametrize("body", [body for body, _ in FULL])
def test_where_that_does_not_help_the_server_needs_a_longer_context(server, engine, grey, body):
    server.script += [Reply(400, body), Reply(400, body), GOOD]
    with pytest.raises(EngineError) as caught:
        engine().read_page(grey(9, size=(900, 600)), Task())
    assert len(server.posts) == 2
    assert body.get("error", body)["message"][:40] in caught.value.message
    for words in ("Give the server a longer context", "llama-server -c", "--max-model-len", "OLLAMA_CONTEXT_LENGTH"):
        assert words in str(caught.value.next_step)


def test_without_numbers_half_the_picture_is_tried():
    body = {"error": {"message": "context window exceeded", "code": "context_length_exceeded"}}
    assert about(400, "context window exceeded", body) == "context"
    assert share_of_room("context window exceeded", body) == 0.0
    assert about(404, "maximum context length", {}) == ""


UNKNOWN_MAX_TOKENS = [
    {
        "error": {
            "message": "Use 'max_completion_tokens' instead.",
            "param": "max_tokens",
            "code": "unsupported_parameter",
        }
    },
    {
        "error": {
            "message": "litellm.BadRequestError: OpenAIException - Unsupported parameter: 'max_tokens' is not supported with "
            "this model. Use 'max_completion_tokens' instead.",
            "type": "invalid_request_error",
            "param": "max_tokens",
            "code": "400",
        }
    },
    {"detail": "max_tokens is not supported for this model, use max_completion_tokens"},
    {"error": "Unknown field max_tokens; did you mean max_completion_tokens?"},
]


@pytest.mark.parametrize("body", UNKNOWN_MAX_TOKENS)
def test_the_newer_name_is_used_where_the_older_one_is_refused_in_whatever_words(server, engine, grey, body):
    server.script += [Reply(400, body), GOOD]
    assert engine().read_page(grey(9), Task()).text == "read at last"
    first, second = (request.body for request in server.posts)
    assert first["max_tokens"] == second["max_completion_tokens"]
    assert "max_tokens" not in second


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"message": "Unrecognized request argument supplied: max_tokens"}),
        (422, {"detail": [{"loc": ["body", "max_tokens"], "msg": "Extra inputs are not permitted"}]}),
        (400, {"error": {"message": "Unknown parameter", "param": "max_tokens", "code": "unknown_parameter"}}),
    ],
)
def test_and_where_the_newer_name_is_not_told(server, engine, grey, status, body):
    server.script += [Reply(status, body), GOOD]
    assert engine().read_page(grey(9), Task()).text == "read at last"
    first, second = (request.body for request in server.posts)
    assert first["max_tokens"] == second["max_completion_tokens"]


TOO_LONG = [
    "max_tokens is too large: 8192. This model supports at most 2048 completion tokens, whereas you provided 8192.",
    "This model's maximum context length is 4096 tokens. However, you requested 9216 tokens (1024 in the messages, 8192 in the "
    "completion). Please reduce the length of the messages or completion.",
    "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 4096 tokens and your "
    "request has 1000 input tokens (8192 > 4096 - 1000).",
    "You passed 1000 input tokens and requested 8192 output tokens. However, the model's context length is only 4096 tokens",
]


@pytest.mark.parametrize("said", TOO_LONG)
def test_a_server_with_less_room_for_the_answer_sets_its_length_itself(server, engine, grey, said):
    server.script += [Reply(400, {"error": {"message": said, "type": "BadRequestError", "code": 400}}), GOOD]
    assert engine().read_page(grey(9, size=(900, 600)), Task()).text == "read at last"
    first, second = server.posts
    assert first.image.size == second.image.size
    assert not {"max_tokens", "max_completion_tokens"} & second.body.keys()


@pytest.mark.parametrize(
    ("status", "said", "name"),
    [
        (400, "Unsupported value: 'temperature' does not support 0 with this model", "temperature"),
        (422, "skip_special_tokens: extra inputs are not permitted", "skip_special_tokens"),
        (400, "Unrecognized request argument supplied: skip_special_tokens", "skip_special_tokens"),
        (400, "the model does not support images", ""),
        (500, "temperature is not supported", ""),
    ],
)
def test_which_setting_is_refused(status, said, name):
    assert refused_setting(status, said, {"error": {"message": said}}) == name


def ollama(server, name="deepseek-ocr:latest"):
    server.models = [{"id": name, "object": "model", "owned_by": "library"}]
    server.read_canary = lambda _: Reply(
        500, {"error": {"message": "model requires more system memory (9.1 GiB) than is available (5.2 GiB)"}}
    )


@pytest.mark.parametrize("model", ["deepseek-ocr", "deepseek-ocr:latest"])
def test_a_name_without_its_tag_is_in_ollama_s_list(server, engine, model):
    """So what it says of the model's memory is not taken for a model that it does not have."""
    ollama(server)
    with pytest.raises(EngineUnavailable) as caught:
        engine(model=model)
    said = str(caught.value)
    assert "requires more system memory (9.1 GiB)" in said
    assert "has no model" not in said
    assert "Give the server's model more memory, or have it serve a smaller one" in said


def test_another_name_is_not_in_it(server, engine):
    ollama(server)
    with pytest.raises(EngineUnavailable, match="has no model 'dots-ocr' in its list, but: deepseek-ocr:latest"):
        engine(model="dots-ocr")


def test_nothing_about_an_empty_page_is_no_fault(server, engine):
    """What is wrong with the model is what it makes of the page with text."""

    def read(request):
        blank = request.image.convert("L").getextrema()[0] > 250
        return Reply(body=completion("" if blank else "Dear Sir or Madam, thank you for your letter"))

    server.reply = _pages(server.reply, read)
    with pytest.raises(EngineUnavailable, match="misreads the canary page as 'dear sir or madam") as caught:
        engine()
    assert "wrote nothing" not in str(caught.value)


def test_nothing_about_the_page_with_text_still_is_one(server, engine):
    server.read_canary = lambda _: Reply(body=completion(""))
    with pytest.raises(EngineUnavailable, match="wrote nothing"):
        engine()


def _pages(reply, read):
    return lambda request: read(request) if request.method == "POST" else reply(request)


@pytest.mark.parametrize("owner", ["llamacpp", "library", "vllm", "somebody"])
def test_boxes_whose_tags_a_server_took_out_are_boxes(server, engine, grey, owner):
    server.models = [{"id": "deepseek-ocr", "owned_by": owner}]
    server.read_canary = lambda _: Reply(body=completion(f"text[[70, 60, 760, 880]]\n{canary.TRUTH}"))
    server.script.append(
        Reply(body=completion("title[[0, 0, 999, 333]]\n# Tides\n\ntext[[0, 500, 999, 999]]\nof 1911"))
    )
    reading = engine().read_page(grey(90, size=(90, 120)), Task())
    assert [block.text for block in reading.blocks] == ["Tides", "of 1911"]
    assert all(block.box for block in reading.blocks)
    kept = server.posts[0].body.get("skip_special_tokens")
    assert kept is (None if owner in ("llamacpp", "library") else False)


UNNAMED = [
    "title[[0, 0, 999, 333]]\n# Tides\n\ntext[[0, 500, 999, 999]]\nof 1911",
    "title[[0, 0, 999, 333]]# Tides\n\ntext[[0, 500, 999, 999]]of 1911",
    "<|ref|>title<|/ref|><|det|>[[0, 0, 999, 333]]<|/det|>\n# Tides\n\n"
    "<|ref|>text<|/ref|><|det|>[[0, 500, 999, 999]]<|/det|>\nof 1911",
]


@pytest.mark.parametrize("answer", UNNAMED)
@pytest.mark.parametrize("canary_tags", ["", "text[[70, 60, 760, 880]]\n"])
def test_tags_are_read_under_a_name_that_does_not_tell_the_model(server, engine, grey, answer, canary_tags):
    server.models = [{"id": "ocr"}]
    server.read_canary = lambda _: Reply(body=completion(canary_tags + canary.TRUTH))
    server.script.append(Reply(body=completion(answer)))
    reading = engine().read_page(grey(90, size=(90, 120)), Task())
    assert [block.text for block in reading.blocks] == ["Tides", "of 1911"]
    assert all(block.box for block in reading.blocks)


@pytest.mark.parametrize(
    "text",
    ["See:\nimage[[0, 1, 2, 3]] = 5", "a[[0, 1, 2, 3]]", "text[[9, 9, 2, 2]]", "table [[1, 2], [3, 4]]"],
)
def test_what_only_looks_like_tags_stays_text(server, engine, grey, text):
    server.script.append(Reply(body=completion(text)))
    reading = engine().read_page(grey(9), Task())
    assert "".join(reading.text.split()) == "".join(text.split())
    assert not any(block.box for block in reading.blocks)


STREAM = (
    b'data: {"model": "served", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "read "}}]}\n\n'
    b': a comment\n\ndata: {"choices": [{"delta": {"content": "at last"}, "finish_reason": "%s"}]}\n\ndata: [DONE]\n\n'
)


@pytest.mark.parametrize(("reason", "finish"), [(b"stop", "stop"), (b"length", "length")])
@pytest.mark.parametrize("kind", ["text/event-stream", "text/event-stream; charset=utf-8", "application/json"])
def test_events_that_nobody_asked_for_are_read(server, engine, grey, reason, finish, kind):
    server.script.append(Reply(body=STREAM % reason, headers={"Content-Type": kind}))
    reading = engine().read_page(grey(9), Task())
    assert (reading.text, reading.finish, reading.model) == ("read at last", finish, "served")


def test_a_line_of_a_stream_ends_where_the_standard_says(server, engine, grey):
    """Some servers write the signs for ends of lines and paragraphs as they are, within the text."""
    stream = STREAM.replace(b"at last", "at\u2028\u0085last".encode()) % b"stop"
    for ends in (b"\n", b"\r\n", b"\r"):
        body = stream.replace(b"\n", ends)
        server.script.append(Reply(body=body, headers={"Content-Type": "text/event-stream"}))
        assert engine().read_page(grey(9), Task()).text.split() == ["read", "at", "last"]


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (b'data: {"error": {"message": "out of memory", "code": 500}}\n\n', "with an error: out of memory"),
        (b"data: [DONE]\n\n", "did not answer with JSON but with text/event-stream"),
        (b"data: <html>\n\n", "did not answer with JSON but with text/event-stream"),
    ],
)
def test_events_that_hold_no_answer_are_told(server, engine, grey, stream, said):
    server.script += [Reply(body=stream, headers={"Content-Type": "text/event-stream"})] * 3
    with pytest.raises(EngineError, match=said):
        engine().read_page(grey(9), Task())


def test_a_stream_that_breaks_off_is_a_cut_answer(server, engine, grey):
    cut = b'data: {"choices": [{"delta": {"content": "read at"}}]}\n\n'
    server.script.append(Reply(body=cut, headers={"Content-Type": "text/event-stream"}))
    assert engine().read_page(grey(9), Task()).finish == "length"
