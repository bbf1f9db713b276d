"""No document is lost and none is done twice, whatever happens to the workers and to what the store answers."""

import pytest
from bench.claims import ShakyStore, simulate

from ocroute.jobs.claims import TRIES, Claims
from ocroute.stores import FolderStore


@pytest.mark.parametrize("lag", [0.0, 2.0])
def test_workers_that_die_and_stall_lose_nothing(lag):
    found = {seed: faults for seed in range(150) if (faults := simulate(seed, lag=lag)[1])}
    assert not found


def everybody_counts_as_dead(patch):
    patch.setattr(Claims, "_dead", lambda *_: True)


def creating_is_not_exclusive(patch):
    patch.setattr(ShakyStore, "create", lambda own, name, data: not own.exists(name) and not own.write(name, data))


def nobody_looks_after_claiming(patch):
    made = Claims.__init__

    def blind(own, *arguments, **options):
        made(own, *arguments, **options)
        own._done = lambda _: False

    patch.setattr(Claims, "__init__", blind)


@pytest.mark.parametrize("mistake", [everybody_counts_as_dead, creating_is_not_exclusive, nobody_looks_after_claiming])
def test_the_simulation_sees_mistakes(mistake, monkeypatch):
    mistake(monkeypatch)
    assert any(simulate(seed, lag=0.0)[1] for seed in range(100))


@pytest.fixture
def worker(tmp_path):
    """Workers over one folder, with a clock that is set by hand."""

    def make(name):
        made = Claims(FolderStore(tmp_path), name, lambda _: False, patience=10, now=lambda: worker_clock[0])
        made.beat()
        return made

    worker_clock = make.clock = [0.0]
    return make


def test_a_living_worker_keeps_its_documents_and_a_dead_one_does_not(worker):
    first, second = worker("first"), worker("second")
    assert [claim.document for claim in first.take(["a", "b", "c"], 2)] == ["a", "b"]
    assert [claim.document for claim in second.take(["a", "b", "c"], 5)] == ["c"]
    for _ in range(3):
        worker.clock[0] += 9
        first.beat()
        assert second.take(["a", "b"], 5) == []
    worker.clock[0] += 11
    assert second.take(["a", "b"], 5) == [("a", 1)], "alone: what killed its reader may do so again"
    assert second.take(["new", "b"], 5) == [("new", 0)]
    assert second.take(["b"], 5) == [("b", 1)]
    assert first.take(["a", "b"], 5) == [], "it comes too late"


def test_a_document_that_kills_its_workers_is_set_aside_with_the_reason(worker, tmp_path):
    watcher = worker("watcher")
    for turn in range(TRIES):
        assert watcher.set_aside() == set()
        heir = worker(f"heir{turn}")
        heir.take(["deadly"], 1)
        worker.clock[0] += 11
        if turn:
            assert [claim.turn for claim in heir.take(["deadly"], 1)] == [turn]
    watcher.take(["deadly"], 1)
    worker.clock[0] += 11
    assert watcher.take(["deadly"], 1) == []
    assert watcher.set_aside() == {"deadly"}
    assert (
        b"3 workers ended while they were reading it, the last one was heir2"
        in (tmp_path / "aside/deadly").read_bytes()
    )
    assert watcher.held() == {}


def test_whoever_ends_last_clears_away_what_is_left_of_the_dead(worker, tmp_path):
    dead, other, heir = worker("dead"), worker("other"), worker("heir")
    dead.take(["a", "b"], 2)
    assert heir.take(["a", "b"], 2) == []
    worker.clock[0] += 11
    (first,) = heir.take(["a", "b"], 2)
    assert heir.share(8, 9) == 2, "the dead are not counted: two workers share eight documents"
    heir.finish(first)
    heir.leave()
    assert FolderStore(tmp_path).names("workers") == ["workers/dead", "workers/other"], "it holds a document still"
    other.take(["b"], 1)
    worker.clock[0] += 11
    (second,) = other.take(["b"], 1)
    other.finish(second)
    other.leave()
    assert not FolderStore(tmp_path).names("workers")
    dead.beat()  # it was only slow
    assert FolderStore(tmp_path).names("workers") == ["workers/dead"]
