"""What the words of a line tell."""

import pytest

from ocroute.layout.wording import is_beside_table, is_caption, is_marker, split_marker

CAPTIONS = (
    "Figure 3: The harbour",
    "Table 2. Sales",
    "Fig. S4",
    "Abb. 7 – Der Hafen",
    "Table 3.1 Catch by port",
    "Рис. 5. Порт",
    "TABLE IV",
    "Table II. Sales by year",
    "Supplementary Table 1: Weights",
    "Extended Data Fig. 2 | Maps",
    "表3",
)


@pytest.mark.parametrize("text", CAPTIONS)
def test_captions(text: str) -> None:
    assert is_caption(text)
    assert is_beside_table(text)


@pytest.mark.parametrize("text", ["Figure 3 shows the harbour", "Table 2.1 and the next", "Table IV shows"])
def test_a_sentence_about_a_figure_is_no_caption_yet_no_row_of_a_table(text: str) -> None:
    assert not is_caption(text)
    assert is_beside_table(text)


@pytest.mark.parametrize("text", ["Source: harbour office", "Notes. All in tons", "Note: see below", "Exhibit A"])
def test_notes_stand_beside_tables(text: str) -> None:
    assert is_beside_table(text)


@pytest.mark.parametrize(
    "text", ["Notebook 15 inch", "Tableware", "Chartered boats", "Sourdough", "Box", "Listing", "Noted 3", "Plates 12"]
)
def test_goods_that_only_begin_like_such_words_are_rows(text: str) -> None:
    assert not is_beside_table(text)
    assert not is_caption(text)


@pytest.mark.parametrize("marker", ["•", "–", "[12]", "(a)", "iv)", "3.", "b.", "◆"])
def test_what_begins_an_item_is_a_marker_alone_too(marker: str) -> None:
    assert split_marker(f"{marker} slate") == (marker, "slate")
    assert is_marker(marker)


@pytest.mark.parametrize("key", ["A.", "[Smi20]", "2.1", "2.1.3.", "§", "xc."])
def test_keys_are_markers_alone(key: str) -> None:
    assert is_marker(key)


@pytest.mark.parametrize("text", ["12", "1,204", "slate", "a", "3.5 %", ""])
def test_values_and_words_are_no_markers(text: str) -> None:
    assert not is_marker(text)
