"""The same trouble in the words of many servers: the right cause and the right next step, and no waiting where none helps."""

import json

import pytest
from tests.support.chat_server import Reply, completion

from ocroute.engines.base import Task
from ocroute.engines.openai.refusals import about, share_of_room
from ocroute.errors import EngineError

GOOD = Reply(body=completion("read at last"))
LONGER, ALLOW, TAKES_IMAGES = "Give the server a longer context", "Allow larger requests", "a model that takes images"
NAME_ONE, PAY = "Name one that it has: --model NAME", "Pay for more"

TOO_LARGE = [
    # vLLM, several versions
    (
        400,
        "The prompt (total length 16476) is too long to fit into the model (context length 8192).",
        8192 / 16476,
        LONGER,
    ),
    (400, "max_tokens must be at least 1, got -3452.", 0.0, LONGER),
    (
        400,
        "The decoder prompt contains a(n) image item with length 12345, which exceeds the pre-allocated encoder cache size 8192. "
        "Please reduce the input size or increase the encoder cache size by setting --limit-mm-per-prompt at startup.",
        8192 / 12345,
        "vllm serve --max-num-batched-tokens",
    ),
    (
        400,
        "This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens. Please reduce the "
        "length of the input messages. (parameter=input_tokens, value=5000)",
        4096 / 5000,
        LONGER,
    ),
    # SGLang
    (400, "Input length (16476 tokens) exceeds the maximum allowed length (8187 tokens).", 8187 / 16476, LONGER),
    # llama.cpp
    (500, "the request exceeds the available context size. try increasing the context size", 0.0, LONGER),
    (500, "input is too large to process. increase the physical batch size", 0.0, "llama-server -b 8192 -ub 8192"),
    # LM Studio
    (400, "The number of tokens to keep from the initial prompt is greater than the context length.", 0.0, LONGER),
    (
        400,
        "Trying to keep the first 5120 tokens when context the overflows. However, the model is loaded with context length of "
        "only 4096 tokens, which is not enough.",
        0.8,
        LONGER,
    ),
    # ollama
    (400, "prompt too long; exceeded max context length by 1024 tokens", 0.0, LONGER),
    (500, "the input length exceeds the context length", 0.0, LONGER),
    # Anthropic, Google, Mistral, LMDeploy
    (400, "prompt is too long: 208310 tokens > 200000 maximum", 200000 / 208310, LONGER),
    (400, "The input token count (120) exceeds the maximum number of tokens allowed (100).", 100 / 120, LONGER),
    (400, "Prompt contains 40000 tokens, too large for model with 32768 maximum context length", 32768 / 40000, LONGER),
    (400, "This model's maximum context length is 4096 tokens. However, you requested 9000", 0.0, LONGER),
    # Amazon's and other wordings, and llama.cpp's slots
    (400, "Input is too long for requested model.", 0.0, LONGER),
    (400, "Token limit of 4096 reached: your message has 7000 tokens", 0.0, LONGER),
    (500, "failed to process image: SLOT n_past 4096 >= n_ctx 4096", 0.0, LONGER),
    # words that nobody knows, of a model that has read a smaller picture
    (400, "Das Bild passt nicht hinein", 0.0, "its model has read the canary page"),
    (422, "unprocessable", 0.0, "its model has read the canary page"),
    # the picture itself
    (400, "At least one of the image dimensions exceed max allowed size: 8000 pixels", 0.0, ALLOW),
    (400, "image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes", 5242880 / 6291456, ALLOW),
    (413, "Request Entity Too Large", 0.0, ALLOW),
    (
        429,
        "Request too large for gpt-4o on tokens per min (TPM): Limit 300, Requested 400.",
        0.75,
        "more tokens a minute",
    ),
    (
        413,
        "Request too large for model `x` on tokens per minute (TPM): Limit 60, Requested 90",
        2 / 3,
        "more tokens a minute",
    ),
]


@pytest.mark.parametrize(("status", "said", "share", "step"), TOO_LARGE)
def test_what_is_too_large_is_shown_smaller_once_and_then_told(server, engine, grey, status, said, share, step):
    refusal = Reply(status, {"error": {"message": said}})
    one = engine()
    server.script += [refusal, GOOD]
    assert one.read_page(grey(9, size=(900, 600)), Task()).text == "read at last"
    server.script += [refusal, refusal, GOOD]
    with pytest.raises(EngineError) as caught:
        one.read_page(grey(9, size=(900, 600)), Task())
    first, second, third, fourth = (request.image.width * request.image.height for request in server.posts)
    assert first == third == 600 * 900
    assert second == fourth == pytest.approx(first * (0.85 * share if share else 0.5), rel=0.01)
    assert said[:60].rstrip(".") in caught.value.message
    assert step in str(caught.value.next_step)


def test_words_that_nobody_knows_about_a_picture_no_larger_than_one_that_was_read_are_not_about_its_size(
    server, engine, grey
):
    server.script += [Reply(400, {"error": {"message": "no"}}), GOOD]
    with pytest.raises(EngineError, match="has read the canary page, so it takes images"):
        engine().read_page(grey(9, size=(90, 60)), Task())
    assert len(server.posts) == 1


ROOM = [
    "Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total of 13000 tokens: "
    "4808 tokens from the input messages and 8192 tokens for the completion.",
    "This endpoint's maximum context length is 8192 tokens. However, you requested about 13000 tokens (4808 of text input, 8192 "
    "in the output).",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3000 `inputs` tokens and 8192 "
    "`max_new_tokens`",
    "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens",
    "Range of max_tokens should be [1, 2000]",
    "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
]


