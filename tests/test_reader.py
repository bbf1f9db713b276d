"""The way of one page, in this process, with engines that say what they are told."""

from __future__ import annotations

import json
import weakref
from typing import ClassVar

import msgspec
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocroute import registry, testing
from ocroute.document.model import Attempt, Document, Page, Verdict
from ocroute.engines.base import ENGINES, EngineInfo, Wanted
from ocroute.engines.neural import failures
from ocroute.errors import EngineCrashed, EngineUnavailable, UsageError
from ocroute.pages import open_input
from ocroute.route import Plan, Wish, page_records
from ocroute.route.page_reader import PageReader
from ocroute.values import Block, Category

LINES = [f"The ferry of the lake leaves at {hour} in the morning and brings the post." for hour in range(5, 17)]
TOP, STEP, LEFT = 80, 60, 70


class Told(testing.Scripted):
    """Says all lines."""

    info = EngineInfo("ocr", rank=1)
    said = LINES
    told: ClassVar = {}

    def read_page(self, page, task):
        boxes = {
            line: [LEFT, TOP + STEP * place, LEFT + 820, TOP + STEP * place + 34] for place, line in enumerate(LINES)
        }
        lines = [{"text": line, "box": boxes[line], "confidence": 0.97} for line in self.said]
        reading = {"lines": lines, "model": type(self).__name__} | self.told
        return msgspec.convert(reading, type(super().read_page(page, task)))


