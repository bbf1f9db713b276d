"""Text layers that are wrong in a few words, in one font, or in a script that the reference recogniser cannot write."""

import random

import numpy as np
import pytest
from bench.pages import faces, texts
from bench.pages.canvas import ArrayPage
from bench.pages.kinds import make as draw
from bench.wrong_layers import exchanged, misread, moved, scrambled
from msgspec.structs import replace
from PIL import Image, ImageDraw
from tests.support.layer_lines import caesar, in_font
from tests.support.pages import LIGHTHOUSE, QUARRY_IN_RUSSIAN, SANS, face, letter, sheet, vera

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge import reference_recogniser
from ocroute.judge.checks.textlayer_mismatch import TextLayerMismatch
from ocroute.judge.checks.wrong_script import WrongScript
from ocroute.judge.layer_evidence import evidence_of
from ocroute.judge.layer_sample import words_of
from ocroute.judge.letter_shapes import shapes_of
from ocroute.judge.read_back import read_back
from ocroute.judge.turned_lines import turned_parts
from ocroute.judge.word_gaps import edge_ink
from ocroute.pages.page import TurnedPage
from ocroute.values import Block, Box, Category, Line, Word

LAYER = EngineInfo(kind="textlayer", rank=0)


def finding(made, lines):
    blocks = tuple(Block(Category.TEXT, line.text, line.box, lines=(line,)) for line in lines)
    return TextLayerMismatch().check(made.page(), Reading(blocks=blocks), engine=LAYER, task=Task())


@pytest.fixture
def chance():
    return random.Random(3)


@pytest.fixture(scope="module")
def poster():
    """Few words, large."""
    made = sheet((1240, 700))
    for at, text in enumerate(("Certificate of Merit", "awarded to the crew", "of Northport harbour")):
        made.write(200, 150 + 110 * at, text, vera(66))
    return made


def test_few_words_are_read_all_of_them(poster):
    assert finding(poster, poster.lines) is None
    said = finding(poster, [caesar(line) for line in poster.lines])
    assert "10 of 10 words" in said.sentence


def test_close_letters_are_no_dark_ground():
    """A word alone whose letters ink more than half of its box stands where it should."""
    made = sheet((1654, 2339))
    made.write(400, 600, "degrees", face(SANS.with_name("DejaVuSansCondensed-Bold.ttf"), 24))
    [line] = made.lines
    tight = replace(line, words=(replace(line.words[0], box=ink_box(made)),))
    assert edge_ink(made.page(), Reading(lines=(tight,))) < 2.0
    assert edge_ink(made.page(), Reading(lines=moved((tight,), made.page().size, 0.0, 0.5))) > 2.5


def ink_box(made):
    """Around all that is printed, with a little white above and below."""
    rows, columns = np.nonzero(made.page().raster().min(axis=2) < 128)
    return Box(columns.min(), rows.min() - 2, columns.max() + 1, rows.max() + 2)


def test_a_column_has_no_rows_of_letters(poster):
    column = Word("右から左へ上から下へと読む", Box(200, 140, 260, 600))
    assert edge_ink(poster.page(), Reading(lines=(Line(column.text, column.box, words=(column,)),))) is None


def test_a_layer_that_is_half_a_line_off_does_not_match(poster):
    assert finding(poster, moved(tuple(poster.lines), poster.image.size, 0.0, 0.5)) is not None
    assert finding(poster, moved(tuple(poster.lines), poster.image.size, 0.0, 0.05)) is None


@pytest.mark.parametrize("side", [0.5, -0.5])
@pytest.mark.parametrize("dark", [False, True])
def test_capitals_can_be_read_half_a_line_off_and_stand_there_all_the_same(dark, side):
    made = sheet((700, 400))
    for at, text in enumerate(("SUBTOTAL 10.76", "HILLTOP GROCERS", "VISA 85/15")):
        place = 60 + 110 * at
        if dark:
            made.draw.rectangle((80, place - 20, 600, place + 70), fill="navy")
        made.write(100, place, text, vera(40), ink="white" if dark else "black")
    lines = tuple(made.lines)
    assert finding(made, lines) is None
    assert "half a line" in finding(made, moved(lines, made.image.size, 0.3, side)).sentence


