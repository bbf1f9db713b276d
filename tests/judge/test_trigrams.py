"""The letter tables tell language from no language."""

import random
import string
from math import inf

import pytest
from tests.support.pages import QUARRY_IN_RUSSIAN

from ocroute.judge.alphabet_confusions import as_other_script, lookalikes, misread_lines, odd_capitals
from ocroute.judge.garbage import SURPRISE, broken_characters, mojibake, rare_ideographs, symbols, unreadable
from ocroute.judge.trigrams import fluency

ENGLISH = (
    "The quarry closed in the spring, and most of the families who had worked there for three generations moved to the coast. "
    "A few stayed behind to keep the chapel, the school and the little shop beside the canal."
)
REAL = {
    "english": ENGLISH,
    "german": (
        "Im Frühjahr wurde der Steinbruch geschlossen, und die meisten Familien zogen an die Küste, wo "
        "es noch Arbeit gab."
    ),
    "finnish": "Keväällä louhos suljettiin ja useimmat perheet muuttivat rannikolle, jossa oli vielä töitä tarjolla kaikille.",
    "polish": (
        "Wiosną zamknięto kamieniołom i większość rodzin przeprowadziła się na wybrzeże, gdzie była "
        "jeszcze praca dla wszystkich."
    ),
    "swahili": (
        "Watoto wote wanapaswa kwenda shule kila siku asubuhi ili wajifunze kusoma na kuandika vizuri "
        "sana pamoja na wenzao."
    ),
    "names": (
        "Wojciechowski Schwarzenegger Papadopoulos Bhattacharya Tchaikovsky Szczecin Reykjavik "
        "Ouagadougou Krzyzewski Mississippi"
    ),
    "drugs": (
        "methylprednisolone acetylsalicylic hydroxychloroquine benzodiazepine phosphatidylinositol "
        "oxidase chlorhexidine digluconate"
    ),
    "code": (
        "def merge(left, right): while len(left) and argmax(kwargs) printf strncpy mkdir std vector "
        "iterator nullptr static inline uint"
    ),
    "receipt": (
        "MILK GAL BRD WHT WHL CHKN BRST BNLS SKNLS GRND BNNA TTL TAX CASH CHNG VISA APPRVD SHPPNG TNDR "
        "SUBTTL YGRT PLN BTTR SLTD"
    ),
    "russian": QUARRY_IN_RUSSIAN,
    "belarusian": "Вясной кар'ер закрылі, і амаль усе сем'і, якія працавалі там тры пакаленні, пераехалі да мора.",
    "macedonian": (
        "Пролетта каменоломот беше затворен, и повеќето семејства што работеа таму три генерации се "
        "преселија на брегот."
    ),
    "kazakh": (
        "Көктемде карьер жабылды, сол жерде үш ұрпақ бойы жұмыс істеген отбасылардың көбі теңіз жағасына көшті. "
        "Аз ғана адам қалды."
    ),
    "mongolian": (
        "Хавар карьер хаагдаж, тэнд гурван үеэрээ ажилласан айлуудын ихэнх нь далайн эрэг рүү нүүжээ. Цөөн хүн үлдсэн."
    ),
    "greek": (
        "Την άνοιξη το λατομείο έκλεισε και οι περισσότερες οικογένειες μετακόμισαν στην ακτή, όπου "
        "υπήρχε ακόμη δουλειά για όλους."
    ),
    "chinese": "春天采石场关闭了，大多数家庭搬到了海边，那里还有工作可做。只有少数人留下来照看教堂和学校。",
    "traditional": "春天採石場關閉了，大多數家庭搬到了海邊，那裡還有工作可做。只有少數人留下來照看教堂和學校。",
    "numbers": "12.50 99.10 3,004.22 17 18 19 20 0.00 0.00 441.9 1,200 33.1% 7/8 2024-01-02 (5.5) -3.2 +1.1",
}


def test_a_typeface_that_is_shown_by_its_alphabet_is_no_garbage():
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert unreadable(f"{letters.upper()}\n{letters}\nabcdefghijklm nopqrstuvwyz 0123456789") == 0
    assert unreadable("\n".join([letters[::-1], letters[::2] + letters[1::2]] * 2)) == 1


@pytest.mark.parametrize("text", REAL.values(), ids=REAL.keys())
def test_real_text_is_no_garbage(text):
    assert unreadable(text) == 0
    assert broken_characters(text) == mojibake(text) == 0
    assert symbols(text) < 0.4
    assert rare_ideographs(text) < 0.3


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("text", "alphabet"), [(ENGLISH, string.ascii_lowercase), (QUARRY_IN_RUSSIAN, "абвгдежзийклмнопрстуфхцчшщъыьэюя")]
)
def test_every_substitution_cipher_is_garbage(text, alphabet, seed):
    mixed = random.Random(seed).sample(alphabet, len(alphabet))
    assert unreadable(text.lower().translate(str.maketrans(alphabet, "".join(mixed)))) == 1


