"""What the words of a line tell, wherever it stands: list markers, captions, page numbers, phrases that only margins have."""

from __future__ import annotations

import re
from typing import Final

HEADING_CHARS: Final = 160
"""Longer than this is a paragraph however it is set."""

_DRAWN_RULE: Final = re.compile(r"^[_.…\-–—=*~\s]{3,}$")
_LEADERS = r"(?:(?:\s?[.·․‥…]){4,}|(?:\s[.·…]{2,}){2,}|_{4,})"
_ENTRY: Final = re.compile(rf"{_LEADERS}\s*(?:\d{{1,4}}|[ivxlc]{{1,6}}|[A-Z]-?\d{{1,3}})$", re.IGNORECASE)
_BULLETS = "•‣⁃▪▫■□●○◉◦∙·◆◇▶►➢➤☐☑☒✓✔✗✘❖\uf0b7\uf0a7–—*-"
_LIST_MARKER = (
    rf"[{_BULLETS}]|\[\d{{1,3}}\]|\(?(?:\d{{1,3}}|[a-zA-Z]|[ivxIVX]{{1,5}})\)|(?:\d{{1,3}}|[a-z]|[ivx]{{1,5}})\."
)
_MARKER = re.compile(rf"^(?P<marker>{_LIST_MARKER})\s+(?P<rest>\S.*)$", re.DOTALL)
_ALONE = re.compile(
    rf"{_LIST_MARKER}|[A-Z]\.|\(?[ivxlc]{{1,5}}[.)]|\(?\w{{1,3}}\]|\[[\w+]{{1,8}}\]|\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}\.?|§+"
)
_GLUED = re.compile(r"^(?P<marker>[•‣▪■●○◦◆➢➤☐☑☒✓✔✗✘❖\uf0b7\uf0a7])(?P<rest>[^\W_].*)$", re.DOTALL)
_WEAK = frozenset("–—*-·")
_NAMES = (
    r"(?:supplementary |extended data )?(?:fig(?:ure|\.)?|table|tab\.|scheme|chart|plate|box|exhibit|algorithm|listing|abbildung"
    r"|abb\.|tabelle|рис(?:унок|\.)|таблица|табл\.|figura|tableau|tabla|图|表)"
)
_NUMBERED = rf"{_NAMES}(?:\s*(?:S|[A-Z]\.?)?\d{{1,3}}(?:[.\-–]\d{{1,3}})*[a-z]?|\s+(?-i:[IVX]{{1,5}})\b)"
_CAPTION = re.compile(rf"^{_NUMBERED}\s*(?P<end>[.:|—–)]|$|\s[A-ZА-Я(])", re.IGNORECASE)
_BESIDE_TABLE = re.compile(
    rf"^(?:{_NUMBERED}|{_NAMES}\s+(?-i:[A-Z])\b|(?:{_NAMES}|sources?|notes?)\s*[.:])", re.IGNORECASE
)
_LABEL = re.compile(r"^([^\W\d](?:[^:.;!?\d]|(?<=[Nn][Oo])\.){0,28}):(?=\s|$)")
_STOP = "[.!?:;。！？：；]"
_CLOSING = "\"'”’»)\\]⁰¹²³⁴-⁹*†‡"
_ENDED = re.compile(rf"{_STOP}[{_CLOSING}]{{0,3}}$|(?<!\d){_STOP}[{_CLOSING}\d]{{0,3}}$")
"""Behind the stop may be marks of notes; figures on both sides of it are one number, 12.50."""
_OPENING = "\"'“‘«([¿¡"
_ROMAN = r"(?=[ivxlc])(?:x{0,3}|xl|l?x{0,3})(?:ix|iv|v?i{0,3})"
PAGE_NUMBER = re.compile(
    rf"^[\s\-–—~•·|\[(.]*(?:(?:page|pg\.?|p\.|seite|стр\.?|страница|página|pagina)\s*)?"
    rf"(?:\d{{1,4}}|{_ROMAN}|[A-Z]{{1,2}}[\-–.]?\d{{1,3}}|\d{{1,3}}[\-–.]\d{{1,3}})"
    rf"(?:\s*(?:of|/|von|из|de|sur)\s*\d{{1,4}})?[\s\-–—~•·|\]).]*$",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"downloaded (?:from|by|on)|\barxiv:\d|^\s*(?:https?://)?(?:dx\.)?doi(?:\.org|:|\s)|©|\(c\)\s*(?:19|20)\d\d|copyright\b"
    r"|all rights reserved|^proceedings of|\bvol(?:ume|\.)\s*\d+.{0,40}(?:\bno\b|\bissue\b|\bnumber\b|\b(?:19|20)\d\d\b)"
    r"|\bISSN\b|\bISBN\b|^preprint\b|preprint submitted to|authorized licensed use|this article is protected by"
    r"|^page \d+ of \d+|to whom correspondence|^manuscript\b.{0,40}(?:draft|submitted)|\bconfidential\b.{0,30}$"
    r"|licensed under|creative commons|^(?:received|accepted|published)\b.{0,60}\b(?:19|20)\d\d",
    re.IGNORECASE,
)


def is_drawn_rule(text: str) -> bool:
    """Whether a line is nothing but a rule made of characters, to sign or write on."""
    return bool(_DRAWN_RULE.match(text))


def split_marker(text: str) -> tuple[str, str] | None:
    """The list marker that ``text`` begins with and the text behind it, or None."""
    found = _MARKER.match(text) or _GLUED.match(text)
    return (found["marker"], found["rest"]) if found else None


def is_weak(marker: str) -> bool:
    """Whether a line may well begin so in running text (a dash, a letter, a number) and siblings or an indent must confirm it."""
    return marker in _WEAK or (marker[0] not in _BULLETS and not marker.startswith("["))


def is_marker(text: str) -> bool:
    """Whether a text is nothing but a bullet, a list number, a reference key or a section number."""
    return bool(_ALONE.fullmatch(text))


def is_entry(text: str) -> bool:
    """Whether a text is an entry of a table of contents as it is printed with leaders: a title, dots, a page number."""
    found = _ENTRY.search(text) if text[-1:].isalnum() else None
    return found is not None and any(map(str.isalpha, text[: found.start()]))


def is_caption(text: str) -> bool:
    """Whether a text begins as a caption does: ``Figure 3:``, ``Table 2. ...``, not ``Figure 3 shows``."""
    found = _CAPTION.match(text)
    return bool(found) and not (found["end"].strip().islower() if found else False)


def is_beside_table(text: str) -> bool:
    """Whether a line next to a table begins as its caption or its notes do: ``Table 3`` whatever follows, ``Source: ...``."""
    return bool(_BESIDE_TABLE.match(text))


def ended(text: str) -> bool:
    """Whether a text ends like a sentence."""
    return bool(_ENDED.search(text.rstrip()))


def begins(text: str) -> bool:
    """Whether a text may begin a sentence: with a capital, a digit, a quotation mark or a script without case."""
    stripped = text.lstrip(_OPENING)
    return bool(stripped) and not stripped[0].islower()


def is_telling(text: str) -> bool:
    """Whether a text is a page number or a phrase that only margins have."""
    return bool(PAGE_NUMBER.match(text)) or (bool(_PHRASE.search(text)) and len(text) < HEADING_CHARS)


def label_of(text: str) -> str:
    """What a field of a form begins with, up to its colon: ``Date of birth`` of ``Date of birth: 1912``; empty if it has none."""
    found = _LABEL.match(text.strip())
    return found[1] if found else ""