@pytest.mark.parametrize("text", ["Yes", "Total 47", "Merit"])
def test_a_single_word_is_enough(text):
    made = sheet((600, 200))
    made.write(100, 60, text, vera(40))
    assert finding(made, made.lines) is None
    assert finding(made, [caesar(line) for line in made.lines]) is not None


@pytest.mark.parametrize(
    ("printed", "said"), [("Hello world", "He11o w0r1d"), ("Molto vivo", "M0lto vivo"), ("Masse", "Ma55e")]
)
def test_figures_in_the_place_of_letters_are_wrong_letters(printed, said):
    """Which a reader that mixes them up itself must not pass over."""
    made = sheet((900, 200))
    made.write(100, 60, printed, vera(40))
    line = made.lines[0]
    words = tuple(Word(text, word.box) for text, word in zip(said.split(), line.words, strict=True))
    wrong = Line(said, line.box, words=words, font=line.font)
    assert finding(made, [line]) is None
    assert finding(made, [wrong]) is not None


@pytest.mark.parametrize("text", ["H2O and CO2", "10-fold 2nd x1", "R2D2 B052 A1b2c3", "No. 5l0 4U2"])
def test_figures_that_are_printed_among_letters_are_right(text):
    made = sheet((900, 200))
    made.write(100, 60, text, vera(40))
    assert finding(made, made.lines) is None


@pytest.mark.parametrize(("said", "place"), [("DN", 2), ("WBT", 5)])
def test_one_wrong_letter_in_a_short_word_is_enough_where_all_are_read(said, place):
    made = sheet((1240, 500))
    made.paragraph((100, 60, 1140, 460), "EGGS LRG DZ 2.68 BRD WHT WHL 3.58 APPL FUJI 6.43 YGRT PLN 14.57", vera(30))
    words = [word for line in made.lines for word in line.words]
    wrong = [
        replace(line, words=tuple(replace(w, text=said) if w is words[place] else w for w in line.words))
        for line in made.lines
    ]
    assert finding(made, made.lines) is None
    assert said in finding(made, wrong).sentence


