"""The letter tables tell language from no language."""

import random
import string
from math import inf

import pytest
from tests.support.pages import QUARRY_IN_RUSSIAN

from ocroute.judge.alphabet_confusions import as_other_script, odd_capitals
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
    "greek": (
        "Την άνοιξη το λατομείο έκλεισε και οι περισσότερες οικογένειες μετακόμισαν στην ακτή, όπου "
        "υπήρχε ακόμη δουλειά για όλους."
    ),
    "chinese": "春天采石场关闭了，大多数家庭搬到了海边，那里还有工作可做。只有少数人留下来照看教堂和学校。",
    "traditional": "春天採石場關閉了，大多數家庭搬到了海邊，那裡還有工作可做。只有少數人留下來照看教堂和學校。",
    "numbers": "12.50 99.10 3,004.22 17 18 19 20 0.00 0.00 441.9 1,200 33.1% 7/8 2024-01-02 (5.5) -3.2 +1.1",
}


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


def test_fluency_knows_its_language():
    found = fluency(REAL["german"], "Latn")
    assert found is not None
    assert found.language == "de"
    assert found.surprise < SURPRISE - 1
