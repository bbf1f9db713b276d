"""Answers that go round in circles are noticed; pages that repeat themselves by nature are left alone."""

import json

import numpy as np
import pytest

from ocroute.models.dots_ocr.loops import FEWEST_TOKENS, LONGEST_PERIOD, SAME_CELLS, period_of, repeats_one_cell


@pytest.mark.parametrize("period", [1, 2, 7, 40, LONGEST_PERIOD])
def test_a_circle_is_found_with_its_length(period):
    unit = np.arange(period) + 10
    tokens = np.concatenate([np.arange(300, 900), np.tile(unit, max(8, FEWEST_TOKENS // period + 1) + 1)])
    assert period_of(tokens) == period
    assert period_of(tokens[: len(tokens) - len(tokens) // 2]) in (0, period)


def test_what_does_not_repeat_is_no_circle():
    tokens = np.random.default_rng(0).integers(0, 30, 2048)
    assert period_of(tokens) == 0
    assert period_of(tokens[:3]) == 0


def test_an_empty_table_and_leaders_are_no_circles():
    row = np.tile([5, 6], 8)  # eight empty cells
    table = np.concatenate([[1, *row, 2] for _ in range(24)])
    assert len(table) < FEWEST_TOKENS
    assert period_of(np.concatenate([np.arange(100, 400), table])) == 0
    leaders = np.concatenate([[number, *[7] * 60] for number in range(20, 60)])  # forty lines of contents
    assert period_of(leaders) == 0


def test_one_cell_again_and_again_with_other_boxes():
    cell = {"category": "Text", "text": 'Lorem "ipsum"'}
    same = [{"bbox": [0, y, 9, y + 1], **cell} for y in range(SAME_CELLS)]
    assert repeats_one_cell(json.dumps(same)[:-1])
    assert not repeats_one_cell(json.dumps(same[1:]))
    assert not repeats_one_cell(json.dumps([*same[:-1], {"bbox": [0, 0, 1, 1], "category": "Text", "text": "end"}]))
