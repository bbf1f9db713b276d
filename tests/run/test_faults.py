"""Every way in which an engine can fail, all in one document: each costs its attempt and nothing else."""

import json

import pytest
from PIL import Image

from ocroute.errors import EngineUnavailable, ExitCode
from ocroute.route.plan import Wish
from ocroute.run import read_documents

FAULTS = {
    "segfault": ("crashed", "SIGSEGV"),
    "abort": ("crashed", "SIGABRT"),
    "exit1": ("crashed", "exited with code 1; its last words: license server not found"),
    "sysexit": ("crashed", "exited with code 3"),
    "killed": ("crashed", "want of memory"),
    "hang": ("timed_out", "did not end within 6 seconds"),
    "hang_in_c": ("timed_out", "did not end within 6 seconds"),
    "leaves_child": ("crashed", "exited with code 1"),
    "raises": ("failed", "ZeroDivisionError: an accident"),
    "memory_hog": ("failed", "MemoryError"),
    "wrong_type": ("failed", "expected"),
    "nan": ("failed", "not well formed"),
    "too_many": ("failed", "Reading, Reading, Reading"),
    "too_few": ("failed", "nothing"),
    "prints": ("accepted", ""),
}


@pytest.fixture(scope="module")
def document(tmp_path_factory, dotted_pages, means, faulty_engines):
    """One page for each fault and one for none; engine k misbehaves on page k, the last one behaves on all."""
    path = tmp_path_factory.mktemp("faults") / "pages.tif"
    frames = dotted_pages(len(FAULTS) + 1)
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with faulty_engines() as choose:
        choose(*(f"{name}:{place}" for place, name in enumerate(FAULTS, start=1)), "null")
        (result,) = read_documents([path], jobs=2, timeout=6)
    assert result.error is None
    return result.document()


def test_as_many_records_as_pages_in_order(document):
    assert [page.number for page in document.pages] == list(range(1, len(FAULTS) + 2))


def test_all_pages_end_well(document):
    assert [page.verdict.status for page in document.pages] == ["blank"] * len(document.pages)


@pytest.mark.parametrize(("place", "name"), list(enumerate(FAULTS)))
def test_fault_costs_its_attempt_only(document, place, name):
    page = document.pages[place]
    outcome, words = FAULTS[name]
    tried = {attempt.engine: attempt for attempt in page.attempts if attempt.outcome != "declined"}
    assert tried[name].outcome == outcome
    assert words in tried[name].reason
    assert page.provenance.engine == (name if outcome == "accepted" else "null")
    assert list(tried) == ([name] if outcome == "accepted" else [name, "null"])
    assert page.width == 201 + place, "the frame of a page that changed workers is its own"


def test_earlier_attempts_survive_the_death_of_the_worker(document):
    page = document.pages[list(FAULTS).index("hang_in_c")]
    before = [attempt.engine for attempt in page.attempts]
    assert before[: before.index("hang_in_c")] == list(FAULTS)[: before.index("hang_in_c")]


def test_page_on_which_every_engine_fails_says_why(make_pages, faulty):
    faulty("segfault:1")
    (result,) = read_documents([make_pages(2)], Wish(engine="segfault"), jobs=1)
    first, second = result.document().pages
    assert first.verdict.status == second.verdict.status == "failed"
    assert "SIGSEGV" in first.error
    assert result.exit_code == ExitCode.FAILED_PAGE


def test_workers_that_cannot_start_are_one_error(make_pages, faulty):
    faulty("probe_dies", "null")
    with pytest.raises(EngineUnavailable, match="driver mismatch"):
        list(read_documents([make_pages(1)], jobs=2))


def test_engine_that_cannot_run_is_one_error(make_pages, faulty):
    faulty("null")
    with pytest.raises(EngineUnavailable, match="not asked for by this test"):
        list(read_documents([make_pages(1)], Wish(engine="hang"), jobs=1))


def test_nothing_but_the_product_reaches_stdout(make_pages, ocroute):
    done = ocroute.run(make_pages(1), "--jobs", "1", engines=["prints", "null"])
    assert done.returncode == ExitCode.OK, done.stderr
    assert done.stdout.strip() == ""
    assert ocroute.started("prints") == [1]
    assert "Traceback" not in done.stderr


def test_a_worker_that_has_lost_its_gpu_is_replaced(make_pages, faulty):
    faulty("loses_device", "null")
    (result,) = read_documents([make_pages(3)], jobs=1)
    first, *others = result.document().pages
    lost = next(attempt for attempt in first.attempts if attempt.engine == "loses_device")
    assert (lost.outcome, first.provenance.engine) == ("crashed", "null")
    assert "exited with code 1; its last words: the GPU's context is gone" in lost.reason
    assert [page.provenance.engine for page in others] == ["loses_device"] * 2


def test_without_workers_a_lost_gpu_costs_its_engine_only(make_pages, ocroute):
    done = ocroute.run(make_pages(2), "--jobs", "0", "--format", "json", engines=["loses_device", "null"])
    assert done.returncode == ExitCode.OK, done.stderr
    assert [page["provenance"]["engine"] for page in json.loads(done.stdout)["pages"]] == ["null", "null"]


@pytest.mark.parametrize("jobs", ["0", "2"])
def test_the_engine_asked_for_that_cannot_be_loaded_is_one_error(jobs, make_pages, ocroute):
    done = ocroute.run(make_pages(3), "--engine", "cannot_load", "--jobs", jobs, engines=["cannot_load", "null"])
    assert done.returncode == ExitCode.UNAVAILABLE, done.stderr
    assert "its weights are torn. Fetch them again" in done.stderr
    assert "fewer worker processes" not in done.stderr, "the only cause is the first word"
    assert len(ocroute.started("cannot_load")) <= max(1, int(jobs))


def test_more_workers_than_the_card_holds_models_cost_workers_and_no_page(make_pages, ocroute):
    done = ocroute.run(
        make_pages(6), "--engine", "fills_the_card", "--jobs", "3", "--format", "json", engines=["fills_the_card"]
    )
    assert done.returncode == ExitCode.OK, done.stderr
    pages = json.loads(done.stdout)["pages"]
    assert [page["provenance"]["engine"] for page in pages] == ["fills_the_card"] * 6
    assert done.stderr.splitlines()[:-1] == ["ocroute: fewer worker processes than asked for: the card is full"]


def test_what_was_read_is_not_lost_when_a_later_process_cannot_load_the_engine(
    make_pages, faulty, tmp_path, monkeypatch
):
    faulty("loads_once")
    monkeypatch.setenv("OCROUTE_FAULTY_LOG", str(tmp_path / "log"))
    (result,) = read_documents([make_pages(3)], Wish(engine="loads_once"), jobs=1)
    assert result.statuses == ("blank", "failed", "failed")
    assert "the server is down" in result.document().pages[2].error
    assert result.exit_code == ExitCode.FAILED_PAGE


def test_engine_that_never_loads_is_an_error_though_a_dark_page_was_judged_before_it(
    dotted_pages, faulty, tmp_path, monkeypatch
):
    faulty("loads_once")
    log = tmp_path / "log"
    log.write_text("loads_once")  # as if an earlier process had had it
    monkeypatch.setenv("OCROUTE_FAULTY_LOG", str(log))
    dark, dotted = Image.new("L", (200, 240), 10), dotted_pages(1)
    dark.save(tmp_path / "pages.tif", save_all=True, append_images=dotted)
    with pytest.raises(EngineUnavailable, match="the server is down"):
        list(read_documents([tmp_path / "pages.tif"], Wish(engine="loads_once"), jobs=1))
