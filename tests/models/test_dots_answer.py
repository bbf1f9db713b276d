"""dots.ocr's answers: what is whole is kept, whatever is wrong with the rest."""

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ocroute.document.model import Document, Page, Verdict
from ocroute.engines.dots_ocr import DotsOcr
from ocroute.engines.neural import Answered, markdown_blocks
from ocroute.models.dots_ocr.answer import parse
from ocroute.models.dots_ocr.input_size import InputSize
from ocroute.models.dots_ocr.json_cells import Cell, cells
from ocroute.models.dots_ocr.latex import unescape
from ocroute.values import Block, Box, Category

FRAME = InputSize(1000, 1000)
CATEGORIES = [category.value for category in Category]
NOT_JSON_FAULTS = re.compile(r"[\b\f]|[\t\r]\w|\n[a-z]")  # what a model never means: backspaces, tabs before letters


def member(text_of):
    return st.fixed_dictionaries(
        {"bbox": st.lists(st.integers(0, 4000), min_size=4, max_size=4), "category": st.sampled_from(CATEGORIES)},
        optional={"text": text_of.filter(lambda text: not NOT_JSON_FAULTS.search(text) and not has_lone_half(text))},
    )


def has_lone_half(text):
    return any("\ud800" <= sign <= "\udfff" for sign in text)


TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet='{}[]",: \\$abt\n', max_size=40),
    st.sampled_from(
        [r"\theta \frac{a}{b}", r"$\nu$ and \times", '"}, {"bbox": [1', "C:\\new\\table", "<td>a</td>", "日本語 😀"]
    ),
)
ANSWERS = st.lists(member(TEXTS), max_size=6, unique_by=lambda cell: tuple(cell["bbox"]))


def expected(cell):
    return Cell(tuple(float(n) for n in cell["bbox"]), cell["category"], cell.get("text"))


@given(ANSWERS, st.booleans(), st.sampled_from([None, 2]))
def test_valid_answers_are_read_exactly(made, ascii_only, indent):
    answer = json.dumps(made, ensure_ascii=ascii_only, indent=indent)
    assert list(cells(answer)) == [expected(cell) for cell in made]


@given(ANSWERS.filter(bool), st.data())
def test_any_prefix_keeps_all_complete_cells(made, data):
    parts = [json.dumps(cell, ensure_ascii=False) for cell in made]
    answer = "[" + ", ".join(parts) + "]"
    cut = data.draw(st.integers(0, len(answer)))
    ends = [len("[" + ", ".join(parts[: count + 1])) for count in range(len(parts))]
    whole = sum(end <= cut for end in ends)
    found = list(cells(answer[:cut]))
    assert found[:whole] == [expected(cell) for cell in made[:whole]]
    assert len(found) <= whole + 1
    assert all(not cell.complete for cell in found[whole:])
    for cell in found[whole:]:  # what is left of the last is a part of it, never something else
        entire = expected(made[whole])
        assert cell.bbox in (None, entire.bbox)
        assert entire.category.startswith(cell.category)
        assert cell.text is None or cell.text.rstrip("�") in (entire.text or "")


@given(st.text(alphabet='{}[]",:\\ \nabtu01$', max_size=200))
def test_any_text_at_all_is_survived(answer):
    for block in parse(answer, FRAME, (500, 500)):
        assert isinstance(block, Block)


@given(st.text(max_size=80))
def test_strings_of_valid_json_mean_what_json_says(text):
    assume(not NOT_JSON_FAULTS.search(text) and not has_lone_half(text))
    for ascii_only in (True, False):
        raw = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        assert unescape(raw) == unescape(raw, formula=True) == text


A = '{"bbox": [10, 20, 110, 40], "category": "Text", "text": "first"}'
B = '{"bbox": [10, 50, 110, 70], "category": "Formula", "text": "$$E = m c^{2}$$"}'
C = '{"bbox": [10, 80, 110, 90], "category": "Picture"}'
WHOLE = [(10, "Text", "first"), (10, "Formula", "$$E = m c^{2}$$"), (10, "Picture", None)]

