"""How many workers there are by default: as many as can work at once."""

import pytest
from msgspec.structs import replace

from ocroute import machine
from ocroute.engines.base import Wanted
from ocroute.machine import Gpu, Machine
from ocroute.route import machine_survey
from ocroute.route.plan import Plan, Wish
from ocroute.run import capacity

CARD = Gpu("NVIDIA GeForce RTX 5070 Ti", 16_303, 15_000, (12, 0))


@pytest.fixture
def here(monkeypatch):
    """A machine of eight cores with this card, and this plan."""

    def make(gpu, *routes, more=()):
        gpus = (gpu, *more) if gpu else ()
        described = Machine("Linux", "x86_64", "described", 8, 64_000, 60_000, "3.12", gpus=gpus)
        monkeypatch.setattr(machine, "inspect", lambda: described)
        monkeypatch.setattr(machine_survey, "plan_here", lambda wish: Plan(dict.fromkeys(routes, "for this test"), {}))
        monkeypatch.setattr(capacity, "usable_cores", lambda: 8)
        monkeypatch.setattr(capacity, "WORKER_MB", 1)

    return make


def test_what_a_card_reads_is_opened_and_judged_on_the_other_cores(here):
    here(CARD, "textlayer", "dots_ocr", "rapidocr")
    assert capacity.default_workers(Wish()) == 7


def test_a_card_that_no_model_can_use_does_not_keep_the_cores_idle(here):
    here(CARD, "textlayer", "rapidocr")
    assert capacity.default_workers(Wish()) == 8


SAME, OTHER = replace(CARD, uuid="GPU-b", free_mb=9), replace(CARD, uuid="GPU-c", name="another")


@pytest.mark.parametrize(
    ("more", "alike"), [((), ()), ((SAME,), ("GPU-a", "GPU-b")), ((OTHER,), ()), ((OTHER, SAME), ("GPU-a", "GPU-b"))]
)
def test_cards_that_are_alike_read_side_by_side(more, alike, here):
    here(replace(CARD, uuid="GPU-a"), "dots_ocr", more=more)
    assert capacity.cards(Wish()) == capacity.cards(Wish("dots_ocr")) == alike
    assert capacity.cards(Wish("rapidocr")) == ()
    assert capacity.cards(Wish("dots_ocr", Wanted(runtime="vllm"))) == ()
    assert capacity.cards(Wish("", Wanted(base_url="http://127.0.0.1:8000/v1"))) == ()


def test_a_pinned_model_has_every_core_to_itself(here):
    here(None, "dots_ocr")
    assert capacity.default_workers(Wish("dots_ocr")) == 1
    assert capacity.default_workers(Wish("rapidocr")) == 8


@pytest.mark.parametrize(
    ("limit", "workers", "threads"),
    [(None, 1, 8), (None, 3, 2), (None, 99, 1), ("1", 1, 1), ("3", 1, 3), ("3", 4, 2), ("0", 1, 1), ("many", 2, 4)],
)
def test_threads_are_a_part_of_the_cores_and_no_more_than_the_user_allows(limit, workers, threads, here, monkeypatch):
    here(None, "rapidocr")
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    if limit is not None:
        monkeypatch.setenv("OMP_THREAD_LIMIT", limit)
    assert capacity.threads_each(workers) == threads
