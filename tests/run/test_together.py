"""Engines that hold several pages: one process more, and a fault in one page costs the others nothing."""

import json
import os
import signal

import pytest
from tests.support.waiting import PATIENCE, until

from ocroute.errors import ExitCode
from ocroute.route.plan import Wish
from ocroute.run import read_documents


def read(path, *, wish=None, jobs=2, timeout=None):
    (result,) = read_documents([path], wish, jobs=jobs, timeout=timeout)
    assert result.error is None
    pages = result.document().pages
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    return pages


def engines(pages):
    return [page.provenance.engine for page in pages]


def tried(page):
    return [(attempt.engine, attempt.outcome) for attempt in page.attempts]


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setenv("OCROUTE_FAULTY_LOG", str(tmp_path / "log"))
    return lambda: [line.split() for line in (tmp_path / "log").read_text().splitlines()]


@pytest.fixture
def meeting(monkeypatch):
    """Have so many pages meet in the engine, on so many cards, before it answers any."""
    return lambda pages, cards=1: monkeypatch.setenv("OCROUTE_FAULTY_MEET", f"{pages},{cards}")


def test_one_process_reads_all_pages_several_at_a_time(make_pages, faulty, log, meeting):
    faulty("together:3", "null")
    meeting(3)
    pages = read(make_pages(7))
    assert len({process for name, _, process in log() if name == "together"}) == 1
    assert [number for name, number, _ in log() if name == "together"] != sorted("1234567")
    assert engines(pages) == ["together"] * 2 + ["null"] + ["together"] * 4
    assert tried(pages[2]) == [("together", "failed"), ("null", "accepted")]
    assert pages[2].attempts[0].reason == "ZeroDivisionError: an accident"
    for page in (*pages[:2], *pages[3:]):
        settings = page.provenance.settings
        assert (settings["page"], settings["width"], page.width) == (page.number, 200 + page.number, 200 + page.number)
        assert {"upright", "load", "read", "layout", "judge"} <= set(page.provenance.seconds)


def test_the_pages_are_those_that_one_process_reads_one_by_one(make_pages, ocroute):
    def plain(*jobs):
        done = ocroute.run(make_pages(4), "--jobs", *jobs, "--format", "json", engines=["together:2", "null"])
        assert done.returncode == ExitCode.OK, done.stderr
        pages = json.loads(done.stdout)["pages"]
        for page in pages:
            page["provenance"].pop("seconds")
            page["provenance"]["settings"].pop("threads")
            for attempt in page["attempts"]:
                attempt.pop("seconds")
        return pages

    assert plain("0") == plain("2")


def test_pages_that_die_together_are_read_alone_and_one_of_them_did_it(make_pages, faulty):
    faulty("together_dies:4", "null")
    pages = read(make_pages(6))
    assert engines(pages) == ["together_dies"] * 3 + ["null"] + ["together_dies"] * 2
    assert tried(pages[3]) == [("together_dies", "crashed"), ("null", "accepted")]
    assert "exited with code 1" in pages[3].attempts[0].reason


def test_nobody_is_blamed_for_a_process_that_was_killed(make_pages, faulty, log, meeting, tmp_path):
    faulty("together_dies_once")
    meeting(2)
    pages = read(make_pages(6))
    assert (tmp_path / "log.died").exists()
    assert engines(pages) == ["together_dies_once"] * 6
    assert all(len(page.attempts) == 1 for page in pages)


def test_a_page_that_never_ends_goes_to_the_next_engine(make_pages, faulty):
    faulty("together_hangs:1", "null")
    pages = read(make_pages(3), timeout=4)
    assert engines(pages) == ["null", "together_hangs", "together_hangs"]
    assert tried(pages[0])[0] == ("together_hangs", "timed_out")


def test_two_such_engines_take_turns(make_pages, faulty, log):
    faulty("together:2", "together_next:9")
    pages = read(make_pages(5))
    assert engines(pages) == ["together", "together_next", "together", "together", "together"]
    held = [name for name, _, _ in log()]
    assert held == ["together"] * 5 + ["together_next"]
    assert len({process for _, _, process in log()}) == 1


def test_one_that_cannot_be_loaded_is_one_error(make_pages, ocroute):
    asked = ("--jobs", "1", "--engine", "together_cannot_load")
    done = ocroute.run(make_pages(3), *asked, engines=["together_cannot_load", "null"])
    assert done.returncode == ExitCode.UNAVAILABLE, done.stderr
    assert "its weights are torn" in done.stderr


def test_one_that_cannot_be_loaded_or_dies_of_it_is_tried_once_and_is_the_next_one_s_turn(make_pages, faulty, log):
    faulty("together_cannot_load", "together_dies_loading", "null")
    pages = read(make_pages(4))
    assert engines(pages) == ["null"] * 4
    failed = [("together_dies_loading", "crashed"), ("together_cannot_load", "failed"), ("null", "accepted")]
    assert [tried(page) for page in pages] == [failed] * 4
    assert [name for name, _, _ in log()].count("together_dies_loading") == 1


def test_it_stays_loaded_for_the_next_run(make_pages, faulty, log):
    from ocroute.run.jobs import Input
    from ocroute.run.session import Session, Work

    faulty("together")
    with Session(Wish(engine="together"), jobs=1) as session:
        for _ in range(2):
            works = [Work(Input(os.fsencode(make_pages(2))))]
            session.count(works, None)
            assert len(list(session.records(works))) == 2
    assert len({process for _, _, process in log()}) == 1


@pytest.mark.parametrize("asked_for", ["together_prepares", ""])
def test_where_it_was_asked_for_by_name_its_process_prepares_while_pages_are_opened(asked_for, make_pages, faulty, log):
    faulty("together_prepares")
    pages = read(make_pages(2), wish=Wish(engine=asked_for), timeout=5)
    assert engines(pages) == ["together_prepares"] * 2
    names = [name for name, _, _ in log()]
    assert names == [*(["prepared"] if asked_for else []), "together_prepares", "together_prepares"]
    assert len({process for _, _, process in log()}) == 1


@pytest.mark.parametrize("engine", ["together", "together_dies_once"])
def test_two_cards_read_side_by_side_and_one_that_is_lost_costs_no_page(
    engine, make_pages, faulty, log, meeting, monkeypatch
):
    faulty(f"{engine}:0")
    meeting(2, cards=2)
    monkeypatch.setattr("ocroute.run.session.cards", lambda _: ("GPU-a", "GPU-b"))
    pages = read(make_pages(20))
    assert engines(pages) == [engine] * 20
    assert [page.provenance.settings["page"] for page in pages] == list(range(1, 21))
    assert {page.provenance.settings["card"] for page in pages} == {"GPU-a", "GPU-b"}
    assert len({process for _, _, process in log()}) in ((2,) if engine == "together" else (2, 3))


def test_a_few_pages_load_the_model_once(make_pages, faulty, log, monkeypatch):
    faulty("together")
    monkeypatch.setattr("ocroute.run.session.cards", lambda _: ("GPU-a", "GPU-b"))
    assert len(read(make_pages(4))) == 4
    assert len({process for _, _, process in log()}) == 1


def test_told_to_stop_it_leaves_nothing_running(make_pages, ocroute, tmp_path):
    slow = ["together_slow"]
    process = ocroute.start(make_pages(30), "-o", tmp_path / "out", "--jobs", "2", engines=slow)
    until(lambda: len(ocroute.started("together_slow")) > 1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.INTERRUPTED, err
    assert ocroute.alive() == []