BROKEN = {
    "no commas between cells": A + B + C,
    "a comma too many": f"[{A},,{B},{C},]",
    "in a code fence": f"```json\n[{A}, {B}, {C}]\n```",
    "in an object": f'{{"layout": [{A}, {B}, {C}]}}',
    "in single lines": f"{A}\n{B}\n{C}",
    "with words around": f"Here is the layout:\n[{A}, {B}, {C}]\nThat is all.",
    "no bracket at the end": f"[{A}, {B}, {C}",
    "a cell twice": f"[{A}, {A}, {B}, {C}, {C}]",
    "a brace missing": f"[{A[:-1]}, {B}, {C}]",
    "a comma between members missing": f"[{A.replace('], ', '] ')}, {B}, {C}]",
    "spaces everywhere": f"[{A}, {B}, {C}]".replace('":', '" :\n').replace("[10,", "[ 10 ,"),
    "decimals": f"[{A}, {B}, {C}]".replace("[10,", "[10.0,"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_costs_nothing_where_all_is_there(fault):
    assert [(cell.bbox[0], cell.category, cell.text) for cell in cells(BROKEN[fault])] == WHOLE


def test_a_bad_box_costs_the_box_alone():
    for box in ("[1, 2, 3]", "[]", "[1, 2, 3, 4, 5]", "null", '"1, 2"', "[1, 2, 3, 1e99]"):
        answer = f'[{{"bbox": {box}, "category": "Text", "text": "kept"}}, {A}]'
        assert [(cell.bbox is None, cell.text) for cell in cells(answer)] == [(True, "kept"), (False, "first")], box


KEPT = {
    "a box of strings": ('["10", "20", "110", "40"]', True),
    "a box in a string": ('"[10, 20, 110, 40]"', True),
    "a box of two corners": ("[[10, 20], [110, 40]]", True),
    "a box of words": ('["left", "top"]', False),
    "a box that is an object": ('{"x0": 10, "y0": 20, "x1": 110, "y1": 40}', False),
    "a box of nothing": ("None", False),
}


@pytest.mark.parametrize("fault", KEPT)
def test_a_box_of_another_form_costs_no_text(fault):
    box, read = KEPT[fault]
    for answer in (
        f'[{{"bbox": {box}, "category": "Text", "text": "kept"}}, {A}]',
        f'[{{"category": "Text", "text": "kept", "bbox": {box}}}, {A}]',
    ):
        first, second = cells(answer)
        assert first == Cell((10, 20, 110, 40) if read else None, "Text", "kept")
        assert second.text == "first"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('["one", "two"]', "one\ntwo"),
        ('["he said "no"", "a, b"]', 'he said "no"\na, b'),
        ('["a\\tb", 7]', "a\tb\n7"),
        ("[1, 2.5]", "1\n2.5"),
        ("[]", ""),
        ("42", "42"),
        ("null", None),
    ],
)
def test_a_text_of_another_form_is_kept(text, kept):
    for answer in (
        f'[{{"bbox": [1, 2, 3, 4], "category": "Text", "text": {text}}}, {A}]',
        f'[{{"text": {text}, "bbox": [1, 2, 3, 4], "category": "Text"}}, {A}]',
    ):
        assert [cell.text for cell in cells(answer)] == [kept, "first"]


def test_a_list_of_texts_that_is_cut_is_kept_as_far_as_it_goes():
    (cell,) = cells('[{"bbox": [1, 2, 3, 4], "category": "Text", "text": ["one", "tw')
    assert cell == Cell((1, 2, 3, 4), "Text", "one\ntw", complete=False)


@given(ANSWERS)
def test_answers_in_python_s_way_of_writing_are_read(made):
    assert [(cell.bbox, cell.category) for cell in cells(str(made))] == [
        (tuple(float(n) for n in cell["bbox"]), cell["category"]) for cell in made
    ]


def test_single_quotes():
    made = [
        {"bbox": [1, 2, 3, 4], "category": "Text", "text": 'it\'s "so"\nand so'},
        {"bbox": [5, 6, 7, 8], "category": "Text", "text": 'the "end"'},
        {"bbox": [5, 6, 7, 9], "category": "Text", "text": "don't"},
    ]
    assert [cell.text for cell in cells(str(made))] == [cell["text"] for cell in made]
    (cut,) = cells("[{'bbox': [1, 2, 3, 4], 'category': 'Text', 'text': 'it's 'so'")
    assert cut.text == "it's 'so"  # the last quote ends it
    double = '{"bbox": [1, 2, 3, 4], "category": "Text", "text": "he said "no", \'why\': so"}'
    assert [cell.text for cell in cells(double)] == ["he said \"no\", 'why': so"]


@pytest.mark.parametrize(
    ("text", "marker", "rest"),
    [
        ("- one", "-", "one"), ("12. one", "12.", "one"), ("a) one", "a)", "one"), ("(iv) one", "(iv)", "one"),
        ("б) один", "б)", "один"), ("XIX. one", "XIX.", "one"), ("vi. one", "vi.", "one"),
        ("Mr. Smith", None, "Mr. Smith"), ("vol. 3", None, "vol. 3"), ("ill. 7", None, "ill. 7"), ("cf. 2", None, "cf. 2"),
    ],
)  # fmt: skip
def test_only_markers_are_taken_for_markers(text, marker, rest):
    (block,) = parse(json.dumps([{"bbox": [0, 0, 9, 9], "category": "List-item", "text": text}]), FRAME, (10, 10))
    assert (block.marker, block.text) == (marker, rest)


