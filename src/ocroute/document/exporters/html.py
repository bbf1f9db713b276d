"""One self-contained page of semantic HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from pathlib import PurePath
from typing import ClassVar

from ocroute.document.exporters.asides import notes, remark
from ocroute.document.exporters.figure_links import alternative, beside, figure_of
from ocroute.document.exporters.prepared import (
    NUMBER,
    clean,
    code_lines,
    heading_level,
    lines_of,
    notice,
    one_language,
    printed,
    state_markers,
    styled_lines,
)
from ocroute.document.formats import Figure
from ocroute.document.markup import html_from_markdown, html_inline, html_table
from ocroute.document.model import Document, Page
from ocroute.values import Block, Box, Category

_STYLE = """
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 serif; color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #777; padding: .25rem .5rem; text-align: left; vertical-align: top; }
section + section { border-top: 1px solid #777; margin-top: 2rem; padding-top: 1rem; }
.notice { border: 2px solid #9a3a00; background: #fff3e6; padding: .5rem 1rem; font-family: sans-serif; }
.notice::before { content: "\\26A0\\FE0E  "; }
[data-status=doubtful] { border-left: .4rem solid #9a3a00; padding-left: 1rem; }
.caption, .furniture, aside { font-size: .9rem; }
.note { border-left: .2rem solid #777; padding-left: .8rem; font-family: sans-serif; }
figure img { max-width: 100%; }
.formula { text-align: center; }
li.marked { list-style: none; }
"""

_TAG = re.compile(r"^(<\w+)")
_TAGS = {
    Category.CAPTION: ('<p class="caption">', "</p>"),
    Category.FOOTNOTE: ('<aside role="doc-footnote"><p>', "</p></aside>"),
    Category.PAGE_HEADER: ('<header class="furniture"><p>', "</p></header>"),
    Category.PAGE_FOOTER: ('<footer class="furniture"><p>', "</p></footer>"),
    Category.PICTURE: ("<figure><figcaption>", "</figcaption></figure>"),
}


class Html:
    """A section a page, real headings, lists and tables; a doubtful page opens with a visible notice. No script."""

    suffix: ClassVar[str] = ".html"
    media_type: ClassVar[str] = "text/html"

    def __init__(
        self, *, keep_headers_footers: bool = False, figures: Mapping[tuple[int, Box], Figure] | None = None
    ) -> None:
        self.keep_headers_footers = keep_headers_footers
        self.figures = figures or {}

    def export(self, document: Document) -> bytes:
        """UTF-8. ``lang`` is there where the source says a page's language; otherwise it is left open."""
        title = escape(clean(PurePath(document.source).name) or "document")
        pages = "\n".join(self._page(page) for page in document.pages)
        return (
            f'<!DOCTYPE html>\n<html{_lang(one_language(document))}>\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{pages}\n</main>\n</body>\n</html>\n"
        ).encode()

    def _page(self, page: Page) -> str:
        said = notice(page) or remark(page)
        return "\n".join(
            [
                f'<section aria-label="Page {page.number}" data-page="{page.number}" '
                f'data-status="{page.verdict.status}"{_lang(page.language)}>',
                *([f'<p class="notice" role="note">{escape(said[0].upper() + said[1:])}</p>'] if said else []),
                *elements(
                    printed(page, keep_headers_footers=self.keep_headers_footers),
                    lambda block: self._image(page, block),
                ),
                *(f'<aside class="note" role="note"><p dir="auto">{_lines(note)}</p></aside>' for note in notes(page)),
                "</section>",
            ]
        )

    def _image(self, page: Page, block: Block) -> str:
        """The picture of a block that was saved."""
        figure = figure_of(self.figures, page, block)
        name = alternative(page, block) or "picture"
        return "" if figure is None else f'<img src="{escape(figure.href)}" alt="{escape(name)}">'


def elements(blocks: Iterable[Block], image: Callable[[Block], str] = lambda _: "") -> Iterator[str]:
    """Settled blocks as HTML, everything escaped. Only all of it together is well formed: lists span several blocks.

    Args:
        blocks: in reading order.
        image: the element that shows a block's picture; empty where there is none.
    """
    lists, every = _Lists(), list(blocks)
    states = state_markers(every)
    for block in every:
        if block.category is Category.LIST_ITEM and block.table is None:
            if item := _item(block, states):
                yield from lists.enter(block)
                yield _directed(item, block)
        elif written := _block(block, image(block)):
            yield from lists.leave()
            yield _directed(written, block)
    yield from lists.leave()


def _lang(language: str) -> str:
    return f' lang="{escape(language)}"' if language else ""


def _directed(element: str, block: Block) -> str:
    """``element`` with the block's direction, where it is known to be from right to left."""
    if block.direction != "rtl":
        return element
    return _TAG.sub(r'\1 dir="rtl"', element.replace(' dir="auto"', "", 1), count=1)


def _block(block: Block, image: str = "") -> str:
    if image:
        said = _inline(beside(block))
        return f"<figure>{image}{f'<figcaption>{said}</figcaption>' if said else ''}</figure>"
    if block.table is not None:
        return html_table(block.table)
    if block.category is Category.PICTURE and not block.text.strip():
        return '<figure role="img" aria-label="Picture"></figure>'
    if block.category in (Category.TITLE, Category.SECTION_HEADER):
        level = heading_level(block)
        content = " ".join(map(html_inline, styled_lines(block)))
        return f'<h{level} dir="auto">{content}</h{level}>' if content else ""
    if block.markup == "markdown":
        return html_from_markdown(block.text)
    if block.category is Category.CODE:
        code = escape("\n".join(code_lines(block)), quote=False)
        return f"<pre><code>{code}</code></pre>" if code else ""
    content = _inline(block)
    if not content:
        return ""
    if block.markup == "latex":
        return f'<p class="formula" role="math">{content}</p>'
    opening, closing = _TAGS.get(block.category, ('<p dir="auto">', "</p>"))
    return opening + content + closing


def _inline(block: Block) -> str:
    if block.markup == "latex":
        return _lines(block.text)
    return "<br>\n".join(map(html_inline, styled_lines(block)))


def _lines(text: str) -> str:
    return "<br>\n".join(escape(line, quote=False) for line in lines_of(text))


def _item(block: Block, states: frozenset[tuple[int, str]]) -> str:
    """An item without its end tag: a list inside it may follow. Markers among ``states`` are printed."""
    content, marker = _inline(block), block.marker or ""
    number = NUMBER.fullmatch(marker)
    if number:
        return f'<li value="{int(number[1])}">{content}'
    if any(character.isalnum() for character in marker) or (content and (block.level or 0, marker) in states):
        return f'<li class="marked"><span class="marker">{escape(marker)}</span> {content}'
    return f"<li>{content}" if content else ""


class _Lists:
    """Which lists are open, from the outermost in."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, item: Block) -> Iterator[str]:
        """The tags between the item before and this one."""
        level = item.level or 0
        tag = "ol" if item.marker and NUMBER.fullmatch(item.marker) else "ul"
        while len(self._open) > 1 and self._open[-1][0] > level and self._open[-2][0] >= level:
            yield self._close()
        if self._open and self._open[-1][0] >= level:
            if self._open[-1][1] == tag:
                yield "</li>"
                self._open[-1] = (level, tag)
                return
            yield self._close()
        self._open.append((level, tag))
        yield f"<{tag}>"

    def leave(self) -> Iterator[str]:
        """The tags that close all lists."""
        while self._open:
            yield self._close()

    def _close(self) -> str:
        return f"</li>\n</{self._open.pop()[1]}>"
