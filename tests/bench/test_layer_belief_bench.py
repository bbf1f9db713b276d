"""The bench of wrong text layers: pages go into an archive and come out as they were, each layer of them is judged once."""

import random

import pytest
from bench.layer_belief import Case, Row, jobs_of, make, read, summary, wrong
from bench.pages.kinds import make as draw
from bench.wrong_layers import Subject, alterations, misread


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Two drawn pages."""
    folder = tmp_path_factory.mktemp("belief")
    make(folder / "pages.zip", "tune", 2, [])
    return folder / "pages.zip"


def test_a_page_of_the_archive_is_judged_in_each_way_that_is_asked_for(archive):
    jobs = jobs_of(archive, ("right", "scrambled"))
    assert len(jobs) == 2
    assert all(job.other.file != job.page.file for job in jobs)
    row = read(next(job for job in jobs if job.page.name.startswith("sparse")))
    assert [(case.way, case.letters_believed) for case in row.cases] == [("right", True), ("scrambled", False)]
    assert list(wrong([row])) == []
    assert row.seconds is not None


def test_what_is_judged_wrongly_is_told():
    row = Row("a 1", "drawn", 0.5, [Case("right", False, True, "order"), Case("misread", True, True, "")])
    assert list(wrong([row])) == [f"{'right':20} a 1: order", f"{'misread':20} a 1: believed"]
    assert summary([row])["layers"]["misread"] == {"believed": 1, "letters_believed": 1, "of": 1}


def test_every_way_but_two_changes_the_layer():
    sheet = draw("dense", "tune", 3)
    subject = Subject("dense", sheet.page(), tuple(sheet.lines))
    other = tuple(draw("sparse", "tune", 4).lines)
    ways = dict(alterations(subject, other, random.Random(1)))
    texts = {way: [line.text for line in case.lines] for way, case in ways.items()}
    assert texts["right"] == [line.text for line in sheet.lines]
    assert [way for way in texts if way != "right" and texts[way] == texts["right"]] == ["half a line"]
    assert ways["half a line"].lines[0].box != sheet.lines[0].box


def test_a_third_of_the_words_is_misread():
    lines = tuple(draw("dense", "tune", 3).lines)
    said = [word.text for line in misread(lines, random.Random(1)) for word in line.words]
    right = [word.text for line in lines for word in line.words]
    assert 0.2 < sum(a != b for a, b in zip(said, right, strict=True)) / len(right) < 0.45
