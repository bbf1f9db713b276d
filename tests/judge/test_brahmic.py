"""Vowel signs of Indic scripts in the order of print are told from those in the order of writing."""

import pytest

from ocroute.judge.brahmic import misplaced


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
