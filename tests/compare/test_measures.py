"""The measures against definitions written out, against jiwer, and on cases whose answer one can see."""

from collections import Counter
from functools import cache
from itertools import combinations
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocroute.compare.measures import (
    NORMALISATIONS,
    Errors,
    Order,
    Overlap,
    bootstrap,
    cer,
    character_errors,
    clusters,
    line_order,
    matches,
    neighbours,
    order,
    overlap,
    table_adjacency,
    wer,
    wilson,
    word_errors,
    word_order,
    word_overlap,
)

texts = st.text("ab é\u0301\n'’", max_size=12)
words = st.lists(st.sampled_from(["one", "two", "three", "o", "’x"]), max_size=8)


def distance(wanted, read):
    """Levenshtein's, by its definition."""

    @cache
    def left(i, j):
        if not (i < len(wanted) and j < len(read)):
            return len(wanted) - i + len(read) - j
        same = left(i + 1, j + 1) + (wanted[i] != read[j])
        return min(same, 1 + left(i + 1, j), 1 + left(i, j + 1))

    return left(0, 0)


@given(texts, texts, st.sampled_from(list(NORMALISATIONS)))
def test_character_errors_are_edits_of_what_a_reader_takes_for_characters(truth, found, normalisation):
    wanted, read = (clusters(NORMALISATIONS[normalisation](text)) for text in (truth, found))
    assert character_errors(truth, found, normalisation) == Errors(distance(wanted, read), len(wanted))


@given(words, words)
def test_word_errors_are_edits_of_words(truth, found):
    assert word_errors(" ".join(truth), "\n".join(found)) == Errors(distance(truth, found), len(truth))


@given(words.filter(bool), words)
def test_rates_are_those_of_jiwer(truth, found):
    jiwer = pytest.importorskip("jiwer", reason="needs the extra test: pip install 'ocroute[test]'")
    wanted, read = " ".join(truth), " ".join(found)
    assert cer(wanted, read) == pytest.approx(jiwer.cer(wanted, read))
    assert wer(wanted, read) == pytest.approx(jiwer.wer(wanted, read))


@given(texts)
def test_a_text_has_no_errors_against_itself_and_only_errors_against_nothing(text):
    assert cer(text, text) == wer(text, text) == 0
    assert cer(text, "") == (1 if NORMALISATIONS["spaces"](text) else 0)


def test_what_an_empty_truth_gives():
    assert cer("", "") == 0
    assert cer("", "something") == 1
    assert (Errors(3, 0) + Errors(1, 8)).rate == 0.5


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("café", 4),
        ("cafe\u0301", 4),
        ("\u1112\u1161\u11ab국", 2),
        ("👩\u200d👩\u200d👧", 1),
        ("a\r\nb", 3),
        ("🇫🇷🇩🇪", 2),
    ],
)
def test_characters_are_grapheme_clusters(text, count):
    assert len(clusters(text)) == count


def test_normalisations_differ_as_their_names_say():
    read = {name: NORMALISATIONS[name]("“e\u0301”  –\nﬁ") for name in NORMALISATIONS}
    assert read["none"] == "“e\u0301”  –\nﬁ"
    assert read["nfc"] == "“é”  –\nﬁ"
    assert read["spaces"] == "“é” – ﬁ"
    assert read["typography"] == '"é" - fi'


@given(words, words)
def test_overlap_does_not_depend_on_order(truth, found):
    seen = word_overlap(" ".join(truth), " ".join(found))
    assert seen == word_overlap(" ".join(sorted(truth)), " ".join(reversed(found)))
    assert seen.common == sum(min(truth.count(word), found.count(word)) for word in set(truth))
    assert 0 <= seen.f1 <= 1
    assert min(seen.recall, seen.precision) <= seen.f1 <= max(seen.recall, seen.precision)


def test_overlap_of_nothing():
    assert (Overlap().recall, Overlap().precision, Overlap().f1) == (1, 1, 1)
    assert overlap(Counter(), Counter("a")) == Overlap(0, 0, 1)


