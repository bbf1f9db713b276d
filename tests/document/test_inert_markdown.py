"""An engine's Markdown keeps its words and its type, and nothing in it runs or is fetched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ocroute.document import Block, Category, Document, Page, Verdict
from ocroute.document.inert_markdown import inert

LENIENT = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
LENIENT.validateLink = lambda _: True  # type: ignore[method-assign]
ACTIVE = re.compile(
    r"<(?!/?(?:p|h\d|ul|ol|li|em|strong|code|pre|s|table|t[rhd]|thead|tbody|br|hr|blockquote|su[bp]|b|i|u|del|ins|a)\b)",
    re.I,
)
PARTS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<iframe>",
    "<b>", "</b>", "<sup>2</sup>", "<!--", "-->", "<?x", "`", "``",
    "```", "~~~", "\\", "[a](javascript:alert(1))",
    "[a](java&#115;cript:x)", "<javascript:alert(1)>", "![p](https://example.org/t.png)",
    "![p][r]", "[r]: javascript:x", "[a][r]", "[a](https://example.org)", "    ",
    "- ", "> ", "| a | b |", "|---|---|", "word", "\n", "\n\n", "&lt;",
]  # fmt: skip


def active(markdown: str) -> str:
    shown = LENIENT.render(markdown)
    found = ACTIVE.search(shown)
    bad = re.search(r'href="(?!https?:|mailto:|#|[^":]*")|<[a-z][^<>]*\son\w+=', shown, re.I)
    return shown[found.start() :] if found else bad.group() if bad else ""


def page(*texts: str, category: Category = Category.TEXT) -> str:
    blocks = tuple(Block(category, text, markup="markdown") for text in texts)
    return Document("a.png", (Page("a.png", 1, 10, 10, Verdict("accepted", 1.0), blocks),)).to_markdown()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=8).map("".join), min_size=1, max_size=3), st.booleans())
def test_nothing_is_active_whatever_an_engine_writes(texts: list[str], items: bool) -> None:
    written = page(*texts, category=Category.LIST_ITEM if items else Category.TEXT)
    assert not active(written), written


@pytest.mark.parametrize("picture", ["![p][r]", "![r]", "![r][]", "[a][r]", "[r]"])
def test_a_name_that_another_block_gives_an_address_leads_nowhere(picture: str) -> None:
    assert not active(page(picture, "[r]: javascript:x"))
    assert not active(page("[r]: javascript:x", picture))
    assert "<img" not in LENIENT.render(page(picture, "[r]: https://example.org/t.png"))


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("a <script>x</script>", "a &lt;script>x&lt;/script>"),
        ("10<sup>6</sup> of `<b class>`", "10<sup>6</sup> of `<b class>`"),
        ("```\n<script>\n```", "```\n<script>\n```"),
        ("```\n<script>", "```\n<script>\n```"),
        ("![chart](https://example.org/t.png) below", " below"),
        ("[page](https://example.org)", "[page](https://example.org)"),
        ("1 < 2 and *x*", "1 < 2 and *x*"),
    ],
)
def test_tags_are_text_and_code_and_type_stay(given: str, written: str) -> None:
    assert inert(given) == written
