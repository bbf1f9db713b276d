"""Code points as a PDF gives them become text as people write it."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.code_pages import of_mac

_REPLACED: dict[int, str] = {
    0x0000: "\ufffd",  # a glyph without a meaning: the judge must see that it is there
    0x0002: "-",  # pdfium's mark for a hyphen at a line end
    0xFFFE: "-",
    0x00A0: " ",
    0x2007: " ",
    0x202F: " ",
    0x2010: "-",
    0x2011: "-",
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)},  # ff, fi, fl, ffi, ffl, st
    **dict.fromkeys((0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF), ""),
    # Bullets of Symbol and Wingdings, which have no code points of their own.
    **dict.fromkeys((0xF0B7, 0xF06C, 0xF09F), "•"),
    **dict.fromkeys((0xF0A7, 0xF06E), "▪"),
    0xF0D8: "➢",
    0xF0FC: "✓",
    0xF02D: "−",
}
SOFT_HYPHEN = 0xAD

# TeX's fonts, old (from 0x0B) and new (from 0x1B), keep ligatures where others have control characters, and their PDFs do not
# always say so.
_AFTER_FI = tuple("cdglnrtvx")
TEX_LIGATURES = {
    base + place: letters for base in (0x0B, 0x1B) for place, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl"))
}

# There too, in the new fonts, quotes and dashes stand, where the old ones have accents: which it is, its place in the word tells.
_QUOTES = "“”„«»–—"
TEX_QUOTES = {0x10 + place: 0x10FF10 + place for place in range(len(_QUOTES))}
"""Numbers of glyphs that may be quotes or dashes, and the private code points by which `clean` knows them."""

# TeX's old fonts print an accent and then its letter, as two characters on one spot.
_COMBINING = {
    "´": "\u0301",
    "`": "\u0300",
    "¨": "\u0308",
    "ˆ": "\u0302",
    "˜": "\u0303",
    "¯": "\u0304",
    "ˇ": "\u030c",
    "˘": "\u0306",
}
_COMBINING |= {"˚": "\u030a", "˙": "\u0307", "˝": "\u030b", "¸": "\u0327", "˛": "\u0328"}


_CIRCLE = "◯"
_CIRCLED = {"c": "©", "C": "©", "r": "®", "R": "®", "p": "℗", "P": "℗"}
"""Signs that TeX prints as a letter in a circle."""

_ACCENTS = np.array([ord(accent) for accent in (*_COMBINING, _CIRCLE)])


_UPRIGHT = dict(zip(range(0xFE35, 0xFE45), "（）｛｝〔〕【】《》〈〉「」『』", strict=True))
_UPRIGHT |= dict(zip((0xFE10, 0xFE13, 0xFE14, 0xFE15, 0xFE16, 0xFE30, 0xFE31), "，：；！？‥—", strict=True)) | {
    0xFE11: "、",
    0xFE12: "。",
    0xFE19: "…",
}
_REPLACED |= _UPRIGHT  # signs as they look in columns

_PRESENTED = re.compile("[\ufb1d-\ufb28\ufb2a-\ufd3d\ufd50-\ufdf2\ufe70-\ufefc]+")
"""Hebrew and Arabic presentation forms that mean letters; the rest of those blocks are signs of their own."""

_LONE = {0x88: "•", 0x95: "•"}
"""Control characters that print a bullet, in TeX's fonts of text signs and in Windows' code page, where nobody maps them."""

_PLAIN = range(ord("!"), ord("~") + 1)


def clean(codes: Iterable[int], *, ends: bool = True) -> str:
    """One word's text: ligatures spelled out, soft hyphens only at the end (as hyphens), no control characters.

    Args:
        ends: whether the word ends with ``codes``.
    """
    listed = list(codes)
    if listed and min(listed) in _PLAIN and max(listed) in _PLAIN:  # most words
        return bytes(listed).decode("ascii")
    if len(listed) == 1 and listed[0] in _LONE:
        return _LONE[listed[0]]
    listed = of_mac(listed)
    parts = [
        _ligature(listed, at) or _quote(listed, at) or _REPLACED.get(code, "") or _char(code)
        for at, code in enumerate(listed)
    ]
    text = "".join(part for part in parts if part)
    if ends and listed and listed[-1] == SOFT_HYPHEN:
        text += "-"
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(unicodedata.normalize("NFC", _PRESENTED.sub(_letters, text)).split())


def _letters(forms: re.Match[str]) -> str:
    """The letters that presentation forms (a letter as it looks at the end of a word, two letters in one) stand for."""
    return unicodedata.normalize("NFKC", forms[0]).replace(" ", "")


def _ligature(codes: list[int], at: int) -> str:
    """The ligature at a place in a word; empty where there is none: alone or in formulas those codes are other signs."""
    letters = TEX_LIGATURES.get(codes[at], "")
    if not letters:
        return ""
    before, after = (chr(code) if code < 0x80 and chr(code).isalpha() else "" for code in _beside(codes, at))
    if not before and not after:
        return ""
    # Some fonts begin the row with fi. No word begins with ff, and before these letters ff hardly stands.
    return "fi" if letters == "ff" and (not before or after in _AFTER_FI) else letters


def _quote(codes: list[int], at: int) -> str:
    """The quote or dash that a glyph's number at a place in a word stands for, a mark for the unknown where it may be an accent;
    empty for characters.
    """
    place = codes[at] - TEX_QUOTES[0x10]
    if not 0 <= place < len(_QUOTES):
        return ""
    sign = _QUOTES[place]
    if sign in "–—":
        fits = len(codes) == 1
    elif sign in "”»":
        fits = at > 0 and not any(code >= 0x80 or chr(code).isalnum() for code in codes[at + 1 :])
    else:
        fits = sign != "«" and at == 0 and len(codes) > 1
    return sign if fits else "\ufffd"


def _beside(codes: list[int], at: int) -> tuple[int, int]:
    return codes[at - 1] if at else 0, codes[at + 1] if at + 1 < len(codes) else 0


def _char(code: int) -> str:
    if code in _REPLACED or code == SOFT_HYPHEN:
        return ""
    if code > sys.maxunicode:  # pdfium hands codes of fonts encoded in UTF-8 on as they are
        return _of_utf8(code)
    char = chr(code)
    return "" if unicodedata.category(char) == "Cc" else char


def _of_utf8(code: int) -> str:
    """The character whose bytes in UTF-8 make ``code``, a mark for the unknown where there is none."""
    try:
        char = code.to_bytes(4, "big").lstrip(b"\0").decode()
    except (OverflowError, UnicodeDecodeError):
        return "\ufffd"
    return char if len(char) == 1 else "\ufffd"


def is_accent(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of ``codes`` are accents that stand as characters of their own."""
    return np.isin(codes, _ACCENTS)


def accented(accent: int, letter: int) -> int | None:
    """The one sign that an accent, or a circle, printed over a letter makes, or None."""
    if accent == ord(_CIRCLE):
        circled = _CIRCLED.get(chr(letter))
        return ord(circled) if circled else None
    mark = _COMBINING.get(chr(accent))
    if mark is None:
        return None
    base = {0x131: "i", 0x237: "j"}.get(letter, chr(letter))  # TeX sets the dotless letters under accents
    both = unicodedata.normalize("NFC", base + mark)
    return ord(both) if len(both) == 1 else None
