"""Which recogniser reads a line: the page's own, and another where that one is unsure."""

import numpy as np
import pytest

from ocroute.ppocr import line_choice, model_files
from ocroute.ppocr.line_choice import PageLines, is_better, is_unsure, sample
from ocroute.ppocr.line_models import LineModel, useful
from ocroute.ppocr.traced import Traced

CROP = np.zeros((40, 400, 3), np.uint8)


def traced(text, sure):
    return line(text, sure, np.arange(len(text), dtype=float))


def line(text, sure, centers):
    return Traced(text, np.full(len(text), sure, np.float32), centers, np.zeros(len(text), np.float32))


@pytest.mark.parametrize(
    ("new", "old", "better"),
    [
        (("Поезд отправляется", 0.99), ("Noesa omnpaeumca", 0.7), True),  # surer of as many letters
        (("Поезд отправляется", 0.96), ("2024 . ,", 0.98), True),  # sure of letters that the other left out
        (("Поезд отправляется", 0.6), ("2024 . ,", 0.98), False),  # a guess
        (("П", 0.999), ("The train leaves", 0.9), False),  # a sure mark of many letters
        (("The train leaves", 0.985), ("The train leaves", 0.98), False),  # no surer
        (("", 0.0), ("The train leaves", 0.4), False),
    ],
)
def test_the_better_of_two_readings(new, old, better):
    assert is_better(traced(*new), traced(*old), CROP) is better


def test_few_letters_on_a_long_line_are_unsure_however_sure():
    assert is_unsure(traced(" .  , ", 0.99), CROP)
    assert not is_unsure(traced("The train leaves", 0.97), CROP)


def drawn(letters, pitch=20):
    """A crop with bars for letters, and what is said of it where ``letters`` has no gap: one sign over each bar but the ``_``."""
    crop = np.full((40, pitch * (len(letters) + 1), 3), 255, np.uint8)
    for at in range(len(letters)):
        crop[8:32, pitch * at + 12 : pitch * at + 26] = 0
    said = [at for at, letter in enumerate(letters) if letter != "_"]
    text = "".join(letters[at] for at in said)
    return line(text, 0.99, np.array([pitch * at + 19.0 for at in said])), crop


@pytest.mark.parametrize(
    ("letters", "unsure"),
    [
        ("12345678,90", False),
        ("_____12345678,90", True),  # a word before figures that were read
        ("12345678,90_____", True),
        ("1234_____5678,90", True),
        ("1234_5678", False),  # one sign is lost among many: no other alphabet helps
    ],
)
def test_ink_without_letters_makes_a_line_unsure_however_sure_its_figures(letters, unsure):
    assert is_unsure(*drawn(letters)) is unsure


def test_another_reading_that_fills_the_hole_is_better_and_a_guess_is_not():
    old, crop = drawn("_____12345678,90")
    for sure, better in ((0.95, True), (0.7, False)):
        new = line("Всего12345678,90", sure, np.arange(16) * 20 + 19.0)
        assert is_better(new, old, crop) is better
        assert not is_better(old, new, crop), "it leaves out what the other wrote"


def test_figures_do_not_hide_doubts_about_letters():
    line = traced("Mtoro 12 345,67 2024-11-30", 0.99)
    assert not is_unsure(line, CROP)
    line.probabilities[:5] = 0.8
    assert line.confidence > line_choice.SURE
    assert is_unsure(line, CROP)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 40, 500])
def test_a_sample_has_each_place_once_and_not_the_short_lines(count):
    aspects = [0.5 if at % 2 else 20.0 for at in range(count)]
    places = sample(aspects)
    assert len(places) == len(set(places)) == min(count, line_choice.SAMPLE)
    if count >= 2 * line_choice.SAMPLE:
        assert all(aspects[at] > 1 for at in places)


