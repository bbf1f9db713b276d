"""Tables of known cells on pages of known words."""

import random
import textwrap
from collections import Counter

import pytest
from bench.pages.canvas import ArrayPage
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.pages import CHAR, HEIGHT, LIGHTHOUSE, across, blank_page, down, grid, line, rows, ruled_page

from ocroute.layout.tables.find import find_tables
from ocroute.layout.tables.regions import gutters
from ocroute.layout.tables.regions import prose as prose_in
from ocroute.layout.tables.segments import baselines, segments
from ocroute.layout.tables.tokens import Scale, tokens_of, words_of
from ocroute.raster.rules import page_rules
from ocroute.values import Box, Line, Word

BODY = [["Item", "2019", "2020"], ["Seed", "1,204", "(88)"], ["Grain", "12.5%", "7.1%"], ["Copper", "31", "–"]]
COLUMNS = [100, 400, 600]
PROSE = "the vessel that left the harbour in winter carried grain and slate"


def only(page, lines):
    found, rest = find_tables(page, lines)
    assert len(found) == 1
    return found[0], rest


def prose(x, top, count):
    return [line(x, top + 26 * k, f"{PROSE} {'so ' * (k % 3)}on") for k in range(count)]


def test_columns_without_rules():
    table, rest = only(ruled_page(), rows(100, COLUMNS, BODY))
    assert grid(table.table) == BODY
    assert rest == ()
    assert {c.row for c in table.table.cells if c.header} == {0}


ITEMS = [["Qty", "Item", "Price"], ["1", "White bread", "7.52"], ["2", "Brush", "13.33"], ["4", "Glue", "34.73"]]


@pytest.mark.parametrize(
    "above",
    [
        [["Bill: 0245714", "", "Date: 07/12/2018"], ["Cashier: Sam", "", "Time: 15:34"]],
        [["Bill", ": 0245714", ""], ["Date", ": 07/12/2018 15:34", ""], ["Cashier", ": Sam", ""]],
    ],
    ids=["two in a row", "one in a row"],
)
def test_fields_of_a_form_above_a_table_are_none_of_its_rows(above):
    table, rest = only(ruled_page(), rows(100, COLUMNS, [*above, *ITEMS]))
    assert grid(table.table) == ITEMS
    assert Counter(word for held in rest for word in held.text.split()) == Counter(
        " ".join(cell for row in above for cell in row).split()
    )


def test_sums_with_a_colon_are_rows_of_the_table_that_they_are_below():
    sums = [["", "Subtotal:", "55.58"], ["", "Tax:", "3.33"]]
    table, rest = only(ruled_page(), rows(100, COLUMNS, [*ITEMS, *sums]))
    assert grid(table.table) == [*ITEMS, *sums]
    assert rest == ()


def test_a_rule_of_hyphens_parts_two_tables():
    sums = [["Subtotal", "", "55.58"], ["Tax", "", "3.33"], ["Total", "", "58.91"], ["Cash", "", "100.00"]]
    lines = [*rows(100, COLUMNS, ITEMS), line(100, 220, "-" * 60), *rows(248, COLUMNS, sums)]
    found, rest = find_tables(ruled_page(), lines)
    assert [grid(one.table) for one in found] == [ITEMS, [[label, value] for label, _, value in sums]]
    assert [held.text for held in rest] == ["-" * 60]


def test_fields_above_a_ruled_head_whose_colons_were_not_read_are_none_of_its_lines():
    fields = [["Invoice No.", "INV-318140", ""], ["Date", "05/02/2018", ""], ["Cashier", "admin", ""]]
    lines = rows(100, COLUMNS, [*fields, *ITEMS], pitch=24)
    top = 100 + 24 * len(fields)
    table, rest = only(ruled_page(across(95, 700, top + 22, top + 96)), lines)
    assert grid(table.table) == ITEMS
    assert len(rest) == 6


def test_labels_with_a_colon_are_no_head():
    pairs = [
        ["Railway glacier:", "Seledon"],
        ["Quarry meadow:", "Helen Voss"],
        *([f"Row {n}x:", f"{n},954.61"] for n in "123456"),
    ]
    table, _ = only(ruled_page(), rows(100, [100, 400], pairs))
    assert [row for row in grid(table.table) if row in pairs] == grid(table.table)


