"""What every registered engine must do; a new engine is tested by being registered."""

import hashlib
import os
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from tests.support.pages import ENGLISH

from ocroute.engines.base import ENGINES, Availability, EngineInfo, Reading, Request, Task
from ocroute.errors import Declined
from ocroute.testing import Null
from ocroute.values import Box

PLUGINS = Path(__file__).parent.parent / "plugins"
BUILTIN = [name for name in ENGINES if ENGINES[name].builtin]
LINE_KINDS = ("textlayer", "ocr")


def of_kind(*kinds):
    """The engines of these kinds; those that cannot run here are skipped, and the reason is shown."""
    chosen = []
    for name in BUILTIN:
        if ENGINES.load(name).info.kind in kinds:
            here = ENGINES.load(name).probe()
            skip = [] if here.state == "usable" else [pytest.mark.skip(reason=f"{name} is {here.state}: {here.reason}")]
            chosen.append(pytest.param(name, marks=skip))
    return chosen


LINES, OCR = of_kind(*LINE_KINDS), of_kind("ocr")


def task_for(name, **wishes):
    return Task(**({"languages": ("en",)} | wishes))


@pytest.mark.parametrize("name", BUILTIN)
def test_every_engine_stands_under_a_contract(name):
    """Engines that give lines are tested here, neural ones in tests/engines_neural, those that ask a server in
    tests/engines_openai: whether weights or a server are within reach must make no difference."""
    info = ENGINES.load(name).info
    if info.kind in LINE_KINDS:
        assert not info.gives_layout
        assert info.gives_boxes
    else:
        assert info.kind in ("vlm", "remote")
        assert info.gives_layout


@pytest.mark.parametrize("name", BUILTIN)
def test_probe_answers_and_loads_nothing_heavy(name):
    engine = ENGINES.load(name)
    start = time.process_time()
    answer = engine.probe()
    assert time.process_time() - start < 1.0
    assert isinstance(answer, Availability)
    assert isinstance(engine.info, EngineInfo)
    assert answer.state == "usable" or answer.reason
    assert answer.state == "usable" or answer.install


@pytest.mark.parametrize("name", LINES)
def test_reads_each_page_once_in_order(name, typeset):
    first, second = typeset(ENGLISH[:2]), typeset(ENGLISH[2:])
    task = task_for(name)
    requests = [Request(first, task), Request(second, task)]
    answers = list(ENGINES.load(name)(task).read(iter(requests)))
    assert [request for request, _ in answers] == requests
    readings = [reading for _, reading in answers]
    assert "harbour" in readings[0].text
    assert "gulls" in readings[1].text
    assert all(reading.finish == "stop" and reading.versions and reading.seconds for reading in readings)


@pytest.mark.parametrize("name", LINES)
def test_reads_what_stands_in_regions_only_and_puts_it_in_its_place(name, typeset):
    page = typeset(ENGLISH)
    width, _ = page.size
    second, last = (page.layer[place].box for place in (1, 3))
    regions = tuple(Box(0, box.y0 - 9, width, box.y1 + 9) for box in (last, second))
    task = task_for(name)
    ((_, reading),) = ENGINES.load(name)(task).read([Request(page, task, regions)])
    assert [line.text.split()[0] for line in reading.lines] == ["A", "Boats"]
    for line, true in zip(reading.lines, (last, second), strict=True):
        assert abs(line.box.y0 - true.y0) < 12
        assert abs(line.words[1].box.x0 - true.x0) < 150
    assert reading.seconds
    assert reading.versions


@pytest.mark.parametrize("name", LINES)
def test_a_region_without_anything_costs_the_others_nothing(name, typeset):
    page = typeset(ENGLISH[:1])
    width, height = page.size
    top = page.layer[0].box.y1 + 9
    regions = (Box(0, top + 1, width, height), Box(0, 0, width, top))
    task = task_for(name)
    ((_, reading),) = ENGINES.load(name)(task).read([Request(page, task, regions)])
    assert "harbour" in reading.text


def test_regions_are_boxes_of_the_page(typeset):
    page = typeset(ENGLISH[:1])
    for regions in ((), (Box(0, 0, 10, 0),), (Box(*page.size, 9000, 9000),)):
        with pytest.raises(ValueError, match="not regions of a page"):
            Request(page, Task(), regions)


