"""The styles of words on running text, cells and items: whatever was left out between them."""

from __future__ import annotations

from ocroute.layout.word_spans import spans_over
from ocroute.values import Box, Span, Word

BOX = Box(0, 0, 1, 1)


def words(*texts: str, bold: str = "", raised: str = "") -> list[Word]:
    found = []
    for text in texts:
        spans = [Span(0, len(text), "bold")] if text in bold.split() else []
        spans += [Span(len(text) - 1, len(text), "superscript")] if text in raised.split() else []
        found.append(Word(text, BOX, spans=tuple(spans)))
    return found


def test_words_of_one_style_are_one_span() -> None:
    line = words("A", "bold", "claim,", "and", "10⁶", "more", bold="bold claim,", raised="10⁶")
    assert spans_over("A bold claim, and 10⁶ more", line) == (Span(2, 13, "bold"), Span(20, 21, "superscript"))


def test_a_style_runs_on_over_a_hyphen_at_a_line_end() -> None:
    assert spans_over(
        "A harbour-wide example.", words("A", "harbour-wide", "exam-", "ple.", bold="harbour-wide exam- ple.")
    ) == (Span(2, 23, "bold"),)


def test_raised_marks_of_two_words_stay_apart() -> None:
    assert spans_over("a¹ b²", words("a¹", "b²", raised="a¹ b²")) == (
        Span(1, 2, "superscript"),
        Span(4, 5, "superscript"),
    )


def test_a_list_marker_does_not_count() -> None:
    assert spans_over("1. one two", words("1.", "one", "two", bold="1. one"), skipped=3) == (Span(0, 3, "bold"),)


def test_leaders_may_be_missing() -> None:
    assert spans_over("Harbour 12", words("Harbour", "....", "12", bold="12")) == (Span(8, 10, "bold"),)


def test_a_text_of_other_words_has_no_styles() -> None:
    assert spans_over("Another text", words("bold", bold="bold")) == ()
