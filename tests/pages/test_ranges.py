import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocroute.errors import UsageError
from ocroute.pages.ranges import is_beyond, parse_ranges


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1", (1,)),
        ("1-3,7,10-", (1, 2, 3, 7, 10, 11, 12)),
        ("-2", (1, 2)),
        (" 2 - 3 , 3", (2, 3)),
        ("12-", (12,)),
        ("5,1", (1, 5)),
    ],
)
def test_ranges_name_pages_in_ascending_order(text, numbers):
    assert parse_ranges(text, 12) == numbers


@pytest.mark.parametrize("text", ["", "a", "1,,2", "1-2-3", "-", "1.5", "٣x"])
def test_what_is_no_range_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="1-3,7,10-"):
        parse_ranges(text, 12)


@pytest.mark.parametrize("text", ["13", "13-", "99-", "13,15-17"])
def test_a_range_outside_the_document_names_its_page_count(text):
    with pytest.raises(UsageError, match="12 pages"):
        parse_ranges(text, 12)


@pytest.mark.parametrize("text", ["0", "0-2", "1,0"])
def test_pages_are_counted_from_1(text):
    with pytest.raises(UsageError, match="counted from 1"):
        parse_ranges(text, 12)


@pytest.mark.parametrize(
    ("text", "numbers"), [("3-13", tuple(range(3, 13))), ("1,13", (1,)), ("12-14,20", (12,)), ("2,11-99", (2, 11, 12))]
)
def test_of_a_range_that_leaves_the_document_its_own_pages_are_read(text, numbers):
    assert parse_ranges(text, 12) == numbers
    assert is_beyond(text, 12)


@pytest.mark.parametrize("text", ["1-12", "12", "3-", "-5"])
def test_ranges_within_a_document_are_not_beyond_it(text):
    assert not is_beyond(text, 12)


def test_a_backward_range_is_corrected_in_words():
    with pytest.raises(UsageError, match="Write 3-7"):
        parse_ranges("7-3", 12)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(40, 60))
def test_a_range_holds_exactly_its_pages(a, b, count):
    first, last = sorted((a, b))
    assert parse_ranges(f"{first}-{last}", count) == tuple(range(first, last + 1))
