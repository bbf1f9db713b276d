"""Page ranges as people write them: ``1-3,7,10-``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import index

from ocroute.errors import UsageError

_PART = re.compile(r"(\d+)?\s*(-)?\s*(\d+)?")
_EXAMPLE = "Write page ranges like 1-3,7,10-"
_IN_PYTHON = 'Write them like "1-3,7" or [1, 3]; leave them out for all pages'


def parse_ranges(text: str, count: int) -> tuple[int, ...]:
    """The page numbers that ``text`` names and the document has, ascending and each once.

    Args:
        text: numbers and ranges from 1, comma-separated; ``-3`` is 1 to 3, ``10-`` runs to the last page.
        count: how many pages the document has.

    Raises:
        UsageError: it is no page range, runs backwards, or names no page of the document.
    """
    named: set[int] = set()
    for part in text.split(","):
        first, last = _bounds(part.strip(), text, count)
        if first > last:
            raise UsageError(f"page range {part.strip()!r} runs backwards", next_step=f"Write {last}-{first}")
        if first < 1:
            raise UsageError(f"page range {part.strip()!r}: pages are counted from 1", next_step=_EXAMPLE)
        named.update(range(first, min(last, count) + 1))
    if not named:
        pages = "1 page" if count == 1 else f"{count} pages"
        raise UsageError(
            f"page range {text!r} leaves the document, which has {pages}", next_step=f"Choose pages from 1 to {count}"
        )
    return tuple(sorted(named))


def is_beyond(text: str, count: int) -> bool:
    """Whether ``text``, a page range, names pages by their numbers that a document of ``count`` pages has not."""
    return any(last > count for part in text.split(",") for _, last in [_bounds(part.strip(), text, count)])


def written(pages: str | Iterable[int] | None) -> str | None:
    """Pages as a program gives them, e.g. ``"1-3,7"`` or ``[1, 3]``, in the one form that crosses to worker processes.

    Raises:
        UsageError: it is neither text nor page numbers from 1, or names none.
    """
    if pages is None:
        return None
    if isinstance(pages, str):
        text = pages.strip()
    else:
        try:
            given = [*pages]
            if isinstance(pages, bytes) or any(isinstance(number, bool) for number in given):
                raise TypeError
            numbers = [index(number) for number in given]
        except TypeError as error:
            raise UsageError(f"pages={pages!r} are no page numbers", next_step=_IN_PYTHON) from error
        if any(number < 1 for number in numbers):
            raise UsageError(f"pages={pages!r}: pages are counted from 1", next_step=_IN_PYTHON)
        text = ",".join(map(str, numbers))
    if not text:
        raise UsageError(f"pages={pages!r} names no page", next_step=_IN_PYTHON)
    return text


def _bounds(part: str, text: str, count: int) -> tuple[int, int]:
    match = _PART.fullmatch(part)
    first, dash, last = match.groups() if match else (None, None, None)
    if first is None and last is None:
        raise UsageError(f"{text!r} is not a page range", next_step=_EXAMPLE)
    if dash is None:
        return int(first or 0), int(first or 0)
    # "10-" in a document of 5 pages must name 10 as the page that is missing, not run backwards.
    start = int(first or 1)
    return start, int(last) if last else max(count, start)
