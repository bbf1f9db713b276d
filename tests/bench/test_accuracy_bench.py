"""The yardstick itself: each kind of fact passes and fails where it should, and generated facts hold for their own source."""

import pytest

pytest.importorskip("rapidfuzz")

from bench.accuracy.generated import page_facts, sources
from bench.accuracy.scores import Checked, score
from bench.pages.typeset import browser, latex

from ocroute.compare.fact_text import find, normalise
from ocroute.compare.grids import tables
from ocroute.compare.page_facts import Absent, Baseline, Order, PageText, Present, TableCell

PROSE = "The northern harbour was surveyed in 1804 by two pilots."

SPANNED = """<table>
<thead><tr><th rowspan="2">Station</th><th colspan="2">Spring</th><th colspan=2>Autumn</th></tr>
<tr><th>Mean</th><th>Share</th><th>Mean</th><th>Share</th></tr></thead>
<tr><td>Halden</td><td>12.5</td><td>8%</td><td>99.1</td><td>7%</td></tr>
<tr><td rowspan="2">Oldbury</td><td>1</td><td>2</td><td>3</td><td>4</td></tr>
<tr><td>55</td><td>66</td><td>77</td><td>88</td></tr>
</table>"""

PIPES = "Before\n\n| Code | Price |\n|:-----|------:|\n| A-1 | 3.50 |\n| B-2 | 4 |\n\nAfter"


def holds(fact, markdown):
    return fact.refutation(PageText(markdown)) is None


@pytest.mark.parametrize(
    ("markdown", "same"),
    [
        ("“it’s” – a **bold** and *slanted* word", '"it\'s" - a bold and slanted word'),
        ("one<br/>two\n\nthree", "one two three"),
        ("cafe\u0301 of\ufb01ce", "café office"),
        ("snake_case_name stays", "snake_case_name stays"),
    ],
)
def test_typography_and_emphasis_do_not_count(markdown, same):
    assert normalise(markdown) == same


def test_find_gives_the_place_of_a_near_match():
    found = find("harbour was surveyed", "x " * 40 + "harb0ur was surveyed" + " y" * 40)
    assert found.start == 80
    assert 0.9 < found.likeness < 1


def test_find_in_a_shorter_text_is_no_match():
    assert find(PROSE, "by two pilots.").likeness < 0.6


@pytest.mark.parametrize(("diffs", "text", "expected"), [
    (0, PROSE, True), (0, PROSE.replace("1804", "1884"), False), (2, PROSE.replace("1804", "1884"), True),
    (2, PROSE.replace("surveyed in", "surveyed ¶ Chapter 4: a running head ¶ in"), False), (0, "", False),
])  # fmt: skip
def test_present(diffs, text, expected):
    assert holds(Present(PROSE, diffs), f"# Title\n\n{text}\n\nMore.") is expected


def test_absent():
    assert holds(Absent("Page 3 of 12"), PROSE)
    assert not holds(Absent("Page 3 of 12"), f"{PROSE}\n\nPage 3 of 12")


@pytest.mark.parametrize(
    ("markdown", "expected"), [("one two three", True), ("three two one", False), ("one two", False)]
)
def test_order(markdown, expected):
    assert holds(Order("one", "three"), markdown) is expected


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (TableCell("12.5", left="Halden", right="8%", down="1", top_heading="Spring"), True),
        (TableCell("12.5", top_heading="Mean"), True),
        (TableCell("12.5", top_heading="Autumn"), False),
        (TableCell("55", left="Oldbury", up="1"), True),
        (TableCell("99.1", left_heading="Halden", top_heading="Autumn"), True),
        (TableCell("99.1", right="8%"), False),
        (TableCell("100", left="Halden"), False),
        (TableCell("Mean", up="Spring"), True),
    ],
)
def test_table_with_spans(fact, expected):
    assert holds(fact, SPANNED) is expected


def test_table_with_pipes():
    assert holds(TableCell("3.50", left="A-1", down="4", top_heading="Price"), PIPES)
    assert not holds(TableCell("3.50", left="B-2"), PIPES)
    assert len(tables(PIPES)) == 1


def test_a_table_cut_off_still_counts():
    assert holds(TableCell("12.5", left="Halden"), SPANNED[: SPANNED.index("<td>8%")])


@pytest.mark.parametrize(("markdown", "expected"), [
    (PROSE, True), ("", False), ("* * *", False), (PROSE + " and so on" * 60, False), (PROSE + " 漢", False), ("\ufffd", False),
])  # fmt: skip
def test_baseline(markdown, expected):
    assert holds(Baseline(), markdown) is expected


def test_score_is_the_mean_of_the_groups():
    def item(category, fact, refutation=None):
        return Checked("e", "page", category, "born", fact, refutation)

    checked = [item("tables", Present("a"))] * 9 + [item("plain", Present("b"), "missing"), item("plain", Baseline())]
    found = score("e", checked)
    assert found.by_category["tables"].share == 1
    assert found.by_category["plain"].share == 0
    assert found.overall == pytest.approx(2 / 3)


@pytest.mark.parametrize("template", [*latex.TEMPLATES, *browser.TEMPLATES])
def test_documents_are_the_same_every_time_and_their_facts_hold_for_what_they_say(template):
    write = {**latex.TEMPLATES, **browser.TEMPLATES}[template]
    source = write("seed-a", "office")
    assert source == write("seed-a", "office")
    assert source.code != write("seed-b", "office").code
    pieces = " ".join(sentence for piece in source.script.pieces for sentence in piece.sentences)
    cells = " ".join(cell.text for table in source.script.tables for row in table.rows for cell in row)
    facts = list(page_facts(source, f"{pieces} {cells}", "seed-a-p1", "born"))
    kinds = {type(fact) for fact in facts}
    assert {Present, Order, Baseline} <= kinds
    assert (TableCell in kinds) == bool(source.script.tables)
    page = PageText(pieces)
    refuted = [fact.refutation(page) for fact in facts if not isinstance(fact, TableCell)]
    assert [reason for reason in refuted if reason] == []


def test_every_template_has_documents():
    names = [source.name for source in sources(2)]
    assert len(names) == len(set(names)) == 2 * (len(latex.TEMPLATES) + len(browser.TEMPLATES))
