"""Models with forms of their own: what they are sent, and how their answers become blocks on the page."""

import json

import pytest
from tests.support.chat_server import Reply, completion

from ocroute.engines.base import Task
from ocroute.engines.neural import canary
from ocroute.models.dots_ocr.prompts import PROMPTS
from ocroute.values import Box, Category

DOTS = {"id": "model", "owned_by": "vllm", "root": "rednote-hilab/dots.ocr", "max_model_len": 131072}


def cells(*made) -> Reply:
    keys = ("bbox", "category", "text")
    return Reply(body=completion(json.dumps([dict(zip(keys, cell, strict=True)) for cell in made])))


@pytest.fixture
def dots(server):
    server.models = [DOTS]
    server.others["/version"] = Reply(body={"version": "0.11.2"})
    server.read_canary = lambda _: cells(([10, 10, 300, 200], "Text", canary.TRUTH))
    return server


def test_dots_ocr_behind_vllm(dots, engine, grey):
    dots.script.append(cells(([0, 0, 56, 28], "Title", "# Tides"), ([28, 28, 112, 84], "Text", "High at **noon**.")))
    page = grey(90, size=(100, 120))  # 100 high, 120 wide: seen as 112 x 112
    reading = engine().read_page(page, Task())
    (request,) = dots.posts
    assert request.prompt == "<|img|><|imgpad|><|endofimg|>" + PROMPTS["layout"]
    assert request.body["messages"][0]["content"][0]["type"] == "image_url"
    assert request.image.size == (112, 112)
    assert request.body["max_tokens"] == 24_000
    title, text = reading.blocks
    assert (title.category, title.text) == (Category.TITLE, "Tides")
    assert title.box == Box(0, 0, 60, 25)
    assert text.box == Box(30, 25, 120, 75)
    assert reading.versions["vllm"] == "0.11.2"
    assert reading.settings["family"] == "dots.ocr"


def test_dots_ocr_in_its_text_mode(dots, engine, grey):
    dots.read_canary = lambda _: Reply(body=completion(canary.TRUTH))
    dots.script.append(Reply(body=completion("# Tides\n\nHigh at noon.")))
    reading = engine(mode="text").read_page(grey(90), Task(mode="text"))
    assert dots.posts[0].prompt.endswith(PROMPTS["text"])
    assert [block.category for block in reading.blocks] == [Category.TITLE, Category.TEXT]


def test_layout_without_text_is_proven_by_a_mode_with_text(dots, engine, grey):
    asked = []

    def read_canary(request):
        asked.append(request.prompt)
        return cells(([10, 10, 300, 200], "Text", canary.TRUTH))

    dots.read_canary = read_canary
    engine(mode="layout_only")
    assert [prompt.endswith(PROMPTS["layout"]) for prompt in asked] == [True]


def test_other_servers_set_the_image_themselves(dots, engine, grey):
    dots.models = [DOTS | {"owned_by": "llamacpp"}]
    dots.others["/props"] = Reply(body={"build_info": "b7001-abc"})
    dots.script.append(cells(([0, 0, 9, 9], "Text", "x")))
    reading = engine().read_page(grey(90), Task())
    assert dots.posts[0].prompt == PROMPTS["layout"]
    assert reading.versions["llama.cpp"] == "b7001-abc"


def test_an_answer_longer_than_the_context_is_left_to_the_server(dots, engine, grey):
    dots.models = [DOTS | {"max_model_len": 32768}]
    dots.script.append(cells(([0, 0, 9, 9], "Text", "x")))
    engine().read_page(grey(90), Task())
    assert "max_tokens" not in dots.posts[0].body


def test_a_version_that_is_not_told_fails_nothing(dots, engine, grey):
    dots.others["/version"] = Reply(500, b"oops")
    dots.script.append(cells(([0, 0, 9, 9], "Text", "x")))
    reading = engine().read_page(grey(90), Task())
    assert reading.versions["vllm"] == "unknown"


def test_deepseek_ocr_keeps_the_tags_around_its_boxes(server, engine, grey):
    server.models = [{"id": "deepseek-ai/DeepSeek-OCR", "owned_by": "vllm"}]
    tags = "<|ref|>{}<|/ref|><|det|>[[{}, {}, {}, {}]]<|/det|>\n{}\n"
    server.read_canary = lambda _: Reply(body=completion(tags.format("text", 0, 0, 999, 999, canary.TRUTH)))
    server.script.append(Reply(body=completion(tags.format("title", 0, 0, 999, 333, "# Tides"))))
    reading = engine().read_page(grey(90, size=(90, 120)), Task())
    assert server.posts[0].body["skip_special_tokens"] is False
    assert server.posts[0].prompt == "<|grounding|>Convert the document to markdown."
    (block,) = reading.blocks
    assert (block.category, block.text, block.box) == (Category.TITLE, "Tides", Box(0, 0, 120, 30))


def test_a_model_that_wants_no_words_is_sent_none(server, engine, grey):
    server.models = [{"id": "lightonai/LightOnOCR-1B-1025"}]
    engine().read_page(grey(90), Task())
    assert [part["type"] for part in server.posts[0].body["messages"][0]["content"]] == ["image_url"]
