"""Lines written by hand are named where the engine is not sure of them; print never is, however unsure the engine."""

import pytest
from bench.judge.readings import of_lines
from bench.pages.handwritten import drawn_by_hand
from msgspec.structs import replace
from tests.support.pages import letter

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Task
from ocroute.judge.checks.handwriting import Handwriting

LETTERS = EngineInfo(kind="ocr", rank=0, letter_confidence=True)
WORDS = EngineInfo(kind="ocr", rank=0)


def found(sheet, sure: float, engine: EngineInfo = LETTERS) -> Finding | None:
    reading = of_lines(replace(line, confidence=sure) for line in sheet.lines)
    return Handwriting().check(sheet.page(), reading, engine=engine, task=Task())


@pytest.fixture(scope="module")
def by_hand():
    return drawn_by_hand(letter(size=34), 1, 2.5)


def test_a_hand_is_named_with_its_place(by_hand):
    spoken = found(by_hand, 0.93)
    assert spoken is not None
    assert "by hand" in spoken.sentence
    assert spoken.image is not None


def test_a_hand_that_is_read_surely_is_believed(by_hand):
    assert found(by_hand, 0.997) is None


def test_engines_have_limits_of_their_own(by_hand):
    assert found(by_hand, 0.93, WORDS) is None
    assert found(by_hand, 0.6, WORDS) is not None


@pytest.mark.parametrize("size", [16, 24, 34])
def test_print_is_no_hand_however_unsure_the_engine(size):
    assert found(letter(size=size), 0.5) is None
