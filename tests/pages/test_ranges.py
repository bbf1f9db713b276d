import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocroute.errors import UsageError
from ocroute.pages.ranges import parse_ranges


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


@pytest.mark.parametrize("text", ["0", "13", "3-13", "13-", "0-2", "99-"])
def test_a_range_outside_the_document_names_its_page_count(text):
    with pytest.raises(UsageError, match="12 pages"):
        parse_ranges(text, 12)


def test_a_backward_range_is_corrected_in_words():
    with pytest.raises(UsageError, match="Write 3-7"):
        parse_ranges("7-3", 12)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(40, 60))
def test_a_range_holds_exactly_its_pages(a, b, count):
    first, last = sorted((a, b))
    assert parse_ranges(f"{first}-{last}", count) == tuple(range(first, last + 1))
