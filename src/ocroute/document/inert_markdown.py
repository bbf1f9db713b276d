"""An engine's Markdown in which nothing runs and nothing is fetched, however lenient the viewer that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
_HARMLESS: Final = re.compile(r"</?(?:sub|sup|b|i|u|s|em|strong|del|ins|br)\s*/?>", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"(?:https?:|mailto:|#|[^:]*$)", re.IGNORECASE)
_PICTURE: Final = re.compile(r"!\[[^\[\]]*\]\([^()\s]*(?:\s+\"[^\"]*\")?\)")
_CODE: Final = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_SUSPECT: Final = re.compile(r"<[A-Za-z/!?]|\][(\[:]|!\[")


def inert(source: str) -> str:
    """``source`` without pictures and without links that are no addresses of pages; other tags than those of type are text."""
    if not _SUSPECT.search(source):
        return source
    rows, code = source.split("\n"), set[int]()
    for token in _parser().parse(source):
        if token.type == "fence" and token.map and rows[token.map[0]].startswith(token.markup):
            start, end = token.map
            code |= set(range(start, end))
            if end - start < 2 or not rows[end - 1].startswith(token.markup):
                rows.append(token.markup)  # else the next block would be code, and its code would not
                code.add(len(rows) - 1)
    if not code:
        written = _without_tags(source)
    else:
        written = "\n".join(row if at in code else _without_tags(row) for at, row in enumerate(rows))
    return written if _is_inert(written) else _all_text("\n".join(rows))


def _without_tags(text: str) -> str:
    """Markdown outside of fences, its tags as text; what stands between backticks is text already."""
    parts, at = [], 0
    for found in _CODE.finditer(text):
        parts += [_escaped(text[at : found.start()]), found.group()]
        at = found.end()
    return "".join([*parts, _escaped(text[at:])])


def _escaped(text: str) -> str:
    kept = iter(_HARMLESS.findall(text))
    plain = _PICTURE.sub("", text).replace("![", r"!\[")  # another block may say where the picture of a name is
    escaped = [_TAG.sub("&lt;", part) for part in _HARMLESS.split(plain)]
    return escaped[0] + "".join(tag + part for tag, part in zip(kept, escaped[1:], strict=True))


def _all_text(source: str) -> str:
    """``source`` with every sign that could begin a tag, a link or a picture as text, even where it is code."""
    return re.sub(r"\](?=[(\[:])", r"\\]", _TAG.sub("&lt;", source)).replace("![", r"\!\[")


def _is_inert(source: str) -> bool:
    named: dict[str, Any] = {}
    tokens = _parser().parse(source, named)
    if not all(_ADDRESS.match(str(each["href"]).strip()) for each in named.get("references", {}).values()):
        return False  # links of other blocks would lead there
    for token in _every(tokens):
        if token.type in ("html_block", "html_inline") and _TAG.search(_HARMLESS.sub("", token.content)):
            return False
        if token.type == "image" or (
            token.type == "link_open" and not _ADDRESS.match(str(token.attrs.get("href", "")).strip())
        ):
            return False
    return True


def _every(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _every(token.children or [])


@cache
def _parser() -> MarkdownIt:
    """One that lets everything through, as a lenient viewer does."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
    return parser
