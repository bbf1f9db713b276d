"""Raised marks become references to footnotes where both are on the page, and only there."""

from __future__ import annotations

import pytest

from ocroute import Block, Document, Page, Span, Verdict
from ocroute.document import Category


def text(said, *marks):
    return Block(Category.TEXT, said, spans=tuple(Span(at, at + 1, "superscript") for at in marks))


def note(said):
    return Block(Category.FOOTNOTE, said)


def markdown(*pages):
    fine = Verdict("accepted", 1.0)
    return Document("a", tuple(Page("a", at, 10, 10, fine, blocks) for at, blocks in enumerate(pages, 1))).to_markdown()


@pytest.mark.parametrize("printed", ["1 Since 1911.", "¹Since 1911.", "1) Since 1911."])
def test_a_mark_and_its_note(printed):
    assert markdown((text("kept in ink1 there", 11), note(printed))) == "kept in ink[^1] there\n\n[^1]: Since 1911.\n"


def test_raised_figures_without_a_style_lead_there_too():
    assert (
        markdown((text("kept in ink¹ there"), note("1 Since 1911."))) == "kept in ink[^1] there\n\n[^1]: Since 1911.\n"
    )


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        (
            text(
                "10⁶ cells",
            ),
            [note("1 Since 1911.")],
        ),  # a power is no mark
        (text("kept in ink1 there", 11), []),  # no note
        (text("kept in ink1 there", 11), [note("1 Since 1911."), note("1 Since 1912.")]),  # nobody knows which
        (text("kept in ink 1 there"), [note("1 Since 1911.")]),  # not raised
    ],
)
def test_no_reference_without_one_note_of_that_mark(said, notes):
    assert "[^" not in markdown((said, *notes))


def test_the_same_mark_on_two_pages_leads_to_two_notes():
    page = (text("kept in ink1 there", 11), note("1 Since 1911."))
    said = markdown(page, page)
    assert "ink[^1-1]" in said
    assert "ink[^2-1]" in said
    assert "[^2-1]: Since 1911." in said


def test_symbols_lead_to_their_notes():
    said = markdown((text("A. Author* and others", 9), note("*University of Somewhere")))
    assert said == "A. Author[^*] and others\n\n[^*]: University of Somewhere\n"
