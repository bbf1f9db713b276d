"""What a group of lines is: heading, item, caption, formula or text; which heading is the title, and the levels of the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ocroute.layout.line_measures import INK_NOISE, Scale
from ocroute.layout.paragraphs import PARAGRAPH_PITCH, SAME_SIZE, Group
from ocroute.layout.wording import HEADING_CHARS, begins, is_caption, is_weak, split_marker
from ocroute.values import Category

HEADING_SIZE: Final = 1.14
"""The smallest step by which typesetters enlarge a heading that has no other mark."""

SURELY_LARGE: Final = 1.24
"""From here on a size that was measured on ink is larger than the text's beyond doubt."""

TITLE_SIZE: Final = 1.3
"""A title is clearly larger than the text; section headers are seldom that large."""

NAMED_SIZE: Final = 0.8
"""What stands alone and is called as sections are, e.g. an abstract, is a heading down to this size."""

SMALL_SIZE: Final = 0.93
"""Footnotes, captions and running titles are set at least this much smaller where they are set smaller at all."""

NUMBERING = re.compile(
    r"^(?P<number>(?:\d{1,2}(?:\.\d{1,2}){0,4}|[A-Z](?:\.\d{1,2}){1,3}|[IVX]{1,5}|[A-H])[.)]?)\s+(?P<rest>[^\W\d].*)$"
)
_NAMED = re.compile(
    r"^(?:abstract|introduction|conclusions?|references|bibliography|acknowledge?ments?|appendix(?: [A-Z])?|contents|summary|"
    r"results|methods|discussion|background|related work|foreword|preface|index|введение|заключение|содержание|литература)$",
    re.IGNORECASE,
)
_ABSTRACT = re.compile(r"^(?:abstract|zusammenfassung|résumé|аннотация)$", re.IGNORECASE)
MATHS = re.compile(r"[=<>≤≥≈≠∑∏∫∂∇∈∉⊂⊆∪∩→←↔⇒⇔∞±×÷√∀∃λμσπφψωΩΔΣαβγδεθ∥⟨⟩⊕⊗′^]")
_CODE = re.compile(r"[\\{}<>;]")
_WORD = re.compile(r"[^\W\d_]{4,}")
_EQUATION_NUMBER = re.compile(r"\(\d{1,3}(?:\.\d{1,3})*[a-z]?\)$")


def kind_of(group: Group, scale: Scale, *, bold_body: bool) -> Category:
    """The category of a group that is neither furniture nor a footnote."""
    if group.lines[0].table is not None:
        return Category.TABLE
    if group.lines[0].listing:
        return Category.CODE
    text = group.text
    if is_caption(text):
        return Category.CAPTION
    item = split_marker(text)
    if item and not is_weak(item[0]):
        return Category.LIST_ITEM
    if _is_formula(group, text, scale):
        return Category.FORMULA
    if _is_heading(group, text, scale, bold_body=bold_body):
        return Category.SECTION_HEADER
    return Category.LIST_ITEM if item else Category.TEXT


def _is_formula(group: Group, text: str, scale: Scale) -> bool:
    inset = min(line.box.x0 for line in group.lines) - group.column.left > 1.5 * scale.size
    words = sum(len(word) for word in _WORD.findall(text))
    letters = len(text.replace(" ", ""))
    marked = bool(MATHS.search(text)) or bool(_EQUATION_NUMBER.search(text))
    return marked and len(group.lines) <= 6 and words < (0.35 if inset else 0.15) * letters and bool(MATHS.search(text))


def _is_heading(group: Group, text: str, scale: Scale, *, bold_body: bool) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    if len(group.lines) > 4 or len(text) > HEADING_CHARS or len(letters) < 3 or len(letters) < 0.5 * len(text) * 0.8:
        return False
    fonts_known = group.lines[0].line.font is not None
    if not fonts_known and not begins(text):
        return False  # the middle of a sentence whose size was measured badly
    ratio = group.size / scale.size
    step = HEADING_SIZE if fonts_known else HEADING_SIZE + 0.16
    large = ratio >= step and group.size > 1.05 * scale.large
    doubtful = group.lines[0].measured and not group.bold and ratio < SURELY_LARGE
    if doubtful and (_CODE.search(text) or not begins(text)):
        return False  # type of even width looks larger than the text about it
    if (
        large
        and (not re.search(r"[.,;]$", text) or ratio > TITLE_SIZE)
        and _all_large(group, step * scale.size * scale.roomy)
    ):
        return True
    if _NAMED.match(text) and len(group.lines) == 1 and ratio > NAMED_SIZE and begins(text):
        return True
    if ratio < SMALL_SIZE or re.search(r"[.,;:]$", text) or len(group.lines) > 2:
        return False
    if _NAMED.match(re.sub(r"^[\dIVX.\s]+", "", text).strip()):
        return True
    apart = group.gap_above > PARAGRAPH_PITCH - 1
    if not bold_body and group.bold:
        return True
    short = max(line.box.x1 for line in group.lines) < group.column.right - 0.15 * (
        group.column.right - group.column.left
    )
    if not apart or len(text) > 90:
        return False
    if NUMBERING.match(text) and short and not split_marker(text):
        return True
    return len(letters) >= 4 and "".join(letters).isupper() and (short or len(group.lines) == 1)


def _all_large(group: Group, high: float) -> bool:
    """Whether, as far as is known, all words are ``high``: a label and the larger entry filled in behind it are no heading."""
    lines = [piece.line for piece in group.lines]
    if not all(line.font and line.font.name for line in lines):
        return True  # boxes of words are as high as their type in text layers only
    return all(word.box.height > 0.97 * high for line in lines for word in line.words if len(word.text) >= 3)


def title_of(headings: Sequence[Group], scale: Scale) -> Group | None:
    """The heading that is the page's title: the largest, clearly larger than the text, unnumbered, in the upper half."""
    first = any(re.match(r"1[.)]?\s", group.text) for group in headings)  # then a leading A is no appendix's number

    def numbered(text: str) -> bool:
        return bool(NUMBERING.match(text)) and not (first and text.startswith("A "))

    upper = [
        group
        for group in headings
        if group.lines[0].box.y0 < 0.5 * scale.height and _count_letters(group) > 3 and not numbered(group.text)
    ]
    if not upper:
        return None
    largest = max(upper, key=lambda group: (round(group.size / scale.size, 1), -group.lines[0].box.y0))
    least = TITLE_SIZE * (1 - INK_NOISE if largest.lines[0].measured else 1)
    return largest if largest.size >= least * scale.size else None


def levels(headings: Sequence[Group]) -> list[int]:
    """A level from 1 to 6 for each section header: by its numbering where it has one, else by its size among the others."""
    sizes: list[float] = []
    step = 0.8 * SAME_SIZE if any(group.lines[0].measured for group in headings) else SAME_SIZE / 2
    for size in sorted((group.size for group in headings), reverse=True):
        if not sizes or size < sizes[-1] * (1 - step):
            sizes.append(size)
    return [_level(group, sizes) for group in headings]


def _level(group: Group, sizes: Sequence[float]) -> int:
    numbered = NUMBERING.match(group.text)
    if _ABSTRACT.match(group.text):
        return 1  # set smaller than the text, and a section beside the others
    if numbered:
        return min(6, 1 + numbered["number"].rstrip(".)").count("."))
    rank = min(range(len(sizes)), key=lambda index: abs(sizes[index] - group.size))
    return min(6, 1 + rank)


def _count_letters(group: Group) -> int:
    return sum(letter.isalpha() for letter in group.text)
