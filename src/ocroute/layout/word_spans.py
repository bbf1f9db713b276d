"""The styles of words on the text that they were joined to: whatever became of hyphens, blanks and leaders between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ocroute.values import Span, Word

_CLOSE = frozenset({"superscript", "subscript"})
"""Styles that end with the word: two raised marks with a blank between them are two."""


def spans_over(text: str, words: Iterable[Word], skipped: int = 0) -> tuple[Span, ...]:
    """The spans of ``words`` over ``text[skipped:]``, which has their characters in their order, some left out; none
    where it has others.

    Args:
        skipped: characters at the start that do not count, as of a list's marker.
    """
    listed = list(words)
    if not any(word.spans for word in listed):
        return ()
    places = _places(text, listed)
    if places is None:
        return ()
    found: list[Span] = []
    for word, at in zip(listed, places, strict=True):
        for span in word.spans:
            inside = [place for place in at[span.start : span.end] if place >= skipped]
            if inside:
                _add(found, text, Span(inside[0] - skipped, inside[-1] + 1 - skipped, span.style, span.href), skipped)
    return tuple(sorted(found, key=lambda span: (span.start, -span.end)))


def _places(text: str, words: Sequence[Word]) -> list[list[int]] | None:
    """Where in ``text`` each character of each word stands, -1 for those left out; None where ``text`` has more."""
    places: list[list[int]] = []
    at = _next(text, 0)
    for word in words:
        row = []
        for character in word.text:
            if at < len(text) and text[at] == character:
                row.append(at)
                at = _next(text, at + 1)
            else:
                row.append(-1)
        places.append(row)
    return places if at == len(text) else None


def _next(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _add(found: list[Span], text: str, span: Span, skipped: int) -> None:
    """Put ``span`` at the end, or let the last of its style run on where only a blank parts them."""
    for place in range(len(found) - 1, max(-1, len(found) - 1 - 8), -1):
        last = found[place]
        if last.style == span.style and last.href == span.href and span.style not in _CLOSE:
            between = text[last.end + skipped : span.start + skipped]
            if last.end <= span.start and not between.strip():
                found[place] = Span(last.start, span.end, span.style, span.href)
                return
            break
    found.append(span)
