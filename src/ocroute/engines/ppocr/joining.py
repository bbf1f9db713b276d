"""Words into a line."""

from __future__ import annotations

from collections.abc import Sequence

from ocroute.values import Box, Line, Word


def joined(words: Sequence[Word]) -> Line:
    """One line of ``words`` (at least one); its confidence is theirs, weighted by letters."""
    letters = sum(len(word.text) for word in words)
    confidence = sum((word.confidence or 0.0) * len(word.text) for word in words) / letters
    return Line(" ".join(word.text for word in words), Box.around(word.box for word in words), confidence, tuple(words))
