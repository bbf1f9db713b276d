"""What nobody writes is told from what is only rare: vowel signs in the order of print, letters of no language."""

import pytest

from ocroute.judge.unwritten import misplaced, rare


@pytest.mark.parametrize(
    "text",
    [
        "कॉपीराइट - हिन्दी में शिक्षा का प्रकाशन",
        "কপিরাইটঃ- এসো দ্বীন শিখি প্রকাশনী",
        "தமிழ் எழுத்துக்கள்",
        "മലയാളം അക്ഷരം",
        "Latin only",
        "",
    ],
)
def test_what_is_written_has_none_misplaced(text):
    assert misplaced(text) == 0


@pytest.mark.parametrize("text", ["কিপরাইটঃ- এেসা দব্ীন িশিখ পর্কাশনী", "िहन्दी मेें िशक्षा"])
def test_what_comes_as_it_is_printed_has_many(text):
    assert misplaced(text) > 0.1


@pytest.mark.parametrize("text", ["ǡǼǱǺ ǓǯǯǱǿǿ", "άϭϰ͘ϬϬ", "ɍɝɥɨɜɚɹ ɲɥɢɮ"])
def test_letters_of_no_language(text):
    assert rare(text) >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Tiếng Việt mười ươ",
        "Șapte țărani",
        "nǐ hǎo pīnyīn",
        "the word is [ˈwɔːtə] or [ˈwɑɾɚ]",
        "Ελληνικά",
        "ʃ",
        "Həmişə",
    ],
)
def test_letters_that_some_language_has(text):
    assert rare(text) < 0.5