def test_quotes_and_line_ends_that_were_not_escaped():
    answer = '[{"bbox": [1, 2, 3, 4], "category": "Text", "text": "he said "no", and "why": so\nhe left"}, ' + A + "]"
    assert [cell.text for cell in cells(answer)] == ['he said "no", and "why": so\nhe left', "first"]


def test_the_last_cell_is_kept_as_far_as_it_goes():
    answer = f'[{A}, {{"bbox": [1, 2, 3, 4], "category": "Text", "text": "the beginning of\\n'
    assert list(cells(answer))[-1] == Cell((1, 2, 3, 4), "Text", "the beginning of\n", complete=False)
    for cut in (answer[:-1], answer[:-1] + "u", answer[:-1] + "u00e"):
        assert list(cells(cut))[-1].text == "the beginning of"
    assert list(cells('[{"bbox": [10, 20, 12')) == []  # 12 may be the head of 1234
    assert next(cells('[{"bbox": [10, 20, 12, 14], "cat')).bbox == (10, 20, 12, 14)


@pytest.mark.parametrize(
    ("raw", "formula", "meant"),
    [
        (r"\theta + \times", True, r"\theta + \times"),
        (r"\frac{a}{b}", True, r"\frac{a}{b}"),
        (r"\beta \bar x \boldsymbol{y}", False, r"\beta \bar x \boldsymbol{y}"),
        (r"\rho \right)", False, r"\rho \right)"),
        (r"\nu \nabla", True, r"\nu \nabla"),
        (r"where $\nu$ is", False, r"where $\nu$ is"),
        (r"dunque\ne poi\nu", False, "dunque\ne poi\nu"),  # an Italian line, not \ne
        (r"\underline{x} \upsilon", True, r"\underline{x} \upsilon"),
        (r"\alpha \sum_{i} \, \{ x \} \& \% \_", True, r"\alpha \sum_{i} \, \{ x \} \& \% \_"),
        (r"\begin{array} a \\ b \end{array}", True, r"\begin{array} a \\ b \end{array}"),
        (r"\\begin{array} a \\\\ b \\end{array}", True, r"\begin{array} a \\ b \end{array}"),
        (r"\\alpha\n\\nu\ttau", True, "\\alpha\n\\nu\ttau"),  # properly escaped: taken at its word
        (r"a\tb \"c\" \/ \u00e9 \ud83d\ude00", False, 'a\tb "c" / é 😀'),
        (r"\ud83d alone", False, "� alone"),
        (r"cut \u00", False, r"cut \u00"),
        ("cut \\", False, "cut "),
    ],
)
def test_latex_keeps_its_backslashes(raw, formula, meant):
    assert unescape(raw, formula=formula) == meant


def test_latex_cells_survive_beside_broken_ones():
    answer = r'[{"bbox": [1, 2, 3, 4], "category": "Formula", "text": "\frac{\theta}{\alpha}"}{"bbox": [5, 6'
    assert [cell.text for cell in cells(answer)] == [r"\frac{\theta}{\alpha}"]


def test_blocks_as_the_exporters_expect_them():
    answer = json.dumps(
        [
            {"bbox": [0, 0, 500, 10], "category": "Page-header", "text": "Journal"},
            {"bbox": [500, 60, 0, 20], "category": "Title", "text": "# On \"Rice\" & *Rain*"},
            {"bbox": [0, 80, 500, 90], "category": "Section-header", "text": "## 1. Method"},
            {"bbox": [0, 90, 500, 95], "category": "section_header", "text": "### 1. A *detail*"},
            {"bbox": [0, 100, 500, 130], "category": "Text", "text": "Some **bold** text."},
            {"bbox": [0, 140, 500, 150], "category": "List-item", "text": "- one"},
            {"bbox": [0, 150, 500, 160], "category": "List-item", "text": "2. two"},
            {"bbox": [0, 200, 500, 220], "category": "Formula", "text": "$$\\frac{a}{b}$$"},
            {"bbox": [0, 300, 500, 400], "category": "Table", "text": "<table><tr><td>x</td><td>y</td></tr></table>"},
            {"bbox": [0, 500, 900, 1900], "category": "Picture"},
            {"bbox": [0, 500, 900, 1900], "category": "Poem", "text": "roses"},
        ]
    )  # fmt: skip
    blocks = parse(answer, FRAME, (500, 2000))
    assert [block.category for block in blocks] == [
        "Page-header", "Title", "Section-header", "Section-header", "Text", "List-item", "List-item", "Formula", "Table",
        "Picture", "Text",
    ]  # fmt: skip
    assert blocks[1].box == Box(0, 40, 250, 120)  # corners sorted, half as wide, twice as high
    assert blocks[-2].box == Box(0, 1000, 450, 2000)  # cut to the page
    assert [block.level for block in blocks[1:4]] == [None, 1, 2]
    assert [block.marker for block in blocks[5:7]] == ["-", "2."]
    assert [block.markup for block in blocks[7:10]] == ["latex", "html", "plain"]
    assert [cell.text for cell in blocks[8].table.cells] == ["x", "y"]
    page = Page("x.png", 1, 500, 2000, Verdict("accepted", 1.0), blocks=blocks)
    markdown = Document("x.png", (page,)).to_markdown()
    assert markdown == (
        '# On "Rice" & Rain\n\n## 1. Method\n\n### 1. A detail\n\nSome **bold** text.\n\n- one\n2. two\n\n'
        "$$\n\\frac{a}{b}\n$$\n\n<table>\n<tr><td>x</td><td>y</td></tr>\n</table>\n\nroses\n"
    )


