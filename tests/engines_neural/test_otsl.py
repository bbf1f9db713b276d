"""Tables told in OTSL: spans, cuts, places that belong to nobody, and that no text is ever lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ocroute.engines.neural.otsl import TOKENS, table


def cells(answer):
    return [(cell.row, cell.column, cell.text, cell.row_span, cell.column_span) for cell in table(answer).cells]


def test_a_grid_of_cells():
    found = table("<fcel>Fish<fcel>Weight<nl><fcel>Pike<ecel><nl>")
    assert (found.rows, found.columns) == (2, 2)
    assert found.grid() == [["Fish", "Weight"], ["Pike", ""]]


def test_cells_reach_right_down_and_both():
    answer = "<fcel>a<lcel><fcel>b<nl><ucel><xcel><fcel>c<nl><fcel>d<fcel>e<ucel><nl>"
    assert cells(answer) == [
        (0, 0, "a", 2, 2),
        (0, 2, "b", 1, 1),
        (1, 2, "c", 2, 1),
        (2, 0, "d", 1, 1),
        (2, 1, "e", 1, 1),
    ]


def test_a_cut_answer_keeps_what_was_written():
    assert table("<fcel>a<fcel>b<nl><fcel>c").grid() == [["a", "b"], ["c", ""]]


def test_a_place_that_belongs_to_no_cell_is_empty():
    assert table("<lcel><fcel>a<nl><ucel>x<fcel>b<nl>").grid() == [["", "a"], ["x", "b"]]


def test_what_holds_no_token_is_no_table():
    assert table("just words") is None
    assert table("<nl><nl>") is None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TOKENS), st.sampled_from(["", "", "ab", "c 1"])), max_size=40))
def test_every_text_stands_in_the_table_as_often_as_in_the_answer(parts):
    found = table("".join(mark + text for mark, text in parts))
    told = sorted(text for mark, text in parts if text and mark != "<nl>")
    kept = sorted(cell.text for cell in found.cells if cell.text) if found else []
    assert kept == told
    if found:
        found.grid()
        taken = [
            (row, column)
            for cell in found.cells
            for row in range(cell.row, cell.row + cell.row_span)
            for column in range(cell.column, cell.column + cell.column_span)
        ]
        assert all(row < found.rows and column < found.columns for row, column in taken)
