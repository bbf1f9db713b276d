"""Words that stand in margins only."""

from __future__ import annotations

import re

from ocroute.layout import limits

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


def is_telling(text: str) -> bool:
    """Whether a text is a page number or a phrase that only margins have."""
    return bool(PAGE_NUMBER.match(text)) or (bool(_PHRASE.search(text)) and len(text) < limits.HEADING_CHARS)
