"""An automatic read with weights that read: it takes what the planner says. Cards are described, everything else is real."""

from __future__ import annotations

import pytest
from rapidfuzz.distance import Levenshtein

import ocroute
from ocroute.engines.neural import canary
from ocroute.engines.neural.canary import history
from ocroute.kernels.requirements import TorchBuild
from ocroute.route.machine_survey import plan_here
from ocroute.route.plan import Wish

OLD = TorchBuild("2.5.1+cu124", "12.4", ("sm_80", "sm_90"))


@pytest.fixture
def page(tmp_path):
    """Of letters that the models, and the engines without one, can all read."""
    canary.page().save(tmp_path / "page.png")
    return tmp_path / "page.png"


def read(page, **wishes):
    """The page's record, and the engines that were planned for it, in order."""
    planned = list(plan_here(Wish(**wishes)).routes)
    (record,) = ocroute.read(page, **wishes).pages
    tried = [attempt.engine for attempt in record.attempts]
    assert tried == planned[: len(tried)]
    assert record.verdict.status == "accepted"
    assert record.provenance.engine == tried[-1]
    text = " ".join(block.text for block in record.blocks)
    assert Levenshtein.normalized_distance(" ".join(canary.TRUTH.split()), " ".join(text.split())) <= 0.15
    return record, planned


def test_a_card_with_room_reads_with_the_best_engine(page, card, weights_here):
    card()
    weights_here("dots_ocr", "got_ocr2")
    record, planned = read(page)
    assert planned[:3] == ["textlayer", "dots_ocr", "got_ocr2"]
    assert record.provenance.engine == "dots_ocr"
    assert "qwen2_vl" in record.rejected
    assert history.newest(history.kept(), "dots_ocr").read


def test_a_card_with_little_room_reads_with_a_smaller_engine(page, card, weights_here):
    card(free_mb=4_000)
    weights_here("dots_ocr", "got_ocr2")
    record, _ = read(page)
    assert record.provenance.engine == "got_ocr2"
    assert record.rejected["dots_ocr"] == (
        "needs 7050 MiB of GPU memory for a page; 4000 of 16303 MiB are free, other programs hold the rest: nvidia-smi names them"
    )


def test_a_torch_without_code_for_the_card_is_named_and_the_page_read_meanwhile(page, card, weights_here):
    card(torch=OLD)
    weights_here("dots_ocr")
    record, _ = read(page)
    assert record.provenance.engine == "rapidocr"
    assert "torch 2.5.1+cu124 (CUDA 12.4) has no code for NVIDIA GeForce RTX 5070 Ti" in record.rejected["dots_ocr"]
    assert "to install: pip install torch==" in record.rejected["dots_ocr"]


def test_who_wants_speed_is_not_made_to_wait_for_a_model(page, card, weights_here):
    card()
    weights_here("dots_ocr")
    record, planned = read(page, prefer="speed")
    assert record.provenance.engine == "rapidocr"
    assert planned[-1] == "dots_ocr"