def test_a_gutter_beside_little_prose_runs_where_nothing_stands():
    left = [line(100, 60 + 26 * n, "the vessel that left the harbour in winter carried") for n in range(15)]
    end = max(one.box.x1 for one in left)
    first = [line(end + 40, 66 + 26 * n, "standard markup that would be used in any such") for n in range(2)]
    items = [line(end + 120, 170 + 26 * n, "lists may also be nested within an outer list") for n in range(2)]
    tokens = tokens_of([*left, *first, *items])
    scale = Scale.of(tokens)
    cut = [segments(row, scale) for row in baselines(tokens, scale)]
    strips = gutters(cut, prose_in(cut, scale), page_rules(ruled_page(), scale.height), scale)
    assert strips
    assert all(end < x < end + 40 for x, _, _ in strips)


@pytest.mark.parametrize(
    ("said", "whole"), [(("항구의 창고", "안에 있다"), "항구의 창고 안에 있다"), (("港口的", "仓库"), "港口的仓库")]
)
def test_wrapped_cells_of_korean_keep_their_spaces_and_chinese_gets_none(said, whole):
    texts = [["Code", "Goods"], ["A1", said[0]], ["", said[1]], ["B2", "slate"], ["C3", "grain"]]
    rules = across(90, 700, 95, 125, 182, 208, 238) + down(95, 238, 90, 380, 700)
    table, _ = only(ruled_page(rules), rows(100, [100, 400], texts))
    assert grid(table.table)[1] == ["A1", whole]


def test_a_full_grid_keeps_empty_and_wrapped_cells():
    texts = [["Code", "Goods"], ["A1", "slate and grain"], ["", "for the pilot"], ["B2", ""], ["", ""]]
    rules = across(90, 700, 95, 125, 182, 238) + down(95, 238, 90, 380, 700)
    table, _ = only(ruled_page(rules), rows(100, [100, 400], texts))
    assert grid(table.table) == [["Code", "Goods"], ["A1", "slate and grain for the pilot"], ["B2", ""]]


def test_missing_borders_make_spans():
    texts = [["", "Spring", ""], ["Place", "Mean", "Share"], ["Calder", "31", "7%"], ["Point", "12", "9%"]]
    rules = across(90, 700, 95, 151, 179, 207) + across(390, 700, 123)
    rules += down(95, 207, 90, 390, 700) + down(123, 207, 590)
    table, _ = only(ruled_page(rules), rows(100, COLUMNS, texts))
    assert grid(table.table) == [["Place", "Spring", "Spring"], ["Place", "Mean", "Share"], *texts[2:]]


def test_headings_reach_over_the_columns_they_are_underlined_across():
    texts = [["Place", "Mean", "Share", "Error"], ["Calder", "31", "7%", "2"], ["Point", "12", "9%", "1"]]
    lines = [line(450, 72, "Spring"), *rows(100, [100, 400, 500, 640], texts)]
    rules = across(90, 720, 65, 124, 180) + across(395, 560, 95)
    table, _ = only(ruled_page(rules), lines)
    assert grid(table.table) == [["", "Spring", "Spring", ""], *texts]
    assert [c.column_span for c in table.table.cells if c.text == "Spring"] == [2]


def test_lines_that_run_on_join_their_row():
    texts = [
        ["Name", "Remarks", "Year"],
        ["Marlow", "a meadow near the old canal", "1860"],
        ["", "with barley", ""],
        ["Dunmore", "quarry", "1871"],
        ["Calder", "furnace of the pilots", "1902"],
    ]
    table, _ = only(ruled_page(across(90, 700, 95, 124, 245)), rows(100, [100, 250, 620], texts))
    assert grid(table.table)[1] == ["Marlow", "a meadow near the old canal with barley", "1860"]
    assert table.table.rows == 4


def test_currency_signs_and_dot_leaders():
    lines = []
    for k, (label, first, second) in enumerate(
        [("Sales", "900", "800"), ("Costs", "(70)", "60"), ("Result", "830", "740")]
    ):
        y = 100 + 28 * k
        dots = ". " * (16 - len(label)) + "......"
        lines.append(line(100, y, f"{label} {dots}"))
        lines += [line(400, y, "$"), line(460, y, first), line(560, y, "$"), line(620, y, second)]
    table, _ = only(ruled_page(), lines)
    assert grid(table.table) == [["Sales", "$ 900", "$ 800"], ["Costs", "$ (70)", "$ 60"], ["Result", "$ 830", "$ 740"]]


