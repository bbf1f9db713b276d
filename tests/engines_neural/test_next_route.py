"""What breaks dots.ocr models in the field, done to one that reads: said in words, and the page comes out of the next route."""

from __future__ import annotations

import re
from contextlib import ExitStack

import pytest
from bench.faults import FAULTS, engine_class

import ocroute
from ocroute.engines.base import ENGINES
from ocroute.engines.neural import canary
from ocroute.engines.neural.canary import history

LONGEST = 160
"""Tokens after which an answer is cut: twice as many as the canary page takes."""

SEEN = {
    "vision weights drawn anew": "misreads the canary page as '.*typical of weights that were not loaded",
    "rotary frequencies zero": r"misreads the canary page as '.*lost positions \(rotary frequencies\)",
    "rotary frequencies garbage": r"misreads the canary page as '.*lost positions \(rotary frequencies\)",
    "pixels never passed": "for the canary page and for an empty page alike: it does not see the image",
    "pixels at every step": r"0 image placeholders stand in the prompt for 96 image embeddings \(384 patches\)",
    "float16 that overflows": "the vision tower of dots.ocr gave numbers that are not finite in float16",
    "stop token unknown": r"reads the canary page but .*wrong stop token \(it stops at <\|endoftext\|>\)",
    "paraphrased prompt": "misreads the canary page as '.*or of a prompt that the model does not know",
}
"""Fault to a pattern of the sentence that names what was seen."""

HARMLESS = [name for name, fault in FAULTS.items() if fault.harmless]


@pytest.fixture(autouse=True)
def here(card, weights_here):
    """A card that the planner trusts with neural engines, and the weights of one."""
    card()
    weights_here("dots_ocr")


@pytest.fixture
def page(tmp_path):
    canary.page().resize((672, 448)).save(tmp_path / "page.png")
    return tmp_path / "page.png"


@pytest.fixture
def broken(monkeypatch):
    """Puts one of the faults into the engine that reads for the user."""
    with ExitStack() as stack:

        def put(name):
            FAULTS[name].enter(stack, "cpu")
            monkeypatch.setitem(ENGINES._loaded, "dots_ocr", engine_class(FAULTS[name], LONGEST))

        yield put


def test_every_fault_is_tried():
    assert {*SEEN, *HARMLESS} == set(FAULTS)


@pytest.mark.parametrize("name", SEEN)
def test_a_fault_is_named_and_the_page_is_read_all_the_same(name, broken, page):
    broken(name)
    (record,) = ocroute.read(page).pages
    tried = {attempt.engine: attempt for attempt in record.attempts}
    assert [tried[engine].outcome for engine in ("dots_ocr", "rapidocr")] == ["failed", "accepted"]
    sentence = history.newest(history.kept(), "dots_ocr").seen
    assert tried["dots_ocr"].reason.startswith(sentence), "what doctor will tell is what the page's record says"
    assert re.search(SEEN[name], sentence), sentence
    assert record.provenance.engine == "rapidocr"
    assert "herons" in " ".join(block.text for block in record.blocks)


@pytest.mark.parametrize("name", HARMLESS)
def test_without_a_fault_the_model_reads_the_page(name, broken, page):
    broken(name)
    canary.page().save(page)  # in letters of the size that so small a model has learnt
    (record,) = ocroute.read(page).pages
    assert (record.provenance.engine, record.verdict.status) == ("dots_ocr", "accepted")
    assert "herons" in " ".join(block.text for block in record.blocks)
