"""What a PDF calls a heading or an item is one, though it be set as its text is: by its outline, or by its tags; its language."""

import pytest
from tests.support.pages import LIGHTHOUSE
from tests.support.pdf_writer import pdf

from ocroute.document.model import Page, Verdict
from ocroute.layout.arrange import arrange
from ocroute.pages import open_input
from ocroute.pages.page import Heading
from ocroute.route.page_records import upright
from ocroute.values import Category

SENTENCE = " ".join(LIGHTHOUSE.split()[:12])


def blocks_of(path, number=1):
    with open_input(path) as source:
        page = source.page(number)
        return page.headings(), arrange(page, page.text_layer() or ())


def headings_in(blocks):
    return [(block.text, block.level) for block in blocks if block.category is Category.SECTION_HEADER]


def plain(canvas, *said):
    """Lines and paragraphs all in one type."""
    canvas.setFont("Helvetica", 10)
    for row, text in enumerate(said):
        canvas.drawString(72, 760 - 30 * row, text)


def test_what_the_outline_leads_to_is_a_heading_with_or_without_its_number(make_pdf):
    def first(canvas):
        plain(canvas, "1. The harbour", SENTENCE, "2. The dues", SENTENCE)
        for level, title in ((0, "The harbour"), (1, "2. The dues"), (1, "Not on this page")):
            canvas.bookmarkPage(title)
            canvas.addOutlineEntry(title, title, level)

    def second(canvas):
        plain(canvas, "The harbour", SENTENCE)

    path = make_pdf(first, second)
    told, blocks = blocks_of(path)
    assert told[:2] == (Heading("The harbour", 1), Heading("2. The dues", 2))
    assert headings_in(blocks) == [("1. The harbour", 1), ("2. The dues", 2)]
    assert " ".join(block.text for block in blocks).count(SENTENCE) == 2
    assert headings_in(blocks_of(path, 2)[1]) == []


def tagged(
    kids,
    *,
    role_map="",
    lines=("Report of the year", SENTENCE, "The dues", SENTENCE),
    more="",
    pitch=30,
    roots=(),
    parents=(),
):
    """A page of lines, each marked with its number, and a structure of ``kids``, objects from 20 on.

    Those that the tree begins with are its ``roots``, and of each line the one that it is in is among the ``parents``: in turn
    all of them where nothing else is said.
    """
    content = "".join(
        f"/P <</MCID {at}>> BDC BT /F 10 Tf 72 {760 - pitch * at} Td ({line}) Tj ET EMC\n"
        for at, line in enumerate(lines)
    )
    every = range(20, 20 + len(kids))
    top, owners = (" ".join(f"{number} 0 R" for number in some or every) for some in (roots, parents))
    return pdf(
        {
            1: f"<</Type/Catalog/Pages 2 0 R/StructTreeRoot 10 0 R/MarkInfo<</Marked true>>{more}>>",
            2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>",
            3: "<</Type/Page/Parent 2 0 R/Contents 4 0 R/StructParents 0/Resources<</Font<</F 5 0 R>>>>>>",
            4: ("", content),
            5: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            10: f"<</Type/StructTreeRoot/K[{top}]/ParentTree<</Nums[0 [{owners}]]>>/RoleMap<<{role_map}>>>>",
            **{20 + at: f"<</Type/StructElem/P 10 0 R/Pg 3 0 R{kid}>>" for at, kid in enumerate(kids)},
        }
    )


