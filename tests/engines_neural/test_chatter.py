"""Answers of chat models are freed of preambles, and letters keep every word."""

import pytest

from ocroute.engines.neural.markdown_blocks import from_markdown, from_plain
from ocroute.engines.neural.preamble import parted, suspects, without_thoughts
from ocroute.values import Category

PAGE = "Dear Ada,\n\nthe boat is mended.\nYours, Jo"


@pytest.mark.parametrize(
    "said",
    [
        "Sure! Here is the text of the image:",
        "Here's the extracted text:",
        "Here is the text from the image:",
        "Certainly! Below is the transcribed text content of the document you provided:",
        "Of course. Here is the page converted to Markdown:",
        "The text in the image reads:",
        "The image contains the following text:",
        "**Here is the OCR text:**",
        "好的，以下是图片中的文字内容：",
    ],
)
def test_words_to_the_asker_are_cut_from_the_beginning(said):
    for between in ("\n", "\n\n"):
        parts = parted(said + between + PAGE)
        assert (parts.before, parts.text, parts.after) == (said, PAGE, "")


@pytest.mark.parametrize(
    "said",
    [
        "Let me know if you need any other part of the image transcribed.",
        "If you need another transcription, feel free to ask!",
        "Note: the transcription may hold mistakes where the scan is faint.",
        "I hope the transcription is useful. Let me know!",
    ],
)
def test_words_to_the_asker_are_cut_from_the_end(said):
    assert parted(f"{PAGE}\n\n{said}").after == said
    assert parted(f"{PAGE}\n\n{said}").text == PAGE


def test_an_offer_is_cut_only_under_a_line_that_speaks_to_the_asker():
    offer = "Please let me know if you have any questions."
    assert parted(f"{PAGE}\n\n{offer}").text == f"{PAGE}\n\n{offer}"
    assert suspects(f"{PAGE}\n\n{offer}").after == offer
    assert parted(f"Here is the text in the image:\n{PAGE}\n\n{offer}").text == PAGE


@pytest.mark.parametrize(
    "text",
    [
        "Here is the text:\nof the treaty that both sides signed.",
        "Certainly.\nShe left without another word.",
        "The text on page 4 reads well.\nNobody objects.",
        "Here is the news from the island:\nthe ferry runs again.",
        "The document contains the text of both laws.\nRead it with care.",
        "Here is the text of the image:",
        "Minutes\n\nI hope the page is full. Please note the date.\n\nYours",
    ],
)
def test_what_a_letter_may_say_is_kept(text):
    assert parted(text).text == text
    assert "".join(block.text for block in from_plain(text)) == text.replace("\n\n", "")


@pytest.mark.parametrize("lead", ["", "Here is the text:\n\n", "Sure! Here is the page in Markdown:\n"])
@pytest.mark.parametrize("mark", ["```", "```markdown", "```text"])
@pytest.mark.parametrize("tail", ["", "\n\nLet me know if you need anything else."])
def test_a_fence_around_the_page_is_taken_off(lead, mark, tail):
    answer = f"{lead}{mark}\n# Title\n\nthe page\n```{tail}"
    assert [block.text for block in from_markdown(answer)] == ["Title", "the page"]
    assert [block.text for block in from_plain(answer)] == ["# Title", "the page"]


def test_a_listing_stays_a_listing():
    code = "```python\n# a comment\nx = 1\n\n# another\n```"
    blocks = from_markdown(f"# Loops\n\nThey begin so:\n\n{code}\n\nand end.")
    assert [(block.category, block.text) for block in blocks] == [
        (Category.TITLE, "Loops"),
        (Category.TEXT, "They begin so:"),
        (Category.TEXT, code),
        (Category.TEXT, "and end."),
    ]


def test_a_listing_that_is_cut_stays_one_block():
    (block,) = from_markdown("```python\n# a comment\nx = 1\n\n# anoth")
    assert block.text.startswith("```python")


def test_thoughts_are_no_part_of_the_page():
    assert parted(f"<think>The image shows a letter.</think>\n{PAGE}").text == PAGE


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("<think>A letter.</think>\nDear Ada", "Dear Ada"),
        ("\n<think>\nA letter.\n</think>\n\nDear Ada", "Dear Ada"),
        ("A letter, I think.\n</think>\n\nDear Ada", "Dear Ada"),  # the prompt had opened them
        ("</think>Dear Ada", "Dear Ada"),
        ("<think>A letter, and", ""),
        ("Dear Ada", "Dear Ada"),
        ("The tags <think> and </think> enclose thoughts.", "The tags <think> and </think> enclose thoughts."),
    ],
)
def test_thoughts_end_where_they_say_so(answer, text):
    assert without_thoughts(answer) == text
    assert parted(answer).text == text