def test_one_wrong_letter_on_a_page_of_few_words_is_enough():
    made = sheet((1240, 400))
    made.paragraph(
        (100, 60, 1140, 380), "Underlined without an appearance stream: Lorem ipsum dolor sit amet", vera(30)
    )
    wrong = [
        Line(
            line.text, line.box, words=tuple(Word(word.text.replace("ipsum", "ilsum"), word.box) for word in line.words)
        )
        for line in made.lines
    ]
    assert finding(made, made.lines) is None
    assert "ilsum" in finding(made, wrong).sentence


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_lines_that_are_turned_are_looked_at_upright(poster, angle):
    page = TurnedPage(ArrayPage(np.asarray(poster.image), tuple(poster.lines)), angle // 90)
    right = page.text_layer()
    assert {line.angle for line in right} == {angle}
    for lines, fine in ((right, True), ([caesar(line) for line in right], False)):
        said = TextLayerMismatch().check(page, Reading(lines=tuple(lines)), engine=LAYER, task=Task())
        assert (said is None) == fine


def test_turned_lines_outside_the_page_say_nothing(poster):
    width, height = poster.image.size
    far = Box(width + 5, height + 5, width + 40, height + 400)
    lines = [Line("Merit", far, words=(Word("Merit", far),), angle=angle) for angle in (90, 180, 30)]
    assert finding(poster, [*poster.lines, *lines]) is None
    assert list(turned_parts(poster.page(), Reading(lines=tuple(lines)))) == []


def test_a_turned_note_beside_much_text_is_no_proof_against_it():
    made = letter()
    note = sheet((500, 40))
    note.write(5, 2, "Printed in the harbour", vera(26))
    side = TurnedPage(ArrayPage(np.asarray(note.image), tuple(note.lines)), 1)
    made.image.paste(Image.fromarray(side.raster()), (30, 100))
    turned = [caesar(line.moved(30, 100)) for line in side.text_layer()]
    assert finding(made, [*made.lines, *turned]) is None
    assert finding(made, turned) is not None


def test_one_wrong_font_among_right_ones_is_found():
    made = sheet()
    made.write(100, 60, "Northport", vera(40))
    made.paragraph((100, 140, 1140, 950), LIGHTHOUSE, vera(24))
    lines = [in_font(made.lines[0], "Title"), *(in_font(line, "Body") for line in made.lines[1:])]
    assert finding(made, lines) is None
    said = finding(made, [caesar(lines[0]), *lines[1:]])
    assert "1 of 1 words" in said.sentence


def test_every_twentieth_letter_wrong_is_too_much(chance):
    made = sheet()
    made.paragraph((100, 100, 1140, 950), LIGHTHOUSE, vera(24))
    assert finding(made, list(exchanged(tuple(made.lines), 0.05, chance))) is not None


def russian(words):
    if not faces.knows_cyrillic("tune"):
        pytest.skip("no Cyrillic font here")
    made = sheet()
    font = faces.font(faces.path("tune", "serif"), 30)
    made.paragraph((100, 100, 1140, 950), " ".join(QUARRY_IN_RUSSIAN.split()[:words]), font)
    return made


@pytest.mark.parametrize("words", [3, 30])
def test_scripts_that_no_model_here_writes_are_held_against_drawings(chance, words, monkeypatch):
    monkeypatch.setattr(reference_recogniser, "alphabets", dict)
    made = russian(words)
    assert finding(made, made.lines) is None
    assert "look like" in finding(made, list(scrambled(tuple(made.lines), chance))).sentence


@pytest.mark.parametrize("words", [1, 3, 30])
def test_cyrillic_is_read(chance, words):
    made = russian(words)
    assert finding(made, made.lines) is None
    assert "where it shows" in finding(made, list(scrambled(tuple(made.lines), chance))).sentence


def test_a_word_in_letters_that_look_like_others_is_read_by_who_writes_it():
    if not faces.knows_cyrillic("tune"):
        pytest.skip("no Cyrillic font here")
    made = sheet((600, 200))
    made.write(100, 60, "самого", faces.font(faces.path("tune", "serif"), 40))
    reading = Reading(lines=tuple(made.lines))
    assert WrongScript().check(made.page(), reading, engine=LAYER, task=Task()) is None
    assert finding(made, made.lines) is None


def test_likely_words_in_the_places_of_others_are_no_right_layer(chance):
    """As a bad OCR writes them, in letters that are never doubted."""
    made = russian(200)
    assert finding(made, list(misread(tuple(made.lines), chance))) is not None


def test_rules_around_cyrillic_words_are_no_part_of_them(chance):
    if not faces.knows_cyrillic("tune"):
        pytest.skip("no Cyrillic font here")
    made = sheet()
    font = faces.font(faces.path("tune", "serif"), 30)
    for at, text in enumerate(("Листов", "Разработал", "Масштаб", "Копировал", "Формат", "Перечень")):
        made.write(120, 100 + 90 * at, text, font)
    pen = ImageDraw.Draw(made.image)
    for line in made.lines:
        box = line.box
        pen.rectangle((box.x0 - 2, box.y0 + 1, box.x1 + 2, box.y1 - 1), outline="black", width=3)
    assert finding(made, made.lines) is None
    assert finding(made, list(scrambled(tuple(made.lines), chance))) is not None


def test_a_font_that_lies_about_its_height_is_read_by_its_ink():
    made = sheet((1240, 700))
    made.write(200, 350, "Certificate of Merit", vera(66))
    words = tuple(
        Word(word.text, Box(word.box.x0, word.box.y0 - 250, word.box.x1, word.box.y1 + 30))
        for word in made.lines[0].words
    )
    lying = Line("Certificate of Merit", Box.around(word.box for word in words), words=words)
    found = read_back(made.page(), words_of(Reading(lines=(lying,))).readable, 1)
    assert found.odds <= 0
    wrong = read_back(made.page(), words_of(Reading(lines=(caesar(lying),))).readable, 1)
    assert wrong.odds > 0


SLIPS = {
    "en": {"keeper": "kegper", "weather": "weathqr", "morning": "mxrning"},
    "ru": {
        "карьер": "кащьер",
        "работавшие": "рабощавшие",
        "поколения": "покожения",
        "переехали": "перефхали",
        "Немногие": "Немжогие",
    },
}


@pytest.mark.parametrize("language", SLIPS)
def test_single_wrong_letters_are_found_by_the_least_likely_words(language):
    if language == "ru" and not faces.knows_cyrillic("tune"):
        pytest.skip("no Cyrillic font here")
    made = sheet()
    text = LIGHTHOUSE if language == "en" else QUARRY_IN_RUSSIAN
    made.paragraph((100, 100, 1140, 950), text, faces.font(faces.path("tune", "serif"), 30))
    assert not evidence_of(made.page(), Reading(lines=tuple(made.lines)), 1).corrected
    wrong = []
    for line in made.lines:
        words = tuple(Word(_slipped(word.text, SLIPS[language]), word.box) for word in line.words)
        wrong.append(Line(" ".join(word.text for word in words), line.box, words=words, font=line.font))
    found = evidence_of(made.page(), Reading(lines=tuple(wrong)), 1).corrected
    assert len(found) >= 2
    assert all(one.probe.text not in text for one in found)
    assert finding(made, wrong) is not None


def _slipped(word, slips):
    return next((word.replace(right, slip) for right, slip in slips.items() if right in word), word)


def said_of(made, lines):
    return shapes_of(made.page(), Reading(lines=tuple(lines)))


@pytest.fixture(scope="module", params=["en", "ru"])
def full_page(request):
    if request.param == "ru" and not faces.knows_cyrillic("tune"):
        pytest.skip("no font with Cyrillic letters here")
    made = sheet()
    prose = texts.prose(random.Random(1), texts.TUNE, request.param, 20)
    made.paragraph((100, 100, 1140, 1640), prose, faces.font(faces.path("tune", "sans", 1), 28))
    return made


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_single_letters_that_are_drawn_as_others_are_seen_without_reading(full_page, chance, share):
    right = said_of(full_page, full_page.lines)
    assert right.letters > 300
    assert not right.odd
    wrong = said_of(full_page, exchanged(tuple(full_page.lines), share, chance))
    assert wrong.share > 0.4 * share
    assert finding(full_page, list(exchanged(tuple(full_page.lines), share, chance))) is not None


def test_other_words_in_the_place_of_a_few_are_seen_though_a_sample_may_miss_them(full_page):
    """A tenth of the long words, each by one of as many letters and few of the same."""
    assert not said_of(full_page, full_page.lines).foreign
    every = [
        word.text for line in full_page.lines for word in line.words if word.text.isalpha() and len(word.text) >= 5
    ]
    count, wrong = 0, []
    for line in full_page.lines:
        words = []
        for word in line.words:
            others = [text for text in every if len(text) == len(word.text) and not set(text) & set(word.text)]
            count += bool(others)
            words.append(Word(others[0] if others and count % 10 == 1 else word.text, word.box))
        wrong.append(Line(" ".join(word.text for word in words), line.box, words=tuple(words), font=line.font))
    assert len(said_of(full_page, wrong).foreign) >= 2
    assert finding(full_page, wrong) is not None


def test_a_word_whose_marks_are_taken_for_its_neighbours_is_no_wrong_letter(full_page):
    """As where one letter is printed in two pieces and two others touch."""
    shifted = [
        Line(
            line.text,
            line.box,
            words=tuple(Word(w.text[1:] + w.text[0], w.box) for w in line.words[:1]) + line.words[1:],
        )
        for line in full_page.lines
    ]
    assert said_of(full_page, shifted).share < 0.003


def test_look_alikes_of_two_alphabets_are_one_letter(full_page):
    twins = str.maketrans("аеорсух", "aeopcyx")
    latin = [
        Line(line.text, line.box, words=tuple(Word(w.text.translate(twins), w.box) for w in line.words))
        for line in full_page.lines[::2]
    ]
    assert not said_of(full_page, [*latin, *full_page.lines[1::2]]).odd


ARABIC = (
    "فتحت المدينة مكتبة جديدة قرب الساحة الكبيرة وفيها غرفة واسعة للقراءة وقاعة صغيرة للأطفال "
    "زارت المعلمة المكتبة في الساعة التاسعة وقرأت قصة طويلة عن رحلة بعيدة "
)


def test_arabic_with_the_meanings_of_other_glyphs_is_no_text(chance):
    """Nobody here reads it, but ة only ends words, and alefs are many."""
    made = sheet()
    made.paragraph((100, 100, 1140, 950), ARABIC * 3, face(SANS, 30))
    assert finding(made, made.lines) is None
    said = [finding(made, list(scrambled(tuple(made.lines), chance))) for _ in range(6)]
    assert sum(one is not None for one in said) >= 4


DOWN = "港の事務所は湾に入るすべての船の記録"


def test_a_column_is_held_against_the_page_sign_by_sign():
    box = Box(100, 50, 140, 50 + 40 * len(DOWN))
    column, mixed = (Line(text, box, words=(Word(text, box),)) for text in (DOWN, "第12号"))
    signs = words_of(Reading(lines=(column,))).readable
    assert "".join(sign.text for sign in signs) == DOWN
    assert [sign.box for sign in signs[:2]] == [Box(100, 50, 140, 90), Box(100, 90, 140, 130)]
    assert not words_of(Reading(lines=(mixed,))).readable  # digits may stand side by side in it


@pytest.mark.skipif(not reference_recogniser.available(), reason="without a model nobody says which signs it reads")
def test_a_run_with_signs_that_nobody_reads_is_read_between_them():
    run = "光学技術×レーザー処理龘走査技術"
    line = Line(run, Box(100, 50, 100 + 40 * len(run), 90), words=(Word(run, Box(100, 50, 100 + 40 * len(run), 90)),))
    read = words_of(Reading(lines=(line,))).readable
    assert [(word.text, word.box.x0, word.box.x1) for word in read] == [
        ("光学技術", 100, 260),
        ("レーザー処理", 300, 540),
        ("走査技術", 580, 740),
    ]


@pytest.mark.skipif(faces.path("tune", "wide") is None, reason="Noto Sans CJK is not installed")
def test_a_column_of_other_signs_does_not_match():
    made, font = sheet((400, 900)), faces.font(faces.path("tune", "wide"), 40)
    for at, sign in enumerate(DOWN):
        made.draw.text((100, 40 + 44 * at), sign, font=font, fill="black")
    box = Box(100, 50, 140, 50 + 44 * len(DOWN))
    right, wrong = (Line(text, box, words=(Word(text, box),)) for text in (DOWN, DOWN[5:] + DOWN[:5]))
    assert finding(made, [right]) is None
    assert finding(made, [wrong]) is not None


@pytest.mark.skipif(faces.path("tune", "wide") is None, reason="Noto Sans CJK is not installed")
def test_the_other_form_of_an_ideograph_is_no_wrong_one():
    made = sheet((1240, 600))
    text = "姓名 性别: 地址 出生日期 国家 电话号码 电子邮件 职业 公司名称 城市 省份 邮政编码 身份证件 签名 日期 备注说明 姓氏"
    made.paragraph((100, 60, 1140, 580), text, faces.font(faces.path("tune", "wide"), 40))
    forms = [
        replace(line, words=tuple(replace(w, text=w.text.replace("别", "別")) for w in line.words))
        for line in made.lines
    ]
    assert finding(made, made.lines) is None
    assert finding(made, forms) is None


@pytest.mark.skipif(faces.path("tune", "wide") is None, reason="Noto Sans CJK is not installed")
def test_few_runs_of_ideographs_in_the_places_of_others_are_seen():
    """Four of a full page, each whole: among all its signs they are a small share, and one in ten of them is looked at again."""
    sheet = draw("chinese", "tune", 4302)
    wrong = list(misread(tuple(sheet.lines), random.Random(4302)))
    assert sum(one.text != other.text for one, other in zip(wrong, sheet.lines, strict=True)) == 4
    assert finding(sheet, sheet.lines) is None
    assert finding(sheet, wrong) is not None
