"""Loading has its own time, what is cut for want of time is kept, and a page that may get more is read again."""

import json
import math
import time

import msgspec
import pytest

from ocroute import machine
from ocroute.engines.base import Wanted
from ocroute.errors import ExitCode, UsageError
from ocroute.events import AttemptStarted, EngineLoading, listening
from ocroute.route.plan import Wish
from ocroute.run import capacity, read_documents


def test_loading_is_not_counted_as_the_page_s_time(make_pages, faulty):
    faulty("slow_to_load", "null")
    heard = []
    with listening(heard.append):
        (result,) = read_documents([make_pages(1)], jobs=1, timeout=2)
    (page,) = result.document().pages
    tried = [attempt for attempt in page.attempts if attempt.outcome != "declined"]
    assert [(one.engine, one.outcome) for one in tried] == [("slow_to_load", "accepted")]
    assert tried[0].seconds["load"] > 3
    kinds = [type(event) for event in heard if getattr(event, "engine", "") == "slow_to_load"]
    assert kinds == [EngineLoading, AttemptStarted]


def test_an_engine_that_dies_while_it_is_loaded_is_loaded_once(make_pages, faulty, ocroute, monkeypatch):
    faulty("dies_loading", "null")
    monkeypatch.setenv("OCROUTE_FAULTY_LOG", str(ocroute.log))
    (result,) = read_documents([make_pages(4)], jobs=1)
    for page in result.document().pages:
        lost = next(attempt for attempt in page.attempts if attempt.engine == "dies_loading")
        assert lost.outcome == "crashed"
        assert "was loaded exited with code 9; its last words: the weights bite; it is not loaded again" in lost.reason
        assert lost.reason.endswith("Run: ocroute doctor")
        assert page.provenance.engine == "null"
    assert len(ocroute.started("dies_loading")) == 1


def test_an_engine_that_writes_too_long_gives_what_it_has_and_stays_loaded(make_pages, faulty, tmp_path, monkeypatch):
    faulty("writes_on", "raises")
    monkeypatch.setenv("OCROUTE_FAULTY_LOG", str(tmp_path / "log"))
    started = time.monotonic()
    (result,) = read_documents([make_pages(2)], Wish(engine="writes_on"), jobs=1, timeout=4)
    assert time.monotonic() - started < 30
    for page in result.document().pages:
        assert (page.verdict.status, page.attempts[-1].outcome) == ("doubtful", "timed_out")
        assert [block.text for block in page.blocks] == ["half of"]
        assert page.provenance.settings["seconds"] == 2.0
        assert page.provenance.device == "cuda"
        assert any("--timeout" in finding.next_step for finding in page.verdict.findings)
    processes = {line.split()[2] for line in (tmp_path / "log").read_text().splitlines()}
    assert len(processes) == 1
    assert result.exit_code == ExitCode.DOUBTFUL


def test_a_page_that_was_cut_is_read_again_and_gets_its_time(make_pages, faulty, tmp_path):
    pages = make_pages(1)
    faulty("writes_on")
    for timeout, seconds in ((4, 2.0), (6, 4.0)):
        (result,) = read_documents(
            [pages], Wish("writes_on", Wanted()), jobs=1, timeout=timeout, out=tmp_path / "out", formats=["json"]
        )
        assert result.reused == 0
        assert result.document().pages[0].provenance.settings["seconds"] == seconds


def test_without_workers_too_an_engine_is_told_its_time(make_pages, ocroute):
    command = ("--engine", "writes_on", "--jobs", "0", "--timeout", "4", "--format", "json")
    done = ocroute.run(make_pages(1), *command, engines=["writes_on"])
    assert done.returncode == ExitCode.DOUBTFUL, done.stderr
    (page,) = json.loads(done.stdout)["pages"]
    assert page["provenance"]["settings"]["seconds"] == 2.0


@pytest.mark.parametrize("jobs", [0, 1])
@pytest.mark.parametrize("timeout", [0, -1, math.nan])
def test_a_deadline_that_leaves_no_time_is_refused(jobs, timeout, make_pages):
    with pytest.raises(UsageError, match="leaves no time to read"):
        list(read_documents([make_pages(1)], jobs=jobs, timeout=timeout))


def test_without_a_gpu_a_model_is_given_more_time(monkeypatch):
    bare = msgspec.structs.replace(machine.inspect(), gpus=())
    monkeypatch.setattr(machine, "inspect", lambda: bare)
    assert capacity.default_deadline(Wish("dots_ocr")) == capacity.CPU_DEADLINE
    assert capacity.default_deadline(Wish()) == capacity.default_deadline(Wish("rapidocr")) == capacity.DEADLINE
    card = msgspec.structs.replace(bare, gpus=(machine.Gpu("a card", 16_000, 15_000, (12, 0)),))
    monkeypatch.setattr(machine, "inspect", lambda: card)
    assert capacity.default_deadline(Wish("dots_ocr")) == capacity.DEADLINE