@given(
    st.lists(st.integers(0, 9), unique=True).flatmap(lambda places: st.tuples(st.just(places), st.permutations(places)))
)
def test_tau_counts_pairs(sides):
    truth, found = sides
    wrong = sum(found.index(one) > found.index(other) for one, other in combinations(truth, 2))
    pairs = len(truth) * (len(truth) - 1) // 2
    assert order(truth, found) == Order(pairs - wrong, wrong, len(truth))
    assert order(found, truth) == order(truth, found)


def test_tau_at_its_ends():
    assert order("abcd", "abcd").tau == 1
    assert order("abcd", "dcba").tau == -1
    assert order("abcd", "xxbx").tau == 1  # one thing cannot be in a wrong order
    assert word_order("the cat and the dog", "dog the the cat").matched == 2  # "the" stands there twice


def test_misread_lines_still_show_their_order():
    truth = ["The harbour opens at seven", "Boats pay by length", "Keep the quay clear"]
    found = ["Boats pay by lenqth", "Keep tbe quay c1ear", "Tho harbour opens at seven"]
    assert matches(truth, found)[0] == (0, 2)
    assert line_order(truth, found).tau == pytest.approx(-1 / 3)
    assert line_order(truth, ["something else", "altogether"]).matched == 0


GRID = [(r, c, 1, 1, f"{r}{c}") for r in range(3) for c in range(3)]


def test_neighbours_of_a_plain_grid():
    found = neighbours(GRID)
    assert found.total() == 12
    assert found["00", "right", "01"] == found["00", "below", "10"] == 1


def test_a_wide_cell_is_one_neighbour_and_empty_cells_are_passed_over():
    head = [(0, 0, 1, 3, "Head"), *((1, c, 1, 1, text) for c, text in enumerate(["a", "", "c"]))]
    assert neighbours(head) == Counter({("head", "below", "a"): 1, ("head", "below", "c"): 1, ("a", "right", "c"): 1})


def test_a_table_is_itself_and_a_lost_column_costs_its_pairs():
    assert table_adjacency([GRID], [GRID]).f1 == 1
    assert table_adjacency([GRID], []).recall == 0
    assert table_adjacency([], [GRID]).precision == 0
    less = table_adjacency([GRID], [[cell for cell in GRID if cell[1] < 2]])
    assert (less.common, less.wanted, less.precision) == (7, 12, 1)


def test_misread_cells_are_the_cells_that_were_meant_where_that_is_asked():
    table = [
        (r, c, 1, 1, text)
        for r, row in enumerate([["Station", "Mean"], ["Oldbury", "12.5"]])
        for c, text in enumerate(row)
    ]
    misread = [(r, c, rows, columns, text.replace("ti", "t1")) for r, c, rows, columns, text in table]
    assert table_adjacency([table], [misread]).common == 2
    assert table_adjacency([table], [misread], least=0.75).f1 == 1


@given(st.integers(0, 50), st.integers(0, 50))
def test_wilson_holds_the_share_and_shrinks_with_more_tries(passed, failed):
    total = passed + failed
    one, ten = wilson(passed, total), wilson(10 * passed, 10 * total)
    assert 0 <= one.low <= (passed / total if total else 0.5) <= one.high <= 1
    assert ten.high - ten.low <= one.high - one.low


def test_wilson_by_hand():
    found = wilson(8, 10)
    assert (found.low, found.high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_bootstrap_stays_within_the_values_and_repeats_itself(values):
    found = bootstrap(values, fmean, rounds=50)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found == bootstrap(values, fmean, rounds=50)


def test_bootstrap_over_pages_of_unlike_length():
    pages = [Errors(0, 1000)] * 9 + [Errors(500, 500)]
    found = bootstrap(pages, lambda drawn: sum(drawn, Errors()).rate)
    assert found.low < 500 / 9500 < found.high
    with pytest.raises(ValueError, match="nothing"):
        bootstrap([], fmean)
