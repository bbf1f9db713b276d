"""Answers in circles are seen, honest repetition is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocroute.engines.neural.guard import repeats
from ocroute.engines.neural.loops import COVERED, cut, loop_length

CELL = [11, 12, 13, 14]


@pytest.mark.parametrize("length", [1, 4, 37, 64])
def test_a_circle_is_seen_and_cut_to_two_rounds(length):
    circle = list(range(100, 100 + length))
    tokens = [1, 2, 3, *(circle * (800 // length + 9))]
    assert loop_length(tokens) == length
    assert cut(tokens) == [1, 2, 3, *circle, *circle]


def test_a_form_with_fifty_empty_cells_is_no_circle():
    assert loop_length([1, 2, *(CELL * 50)]) == 0
    assert loop_length([1, 2, *(CELL * 200)]) == 4


@given(st.lists(st.integers(0, 9), max_size=900))
def test_cutting_never_touches_what_comes_before_the_circle(tokens):
    kept = cut(tokens)
    assert tokens[: len(kept)] == kept
    if loop_length(tokens) == 0:
        assert kept == tokens
    else:
        assert len(kept) < len(tokens) - COVERED // 2


def test_the_guard_forbids_what_would_come_twice():
    assert repeats([1, 2, 3, 9, 1, 2], 3) == {3}
    assert repeats([1, 2, 3, 9, 1, 3], 3) == set()
    assert repeats([1, 1], 3) == set()
    assert repeats([5, 5, 5], 3) == {5}
