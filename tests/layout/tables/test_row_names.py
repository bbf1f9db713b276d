"""Names of rows that no rules part, and boxes within the boxes of a form."""

import pytest
from tests.support.pages import across, down, grid, line, rows, ruled_page

from ocroute.layout.tables.find import find_tables

COLUMNS = [100, 400, 600]
NAMES = ["Seed", "Grain", "Copper", "Slate", "Timber", "Wool", "Salt"]
VALUES = [["31", "7"], ["12", "9"], ["1,204", "88"], ["4", "4"], ["15", "2"], ["77", "–"], ["8", "61"]]


def open_table(count, pitch=40):
    """Rules part the values of the rows, and not their names: words and rules, with two rules around the head."""
    texts = [["Goods", "2019", "2020"], *([name, *values] for name, values in zip(NAMES[:count], VALUES, strict=False))]
    ends = [95 + pitch * k for k in range(count + 2)]
    rules = across(90, 700, ends[0], ends[1], ends[-1]) + across(390, 700, *ends[2:-1])
    return texts, rows(105, COLUMNS, texts, pitch=pitch), rules + down(ends[0], ends[-1], 90, 390, 540, 700)


@pytest.mark.parametrize("scan", [False, True])
@pytest.mark.parametrize("count", [3, 7])
def test_names_in_an_open_column_stand_in_the_rows_of_their_values(count, scan):
    texts, lines, rules = open_table(count)
    (table,), rest = find_tables(ruled_page(rules, scan=scan), lines)
    assert grid(table.table) == texts
    assert rest == ()


def test_a_cell_that_reaches_over_rows_stays_one():
    head, *body = open_table(3)[0]
    lines = [*rows(105, COLUMNS, [head], pitch=40), *rows(145, COLUMNS[1:], [row[1:] for row in body], pitch=40)]
    lines += [line(100, 158, "Seed, grain and"), line(100, 184, "copper ore, as"), line(100, 210, "they were landed")]
    (table,), _ = find_tables(ruled_page(open_table(3)[2]), lines)
    whole = "Seed, grain and copper ore, as they were landed"
    assert grid(table.table) == [head, *([whole, *row[1:]] for row in body)]


def test_wrapped_text_over_rows_of_wrapped_text_stays_one_cell():
    """Its lines are level with theirs because both are set alike."""
    said = [f"{name} and what was {name.lower()} before" for name in NAMES[:6]]
    lines = [line(100, 105, "Remarks"), line(400, 105, "Papers")]
    lines += [line(x, 140 + 26 * k, text) for x in (100, 400) for k, text in enumerate(said)]
    rules = across(90, 700, 95, 132, 300) + across(390, 700, 187, 239) + down(95, 300, 90, 390, 700)
    (table,), _ = find_tables(ruled_page(rules), lines)
    assert [row[0] for row in grid(table.table)] == ["Remarks", *3 * [" ".join(said)]]


def framed_values(count, pitch=40):
    texts = [["2019", "2020"], *VALUES[:count]]
    ends = [95 + pitch * k for k in range(count + 2)]
    return (
        texts,
        rows(105, COLUMNS[1:], texts, pitch=pitch),
        across(390, 700, *ends) + down(ends[0], ends[-1], 390, 540, 700),
    )


@pytest.mark.parametrize("scan", [False, True])
def test_names_beside_a_frame_of_values_are_its_first_column(scan):
    texts, lines, rules = framed_values(7)
    named = [*lines, *rows(145, [250], [[name] for name in NAMES], pitch=40)]
    (table,), rest = find_tables(ruled_page(rules, scan=scan), named)
    assert grid(table.table) == [["", *texts[0]], *([name, *row] for name, row in zip(NAMES, texts[1:], strict=True))]
    assert rest == ()


def beside_every_row_but_three():
    return rows(145, [250], [[name] for name in NAMES[:4]], pitch=40)


def closer_than_the_rows():
    return rows(145, [250], [[name] for name in [*NAMES, *NAMES[:3]]], pitch=28)


def far_away():
    return rows(145, [20], [[name] for name in NAMES], pitch=40)


@pytest.mark.parametrize("beside", [beside_every_row_but_three, closer_than_the_rows, far_away])
def test_other_words_beside_a_frame_are_none_of_its_names(beside):
    texts, lines, rules = framed_values(7)
    said = beside()
    (table,), rest = find_tables(ruled_page(rules), [*lines, *said])
    assert grid(table.table) == texts
    assert {one.text for one in rest} == {one.text for one in said}


def test_a_name_is_not_cut_from_its_label_by_the_box_of_a_number_above_it():
    """Cards of a register: a number in a small box, a place for a picture that begins a little below it."""
    rules = across(90, 700, 90, 300, 510) + down(90, 510, 90, 700)
    lines = []
    for top, number, name in ((90, "1", "Ada Quarry"), (300, "2", "Bo Harbour")):
        rules += across(90, 160, top + 40) + down(top, top + 40, 160)
        rules += across(560, 690, top + 55, top + 190) + down(top + 55, top + 190, 560, 690)
        lines += [line(110, top + 8, number), line(420, top + 8, f"NEL10{number}")]
        lines += [line(100, top + 70, f"Name : {name}"), line(100, top + 110, f"House : 1{number}")]
        lines.append(line(100, top + 150, "Age : 55 years"))
    (table,), rest = find_tables(ruled_page(rules), lines)
    said = [cell.text for cell in table.table.cells]
    assert said == [
        *("1", "NEL101", "Name : Ada Quarry House : 11 Age : 55 years"),
        *("2", "NEL102", "Name : Bo Harbour House : 12 Age : 55 years"),
    ]
    assert rest == ()
