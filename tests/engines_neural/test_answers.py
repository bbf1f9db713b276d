"""Answers in the form that the models really give, to blocks."""

import re

import pytest

from ocroute.engines.neural.deepseek_family import from_regions
from ocroute.engines.neural.markdown_blocks import from_markdown, from_plain
from ocroute.values import Box, Category

PAGE = """<|ref|>title<|/ref|><|det|>[[330, 198, 558, 230]]<|/det|>
# Annual report

<|ref|>sub_title<|/ref|><|det|>[[100, 250, 300, 270]]<|/det|>
## Sales

<|ref|>text<|/ref|><|det|>[[100, 280, 899, 400]]<|/det|>
Sales rose by 4 %, with $a \\coloneqq b$.

<|ref|>table<|/ref|><|det|>[[100, 420, 899, 600]]<|/det|>
<table><tr><td>Year</td><td>Sum</td></tr><tr><td>2024</td><td>17</td></tr></table>

<|ref|>image<|/ref|><|det|>[[100, 620, 899, 800]]<|/det|>
<|ref|>image_caption<|/ref|><|det|>[[100, 810, 899, 830]]<|/det|>
Figure 1. The harbour<｜end▁of▁sentence｜>"""


def test_regions_become_blocks_in_page_pixels():
    blocks = from_regions(PAGE, (999 * 2, 999 * 3))
    assert [block.category for block in blocks] == [
        Category.TITLE,
        Category.SECTION_HEADER,
        Category.TEXT,
        Category.TABLE,
        Category.PICTURE,
        Category.CAPTION,
    ]
    assert blocks[0].text == "Annual report"
    assert blocks[0].box == Box(660, 594, 1116, 690)
    assert (blocks[1].text, blocks[1].level) == ("Sales", 1)
    assert blocks[2].text == "Sales rose by 4 %, with $a := b$."
    assert [cell.text for cell in blocks[3].table.cells] == ["Year", "Sum", "2024", "17"]
    assert blocks[4].text == ""
    assert blocks[5].text == "Figure 1. The harbour"


def test_the_last_coordinate_is_the_edge_of_the_page():
    (block,) = from_regions("<|ref|>text<|/ref|><|det|>[[0, 0, 999, 999]]<|/det|>\nall", (1240, 1754))
    assert block.box == Box(0, 0, 1240, 1754)


def test_swapped_corners_are_sorted_and_too_large_ones_cut():
    (block,) = from_regions("<|ref|>text<|/ref|><|det|>[[900, 10, 100, 5000]]<|/det|>\nx", (999, 999))
    assert block.box == Box(100, 10, 900, 999)


def test_several_boxes_of_one_region_are_taken_together():
    (block,) = from_regions("<|ref|>text<|/ref|><|det|>[[10, 20, 30, 40], [50, 10, 60, 30]]<|/det|>\nx", (999, 999))
    assert block.box == Box(10, 10, 60, 40)


def test_lines_asked_for_have_their_text_in_the_label():
    answer = "<|ref|>Dear Ada,<|/ref|><|det|>[[10, 10, 90, 20]]<|/det|>\n<|ref|>text<|/ref|><|det|>[[10, 30, 90, 40]]<|/det|>\n"
    blocks = from_regions(answer, (999, 999), labels_are_text=True)
    assert [block.text for block in blocks] == ["Dear Ada,", "text"]


def test_nothing_of_an_answer_is_evaluated():
    answer = "<|ref|>text<|/ref|><|det|>__import__('os').abort()<|/det|>\nharmless"
    (block,) = from_regions(answer, (10, 10))
    assert (block.text, block.box) == ("harmless", None)


@pytest.mark.parametrize("length", range(0, len(PAGE), 7))
def test_a_cut_answer_keeps_every_whole_region(length):
    whole = from_regions(PAGE, (500, 500))
    cut = from_regions(PAGE[:length], (500, 500))
    regions = PAGE[:length].count("\n\n<|ref|>")  # so many are complete, the text included
    assert cut[:regions] == whole[:regions]


def stripped(answer):
    """As a server leaves it that takes special tokens out."""
    return re.sub(r"<\|/?(?:ref|det)\|>", "", answer)


