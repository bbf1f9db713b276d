"""Fonts of signs that PDFs embed without saying what their glyphs mean: known encodings, by the font's name.

Where such a font has no ToUnicode map and its glyphs have names that no list knows (``summationdisplay``), pdfium gives the
bare code, which looks like a letter: a sum comes as X. The encodings are facts of the fonts: TeX's math fonts as in the
TeXbook, appendix F, and AMS's guide to its fonts; Zapf Dingbats as Adobe published it, of which Unicode's block is a copy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

UNKNOWN: Final = 0
"""What a glyph comes as of which nobody says what it means; `pdf_text.clean` makes a replacement character of it."""

_GAP: Final = " "
"""In the tables below: a code of which we do not know what it means."""

_EXTENSION: Final = (
    "()[]⌊⌋⌈⌉{}⟨⟩∣∥/\\" "()()[]⌊⌋⌈⌉{}⟨⟩/\\" "()[]⌊⌋⌈⌉{}⟨⟩/\\/\\" "⎛⎞⎡⎤⎣⎦⎢⎥⎧⎫⎩⎭⎨⎬⎪⏐"
    "⎝⎠⎜⎟⟨⟩⨆⨆∮∮⨀⨀⨁⨁⨂⨂" "∑∏∫⋃⋂⨄⋀⋁∑∏∫⋃⋂⨄⋀⋁" "∐∐ˆˆˆ˜˜˜[]⌊⌋⌈⌉{}" "√√√√⎷│┌‖↑↓⏞⏞⏟⏟⇑⇓"
)  # fmt: skip
_SYMBOLS: Final = (
    "−·×∗÷⋄±∓⊕⊖⊗⊘⊙◯∘•" "≍≡⊆⊇≤≥⪯⪰∼≈⊂⊃≪≫≺≻" "←→↑↓↔↗↘≃⇐⇒⇑⇓⇔↖↙∝" "′∞∈∋△▽\u0338↦∀∃¬∅ℜℑ⊤⊥"
    "ℵABCDEFGHIJKLMNO" "PQRSTUVWXYZ∪∩⊎∧∨" "⊢⊣⌊⌋⌈⌉{}⟨⟩∣∥↕⇕\\≀" "√∐∇∫⊔⊓⊑⊒§†‡¶♣♢♡♠"
)  # fmt: skip
_ITALIC: Final = (
    "ΓΔΘΛΞΠΣΥΦΨΩαβγδϵ" "ζηθικλμνξπρστυϕχ" "ψωεϑϖϱςφ↼↽⇀⇁˓˒▹◃" "0123456789.,</>⋆"
    "∂ABCDEFGHIJKLMNO" "PQRSTUVWXYZ♭♮♯⌣⌢" "ℓabcdefghijklmno" "pqrstuvwxyzıȷ℘\u20d7\u0361"
)  # fmt: skip
_AMS_A: Final = (
    "⊡⊞⊠□■·◇◆↻↺⇌⇋⊟⊩⊪⊨" "↠↞⇇⇉⇈⇊↾⇂↿⇃↣↢⇆⇄↰↱" "⇝↭↫↬≗≿≳⪆⊸∴∵≑≜≾≲⪅" "⪕⪖⋞⋟≼≦⩽≶‵–≓≒≽≧⩾≷"
    "⊏⊐⊳⊲⊵⊴★≬▾▸◂→←▵▴▿" "≖⋚⋛⪋⪌¥⇛⇚✓⊻⊼⩞∠∡∢∝" "⌣⌢⋐⋑⋓⋒⋏⋎⋋⋌⫅⫆≏≎⋘⋙" "⌜⌝®Ⓢ⋔∔∽⋍⌞⌟✠∁⊺⊚⊛⊝"
)  # fmt: skip
_AMS_B: Final = (
    "≨≩≰≱≮≯⊀⊁  ⩽⩾⪇⪈⋠⋡" "⋨⋩⋦⋧≰≱⪵⪶⪹⪺⪉⪊≁≆╱╲" "    ⫋⫌  ⊊⊋⊈⊉∦∤  " "⊬⊮⊭⊯⋭⋬⋪⋫↚↛⇍⇏⇎↮⋇∅"
    "∄𝔸𝔹ℂ𝔻𝔼𝔽𝔾ℍ𝕀𝕁𝕂𝕃𝕄ℕ𝕆" "ℙℚℝ𝕊𝕋𝕌𝕍𝕎𝕏𝕐ℤ     " "Ⅎ⅁    ℧ð≂ℶℷℸ⋖⋗⋉⋊" "∣∥∖∼≈≊⪸⪷↶↷ϝϰ𝕜ℏℏ϶"
)  # fmt: skip
_WINGDINGS: Final = {
    0x28: "☎", 0x2A: "✉", 0x46: "☞", 0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x72: "❒",
    0x75: "◆", 0x76: "❖", 0x77: "⬥", 0x9F: "•", 0xA1: "○", 0xA7: "▪", 0xA8: "◻", 0xD8: "➢", 0xDF: "←", 0xE0: "→",
    0xE1: "↑", 0xE2: "↓", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip


def _table(signs: str) -> Mapping[int, int]:
    return MappingProxyType({code: ord(sign) for code, sign in enumerate(signs) if sign != _GAP})


def _dingbats() -> Mapping[int, int]:
    found = {code: 0x2701 + code - 0x21 for code in (*range(0x21, 0x7F), *range(0xA1, 0xA8))}
    found |= {code: 0x2761 + code - 0xA1 for code in range(0xA1, 0xA8)}
    found |= {0x25: 0x260E, 0x2A: 0x261B, 0x2B: 0x261E, 0x48: 0x2605, 0x6C: 0x25CF, 0x6E: 0x25A0, 0x73: 0x25B2}
    found |= {0x74: 0x25BC, 0x75: 0x25C6, 0x77: 0x25D7, 0xA8: 0x2663, 0xA9: 0x2666, 0xAA: 0x2665, 0xAB: 0x2660}
    found |= {code: 0x2460 + code - 0xAC for code in range(0xAC, 0xB6)}
    found |= {code: 0x2776 + code - 0xB6 for code in range(0xB6, 0xD5)}
    found |= {0xD5: 0x2192, 0xD6: 0x2194, 0xD7: 0x2195}
    return MappingProxyType(found | {code: 0x2798 + code - 0xD8 for code in range(0xD8, 0xFF) if code != 0xF0})


_FONTS: Final = (
    (re.compile(r"^(CMEX|LMMathExtension|EUEX)\d*", re.IGNORECASE), _table(_EXTENSION)),
    (re.compile(r"^(CMB?SY|LMMathSymbols)\d*", re.IGNORECASE), _table(_SYMBOLS)),
    (re.compile(r"^(CMMIB?|LMMathItalic)\d*", re.IGNORECASE), _table(_ITALIC)),
    (re.compile(r"^MSAM\d*", re.IGNORECASE), _table(_AMS_A)),
    (re.compile(r"^MSBM\d*", re.IGNORECASE), _table(_AMS_B)),
    (re.compile(r"dingbats", re.IGNORECASE), _dingbats()),
    (re.compile(r"^wingdings(-regular)?$", re.IGNORECASE), {code: ord(sign) for code, sign in _WINGDINGS.items()}),
)


def encoding_of(name: str) -> Mapping[int, int] | None:
    """What the codes of the font called ``name`` (without the tag of a subset) mean, or None: it is no font of signs.

    Maps a code of one byte to a Unicode code point. A code that is not in it has no known meaning.
    """
    return next((table for pattern, table in _FONTS if pattern.search(name)), None)


def meaning(encoding: Mapping[int, int], code: int, *, mapped: bool) -> int:
    """The code point of a glyph of a font of signs.

    Args:
        encoding: of the font.
        code: as pdfium gives it.
        mapped: whether the file itself says what the glyph means. If not, ``code`` is the font's own.
    """
    private = 0xF000 <= code <= 0xF0FF  # how TrueType fonts of signs number their glyphs
    if mapped and not private:
        return code
    return encoding.get(code & 0xFF if private else code, code if private else UNKNOWN)