def test_an_engine_with_a_layout_declines_regions(typeset):
    class Whole(Null):
        info = EngineInfo("vlm", rank=1, gives_layout=True)

    page = typeset(ENGLISH[:1])
    ((_, answer),) = Whole(Task()).read([Request(page, Task(), (Box(0, 0, 50, 50),))])
    assert isinstance(answer, Declined)


def test_an_engine_may_hold_several_pages_and_answer_out_of_order(monkeypatch, typeset):
    monkeypatch.syspath_prepend(str(PLUGINS))
    from ocroute_faulty import CHOSEN, Together

    monkeypatch.setitem(CHOSEN, "together", 3)

    pages = [typeset(ENGLISH[:1]) for _ in range(5)]
    for number, page in enumerate(pages, start=1):
        page.number = number
    requests = [Request(page, Task()) for page in pages]
    taken = []

    def given():
        for request in (*requests[:2], None, *requests[2:]):
            taken.append(request)
            yield request

    answers, most = {}, 0
    for request, answer in Together(Task()).read(given()):
        most = max(most, len(taken) - taken.count(None) - len(answers))
        answers[request] = answer
    assert list(answers) != requests
    assert set(answers) == set(requests)
    assert most == 3
    assert [isinstance(answers[request], Reading) for request in requests] == [True, True, False, True, True]


@pytest.mark.parametrize("name", LINES)
def test_boxes_lie_in_the_page_and_words_spell_their_line(name, typeset):
    page = typeset(ENGLISH)
    width, height = page.size
    task = task_for(name)
    reading = ENGINES.load(name)(task).read_page(page, task)
    assert reading.lines
    for line in reading.lines:
        assert line.text == " ".join(word.text for word in line.words)
        for part in (line, *line.words):
            assert 0 <= part.box.x0 < part.box.x1 <= width
            assert 0 <= part.box.y0 < part.box.y1 <= height
            assert part.confidence is None or 0 <= part.confidence <= 1


@pytest.mark.parametrize("name", LINES)
def test_words_stand_where_they_were_set(name, typeset):
    page = typeset(ENGLISH)
    task = task_for(name)
    reading = ENGINES.load(name)(task).read_page(page, task)
    found = {word.text: word.box for line in reading.lines for word in line.words}
    true = {word.text: word.box for line in page.layer for word in line.words}
    shared = [text for text in true if text in found]
    assert len(shared) > 0.8 * len(true)
    for text in shared:
        assert abs(found[text].x0 - true[text].x0) < 6, text
        assert abs(found[text].x1 - true[text].x1) < 6, text


@pytest.mark.parametrize("name", LINES)
def test_leaves_the_page_as_it_was(name, typeset):
    page = typeset(ENGLISH[:1])
    before = hashlib.sha256(page.pixels.tobytes()).hexdigest()
    ENGINES.load(name)(task_for(name)).read_page(page, task_for(name))
    assert hashlib.sha256(page.pixels.tobytes()).hexdigest() == before


@pytest.mark.parametrize("name", OCR)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (500, 1, 3), (40, 40, 3)])
def test_reads_nothing_on_odd_blank_pages(name, shape, typeset):
    page = typeset(ENGLISH[:1])
    page.pixels = np.full(shape, 255, np.uint8)
    task = task_for(name)
    reading = ENGINES.load(name)(task).read_page(page, task)
    assert reading.text.strip() == ""


@pytest.mark.parametrize("name", OCR)
def test_takes_no_more_cores_than_threads(name, typeset):
    """Measured as CPU seconds a wall-clock second, of this process and its children, on work that would fill two cores."""
    if (os.cpu_count() or 1) < 2:
        pytest.skip("on one core nothing can be told")
    page = typeset(ENGLISH * 4)
    task = task_for(name)
    engine = ENGINES.load(name)(task)
    engine.read_page(typeset(ENGLISH[:1]), task)
    times = psutil.Process().cpu_times()
    cpu, wall = sum(times[:4]), time.perf_counter()
    engine.read_page(page, task)
    times = psutil.Process().cpu_times()
    assert sum(times[:4]) - cpu <= 1.3 * (time.perf_counter() - wall) + 0.05


def test_text_layer_declines_a_page_without_one(typeset):
    page = typeset(ENGLISH)
    page.layer = None
    task = Task()
    with pytest.raises(Declined, match="no text layer"):
        ENGINES.load("textlayer")(task).read_page(page, task)
