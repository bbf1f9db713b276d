"""Pages that are written together: each is as it would be alone, whatever happens to the others."""

import numpy as np
import pytest
import torch
from tests.support.answers import answers_of
from tests.support.pages import ArrayPage

from ocroute.engines.base import PageLimits, Reading, Request, Task
from ocroute.engines.neural import together
from ocroute.errors import EngineError
from ocroute.runtime.batch import Batch

SIZES = ((336, 224), (224, 336), (448, 224), (280, 280))


@pytest.fixture
def engine(babbling):
    return babbling("dots_ocr")


@pytest.fixture
def pages():
    draw = np.random.default_rng(0)
    return [ArrayPage(draw.integers(0, 255, (height, width, 3), np.uint8)) for width, height in SIZES]


_alone: list[str] = []


@pytest.fixture
def alone(engine, pages):
    """What each page gives by itself; the checkpoint is the same in all tests."""
    if not _alone:
        _alone.extend(engine.read_page(page, Task()).raw for page in pages)
    return list(_alone)


def raw(answers):
    return [answer.raw if isinstance(answer, Reading) else type(answer) for answer in answers]


def test_pages_of_any_size_enter_and_leave_and_give_what_each_gives_alone(engine, pages, alone, monkeypatch):
    most, enter = [], Batch.enter

    def entered(batch, *given, **how):
        enter(batch, *given, **how)
        most.append(batch.running)

    monkeypatch.setattr(Batch, "enter", entered)
    readings = answers_of(engine, pages)
    assert raw(readings) == alone
    assert max(most) > 1
    assert {reading.finish for reading in readings} <= {"length", "stop"}
    assert all(set(reading.seconds) == {"prepare", "generate"} for reading in readings)


def test_a_page_that_cannot_be_prepared_costs_itself(engine, pages, alone, monkeypatch):
    prepare = engine.prepare

    def torn(image, mode, pixels):
        if image.size == SIZES[2]:
            raise ValueError("torn")
        return prepare(image, mode, pixels)

    monkeypatch.setattr(engine, "prepare", torn)
    assert raw(answers_of(engine, pages)) == [*alone[:2], EngineError, *alone[3:]]


def test_numbers_that_are_not_finite_cost_their_page(engine, pages, alone, monkeypatch):
    prefill, calls = together.prefill, []

    def odd(model, inputs):
        calls.append(1)
        prompt = prefill(model, inputs)
        if len(calls) == 2:
            prompt.scores.fill_(float("nan"))
        return prompt

    monkeypatch.setattr(together, "prefill", odd)
    answers = answers_of(engine, pages)
    assert [type(answer) for answer in answers].count(EngineError) == 1
    assert [text for text, alike in zip(raw(answers), alone, strict=True) if text != alike] == [EngineError]


def test_each_page_has_its_own_deadline(engine, pages, alone):
    requests = [
        Request(page, Task(limits=PageLimits(seconds=1e-6 if at == 1 else 0.0))) for at, page in enumerate(pages)
    ]
    found = dict(engine.read(requests))
    assert [found[request].finish == "late" for request in requests] == [at == 1 for at in range(len(pages))]
    assert [found[request].raw for request in requests if request is not requests[1]] == [*alone[:1], *alone[2:]]


@pytest.mark.parametrize("step", ["prompt", "enter", "advance", "allocate"])
def test_out_of_memory_shrinks_the_batch_and_loses_no_page(step, engine, pages, alone, monkeypatch):
    owner, name = {
        "prompt": (together, "prefill"),
        "enter": (Batch, "enter"),
        "advance": (Batch, "advance"),
        "allocate": (Batch, "__init__"),
    }[step]
    real, calls = getattr(owner, name), []

    def scarce(*given, **how):
        calls.append(1)
        if len(calls) == (1 if step == "allocate" else 3):
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(*given, **how)

    monkeypatch.setattr(owner, name, scarce)
    assert raw(answers_of(engine, pages)) == alone
    assert engine._together._most < together.ON_CPU


def test_a_page_for_which_there_is_no_room_even_alone_is_shown_smaller(engine, pages, alone, monkeypatch):
    prefill = together.prefill

    def scarce(model, inputs):
        if len(inputs["pixel_values"]) > 400:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return prefill(model, inputs)

    monkeypatch.setattr(together, "prefill", scarce)
    answers = answers_of(engine, pages)
    large = [width * height // 14**2 > 400 for width, height in SIZES]
    assert any(large)
    for answer, text, smaller in zip(answers, alone, large, strict=True):
        assert isinstance(answer, Reading)
        assert ("out_of_memory" in answer.settings) == smaller
        assert smaller or answer.raw == text


def test_a_page_that_breaks_the_batch_is_found_and_costs_itself(engine, pages, alone, monkeypatch):
    advance = Batch.advance

    def breaks(batch):
        if any(page.name.size == SIZES[3] for page in batch._sequences.values()):
            raise RuntimeError("index out of range")
        return advance(batch)

    monkeypatch.setattr(Batch, "advance", breaks)
    assert raw(answers_of(engine, pages)) == [*alone[:3], EngineError, *alone[4:]]


def test_a_stream_that_is_left_leaves_nothing(engine, pages, alone):
    answers = engine.read(Request(page, Task()) for page in pages)
    next(answers)
    answers.close()
    assert raw(answers_of(engine, pages)) == alone