class Half(Told):
    """Says the first half."""

    said = LINES[: len(LINES) // 2]


class Third(Told):
    """Says the first third."""

    said = LINES[: len(LINES) // 3]


class OnCard(Told):
    """Says where it ran."""

    told: ClassVar = {
        "model_hash": "ab12", "kernel": "vision flash4", "device": "NVIDIA X", "versions": {"torch": "2.11"},
        "settings": {"dtype": "bfloat16"}, "seconds": {"generate": 1.23456},
    }  # fmt: skip


class Remote(OnCard):
    """Asks a server."""

    info = EngineInfo("remote", rank=1)


class Raises(Told):
    """Fails."""

    def read_page(self, page, task):
        raise RuntimeError("the lamp is broken")


class Unloadable(Told):
    """Cannot be loaded, and counts how often that was tried."""

    tried = 0

    def __init__(self, task):
        type(self).tried += 1
        raise EngineUnavailable("its weights are torn", next_step="Fetch them again")


class Neural(Told):
    """Holds a model; which ones live is known at any time."""

    info = EngineInfo("vlm", rank=1)
    alive: ClassVar[weakref.WeakSet] = weakref.WeakSet()
    together: ClassVar[list] = []

    def __init__(self, task):
        super().__init__(task)
        self.model = [self]  # in a circle, as models are
        Neural.alive.add(self)
        Neural.together.append(len(Neural.alive))


class First(Neural):
    """Says too little."""

    said = LINES[: len(LINES) // 2]


class Second(Neural):
    """Says all."""


class Sick(Neural):
    """Is loaded, and then does not read the canary page."""

    def __init__(self, task):
        super().__init__(task)
        raise EngineUnavailable("it did not read the canary page")


class Fatal(Neural):
    """Loses the GPU while it is loaded."""

    def __init__(self, task):
        super().__init__(task)
        failures._lost_to = "CUDA error: unspecified launch failure"
        raise EngineUnavailable("CUDA error: unspecified launch failure")


class Breaks(Told):
    """Loses the GPU."""

    def read_page(self, page, task):
        raise EngineCrashed("it broke the GPU's context")


class Particular(Told):
    """Knows no such mode."""

    def __init__(self, task):
        raise UsageError("it knows no task 'svg'")


ALL = (Told, Half, Third, OnCard, Remote, Raises, Unloadable, First, Second, Sick, Fatal, Breaks, Particular)


@pytest.fixture(autouse=True)
def engines(monkeypatch, tmp_path):
    """The classes above behind the plugin door."""
    folder = tmp_path / "ocroute_told-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: ocroute-told\nVersion: 1.0\n")
    rows = "\n".join(f"{cls.__name__.lower()} = {__name__}:{cls.__name__}" for cls in ALL)
    (folder / "entry_points.txt").write_text(f"[ocroute.engines]\n{rows}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    script = tmp_path / "script.json"
    script.write_text(json.dumps({}))
    monkeypatch.setenv(testing.SCRIPT, str(script))
    monkeypatch.setattr(ENGINES, "_loaded", {})  # of another test's engines of the same names
    registry.look_again()
    yield
    registry.look_again()


@pytest.fixture
def page(tmp_path):
    image = Image.new("L", (1000, 900), 255)
    font = ImageFont.load_default(26)
    for place, line in enumerate(LINES):
        ImageDraw.Draw(image).text((LEFT, TOP + STEP * place), line, font=font, fill=0)
    image.save(tmp_path / "page.png")
    with open_input(tmp_path / "page.png") as source:
        yield source.page(1)


def read(page, *names, **how):
    return PageReader(Wish("", Wanted()), Plan(dict.fromkeys(names, "for this test"), {"absent": "not here"})).read(
        page, **how
    )


def outcomes(record):
    return {attempt.engine: attempt.outcome for attempt in record.attempts}


def test_the_first_accepted_text_ends_the_search(page):
    record = read(page, "told", "raises")
    assert record.verdict.status == "accepted", record.verdict
    assert outcomes(record) == {"told": "accepted"}
    assert record.provenance.engine == "told"
    assert record.provenance.model == "Told"
    assert (record.width, record.height) == (1000, 900)
    assert " ".join(block.text for block in record.blocks).count("ferry") == len(LINES)


def test_a_refused_text_is_followed_by_the_next_engine(page):
    refused = []
    record = read(page, "half", "raises", "told", on_refused=refused.append)
    assert outcomes(record) == {"half": "refused", "raises": "failed", "told": "accepted"}
    assert "the lamp is broken" in record.attempts[1].reason
    assert [len(stand.attempts) for stand in refused] == [1, 2]
    assert all("ferry" in stand.blocks[0].text for stand in refused), (
        "the refused text is kept until a better one comes"
    )


@pytest.mark.parametrize("order", [("half", "third"), ("third", "half")])
def test_of_refused_texts_the_best_is_returned_as_doubtful(page, order):
    record = read(page, *order)
    assert record.verdict.status == "doubtful"
    assert record.provenance.engine == "half"
    assert list(outcomes(record)) == list(order)
    assert any(finding.refuses for finding in record.verdict.findings)


@pytest.mark.parametrize(("later", "kept"), [(0.79, "first"), (0.84, "first"), (0.86, "second")])
def test_of_refused_texts_a_later_one_must_be_clearly_better(later, kept):
    def refused(engine, score):
        block = Block(Category.TEXT, engine)
        return Page("a.png", 1, 10, 10, Verdict("doubtful", score), blocks=(block,))

    found = page_records.better(refused("first", 0.8), refused("second", later))
    assert found.blocks[0].text == kept


def test_without_any_text_the_page_is_failed_and_says_why(page):
    record = read(page, "raises")
    assert record.verdict.status == "failed"
    assert "the lamp is broken" in record.error
    assert record.blocks == ()


def test_a_page_goes_on_where_a_dead_process_left_it(page):
    asked = []
    kept = read(page, "third")
    prior = (*kept.attempts, Attempt("told", "crashed", "it died"))
    record = read(page, "third", "told", "half", prior=prior, best=kept, on_attempt=asked.append)
    assert asked == ["half"]
    assert outcomes(record) == {"third": "refused", "told": "crashed", "half": "refused"}
    assert record.provenance.engine == "half"
    lost = read(page, "third", "told", prior=prior, best=kept)
    assert lost.provenance.engine == "third", "the text of the dead process is not lost"


def test_the_record_says_where_its_text_comes_from(page):
    told = read(page, "oncard").provenance
    assert (told.engine, told.model, told.model_hash) == ("oncard", "OnCard", "ab12")
    assert (told.kernel, told.device) == ("vision flash4", "NVIDIA X")
    assert told.versions.keys() == {"ocroute", "torch"}
    assert told.settings == {"threads": 1, "dtype": "bfloat16"}
    assert told.seconds["read.generate"] == 1.2346
    assert read(page, "told").provenance.device == "cpu"
    assert read(page, "remote").provenance.device == "", "where a server computes is its own business"


def test_loading_and_reading_are_told_apart(page):
    told = []
    reader = PageReader(Wish("", Wanted()), Plan(dict.fromkeys(("unloadable", "told"), "for this test"), {}))
    for _ in range(2):
        reader.read(
            page,
            on_load=lambda engine: told.append(f"load {engine}"),
            on_attempt=lambda engine: told.append(f"read {engine}"),
        )
    assert told == ["load unloadable", "load told", "read told", "read told"]


def test_every_rejected_engine_is_on_the_record(page):
    assert read(page, "told").rejected == {"absent": "not here"}


def test_a_blank_page_is_seen_by_no_engine(tmp_path):
    Image.new("L", (1000, 900), 255).save(tmp_path / "blank.png")
    with open_input(tmp_path / "blank.png") as source:
        record = read(source.page(1), "raises")
    assert record.verdict.status == "blank"
    assert record.attempts == ()


def test_a_black_page_is_seen_by_no_engine_and_is_doubtful(tmp_path):
    Image.new("L", (1000, 900), 8).save(tmp_path / "black.png")
    with open_input(tmp_path / "black.png") as source:
        record = read(source.page(1), "raises")
    assert record.verdict.status == "doubtful"
    assert record.attempts == ()
    assert "dark" in Document("black.png", (record,)).to_markdown()


def test_an_engine_that_cannot_be_loaded_is_loaded_once_and_each_page_says_why(page):
    Unloadable.tried = 0
    reader = PageReader(Wish("", Wanted()), Plan(dict.fromkeys(("unloadable", "told"), "for this test"), {}))
    for record in (reader.read(page), reader.read(page)):
        assert outcomes(record) == {"unloadable": "failed", "told": "accepted"}
        assert "its weights are torn" in record.attempts[0].reason
    assert Unloadable.tried == 1


def reader_for(*names, engine=""):
    return PageReader(Wish(engine, Wanted()), Plan(dict.fromkeys(names, "for this test"), {}))


def test_one_neural_model_at_a_time_is_in_memory(page):
    Neural.together.clear()
    loads, reader = [], reader_for("first", "second", "told")
    for _ in range(2):
        record = reader.read(page, on_load=loads.append)
        assert outcomes(record) == {"first": "refused", "second": "accepted"}
    assert loads == ["first", "second"] * 2
    assert Neural.together == [1, 1, 1, 1]
    assert len(Neural.alive) == 1


def test_a_model_that_fails_its_canary_leaves_the_memory(page):
    reader = reader_for("sick", "told")
    for record in (reader.read(page), reader.read(page)):
        assert outcomes(record) == {"sick": "failed", "told": "accepted"}
        assert record.attempts[0].reason == "it did not read the canary page"
    assert not any(isinstance(engine, Sick) for engine in Neural.alive)


@pytest.mark.parametrize(("name", "error"), [("unloadable", EngineUnavailable), ("particular", UsageError)])
def test_the_only_engine_that_cannot_be_loaded_ends_the_reading(page, name, error):
    reader = reader_for(name, engine=name)
    for _ in range(2):
        with pytest.raises(error, match=r"its weights are torn|it knows no task 'svg'"):
            reader.read(page)
    assert outcomes(reader_for(name, "told").read(page)) == {name: "failed", "told": "accepted"}


def test_who_watches_hears_of_a_lost_gpu_before_the_next_engine_is_asked(page):
    told = []
    plan = Plan(dict.fromkeys(("breaks", "told"), "for this test"), {})
    reader = PageReader(Wish("", Wanted()), plan, on_lost=lambda error: told.append(error.message))
    record = reader.read(page, on_attempt=told.append)
    assert told == ["breaks", "it broke the GPU's context", "told"]
    assert outcomes(record) == {"breaks": "crashed", "told": "accepted"}


def test_a_gpu_that_is_lost_while_a_model_is_loaded_is_told_too(page, monkeypatch):
    monkeypatch.setattr(failures, "_lost_to", "")
    told = []
    plan = Plan(dict.fromkeys(("fatal", "second", "told"), "for this test"), {})
    record = PageReader(Wish("", Wanted()), plan, on_lost=lambda error: told.append(error.message)).read(page)
    assert outcomes(record) == {"fatal": "crashed", "second": "crashed", "told": "accepted"}
    assert (
        told[0]
        == "fatal cannot run: this process lost the GPU to an earlier fault (CUDA error: unspecified launch failure)"
    )


def test_a_server_that_does_not_know_what_is_asked_for_is_not_passed_over(page):
    wish = Wish("", Wanted(base_url="http://127.0.0.1:9/v1"))
    reader = PageReader(wish, Plan(dict.fromkeys(("particular", "told"), "for this test"), {}))
    with pytest.raises(UsageError, match="knows no task"):
        reader.read(page)
