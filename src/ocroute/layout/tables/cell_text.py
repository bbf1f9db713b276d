"""What a cell's text is: a number, or a symbol that belongs to one."""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = re.compile(
    r"""^[^\w]{0,4}                       # signs, brackets, currency
        (?:[A-Z]{1,3}\s?[$€£¥]?\s?)?      # US$, EUR
        [+\-−–—±~≈<>≤≥]?\s?
        (?:\d[\d.,:/'’\s−–%×x^±()*†‡§⁰¹²³⁴-⁹⁺⁻-]*|n/?a|nil|nd|\.\d+|[-−–—]{1,4}|[✓✗✔✘×•○●◦*+])
        (?:\s?(?:%|‰|°|bn|mn|[kKMBGT]|ms|s|m|g|kg|km|cm|mm|dB|Hz|MHz|GHz|[kKMGT]i?B|px|pt|pp|bps|x|e[+-]?\d+|hrs?|min|h))?
        [^\w]{0,3}[a-z]?[^\w]{0,3}$""",
    re.VERBOSE | re.IGNORECASE,
)
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    "|dec(?:ember)?"
)
_DATE = re.compile(rf"^(?:\d{{1,2}}[\s./-])?(?:{_MONTH})\.?(?:[\s,./-]*\d{{1,4}}(?:,?\s\d{{2,4}})?)?$", re.IGNORECASE)
_BEFORE = re.compile(r"^(?:[A-Z]{0,3}[$€£¥₹₽₩]|EUR|USD|GBP|CHF|Rs\.?|\(|[<>≤≥~≈±+−–-])$")
_AFTER = re.compile(r"^(?:%|‰|\)|\)%|%\)|[*†‡§¶]{1,4}|[€£₽]|\(?[a-z]\)|[a-z]|±\s?\d.*)$")


@lru_cache(maxsize=8192)
def is_number(text: str) -> bool:
    """Whether a cell holds a value: a number with its sign, unit and marks, a date, a tick or a dash for none."""
    return bool(_NUMBER.match(text) or _DATE.match(text))


def leans_right(text: str) -> bool:
    """Whether a text belongs to the number that follows it: a currency, an opening bracket, a sign."""
    return bool(_BEFORE.match(text))


def leans_left(text: str) -> bool:
    """Whether a text belongs to the number before it: a percent sign, a closing bracket, a footnote mark, its error."""
    return bool(_AFTER.match(text))