def test_a_table_that_is_cut_stays_as_it_was_written():
    (block,) = parse('[{"bbox": [0, 0, 9, 9], "category": "Table", "text": "<table><tr><td>x</td><td>', FRAME, (10, 10))
    assert block.table is None
    assert (block.text, block.markup) == ("<table><tr><td>x</td><td>", "html")


@pytest.mark.parametrize(("answer", "count"), [("", 0), ("  \n", 0), ("[]", 0), ("[{]", 0), ("Only words.", 1)])
def test_answers_without_cells(answer, count):
    blocks = parse(answer, FRAME, (10, 10))
    assert len(blocks) == count
    assert all(block.text == "Only words." and block.box is None for block in blocks)


def test_a_hundred_thousand_quotes_take_no_time():
    answer = '[{"bbox": [1, 2, 3, 4], "category": "Text", "text": "' + 'a" ' * 100_000 + "\\" * 100_000
    assert len(list(cells(answer))) == 1
    assert list(cells("[{" * 100_000)) == []


@pytest.mark.parametrize(
    "text",
    ["[1] Smith, J. Tides.", "[sic] he wrote", "{x} is a set", "{a, b}", "```\nx = 1\n```", "[12, 13] and others"],
)
def test_text_that_begins_with_a_bracket_is_text(text):
    (block,) = parse(text, FRAME, (100, 100))
    assert block.text == text


@pytest.mark.parametrize(
    "answer", ["[]", "[ ]", "{}", "[", "[{", '{"', "```json\n[]\n```", "```", "[\n  {\n", "{'bbox': [1,"]
)
def test_json_without_a_cell_is_no_text(answer):
    assert parse(answer, FRAME, (100, 100)) == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            r"$\\frac{1}{2} \\alpha \tau$",
            "$\\frac{1}{2} \\alpha \\tau$",
        ),  # one command is not escaped as the others are
        (r"$\\alpha \rho$", "$\\alpha \\rho$"),
        (r"C:\\dir\\new\tan", "C:\\dir\\new\tan"),  # outside a formula a tab may stand before any letters
        (r"$\\begin{aligned}\nu &= 1$", "$\\begin{aligned}\nu &= 1$"),
    ],
)
def test_escapes_in_a_string_whose_latex_is_escaped(written, meant):
    assert unescape(written) == meant


TWO_CELLS = (
    '[{"bbox": [100, 100, 1140, 400], "category": "Text", "text": "Smith \\& Sons, $\\alpha$"}, '
    '{"bbox": [1, 2, 3, 4], "category": "Picture"}]'
)


def answered(text):
    return Answered(text, DotsOcr.facts.modes["layout"], (1000, 1000), (1000, 1000))


@pytest.mark.parametrize("cut", [DotsOcr.cut, markdown_blocks.cut])
@pytest.mark.parametrize(
    "text",
    [
        *(TWO_CELLS, f"```json\n{TWO_CELLS}\n```", TWO_CELLS.replace("[{", "[\n  {"), TWO_CELLS[1:-1], '{"pages": []}'),
        *("", "[1] Smith", "A set is {a, b", "$\\frac{a}{b$"),
    ],
)
def test_an_answer_that_is_closed_is_not_cut_whatever_its_backslashes(cut, text):
    assert cut(answered(text)) == ""


@pytest.mark.parametrize("end", [-1, -2, -30, 40, 90])
def test_cells_that_break_off_are_cut(end):
    assert DotsOcr.cut(answered(TWO_CELLS[:end]))


def test_json_that_nobody_asked_for_is_cut_where_it_is_not_closed():
    assert markdown_blocks.cut(answered('[{"category": "Text", "text": "The light'))
