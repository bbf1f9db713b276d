"""What nobody writes is told from what is only rare: vowel signs in the order of print, letters of no language."""

import random

import pytest

from ocroute.judge.unwritten import alefs, misplaced, rare, within

THAI = (
    "วันนี้อากาศดีมาก เราจะไปตลาดเพื่อซื้อผลไม้และผัก แม่บอกว่าให้กลับบ้านก่อนค่ำ เด็กๆ กำลังเล่นน้ำอยู่ที่แม่น้ำใกล้โรงเรียน "
    "ครูใหญ่เดินทางมาถึงตั้งแต่เช้า และนำหนังสือเล่มใหม่มาให้ทุกคน"
)
HEBREW = (
    "הספרים הישנים נמצאים בארון הגדול ליד החלון, והילדים קוראים בהם כל יום. בסוף השבוע נוסעים כולם לים, "
    "ואז אין איש בבית מלבד הכלב הזקן. האנשים האלה גרים כאן שנים רבות, ועובדים קשה מאוד."
)
ARABIC = (
    "فتحت المدينة مكتبة جديدة قرب الساحة الكبيرة، وفيها غرفة واسعة للقراءة وقاعة صغيرة للأطفال. "
    "زارت المعلمة المكتبة في الساعة التاسعة، وقرأت قصة طويلة عن رحلة بعيدة."
)
GREEK = (
    "Ο δάσκαλος μάς είπε πως ο δρόμος προς τους λόφους είναι κλειστός. Ο αδελφός της έμεινε στις πόλεις της θάλασσας, "
    "και κάθε μήνας του έμοιαζε μεγάλος."
)


@pytest.mark.parametrize(
    "text",
    [
        "कॉपीराइट - हिन्दी में शिक्षा का प्रकाशन",
        "কপিরাইটঃ- এসো দ্বীন শিখি প্রকাশনী",
        "தமிழ் எழுத்துக்கள்",
        "മലയാളം അക്ഷരം",
        THAI,
        "ພາສາລາວ ມື້ນີ້ອາກາດດີຫຼາຍ ເຮົາຈະໄປຕະຫຼາດ",
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


def exchanged(text, seed):
    """Each letter another one of the text, always the same, as where a font has the meanings of another."""
    bank = sorted({sign for sign in text if sign.isalpha()})
    return text.translate(str.maketrans(dict(zip(bank, random.Random(seed).sample(bank, len(bank)), strict=True))))


@pytest.mark.parametrize("seed", range(8))
def test_thai_with_the_meanings_of_other_glyphs_has_many_misplaced(seed):
    assert misplaced(exchanged(THAI, seed)) > 0.1


@pytest.mark.parametrize("text", [HEBREW, ARABIC, GREEK])
def test_letters_that_end_words_stand_at_their_ends(text):
    assert within(text) == 0
    assert within(text.replace(" ", "", 4)) < 0.3
    assert within(text[:5]) == 0
    backward = " ".join(word[::-1] for word in text.split())
    assert within(backward) > 0.6
    page = " ".join([text] * 10)
    assert sum(within(exchanged(page, seed)) >= 0.3 for seed in range(20)) >= 15


PERSIAN = (
    "کتابخانه تازه شهر دیروز باز شد و بچه‌ها با شادی به آن آمدند. مردی پیر درباره سال‌های گذشته سخن گفت و همه با دقت گوش دادند. "
    "هوا سرد بود، اما هیچ کس نمی‌خواست به خانه برود."
)
URDU = (
    "آج موسم بہت اچھا ہے اور ہم سب بازار جا رہے ہیں۔ "
    "بچوں نے کہا کہ وہ شام کو اپنے دادا کے گھر جائیں گے اور وہاں کھانا کھائیں گے۔"
)


@pytest.mark.parametrize("text", [ARABIC, PERSIAN, URDU])
def test_every_language_in_arabic_letters_has_alefs(text):
    page = " ".join([text] * 3)
    assert 0.08 < alefs(page) < 0.3
    assert alefs(text[:40]) == 1
    assert sum(alefs(exchanged(page, seed)) < 0.04 for seed in range(20)) >= 10