REGIONS = (
    "<|ref|>title<|/ref|><|det|>[[330, 198, 558, 230]]<|/det|>\n# Tides of 1911\n\n"
    "<|ref|>text<|/ref|><|det|>[[120, 250, 880, 300], [120, 310, 400, 330]]<|/det|>\nThree volumes [1] need\na new binding.\n\n"
    "<|ref|>image<|/ref|><|det|>[[100, 400, 900, 700]]<|/det|>\n\n"
    "<|ref|>table_caption<|/ref|><|det|>[[100, 710, 900, 730]]<|/det|>\nTable 2: a[[1]]\n"
)


@pytest.mark.parametrize("length", range(len(stripped(REGIONS)) + 1))
def test_an_answer_whose_tags_a_server_took_out_is_read_as_with_them(length):
    """Cut anywhere, it keeps no box as text."""
    found = from_regions(stripped(REGIONS)[:length], (999, 999))
    assert not any("[[1" in block.text.replace("a[[1]]", "").replace("a[[1", "") for block in found)
    if length == len(stripped(REGIONS)):
        assert found == from_regions(REGIONS, (999, 999))


def test_lines_whose_tags_a_server_took_out_are_read_as_with_them():
    answer = "".join(
        f"<|ref|>{text}<|/ref|><|det|>[[{y}, 0, 9{y}, 9]]<|/det|>\n"
        for y, text in ((1, "The Tide [3]"), (2, "of 1911"))
    )
    with_them = from_regions(answer, (999, 999), labels_are_text=True)
    assert from_regions(stripped(answer), (999, 999), labels_are_text=True) == with_them
    assert [block.text for block in with_them] == ["The Tide [3]", "of 1911"]


def test_text_before_the_first_region_is_kept():
    blocks = from_regions("Hello\n<|ref|>text<|/ref|><|det|>[[1, 2, 3, 4]]<|/det|>\nworld", (999, 999))
    assert [block.text for block in blocks] == ["Hello", "world"]


def test_plain_text_keeps_its_lines_and_parts_at_empty_ones():
    assert [block.text for block in from_plain("a\nb\n \n\nc  \n")] == ["a\nb", "c"]


def test_markdown_is_told_apart():
    answer = "```markdown\n# Title\nA line *here*\nand there\n\n### Deep\n$$x^2$$\n<table><tr><td>1</td></tr></table>\nend\n```"
    blocks = from_markdown(answer)
    assert [(block.category, block.text) for block in blocks] == [
        (Category.TITLE, "Title"),
        (Category.TEXT, "A line *here*\nand there"),
        (Category.SECTION_HEADER, "Deep"),
        (Category.FORMULA, "$$x^2$$"),
        (Category.TABLE, "<table><tr><td>1</td></tr></table>"),
        (Category.TEXT, "end"),
    ]
    assert blocks[2].level == 2


def test_a_table_that_is_cut_stays_html_for_the_judge_to_see():
    (block,) = from_markdown("<table><tr><td>1</td><td>2")
    assert (block.category, block.markup, block.table) == (Category.TABLE, "html", None)


def test_a_price_is_no_formula():
    (block,) = from_markdown("It cost $5 and then $6.")
    assert block.category is Category.TEXT


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        ("It costs $$ and more.\n\n# Next\n\nText.", "text title text"),
        ("Rated $$$ of $$$$$.\n\nText.", "text text"),
        ("A $$ stray.\n\n$$x^2$$\n\nText.", "text formula text"),
        ("$$\nx^2\n\nText.\n\n# Next", "text text title"),
        ("Text.\n\n$$\nx^2 + \\text{a $y$}\n$$\n\nText.", "text formula text"),
        ("Text.\n\n$$\nx^2 + ", "text formula"),  # cut
        ("Text.\n\n\\[ x\n\\]\nText.", "text formula text"),
        ("Text \\[ and more.\n\n# Next", "text title"),
        ("a \\\\[2pt] b\n\n# Next", "text title"),
        ("\\[ x^2 +", "formula"),
        ("$$a$$ and $$b$$", "formula text formula"),
    ],
)
def test_signs_of_a_formula_without_a_partner_take_nothing_along(answer, kinds):
    assert [block.category.value.lower() for block in from_markdown(answer)] == kinds.split()
    kept = "".join(block.text for block in from_markdown(answer))
    assert [sign for sign in kept if sign.isalnum()] == [sign for sign in answer if sign.isalnum()]