@pytest.mark.parametrize("step", [1, 3, 5, 13, 29])
def test_shifted_codes_are_garbage(step):
    shifted = "".join(string.ascii_lowercase[(ord(s) - 97 + step) % 26] if s.isalpha() else s for s in ENGLISH.lower())
    assert unreadable(shifted) == 1


def test_a_garbled_paragraph_among_good_ones_is_measured_by_its_share():
    bad = ENGLISH.lower().translate(str.maketrans(string.ascii_lowercase, "qzjxkvbpygfwmucldrhsnioate"))
    assert 0.2 < unreadable("\n".join([ENGLISH, bad, ENGLISH])) < 0.5


def test_wrong_decoding_and_missing_characters():
    assert mojibake(QUARRY_IN_RUSSIAN.encode().decode("cp1252", "replace")) > 0.2
    assert broken_characters("".join(chr(0xE000 + ord(s) % 64) for s in ENGLISH)) == 1
    assert broken_characters("(cid:12)(cid:7)(cid:44) (cid:9)(cid:2)(cid:3)(cid:12)(cid:7)(cid:44)") == 1
    assert symbols("~ ' , | ^ : ; ~ « } * / \\ ' , _ - = ; ! ? [ ] { ) ( & % # @ ; : ~ | ^") > 0.9
    assert symbols(". . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .") == 0


def test_cyrillic_read_as_latin_reads_better_as_cyrillic():
    misread = "Becho kapbep 3akpblnn n noytn Bce ceMbn padotaBwne taM tpn nokonehnr noepexann k Mopio"
    found = as_other_script(misread, "Latn", strange=0)
    assert found is not None
    assert found[0] == "Cyrl"
    assert found[2] < found[1]
    assert as_other_script(ENGLISH, "Latn", strange=4.4)[2] == inf, "what reads well is not weighed as anything else"
    assert odd_capitals("MockBa 3aBoA npoeKT ceMbR") > 0.5
    assert odd_capitals(ENGLISH) == 0


@pytest.mark.parametrize(
    ("name", "script", "language"),
    [
        ("german", "Latn", "de"),
        ("belarusian", "Cyrl", "be"),
        ("macedonian", "Cyrl", "mk"),
        ("kazakh", "Cyrl", "kk"),
        ("mongolian", "Cyrl", "mn"),
    ],
)
def test_fluency_knows_its_language(name, script, language):
    found = fluency(REAL[name], script)
    assert found is not None
    assert found.language == language
    assert found.surprise < SURPRISE - 1


LIMITS = {"strange": 4.4, "clearly": 0.8, "readable": 5.2, "odd": 0.15}
AS_CYRILLIC = str.maketrans("abcdefghijkmnopqrtuvwxy", "аЬсаеГвп1]Ктпораггиумху"[:23])
TO_LATIN, TO_CYRILLIC = (
    str.maketrans(*pair)
    for pair in (("асеорхуАВСЕНКМОРТХ", "aceopxyABCEHKMOPTX"), ("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ"))
)


def lines_of(text, words=8):
    every = text.split()
    return [" ".join(every[at : at + words]) for at in range(0, len(every), words)]


def test_lines_in_the_wrong_alphabet_are_found_among_right_ones():
    wrong = [line.translate(AS_CYRILLIC) for line in lines_of(ENGLISH)]
    alphabet, share = misread_lines("\n".join([QUARRY_IN_RUSSIAN, *wrong]), **LIMITS)
    assert alphabet == "Latn"
    assert share > 0.3
    assert misread_lines("\n".join([*lines_of(ENGLISH), *lines_of(QUARRY_IN_RUSSIAN)]), **LIMITS) == ("", 0.0)


@pytest.mark.parametrize("text", REAL.values(), ids=REAL.keys())
def test_no_real_text_has_lines_in_the_wrong_alphabet_or_look_alikes(text):
    assert misread_lines("\n".join(lines_of(text)), **LIMITS) == ("", 0.0)
    assert lookalikes(text, clearly=0.4) == (0, 0.0)


@pytest.mark.parametrize(("text", "twins"), [(ENGLISH, TO_CYRILLIC), (QUARRY_IN_RUSSIAN, TO_LATIN)])
@pytest.mark.parametrize("every", [1, 3, 9])
def test_words_with_look_alike_letters_are_counted(text, twins, every):
    words = text.split()
    turned = [word.translate(twins) if at % every == 0 else word for at, word in enumerate(words)]
    changed = sum(one != other for one, other in zip(turned, words, strict=True))
    count, share = lookalikes(" ".join(turned), clearly=0.4)
    assert 0.7 * changed <= count <= changed
    assert share == pytest.approx(count / len(words), rel=0.2)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Договор MOCKBA дом\nбольшая BOCTOK лес\nнаш CTPAX здесь", 3),  # Russian words in Latin letters
        ("сайт HTTP работает\nязык PHP знаем\nмодуль THE здесь", 0),  # short forms that are Latin
        ("MOCKBA BOCTOK CTPAX", 0),  # nothing says what they are
    ],
)
def test_whole_words_in_look_alikes_count_where_they_read_better(text, count):
    assert lookalikes(text, clearly=0.4)[0] == count
