"""Repetition loops are seen, honest repetition is not."""

import json
from dataclasses import replace
from time import perf_counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ocroute.engines.base import PageLimits, Task
from ocroute.engines.neural.repetition import COVERED, LONGEST, TAIL, LoopDetector, banned_tokens, loop_length
from ocroute.testing import byte_tokenizer

CELL = [11, 12, 13, 14]


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory):
    return byte_tokenizer(tmp_path_factory.mktemp("bytes"), [])


@pytest.fixture
def seen(tokenizer):
    """What is left of a text when circles are cut, boxes passed over."""

    def cut(text, *, boxes=True):
        tokens = tokenizer.encode(text, add_special_tokens=False)
        loop_detector = LoopDetector(tokenizer, boxes=boxes)
        kept = loop_detector.cut(tokens)
        assert loop_detector.found(tokens[-TAIL:]) == (len(kept) < len(tokens)), "the tail of an answer tells as much"
        return tokenizer.decode(kept)

    return cut


@pytest.mark.parametrize("length", [1, 4, 37, 64, LONGEST])
def test_a_circle_is_seen_and_cut_to_two_rounds(length):
    circle = list(range(100, 100 + length))
    tokens = [1, 2, 3, *(circle * (800 // length + 9))]
    assert loop_length(tokens) == length
    assert LoopDetector(None).cut(tokens) == [1, 2, 3, *circle, *circle]


def test_a_form_with_fifty_empty_cells_is_no_circle():
    assert loop_length([1, 2, *(CELL * 50)]) == 0
    assert loop_length([1, 2, *(CELL * 200)]) == 4


def test_an_empty_table_and_leaders_are_no_circles():
    table = [token for _ in range(24) for token in (1, *[5, 6] * 8, 2)]  # rows of eight empty cells
    assert loop_length(table) == 0
    leaders = [token for number in range(20, 60) for token in (number, *[7] * 60)]  # forty lines of contents
    assert loop_length(leaders) == 0


@given(st.lists(st.integers(0, 9), max_size=900))
def test_cutting_never_touches_what_comes_before_the_circle(tokens):
    kept = LoopDetector(None).cut(tokens)
    assert tokens[: len(kept)] == kept
    if loop_length(tokens) == 0:
        assert kept == tokens
    else:
        assert len(kept) < len(tokens) - COVERED // 2


def cells(*texts):
    return [{"bbox": [9, 20 * y, 333, 20 * y + 17], "category": "Text", "text": text} for y, text in enumerate(texts)]


def test_one_cell_again_and_again_with_other_boxes(seen):
    start = cells("A title", "A first paragraph.")
    again = cells(*['Lorem "ipsum"'] * 80)
    text = json.dumps([*start, *again])[:-1]
    kept = seen(text)
    assert text.startswith(kept)
    assert 2 <= kept.count("Lorem") <= 3
    assert seen(text, boxes=False) == text


def test_the_same_in_another_model_s_form(seen):
    text = "".join(
        f"<|ref|>text<|/ref|><|det|>[[{x}, {2 * x}, {x + 500}, 999]]<|/det|>\nIn vain.\n\n" for x in range(90)
    )
    assert seen(text).count("In vain.") <= 3


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(cells(*["Yes"] * 12)),
        json.dumps(cells(*(f"Item {number}" for number in range(300)))),
        json.dumps(
            [
                *cells(*["Lorem ipsum"] * 80),
                *cells("The end.", "Page 3"),
            ]
        ),
        "| " + " | ".join(str(number * number % 1009) for number in range(900)),
        "[1, 2] and [3] " * 12,
    ],
    ids=["a dozen alike", "a numbered list", "it went on", "a table of numbers", "citations"],
)
def test_what_repeats_by_nature_is_left_alone(text, seen):
    assert seen(text) == text


def test_numbers_that_no_bracket_closes_are_text(tokenizer):
    loop_detector = LoopDetector(tokenizer, boxes=True)
    for text in ("a [1, 2, 3 b", "a [1, 2", "1, 2] a", "x[12]y[3]"):
        tokens = tokenizer.encode(text, add_special_tokens=False)
        left = tokenizer.decode([tokens[place] for place in loop_detector._outside_boxes(tokens)])
        assert left == {"x[12]y[3]": "x[]y[]"}.get(text, text)


@pytest.fixture
def endless(babbling):
    """An engine that says the same over and over, with room for 20,000 tokens."""

    def make(text):
        engine = babbling("glm_ocr")  # written by transformers' own loop, which the hook below can lead
        engine.facts = replace(engine.facts, modes={"text": replace(engine.facts.modes["text"], max_new_tokens=20_000)})
        model, tokens = engine.loaded.model, engine.loaded.tokenizer.encode(text, add_special_tokens=False)
        said = 0

        def say(module, inputs, logits):
            nonlocal said
            said += 1
            return torch.full_like(logits, -9.0).index_fill(-1, torch.tensor([tokens[(said - 1) % len(tokens)]]), 9.0)

        model.get_output_embeddings().register_forward_hook(say)
        return engine

    return make


def test_an_endless_answer_is_stopped_and_called_a_circle(endless, sheet):
    reading = endless("dots . . ").read_page(sheet, Task())
    assert (reading.finish, reading.settings["ending"]) == ("loop", "loop")
    assert reading.settings["tokens"] < 640
    assert reading.raw == "dots . . " * 2


def test_an_answer_ends_when_its_time_is_up_and_is_kept(endless, sheet):
    engine = endless("".join(f"{number} " for number in range(3000)))
    started = perf_counter()
    reading = engine.read_page(sheet, Task(limits=PageLimits(seconds=1.5)))
    assert perf_counter() - started > 1.4
    assert (reading.finish, reading.settings["ending"]) == ("late", "late")
    assert reading.text.startswith("0 1 2 3 4 5")


def test_the_guard_forbids_what_would_come_twice():
    assert banned_tokens([1, 2, 3, 9, 1, 2], 3) == {3}
    assert banned_tokens([1, 2, 3, 9, 1, 3], 3) == set()
    assert banned_tokens([1, 1], 3) == set()
    assert banned_tokens([5, 5, 5], 3) == {5}