def test_what_the_tags_call_a_heading_is_one(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(tagged(["/S/H1/K 0", "/S/P/K 1", "/S/Kicker/K 2", "/S/P/K 3"], role_map="/Kicker/H3"))
    told, blocks = blocks_of(path)
    assert told == (Heading("Report of the year", 1), Heading("The dues", 3))
    assert headings_in(blocks) == [("Report of the year", 1), ("The dues", 3)]


def test_the_tags_have_an_order_of_their_own(tmp_path):
    path = tmp_path / "a.pdf"
    kids = [
        "/S/Sect/K[22 0 R 21 0 R]",
        "/S/P/K 1/P 20 0 R",
        "/S/L/K[23 0 R 3]/P 20 0 R",
        "/S/LI/K 0/P 22 0 R",
        "/S/P/K 2",
    ]
    path.write_bytes(tagged(kids, lines=("One", "Two", "Three", "Four"), roots=(24, 20), parents=(23, 21, 24, 22)))
    with open_input(path) as source:
        page = source.page(1)
        assert page.told_text().split() == ["Three", "One", "Four", "Two"]
        assert page.turned_by(1).told_text() == page.told_text()


@pytest.mark.parametrize(
    "kids",
    [
        ["/S/H1/K 20 0 R", "/S/P/K 1"],
        ["/S/Sect/K[21 0 R]", "/S/Sect/K[20 0 R 20 0 R]", "/S/H2/K[20 0 R 21 0 R]"],
        ["/S/H1/K[0 999999 -3 /x null]", "/S/H1", "/K 7", "/S/H9/K 2"],
    ],
    ids=["itself", "in a circle", "odd numbers"],
)
def test_broken_tags_cost_only_themselves(tmp_path, kids):
    path = tmp_path / "a.pdf"
    path.write_bytes(tagged(kids))
    _, blocks = blocks_of(path)
    assert "Report of the year" in blocks[0].text


WORDS = LIGHTHOUSE.split()
FIRST, SECOND = " ".join(WORDS[:11]), " ".join(WORDS[11:20])


def test_what_the_tags_call_items_of_a_list_are_each_one_without_any_mark(tmp_path):
    path = tmp_path / "a.pdf"
    lines = (SENTENCE, FIRST, SECOND, "Nothing is kept back", SENTENCE)
    items = ("/S/LI/K[1 2]/P 21 0 R", "/S/LI/K 24 0 R/P 21 0 R", "/S/LBody/K 3/P 23 0 R")
    kids = ["/S/P/K 0", "/S/L/K[22 0 R 23 0 R]", *items, "/S/P/K 4"]
    path.write_bytes(tagged(kids, lines=lines, pitch=13, roots=(20, 21, 25), parents=(20, 22, 22, 24, 25)))
    with open_input(path) as source:
        page = source.page(1)
        assert len(page.items()) == 2
        blocks = arrange(page, page.text_layer())
    items = [block.text for block in blocks if block.category is Category.LIST_ITEM]
    assert items == [f"{FIRST} {SECOND}", "Nothing is kept back"]
    assert [block.text for block in blocks if block.category is Category.TEXT] == [SENTENCE, SENTENCE]


@pytest.mark.parametrize(
    ("kids", "more", "language"),
    [
        (["/S/P/K 0"], "/Lang(en-GB)", "en-GB"),
        (["/S/P/K 0/Lang(fr)", "/S/P/K 1/Lang(fr)", "/S/P/K 2/Lang(de)"], "/Lang(en-GB)", "fr"),
        (["/S/P/K 0"], "/Lang(en_US)", "en-US"),
        (["/S/P/K 0"], '/Lang("><script>)', ""),
        (["/S/P/K 0"], "", ""),
    ],
    ids=["the file's", "its tags'", "with an underscore", "none that can be", "not said"],
)
def test_the_language_is_the_one_that_is_told(tmp_path, kids, more, language):
    path = tmp_path / "a.pdf"
    path.write_bytes(tagged(kids, more=more))
    with open_input(path) as source:
        assert source.page(1).language() == language


@pytest.mark.parametrize(("told", "kept"), [("en-GB", "en-GB"), ("ru", "")])
def test_the_record_of_a_page_has_the_language_that_its_text_is_in(tmp_path, told, kept):
    path = tmp_path / "a.pdf"
    path.write_bytes(tagged(["/S/P/K 0"], more=f"/Lang({told})"))
    with open_input(path) as source:
        page = source.page(1)
        _, record = upright(page, Page(str(path), 1, *page.size, Verdict("failed", 0.0)), 1)
    assert record.language == kept
