"""Answers that run in circles: dots without end, one empty table cell after another, a line again and again."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 64  # tokens of the longest circle looked for
COVERED = 384  # tokens that a circle must cover: a form may well have fifty empty cells in a row
ROUNDS = 8
KEPT = 2  # rounds left in the answer, so that a reader sees what was repeated


def loop_length(tokens: Sequence[int]) -> int:
    """Tokens of the circle in which ``tokens`` end; 0 where they do not."""
    for length in range(1, LONGEST + 1):
        span = max(COVERED, ROUNDS * length)
        if len(tokens) < span:
            return 0
        tail = tokens[-span:]
        if tail[length:] == tail[:-length]:
            return length
    return 0


def cut(tokens: Sequence[int]) -> list[int]:
    """``tokens`` with the circle that they end in gone round twice only."""
    length = loop_length(tokens)
    if not length:
        return list(tokens)
    start = len(tokens) - length
    while start >= length and tokens[start - length : start] == tokens[start : start + length]:
        start -= length
    return list(tokens[: start + KEPT * length])
