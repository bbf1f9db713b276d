"""A language that a file claims is believed where its text does not speak against it."""

import pytest
from tests.support.pages import LIGHTHOUSE, QUARRY_IN_RUSSIAN

from ocroute.judge.told_language import told_language


@pytest.mark.parametrize(
    ("told", "text", "believed"),
    [
        ("en-GB", LIGHTHOUSE, "en-GB"),
        ("en-US", QUARRY_IN_RUSSIAN, ""),
        ("fr", LIGHTHOUSE, ""),
        ("ru-RU", 2 * QUARRY_IN_RUSSIAN, "ru-RU"),
        ("uk", 2 * QUARRY_IN_RUSSIAN, ""),
        ("fr", "Menu", "fr"),
        ("ja", "", "ja"),
        ("qq-XX", LIGHTHOUSE, ""),
        ("en,fr", LIGHTHOUSE, ""),
        ("", LIGHTHOUSE, ""),
    ],
)
def test_a_language_in_other_letters_or_words_is_not_believed(told, text, believed):
    assert told_language(told, text) == believed