@pytest.fixture
def readers(monkeypatch):
    """Two recognisers by hand: each knows the lines of its own script, told by the crop's first pixel; what was asked of each."""
    asked = {"first": 0, "second": 0}

    def recognise(crops, threads, model):
        asked[model] += len(crops)
        own = 1 if model == "first" else 2
        said = "read" if model == "first" else "чтёт"
        return [traced(said, 0.99) if crop[0, 0, 0] in (own, 3) else traced("rxad", 0.5) for crop in crops]

    monkeypatch.setattr(line_choice, "recognise", recognise)
    models = (LineModel("one", "first", frozenset({"Latn"}), frozenset("read")),
              LineModel("two", "second", frozenset({"Cyrl", "Latn"}), frozenset("readчтё")))  # fmt: skip
    return models, asked


def crops(*scripts):
    return [np.full((40, 120, 3), script, np.uint8) for script in scripts]


def test_a_page_of_the_first_asks_no_other(readers):
    models, asked = readers
    assert {line.text for line in PageLines(models, 1).read(crops(*[1] * 30))} == {"read"}
    assert asked == {"first": 30, "second": 0}


def test_a_page_of_the_second_costs_the_sample_more(readers):
    models, asked = readers
    assert {line.text for line in PageLines(models, 1).read(crops(*[2] * 30))} == {"чтёт"}
    assert asked == {"first": line_choice.SAMPLE, "second": 30}


def test_of_long_lines_only_the_beginnings_are_read_to_choose(monkeypatch, readers):
    models, _ = readers
    read = []

    def recognise(crops, threads, model):
        read.extend((model, crop.shape[1]) for crop in crops)
        return [traced("чтёт" * 5, 0.99) if model == "second" else traced("rxad", 0.5) for _ in crops]

    monkeypatch.setattr(line_choice, "recognise", recognise)
    PageLines(models, 1).read([np.full((40, 900, 3), 2, np.uint8)] * 30)
    assert [width for model, width in read if model == "first"] == [200] * line_choice.SAMPLE
    assert [width for model, width in read if model == "second"] == [200] * line_choice.SAMPLE + [900] * 30


def test_every_line_of_a_mixed_page_gets_its_own(readers):
    models, _ = readers
    page = PageLines(models, 1)
    assert [line.text for line in page.read(crops(*[1, 2, 2, 1] * 10))] == ["read", "чтёт", "чтёт", "read"] * 10
    assert page.used == {"one", "two"}
    assert page.read([]) == []


def test_lines_that_the_first_reads_surely_do_not_keep_it_on_a_page_of_another_script(readers):
    """Numbers, and words in look-alike letters, with a few lines between that tell."""
    models, _ = readers
    read = PageLines(models, 1).read(crops(*[3, 3, 2] * 13))
    assert {line.text for line in read} == {"чтёт"}


def test_the_languages_say_which_are_asked():
    latin, european = (
        LineModel(name, None, frozenset(scripts), frozenset())
        for name, scripts in (("a", ["Latn"]), ("b", ["Latn", "Cyrl"]))
    )
    known = (latin, european)
    assert useful(known, []) == known
    assert useful(known, ["en"]) == (latin,)
    assert useful(known, ["ru"]) == useful(known, ["ru", "en"]) == (european,)
    assert useful(known, ["ko"]) == (latin,)  # as before: the page comes back blank and says so


def test_a_damaged_file_of_ours_is_told_of_and_left_alone(tmp_path, monkeypatch, caplog):
    whole = model_files.european().read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr("ocroute.models.__file__", str(tmp_path / "__init__.py"))
        for broken in (whole[: len(whole) // 2], b"<html>", whole[:-1] + b"x"):
            (tmp_path / model_files.EUROPEAN).write_bytes(broken)
            caplog.clear()
            model_files.european.cache_clear()
            assert model_files.european() is None
            assert "Cyrillic and Greek are not read" in caplog.text
    model_files.european.cache_clear()
    assert model_files.european() is not None