def test_a_column_of_dashes_for_none_stays_a_column():
    """They were taken for the signs of the next column's numbers, far as these stand."""
    texts = [
        ["Place", "Grants", "Loans"],
        ["Calder", "-", "31"],
        ["Point", "-", "12"],
        ["Marlow", "-", "-"],
        ["Dun", "-", "7"],
    ]
    table, _ = only(ruled_page(across(90, 700, 95, 124, 240)), rows(100, COLUMNS, texts))
    assert grid(table.table) == texts


def test_signs_close_to_their_numbers_join_them():
    texts = [["Calder", "+", "31"], ["Point", "-", "12"], ["Marlow", "+", "4"], ["Dun", "-", "70"]]
    table, _ = only(ruled_page(across(90, 700, 95, 210)), rows(100, [100, 400, 409 + CHAR], texts))
    assert grid(table.table) == [[place, f"{sign} {number}"] for place, sign, number in texts]


def test_an_error_stands_in_the_cell_of_its_value():
    texts = [
        ["Calder", "31.2", "±", "0.4"],
        ["Point", "12.5", "±", "1.1"],
        ["Marlow", "4.7", "±", "0.2"],
        ["Dun", "7.0", "±", "0.9"],
    ]
    table, _ = only(ruled_page(across(90, 700, 95, 210)), rows(100, [100, 400, 480, 520], texts))
    assert grid(table.table) == [[place, f"{value} ± {error}"] for place, value, _, error in texts]


def test_long_remarks_beside_terms_are_a_table_when_rules_say_so():
    remark = "The meadow by the canal gave barley and saw a furnace"
    texts = [["No", "Place", "Cases", "Remarks"], *([str(k), "Calder", "19", ""] for k in range(1, 4))]
    lines = rows(100, [100, 160, 260, 340], texts, pitch=320)
    lines += [line(340, 422 + 320 * k + 25 * n, remark) for k in range(3) for n in range(12)]
    rules = across(90, 990, 95, 415, 735, 1055, 1375) + down(95, 1375, 90, 150, 250, 330, 990)
    table, _ = only(ruled_page(rules), lines)
    cells = grid(table.table)
    assert cells[0] == texts[0]
    assert [row[:3] for row in cells[1:]] == [row[:3] for row in texts[1:]]
    assert all(len(row[3]) > 600 for row in cells[1:])


def test_a_line_that_an_engine_read_across_all_columns_is_cut_into_cells():
    lines = []
    for k, row in enumerate(BODY):
        parts = [line(x, 100 + 28 * k, text) for x, text in zip(COLUMNS, row, strict=True)]
        words = tuple(word for part in parts for word in part.words)
        lines.append(line(0, 0, " ".join(row)).__class__(" ".join(row), parts[0].box, None, words))
    table, rest = only(ruled_page(), lines)
    assert grid(table.table) == BODY
    assert table.lines == tuple(lines)
    assert rest == ()


def test_rules_are_found_on_a_scan():
    texts = [["Code", "Goods"], ["A1", "slate"], ["B2", "barley and"], ["", "grain"], ["C3", "ice"]]
    rules = across(90, 700, 95, 125, 152, 208, 238) + down(95, 238, 90, 380, 700)
    table, _ = only(ruled_page(rules, scan=True), rows(100, [100, 400], texts))
    assert grid(table.table) == [["Code", "Goods"], ["A1", "slate"], ["B2", "barley and grain"], ["C3", "ice"]]


def test_caption_and_prose_around_a_table_stay_out():
    caption = line(100, 60, "Table 3: Goods by year")
    around = [caption, *prose(100, 300, 5)]
    table, rest = only(ruled_page(across(95, 700, 92, 124, 208)), [*rows(100, COLUMNS, BODY), *around])
    assert grid(table.table) == BODY
    assert set(rest) == set(around)


def test_the_other_column_of_the_page_stays_out():
    left = prose(40, 100, 3)
    narrow = [line(510, 100 + 26 * k, "a pilot and a witness saw the furnace glow again") for k in range(20)]
    texts = [["Item", "Old", "New"], ["Seed", "12", "88"], ["Grain", "43", "71"], ["Slate", "31", "65"]]
    left = [line(20, 100 + 26 * k, "the meadow by the canal gave barley and much more") for k in range(6)]
    table, rest = only(ruled_page(), [*left, *rows(290, [40, 220, 340], texts, pitch=26), *narrow])
    assert grid(table.table) == texts
    assert Counter(rest) == Counter([*left, *narrow])


