"""Whether the words of a text layer come back from the file."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pypdfium2

from ocroute.writers.pdf.placing import is_wide

_JOINTS = "\ufffe\x02"
"""What PDFium gives for a hyphen at the end of a line, with the next line's word behind it."""

_HYPHENS = "\xad\u2010\u2011"


def missing_words(path: Path, password: str | None, meant: Mapping[int, str]) -> dict[int, list[str]]:
    """By page number, the words that are not read back.

    Args:
        path: of the PDF.
        password: that opens it.
        meant: by page number, the words that must come back, parted by blanks.
    """
    found = {}
    pdf = pypdfium2.PdfDocument(path, password=password)
    try:
        for number, words in meant.items():
            page = pdf[number - 1]
            text_page = page.get_textpage()
            lacking = _lacking(words.split(), text_page.get_text_range())
            text_page.close()
            page.close()
            if lacking:
                found[number] = lacking
    finally:
        pdf.close()
    return found


def _lacking(meant: Iterable[str], text: str) -> list[str]:
    for joint in _JOINTS:
        text = text.replace(joint, "- ")
    wanted = Counter(map(_key, meant))
    lacking = wanted - Counter(map(_key, text.split()))
    if not lacking:
        return []
    whole = _key("".join(text.split()))  # scripts without blanks between words: readers part them elsewhere
    return [word for word in lacking.elements() if not (any(map(is_wide, word)) and word in whole)]


def _key(word: str) -> str:
    """A word as readers may give it: compatibility forms are one, so are hyphens."""
    word = unicodedata.normalize("NFKC", word)
    for hyphen in _HYPHENS:
        word = word.replace(hyphen, "-")
    return word
