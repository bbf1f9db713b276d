"""What formats say beside a page's text: comments that somebody left there, and what the file holds besides its pages."""

from __future__ import annotations

from collections.abc import Iterator

from ocroute.document.exporters.prepared import clean, lines_of
from ocroute.document.model import Page


def notes(page: Page) -> Iterator[str]:
    """The comments on ``page``, each with its author: they are no part of what is printed, and formats must set them apart."""
    for note in page.notes:
        author = " ".join(clean(note.author).split())
        if text := "\n".join(lines_of(clean(note.text))):
            yield f"Note by {author}: {text}" if author else f"Note: {text}"


def remark(page: Page) -> str:
    """What the source of a fine page holds besides, in words on one line; empty where that is nothing."""
    said = [finding.sentence for finding in page.verdict.findings if finding.code == "unread" and not finding.refuses]
    return " ".join(clean(f"page {page.number}: {' '.join(said)}").split()) if said and page.verdict.fine else ""
