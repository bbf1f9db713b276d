"""Markdown: what must be escaped, what must be left alone, and how blocks become Markdown."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.random_documents import MARKUP
from tests.support.reading_back import GFM, html_words, markdown_words

from ocroute.document import Block, Category, Document, Finding, Page, Verdict
from ocroute.document.exporters.prepared import clean

ACCEPTED = Verdict("accepted", 1.0)


def markdown(*blocks: Block, verdict: Verdict = ACCEPTED, keep_headers_footers: bool = False) -> str:
    page = Page("a.png", 1, 100, 100, verdict, blocks)
    return Document("a.png", (page,)).to_markdown(keep_headers_footers=keep_headers_footers)


def text(words: str) -> Block:
    return Block(Category.TEXT, words)


def item(marker: str, words: str, level: int = 0) -> Block:
    return Block(Category.LIST_ITEM, words, marker=marker, level=level)


def test_choices_in_one_row_all_keep_their_sign() -> None:
    assert markdown(item("○", "Yes ○ No")) == "- ○ Yes ○ No\n"
    assert markdown(item("○", "plain"), item("○", "bullets")) == "- plain\n- bullets\n"


def test_the_state_of_a_tick_box_stays() -> None:
    ticks = markdown(item("☑", "fish"), item("☐", "bread"), item("☒", "oil"), item("✓", "salt"))
    assert ticks == "- [x] fish\n- [ ] bread\n- ☒ oil\n- ✓ salt\n"
    assert markdown(item("■", "rope"), item("□", "tea")) == "- ■ rope\n- □ tea\n"
    assert markdown(item("■", "rope"), item("□", "hemp", 1), item("■", "tea")) == "- rope\n  - hemp\n- tea\n"


PROSE = [
    "don't, won't; e.g. 3.5 % of A-B (x) for $5 or £7.20",
    "snake_case and file_name_2.txt, 2 * 3 = 6, a * b",
    "Smith* and Jones* wrote it; see note [3] and [4, 5].",
    "a < b > c, x <5, AT&T, R&D, Q&A; 100 % & more",
    "Name: ____ Date: ____",
    "~5 minutes, about ~7 at most",
    "C:\\Users\\anna",
    "He said: “Yes!” – and left… #1 of 2",
    "-5 °C to +7 °C, +49 30 1234",
    "1.5 litres",
    "(1) first (2) second",
    "5 | 6 | 7",
    "see https://example.org/a_b?c=d&e=f",
    "a ` b",
]


@pytest.mark.parametrize("prose", PROSE)
def test_prose_is_left_as_it_is(prose: str) -> None:
    assert markdown(text(prose)) == prose + "\n"
    assert markdown_words(prose) == prose.split()


MARKED = {
    "# not a heading": r"\# not a heading",
    "1986. A year": r"1986\. A year",
    "2) two": r"2\) two",
    "- dash": r"\- dash",
    "+ plus": r"\+ plus",
    "> quote": r"\> quote",
    "*emphasis* here": r"\*emphasis\* here",
    "5*3 and 2*4": r"5\*3 and 2\*4",
    "_emphasis_": r"\_emphasis\_",
    "~~gone~~": r"\~\~gone\~\~",
    "a `b` c": r"a \`b\` c",
    "<b>bold</b>": r"\<b>bold\</b>",
    "&amp; &#65;": r"\&amp; \&#65;",
    "[a](b)": r"[a\](b)",
    "![a](b)": r"![a\](b)",
    "[a]: b": r"[a\]: b",
    "[^1]: note": r"[^1\]: note",
    "[x] done": r"\[x] done",
    "a \\* b": r"a \\* b",
    "---": r"\---",
    "***": r"\***",
    "a\n===": "a  \n\\===",
    "a|b\n-|-": "a|b  \n\\-|-",
    "```\ncode\n```": "\\`\\`\\`  \ncode  \n\\`\\`\\`",
    "<!-- x -->": r"\<!-- x -->",
    "\tcode": "code",
}


@pytest.mark.parametrize("words", MARKED)
def test_what_looks_like_markup_is_escaped_and_no_more(words: str) -> None:
    assert markdown(text(words)) == MARKED[words] + "\n"
    assert markdown_words(MARKED[words]) == words.split()


marked_up = st.lists(
    st.sampled_from(MARKUP) | st.text("*_~`<>&;[]()!\\#-+=.:|1a ", max_size=3), min_size=1, max_size=7
).flatmap(lambda parts: st.sampled_from(["", " ", "\n"]).map(lambda glue: glue.join(parts)))


@settings(deadline=None, max_examples=400)
@given(words=marked_up)
@example("*a* b").via("emphasis")
@example("a **b** c").via("strong")
@example("**a*b**").via("nested runs")
@example("*1\n***").via("a rule whose first star is escaped: the other two would close the emphasis of the line before")
@example("_e\n__ _").via("the same with underscores, apart")
@example("~~a\n~~~").via("the same with a fence and a strikethrough")
def test_any_text_reads_the_same_in_every_kind_of_block(words: str) -> None:
    expected = clean(words).split()
    for block in (text(words), Block(Category.SECTION_HEADER, words), Block(Category.TITLE, words)):
        html = GFM.render(markdown(block))
        assert html_words(html) == expected, (block.category, html)
        assert not any(
            tag in html for tag in ("<em", "<strong", "<code", "<a ", "<img", "<s>", "<pre", "<hr", "<blockquote")
        )
    if expected:
        listed = GFM.render(markdown(item("-", words), item("-", words)))
        assert html_words(listed) == expected * 2
        assert listed.count("<li>") == 2


def test_headings_by_level() -> None:
    blocks = [Block(Category.TITLE, "A"), *(Block(Category.SECTION_HEADER, "B", level=level) for level in (None, 3, 6))]
    assert markdown(*blocks) == "# A\n\n## B\n\n#### B\n\n###### B\n"


def test_a_heading_over_two_lines_is_one() -> None:
    assert markdown(Block(Category.TITLE, "One\ntwo #")) == "# One two \\#\n"


def test_lists_keep_their_numbers_and_nesting() -> None:
    blocks = [
        item("1.", "a"),
        item("2.", "b\nc"),
        item("•", "d", 1),
        item("(a)", "e", 1),
        item("3.", "f"),
        item("7.", "g"),
    ]
    written = markdown(*blocks)
    assert written == "1. a\n2. b  \n   c\n   - d\n   - (a) e\n3. f\n\n<!-- -->\n\n7. g\n"
    assert markdown_words(written) == ["1.", "a", "2.", "b", "c", "d", "(a)", "e", "3.", "f", "7.", "g"]
    assert "<ul>\n<li>d" in GFM.render(written)


def test_a_nested_list_may_start_anywhere() -> None:
    assert markdown_words(markdown(item("•", "a"), item("4.", "b", 1), item("5.", "c", 1))) == [
        "a",
        "4.",
        "b",
        "5.",
        "c",
    ]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(["1.", "2.", "3.", "2)", "-", "•", "(a)"]), st.integers(0, 3)), max_size=7))
def test_every_list_keeps_every_marker_that_says_something(items: list[tuple[str, int]]) -> None:
    blocks = [item(marker, f"w{number}", level) for number, (marker, level) in enumerate(items)]
    shown = {"2)": ["2."], "-": [], "•": []}
    said = [word for number, (marker, _) in enumerate(items) for word in [*shown.get(marker, [marker]), f"w{number}"]]
    html = GFM.render(markdown(*blocks))
    assert html_words(html) == said
    assert html.count("<li>") == len(items)


def test_furniture_is_out_unless_kept() -> None:
    blocks = Block(Category.PAGE_HEADER, "Running head"), text("Body."), Block(Category.PAGE_FOOTER, "17")
    assert markdown(*blocks) == "Body.\n"
    assert markdown(*blocks, keep_headers_footers=True) == "Running head\n\nBody.\n\n17\n"


def test_formulas_and_given_markdown_pass() -> None:
    formula = Block(Category.FORMULA, r"\[ a_1 * b^2 \]", markup="latex")
    given_markdown = Block(Category.TEXT, "see **this** and `that`", markup="markdown")
    assert markdown(formula, given_markdown) == "$$\na_1 * b^2\n$$\n\nsee **this** and `that`\n"


def test_html_tables_are_rebuilt_from_their_cells() -> None:
    hostile = (
        '<table onclick="x()"><tr><th>A<td rowspan=2>1 &lt; 2<script>alert(1)</script>'
        "<tr><td><img src=x onerror=y><b>c</b></table>"
    )
    assert markdown(Block(Category.TABLE, hostile, markup="html")) == (
        '<table>\n<tr><th scope="row">A</th><td rowspan="2">1 &lt; 2</td></tr>\n<tr><td>c</td></tr>\n</table>\n'
    )


def test_pictures_without_text_leave_no_trace() -> None:
    assert markdown(Block(Category.PICTURE, "")) == ""


def test_pages_are_named_and_doubtful_ones_marked() -> None:
    doubtful = Verdict(
        "doubtful",
        0.1,
        (
            Finding("loop", 9, 3, "“a” comes 9 times --> <b>."),
            Finding("x", 1, 1, "a remark", False),
            Finding("truncated", 1, 0, "The text ends."),
        ),
    )
    pages = (
        Page("a.pdf", 1, 9, 9, doubtful, (text("one"),)),
        Page("a.pdf", 2, 9, 9, ACCEPTED, (text("two"),)),
        Page("a.pdf", 3, 9, 9, Verdict("failed", 0.0), error="no engine could read it"),
    )
    written = Document("a.pdf", pages).to_markdown()
    assert written == (
        "<!-- page 1 is doubtful: “a” comes 9 times --› <b›. The text ends -->\n\none\n\n<!-- page 2 -->\n\ntwo\n\n"
        "<!-- page 3 failed: no engine could read it -->\n"
    )
    assert markdown_words(written) == ["one", "two"]


def test_a_comment_names_options_as_they_are_typed() -> None:
    sentence = "it ran out of time; give it more with --timeout 600 --jobs 1, or --!> -->"
    page = Page("a.png", 1, 100, 100, Verdict("failed", 0.0), error=sentence)
    written = Document("a.png", (page,)).to_markdown()
    assert "--timeout 600 --jobs 1" in written
    assert markdown_words(f"{written}\n\nafter\n") == ["after"]