@pytest.mark.parametrize("said", ROOM)
def test_too_long_an_answer_is_no_reason_for_a_smaller_picture(server, engine, grey, said):
    server.script += [Reply(400, {"error": {"message": said}}), GOOD]
    assert engine().read_page(grey(9, size=(900, 600)), Task()).text == "read at last"
    first, second = server.posts
    assert first.image.size == second.image.size
    assert not {"max_tokens", "max_completion_tokens"} & second.body.keys()


@pytest.mark.parametrize(
    "said",
    [
        "max_tokens is not allowed for this model",
        "The parameter max_tokens is deprecated",
        "Параметр max_tokens недопустим",
    ],
)
def test_max_tokens_is_called_otherwise_and_then_left_out(server, engine, grey, said):
    refusal = Reply(400, {"error": {"message": said}})
    server.script += [refusal, refusal, GOOD]
    assert engine().read_page(grey(9), Task()).text == "read at last"
    first, second, third = (request.body for request in server.posts)
    assert first["max_tokens"] == second["max_completion_tokens"]
    assert not {"max_tokens", "max_completion_tokens"} & third.keys()


@pytest.mark.parametrize("said", ["temperature must be greater than 0", "invalid temperature: only 1 is allowed"])
def test_temperature_is_left_out_where_it_is_named(server, engine, grey, said):
    server.script += [Reply(400, {"error": {"message": said}}), GOOD]
    assert engine().read_page(grey(9), Task()).text == "read at last"
    assert "temperature" not in server.posts[1].body


LASTING = [
    (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", TAKES_IMAGES),
    (400, "Qwen/Qwen2.5-7B is not a multimodal model", TAKES_IMAGES),
    (400, "At most 0 image(s) may be provided in one prompt.", TAKES_IMAGES),
    (400, "Model does not support images. Please use a model that does.", TAKES_IMAGES),
    (404, "No endpoints found that support image input", TAKES_IMAGES),
    (500, "this model is missing data required for image input", TAKES_IMAGES),
    (422, "messages[0]: unknown variant `image_url`, expected `text` at line 1 column 70", TAKES_IMAGES),
    (400, "Invalid content type. image_url is only supported by certain models.", TAKES_IMAGES),
    (404, 'model "served" not found, try pulling it first', NAME_ONE),
    (404, "The model `served` does not exist.", NAME_ONE),
    (400, "No models loaded. Please load a model in the developer page or use the `lms load` command.", NAME_ONE),
    (400, "served is not a valid model ID", NAME_ONE),
    (404, "The API deployment for this resource does not exist. If you created it within 5 minutes, please wait.", NAME_ONE),
    (400, "The response was filtered due to the prompt triggering Azure's content management policy", "let the page through"),
    (403, "Country, region, or territory not supported", "serves where you are"),
    (400, "User location is not supported for the API use.", "serves where you are"),
    (429, "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day", PAY),
    (402, "This request requires more credits, or fewer max_tokens. You can only afford 2000.", PAY),
    (412, "The model you are attempting to pull requires a newer version of Ollama.", "Update the server"),
    (404, "Resource not found", "Check --base-url"),
    (401, "Access token is missing, invalid, or has expired.", "OCROUTE_API_KEY"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "said", "step"), LASTING)
def test_what_lasts_is_asked_once_and_told(server, engine, grey, status, said, step):
    server.script += [Reply(status, {"error": {"message": said}}), GOOD]
    with pytest.raises(EngineError) as caught:
        engine().read_page(grey(9), Task())
    assert len(server.posts) == 1
    assert said[:40].rstrip(".") in caught.value.message
    assert step in str(caught.value.next_step)


def test_a_day_s_limit_of_google_s_servers_is_told_from_a_minute_s():
    def refusal(quota):
        body = [{"error": {"code": 429, "message": "You exceeded your current quota", "details": [{"quotaId": quota}]}}]
        return about(429, "You exceeded your current quota", json.loads(json.dumps(body)))

    assert refusal("GenerateRequestsPerDayPerProjectPerModel-FreeTier") == "credit"
    assert refusal("GenerateRequestsPerMinutePerProjectPerModel-FreeTier") == ""


def test_an_error_in_a_list_is_read(server, engine, grey):
    body = [{"error": {"code": 400, "message": "Unable to process input image.", "status": "INVALID_ARGUMENT"}}]
    server.script.append(Reply(400, body))
    with pytest.raises(
        EngineError, match=r"400 Bad Request: Unable to process input image\. See what the server logged"
    ):
        engine().read_page(grey(9), Task())


def test_an_error_within_a_choice_is_quoted(server, engine, grey):
    choice = {
        "error": {"message": "Provider returned error", "code": 502},
        "finish_reason": "error",
        "message": {"content": ""},
    }
    server.script.append(Reply(body={"choices": [choice]}))
    with pytest.raises(EngineError, match="did not write the page down: Provider returned error"):
        engine().read_page(grey(9), Task())


def test_numbers_that_make_no_less_of_it_are_no_share():
    assert share_of_room("maximum context length is 8192 tokens. However, you requested 9000", {}) == 0.0
    assert share_of_room("prompt is too long: 100 tokens > 200 maximum", {}) == 0.0


@pytest.mark.parametrize("status", [401, 404, 429, 503])
def test_words_of_other_troubles_stay_those(status):
    assert about(status, "Rate limit reached for the context of this prompt: try again", {}) == ""
    assert about(status, "overloaded", {}) == ""
