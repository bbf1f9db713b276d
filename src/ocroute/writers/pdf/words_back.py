"""Whether the words and lines of a text layer come back from the file."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pypdfium2

from ocroute.document.formats import Remark
from ocroute.writers.pdf.placing import is_right_to_left, is_wide
from ocroute.writers.pdf.source_pages import KEPT

_JOINTS = "\ufffe\x02"
"""What PDFium gives for a hyphen at the end of a line, with the next line's word behind it."""

_TOLD = 5  # pages that a remark names

_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_HYPHENS = "\xad\u2010\u2011"


class Back(NamedTuple):
    """What the file gives of one page's layer.

    Attributes:
        missing: the words that are not read back.
        apart: how many lines are not read back as one.
    """

    missing: tuple[str, ...]
    apart: int


def read_back(path: Path, password: str | None, meant: Mapping[int, str]) -> dict[int, Back]:
    """The pages, by their number, of which something does not come back.

    Args:
        path: of the PDF.
        password: that opens it.
        meant: by page number, the words that must come back, parted by blanks and, between lines, line ends.
    """
    found, numbers = {}, list(meant)
    for at in range(0, len(numbers), KEPT):
        pdf = pypdfium2.PdfDocument(path, password=password)
        try:
            for number in numbers[at : at + KEPT]:
                text = _text_of(pdf, number)
                back = Back(tuple(_lacking(meant[number].split(), text)), _apart(meant[number], text))
                if any(back):
                    found[number] = back
        finally:
            pdf.close()
    return found


def lines_apart(back: Mapping[int, Back]) -> Iterator[Remark]:
    """What must be said of lines that do not come back as one."""
    numbers = [number for number, page in back.items() if page.apart and not page.missing]
    if numbers:
        count = sum(back[number].apart for number in numbers)
        pages = ", ".join(map(str, numbers[:_TOLD])) + (" …" if len(numbers) > _TOLD else "")
        lines = "1 line comes" if count == 1 else f"{count} lines come"
        yield Remark(f"{lines} apart when copied from page{'s' if len(numbers) > 1 else ''} {pages}; no word is lost")


def _text_of(pdf: pypdfium2.PdfDocument, number: int) -> str:
    page = pdf[number - 1]
    text_page = page.get_textpage()
    text: str = text_page.get_text_range()
    text_page.close()
    page.close()
    for joint in _JOINTS:
        text = text.replace(joint, "- ")
    return text


def _lacking(meant: Iterable[str], text: str) -> list[str]:
    wanted = Counter(map(_key, meant))
    lacking = wanted - Counter(map(_key, text.split()))
    if not lacking:
        return []
    whole = _key("".join(text.split()))  # scripts without blanks between words: readers part them elsewhere
    return [word for word in lacking.elements() if not (any(map(is_wide, word)) and word in whole)]


def _apart(meant: str, text: str) -> int:
    """How many lines of several words are not together in one line of ``text``; scripts that readers reorder aside."""
    there = "\n".join(_as_line(line) for line in text.splitlines())
    return sum(
        _as_line(line) not in there
        for line in meant.split("\n")
        if " " in line and not any(map(is_wide, line)) and not is_right_to_left(line)
    )


def _as_line(line: str) -> str:
    return f" {' '.join(map(_key, line.split()))} "


def _key(word: str) -> str:
    """A word as readers may give it: compatibility forms are one, so are hyphens; marks of direction are none of it."""
    word = _MARKS.sub("", unicodedata.normalize("NFKC", word))
    for hyphen in _HYPHENS:
        word = word.replace(hyphen, "-")
    return word