FREE = {
    "prose in two columns": [
        line(x, 100 + 26 * k, "the old vessel left the harbour with grain") for k in range(20) for x in (40, 520)
    ],
    "list": rows(100, [100, 140], [[f"{k}.", f"the {word} of the parish"] for k, word in enumerate(PROSE.split())]),
    "contents": rows(100, [100, 140, 800], [[f"{k}", f"{w} ........", f"{3 * k + 1}"] for k, w in enumerate(PROSE.split())]),
    "references": [
        piece
        for k in range(8)
        for piece in (line(60, 100 + 56 * k, f"[{k + 1}]"), line(110, 100 + 56 * k, PROSE), line(110, 128 + 56 * k, PROSE))
    ],
    "letterhead": rows(
        100, [80, 600], [["N. Pemberton", "Invoice 1449"], ["51 Quay Street", "13 October 2016"], ["Brackley", "Due soon"]]
    ),
    "equations": rows(100, [300, 800], [["f(x) = a + b", "(1)"], ["g(x) = c − d", "(2)"], ["h(x) = e", "(3)"]], pitch=60),
    "ticks of a plot": [
        *rows(100, [100], [["1.0"], ["0.8"], ["0.6"], ["0.4"]], pitch=90),
        *rows(460, [140, 300, 460], [["0", "50", "100"]]),
    ],
    "matrices": rows(
        100, [300, 360, 420, 480], [["⎛", "1", "0", "⎞"], ["⎜", "4", "8", "⎟"], ["⎝", "0", "2", "⎠"]], pitch=24
    ),
    "columns of an index": rows(
        100,
        [60, 250, 420, 620],
        [["error ....", "4, 17", "grid ....", "2, 81,"], ["font ....", "56, 57", "", "114"], ["ink ....", "8", "rule ....", "3"]],
    ),
    "two indexes": rows(
        100,
        [60, 330, 500, 800],
        [[f"{w} ........", f"{90 - k}", f"{w[::-1]} ........", f"{3 + k % 4}"] for k, w in enumerate(PROSE.split())],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FREE)
def test_no_table_where_there_is_none(kind):
    found, rest = find_tables(ruled_page(), FREE[kind])
    assert found == ()
    assert rest == tuple(FREE[kind])


def test_a_frame_around_prose_is_no_table():
    lines = prose(100, 100, 8)
    found, _ = find_tables(ruled_page(across(80, 900, 90, 320) + down(90, 320, 80, 900)), lines)
    assert found == ()


RULED = {
    "numbered program": rows(
        100,
        [60, 120],
        [
            ["1", "while (left > right) {"],
            ["2", "    right = step(left);"],
            ["3", "    count++;"],
            ["4", "}"],
            ["5", "stop();"],
        ],
    ),
    "title page": (
        rows(100, [300], [["UNIVERSITY OF CALDER"]])
        + rows(330, [300], [["Thesis"]])
        + rows(420, [300], [["On slate and grain"]])
        + rows(760, [100, 600], [["Tutor", "Candidate"]])
        + rows(900, [100, 600], [["N. Pemberton", "A. Lind"]])
    ),
    "drawing": rows(
        100,
        [100, 300, 500, 700],
        [["", "A", "", ""], ["a", "", "b", ""], ["C", "", "", "B"], ["", "e", "", ""]],
        pitch=90,
    ),
    "columns of a newspaper": [
        line(60 + 215 * column, 120 + 26 * k, text)
        for column in range(4)
        for k, text in enumerate(textwrap.wrap(f"{'In 1907 ' * (column % 2)}{LIGHTHOUSE[19 * column :]}", 17)[:16])
    ],
}


@pytest.mark.parametrize("kind", RULED)
def test_rules_alone_make_no_table(kind):
    heights = {"title page": (80, 300, 700, 960), "drawing": (80, 170, 260, 350, 440), "numbered program": (90, 240)}
    heights["columns of a newspaper"] = (90, 570)
    rules = across(60, 900, *heights[kind])
    if kind == "drawing":
        rules += down(80, 440, 60, 250, 450, 650, 900)
    assert find_tables(ruled_page(rules), RULED[kind])[0] == ()


def test_empty_page():
    assert find_tables(ruled_page(), []) == ((), ())


TEXTS = st.sampled_from(["", "1", "4.5", "(120)", "Seed", "grain and slate", "$", "....", "•", "x", PROSE])
PAGES = st.lists(st.lists(TEXTS, min_size=1, max_size=5), min_size=1, max_size=12)
RULES = st.lists(st.tuples(st.integers(0, 900), st.integers(50, 500), st.integers(0, 400), st.booleans()), max_size=12)


def words_in(lines):
    return Counter(word for part in lines for word in words_of(part))


@settings(deadline=None, max_examples=60)
@given(PAGES, RULES, st.integers(20, 60), st.randoms(use_true_random=False))
def test_no_word_is_lost_or_doubled_and_order_does_not_matter(texts, rules, pitch, rng: random.Random):
    lines = [
        line(30 + 190 * c, 60 + pitch * r, text) for r, row in enumerate(texts) for c, text in enumerate(row) if text
    ]
    page = ruled_page([(x, y, x, y + n) if upright else (x, y, x + n, y) for x, y, n, upright in rules])
    found, rest = find_tables(page, lines)
    assert words_in([*rest, *(part for table in found for part in table.lines)]) == words_in(lines)
    for table in found:
        shown = sorted("".join("".join(c.text for c in table.table.cells).split()).replace(".", ""))
        put = sorted("".join(w.text for part in table.lines for w in words_of(part)).replace(".", ""))
        assert shown == put
        grid(table.table)
    shuffled = list(lines)
    rng.shuffle(shuffled)
    again, left = find_tables(page, shuffled)
    assert [(t.box, t.table) for t in again] == [(t.box, t.table) for t in found]
    assert Counter(left) == Counter(rest)


def test_a_label_beside_the_middle_of_two_rows_of_headings_reaches_over_both():
    body = [[place, "31", "7%", "12", "9%"] for place in ("Calder", "Point", "Marlow", "Quay")]
    columns = [100, 300, 400, 520, 620]
    lines = [line(400, 100, "Winter"), line(620, 100, "Spring"), line(100, 121, "Place")]
    lines += rows(142, columns, [["", "Mean", "Share", "Mean", "Share"]])
    rules = across(90, 720, 90, 165, 207, 249, 291, 333) + across(290, 720, 131)
    table, _ = only(ruled_page(rules), [*lines, *rows(176, columns, body, pitch=42)])
    assert grid(table.table)[:2] == [
        ["Place", "Winter", "Winter", "Spring", "Spring"],
        ["Place", "Mean", "Share", "Mean", "Share"],
    ]


def test_rows_parted_by_white_keep_their_lines_together():
    lines = rows(100, [100, 300, 620], [["Style", "Font", "Space"]])
    for k, (name, font) in enumerate(
        [("Title", "Capitals"), ("Author", "Small letters"), ("Section", "Bold"), ("Note", "Thin")]
    ):
        lines += rows(150 + 70 * k, [100, 300, 620], [[name, "12 pt", f"{k} pt"], ["Heading", font, ""]], pitch=24)
    table, _ = only(ruled_page(across(90, 720, 95, 135, 430)), lines)
    assert grid(table.table)[1:3] == [
        ["Title Heading", "12 pt Capitals", "0 pt"],
        ["Author Heading", "12 pt Small letters", "1 pt"],
    ]


def test_terms_under_one_label_are_rows_of_their_own():
    texts = [
        ["Style", "Name", "French", "English"],
        ["plain", "theo", "Théorème", "Theorem"],
        ["", "coro", "Corollaire", "Corollary"],
        ["", "lemm", "Lemme", "Lemma"],
        ["definition", "defi", "Définition", "Definition"],
        ["remark", "exem", "Exemple", "Example"],
    ]
    rules = across(90, 800, 95, 124, 208, 236, 264)
    table, _ = only(ruled_page(rules), rows(100, [100, 300, 450, 620], texts))
    assert grid(table.table) == texts


def test_formulas_may_head_columns_of_measured_values():
    texts = [
        ["X", "e(T)", "q(z)", "a(T,U)"],
        ["3.920", "5.709", "6.324", "7.087"],
        ["Y", "e(U)", "q(y)", "b(T,U)"],
        ["0.725", "0.623", "0.680", "0.796"],
    ]
    table, _ = only(ruled_page(across(90, 720, 95, 212)), rows(100, [100, 260, 420, 580], texts))
    assert grid(table.table) == texts


def test_a_head_whose_upright_rules_were_not_seen_belongs_to_its_frame():
    texts = [
        ["Goods", "Weight", "Price"],
        ["Slate", "31 t", "7.10"],
        ["Grain", "12 t", "9.40"],
        ["Copper", "4 t", "88.00"],
    ]
    rules = across(90, 720, 95, 127, 152, 180, 208) + down(127, 208, 90, 390, 590, 720)
    table, _ = only(ruled_page(rules), rows(100, COLUMNS, texts))
    assert grid(table.table) == texts
    assert {cell.row for cell in table.table.cells if cell.header} == {0}


def test_rules_that_a_scan_shows_in_pieces_part_rows_and_blurred_words_do_not():
    texts = [
        ["Goods", "Weight", "Price"],
        ["Slate", "31 t", "7.10"],
        ["Grain", "12 t", "9.40"],
        ["Copper", "4 t", "88.00"],
    ]
    rules = across(90, 720, 95, 208) + down(95, 208, 90, 390, 590, 720)
    for y in (124, 152, 180):
        rules += across(90, 250, y) + across(420, 520, y) + across(600, 700, y)
    rules += across(100, 150, 138) + across(400, 430, 166)
    table, _ = only(ruled_page(rules), rows(100, COLUMNS, texts))
    assert grid(table.table) == texts


def test_an_index_between_what_may_be_rules_is_no_table():
    names = ["Combe", "Quilford", "Norby", "Fenhouse", "Ridmore", "Lorwell", "Halley", "Pemwell"]
    texts = [[f"{name}, {7 + row}, {112 + 9 * row}" for name in names[row % 3 :][:3]] for row in range(8)]
    rules = across(90, 800, 80, 360)
    assert find_tables(ruled_page(rules), rows(100, [100, 350, 600], texts))[0] == ()


@pytest.mark.parametrize("angle", [90, 270])
def test_headings_that_run_up_or_down_the_page_stand_in_their_cells(angle):
    def upright(x, y, text):
        """A line on its side: 100 pixels high for ten letters, its first word at the bottom where it runs up."""
        words, at = [], 0
        for part in text.split():
            low, high = at, at + CHAR * len(part)
            ends = (y - high, y - low) if angle == 90 else (y - 180 + low, y - 180 + high)
            words.append(Word(part, Box(x, ends[0], x + HEIGHT, ends[1])))
            at = high + CHAR // 2
        return Line(text, Box.around(w.box for w in words), None, tuple(words), angle=angle)

    first, second = (410, 440) if angle == 90 else (440, 410)
    lines = [line(100, 190, "Place"), upright(first, 290, "Projected persons"), upright(second, 290, "in thousands")]
    lines += [upright(560, 290, "Share of all"), *rows(310, COLUMNS, BODY[1:])]
    rules = across(90, 700, 95, 300, 336, 364, 392) + down(95, 392, 90, 390, 540, 700)
    table, rest = only(ruled_page(rules), lines)
    assert grid(table.table) == [["Place", "Projected persons in thousands", "Share of all"], *BODY[1:]]
    assert rest == ()


def test_tinted_bands_part_rows_where_no_rule_does():
    """A band over all columns heads each group; the table's own rules overshoot its last vertical one."""
    texts = [
        ["No", "Kind", "Area"],
        ["1", "Small", ""],
        ["", "wet", "31"],
        ["", "dry", "12"],
        ["2", "Large", ""],
        ["", "wet", "4"],
    ]
    rules = across(90, 740, 95, 123, 207, 263) + across(240, 740, 179) + down(95, 263, 90, 240, 700)
    rules += down(95, 123, 480) + down(151, 207, 480) + down(235, 263, 480)
    bands = ((240, 123, 700, 151), (240, 207, 700, 235))
    page = ArrayPage(ruled_page(rules).pixels, None, rules, size=(1000, 1400), fills=bands)
    table, _ = only(page, rows(100, [100, 250, 500], texts))
    assert grid(table.table) == [
        ["No", "Kind", "Area"],
        ["1", "Small", "Small"],
        ["1", "wet", "31"],
        ["1", "dry", "12"],
        ["2", "Large", "Large"],
        ["2", "wet", "4"],
    ]


def test_a_cell_that_is_tinted_line_by_line_is_one_row():
    """As word processors do it: no tint ends between the lines."""
    texts = [["Name of", "Disease", "Cases"], ["district", "", ""], ["Calder", "fever", "31"], ["Point", "fever", "12"]]
    rules = across(90, 700, 95, 151, 179, 207) + down(95, 207, 90, 240, 480, 700)
    strips = [(left, y, right, y + 24) for y in (95, 124) for left, right in ((90, 240), (240, 480), (480, 700))]
    page = ArrayPage(ruled_page(rules).pixels, None, rules, size=(1000, 1400), fills=strips)
    table, _ = only(page, rows(100, [100, 250, 500], texts))
    assert grid(table.table) == [["Name of district", "Disease", "Cases"], *texts[2:]]


def test_columns_of_values_in_one_ruled_column_are_found():
    """A frame with a rule before its last, empty column only: the labels and two columns of values stand in the first."""
    texts = [
        ["Indicator", "Total", "Rural"],
        ["Any injury", "1.9", "2.1"],
        ["Acute illness", "4.5", "5.6"],
        ["Other", "5.1", "4.1"],
    ]
    rules = across(90, 900, 95, 123, 151, 179, 207) + down(95, 207, 90, 750, 900)
    table, _ = only(ruled_page(rules), rows(100, [100, 450, 600], texts))
    assert grid(table.table) == texts


def test_words_in_columns_under_a_ruled_off_head_are_a_table():
    texts = [["Hello", "Goodbye", "World"], ["one", "Abc", "Foo"], ["two", "Bar", "Baz"], ["three", "Quux", "Argh"]]
    table, _ = only(ruled_page(across(95, 700, 124)), rows(100, COLUMNS, texts))
    assert grid(table.table) == texts
    assert {c.row for c in table.table.cells if c.header} == {0}
    assert not find_tables(ruled_page(), rows(100, COLUMNS, texts))[0], "nothing says so but the place of its words"


def test_long_names_of_rows_of_values_are_no_paragraph():
    names = [
        "1. Department of Agriculture and Cooperation",
        "2. Department of Agricultural Research and Education",
        "3. Department of Animal Husbandry, Dairying and Fisheries",
        "4. Department of Posts and of Printed Matter",
    ]
    texts = [[name, f"{22 + k}60.55", f"{48 - k}.45", f"3{k}2.51"] for k, name in enumerate(names)]
    table, _ = only(ruled_page(), rows(100, [40, 660, 770, 860], texts))
    assert grid(table.table) == texts


@pytest.mark.parametrize("long", [False, True])
def test_the_caption_of_a_figure_above_is_no_head_of_the_table_below(long):
    """Rules part a figure, its caption with a table of another figure, and that one's caption."""
    said = ["Figure 3. The goods of the harbour in the years of the", "survey, as they were landed, in thousands"][
        : 1 + long
    ]
    caption = [line(100, 100 + 26 * k, text) for k, text in enumerate(said)]
    top = 120 + 26 * len(said)
    rules = across(95, 680, 90, top + 28 * len(BODY) + 10)
    (table,), rest = find_tables(ruled_page(rules), [*caption, *rows(top, COLUMNS, BODY)])
    assert grid(table.table) == BODY
    assert [one.text for one in rest] == said


@pytest.mark.parametrize("gap", [26, 40])
def test_a_first_cell_of_several_lines_between_lower_neighbours_is_in_the_table(gap):
    """Neighbours stand at the middle of it, and no head is above."""
    lines = ["Cast iron, red, with a", "long handle"]
    rest = [("Valve", ["Brass"], "12.50"), ("Hose", ["Rubber, twelve metres"], "48.00"), ("Clamp", ["Steel"], "3.20")]
    drawn, y = [], 100.0
    for name, told, price in [("Pump", lines, "210.00"), *rest]:
        high = 26 * (len(told) - 1)
        drawn += [line(100, y + high / 2, name), line(700, y + high / 2, price)]
        drawn += [line(300, y + 26 * at, text) for at, text in enumerate(told)]
        y += high + gap
    (found,), left = find_tables(blank_page(1000, 1400), drawn)
    assert not left
    said = [cell.text for cell in found.table.cells]
    assert " ".join(text for text in said if text in lines or text == " ".join(lines)) == " ".join(lines)
