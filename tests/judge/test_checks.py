"""Each check on the smallest page that shows what it is for, and on the page that it must not mistake for it."""

import itertools

import msgspec
import numpy as np
import pytest
from bench.judge.readings import boxless, in_blocks, of_lines, retold
from bench.pages import faces
from msgspec.structs import replace
from PIL import ImageFilter
from tests.support.pages import LIGHTHOUSE, QUARRY_IN_RUSSIAN, ArrayPage, letter, sheet, vera

from ocroute.document.model import Verdict
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.engines.neural.markdown_blocks import from_plain
from ocroute.errors import EngineUnavailable
from ocroute.judge import CHECKS, judge
from ocroute.ppocr import line_models, model_files
from ocroute.values import Block, Box, Category, Line

OCR = EngineInfo(kind="ocr", rank=1)


def verdict(made, reading, *, kind="ocr", languages=()):
    return judge(made.page(), reading, engine=replace(OCR, kind=kind), task=Task(languages=languages))


def codes(made, reading, **more):
    return {finding.code for finding in verdict(made, reading, **more).findings if finding.refuses}


@pytest.fixture(scope="module")
def page():
    return letter()


def test_every_finding_speaks_in_a_sentence_and_keeps_to_its_contract(page):
    wrong = Reading(lines=(Line("nothing stands here at all", Box(100, 900, 500, 930)),), finish="length")
    for finding in (*verdict(page, wrong).findings, *verdict(page, Reading()).findings):
        assert finding.code in CHECKS
        assert finding.sentence.endswith(".")
        assert 0 < finding.weight <= 1
        assert type(finding.value) is float


def test_a_page_whose_text_is_half_missing_can_be_written_down(page):
    found = verdict(page, boxless(page.lines[: len(page.lines) // 3]), kind="vlm")
    assert "coverage" in {finding.code for finding in found.findings}
    assert msgspec.json.decode(msgspec.json.encode(found), type=Verdict) == found


@pytest.mark.parametrize("kind", ["ocr", "textlayer"])
def test_a_true_reading_is_accepted(page, kind):
    found = verdict(page, of_lines(page.lines), kind=kind)
    assert (found.status, found.score, found.findings) == ("accepted", 1.0, ())


def test_a_true_reading_without_boxes_is_accepted(page):
    assert verdict(page, boxless(page.lines), kind="vlm").status == "accepted"


def test_blank_is_fine_and_called_blank():
    found = verdict(sheet(), Reading())
    assert found.status == "blank"
    assert found.fine


def test_empty(page):
    assert codes(page, Reading()) == {"empty"}
    assert verdict(page, Reading()).score == 0


def test_invented_on_paper_and_on_a_blank_page(page):
    extra = Line("words that nobody printed here", Box(100, 850, 600, 880))
    assert codes(page, of_lines([*page.lines, extra])) == {"invented"}
    assert "invented" in codes(sheet(), of_lines([extra]))


def test_leaders_and_commas_are_not_invented():
    made = sheet()
    for at in range(12):
        made.write(100, 100 + 50 * at, f"Chapter {at + 1} {'.' * 80} {at * 7 + 3}", vera(22))
    assert codes(made, of_lines(made.lines)) == set()


def test_a_cut_tail_is_truncated_and_a_hole_is_not(page):
    tail = codes(page, of_lines(page.lines[:-2]))
    assert tail == {"truncated", "coverage"}
    hole = codes(page, of_lines([*page.lines[:2], *page.lines[4:]]))
    assert hole == {"coverage"}


def test_the_more_is_missing_the_lower_the_score(page):
    scores = [verdict(page, of_lines(page.lines[:count])).score for count in range(1, len(page.lines) + 1)]
    assert scores == sorted(scores)
    assert scores[0] > 0
    assert scores[-1] == 1


def test_what_the_engine_says_is_cut_is_truncated(page):
    assert "truncated" in codes(page, replace(boxless(page.lines), finish="length"))
    assert "truncated" in codes(page, replace(boxless(page.lines), cut="its JSON is not closed"))
    table = Block(Category.TABLE, "<table><tr><td>1</td>", markup="html")
    assert "truncated" in codes(page, replace(boxless(page.lines), blocks=(*boxless(page.lines).blocks, table)))


def test_an_answer_that_was_stopped_in_a_loop_is_called_so(page):
    found = verdict(page, replace(boxless(page.lines), finish="loop"))
    assert any("repetition loop" in finding.sentence for finding in found.findings)
    assert not any("out of room" in finding.sentence for finding in found.findings)


def test_a_picture_may_hold_words_but_is_not_the_page(page):
    few = page.lines[:-2]
    hidden = Box.around(line.box for line in page.lines[-2:])
    picture = Block(Category.PICTURE, "", hidden)
    assert codes(page, replace(of_lines(few), blocks=(*of_lines(few).blocks, picture))) == set()
    everything = Block(Category.PICTURE, "", Box(0, 0, 1240, 1000))
    one = of_lines(page.lines[:1])
    assert "coverage" in codes(page, replace(one, blocks=(*one.blocks, everything)))


@pytest.mark.parametrize("times", [3, 10, 50])
def test_a_line_repeated_in_one_place_is_a_loop(page, times):
    lines = [*page.lines[:3], *[page.lines[2]] * times, *page.lines[3:]]
    assert "loop" in codes(page, of_lines(lines))


def test_a_loop_at_the_end_of_a_reading_without_boxes(page):
    tail = Block(Category.TEXT, "of the town and the museum " * 60, markup="markdown")
    reading = boxless(page.lines)
    assert "loop" in codes(page, replace(reading, blocks=(*reading.blocks, tail)), kind="vlm")


def test_a_form_that_prints_the_same_line_again_is_no_loop():
    made = sheet()
    for at in range(12):
        made.write(100, 100 + 60 * at, "Name of the witness and date of birth:", vera(22))
    assert codes(made, of_lines(made.lines)) == set()
    assert codes(made, boxless(made.lines), kind="vlm") == set()


def test_blocks_of_a_form_are_neither_a_loop_nor_invented():
    made = sheet()
    for at in range(12):
        made.write(100, 100 + 60 * at, "Name of witness:", vera(16))
        made.write(1000, 100 + 60 * at, "Date:", vera(16))
    assert codes(made, in_blocks(made.lines), kind="vlm") == set()


def test_a_loop_inside_a_block_is_found(page):
    (first, *rest) = in_blocks(page.lines).blocks
    looped = replace(first, text=first.text + " of the town and the museum" * 40)
    assert "loop" in codes(page, Reading(blocks=(looped, *rest)), kind="vlm")


def test_blank_recognitions_name_the_package_to_install(page):
    reading = replace(of_lines(page.lines[:2]), blanks=tuple(page.lines[2:]))
    finding = next(f for f in verdict(page, reading, languages=("ru",)).findings if f.code == "wrong_script")
    assert "tesseract-ocr-rus" in finding.next_step
    assert "--lang ru" in finding.next_step


def test_latin_text_where_russian_was_asked_for_is_refused_only_if_it_does_not_read_well(page):
    assert codes(page, of_lines(page.lines), languages=("ru",)) == set()
    turned = [retold(line, lambda text: text.translate(str.maketrans("aeiourstn", "BKxHMyb3w"))) for line in page.lines]
    assert "wrong_script" in codes(page, of_lines(turned), languages=("ru",))


def test_words_of_two_alphabets_are_the_wrong_script(page):
    mixed = [
        retold(line, lambda text: text.replace("a", "а").replace("o", "о").replace("e", "е")) for line in page.lines
    ]
    assert "wrong_script" in codes(page, of_lines(mixed))


@pytest.mark.parametrize("share", [1, 3, 10])
def test_words_with_look_alike_letters_are_the_wrong_script(page, share):
    """From one word in ten on: nobody finds such a word, and nobody sees why."""
    words = iter(range(1000))

    def turned(text):
        return " ".join(
            word.translate(str.maketrans("aoecpx", "аоесрх")) if next(words) % share == 0 else word
            for word in text.split(" ")
        )

    assert "wrong_script" in codes(page, of_lines([retold(line, turned) for line in page.lines]))


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("συνερασ αναβλλεται ια τν επενη Δευτα τ πω", True),  # what a dictionary without accents makes of Greek
        ("Η συνεδρίαση αναβάλλεται για την επόμενη Δευτέρα το πρωί", False),
        ("where σ and μ are the mean, Ω = 2πf and Δx = αβy at 10 kΩ", False),
    ],
)
def test_greek_without_accents_is_the_wrong_script_and_formulas_are_not(text, refused):
    made = sheet()
    found = [
        f for f in verdict(made, boxless([Line(text, Box(100, 100, 900, 130))])).findings if f.code == "wrong_script"
    ]
    assert bool(found) == refused
    assert all("tesseract-ocr-ell" in finding.next_step for finding in found)


@pytest.mark.parametrize(("confidence", "refused"), [(0.7, True), (0.95, False)])
def test_a_script_that_the_engine_saw_and_cannot_write_is_named_where_it_is_unsure(page, confidence, refused):
    lines = tuple(Line(line.text, line.box, confidence) for line in page.lines)
    found = verdict(page, Reading(lines=lines, foreign="Hebr")).findings
    assert ["tesseract-ocr-heb" in finding.next_step for finding in found] == [True] * refused


@pytest.mark.parametrize(("confidence", "refused"), [(0.75, True), (0.95, False), (None, False)])
def test_words_of_two_alphabets_in_turn_are_believed_where_the_engine_is_sure(confidence, refused):
    line = Line("ОРЕХ AEITOYPTIAZ KAOHMEPINA ЕКТОХ ZABBATOY ГРАФЕЮ", Box(100, 100, 900, 130), confidence)
    assert ("wrong_script" in codes(sheet(), Reading(lines=(line,)))) == refused


def test_a_cipher_is_garble(page):
    turned = [retold(line, lambda text: text.translate(str.maketrans("etaoinshr", "qxzjkvwyp"))) for line in page.lines]
    assert "garble" in codes(page, of_lines(turned))


def test_low_confidence_is_weighed_by_length(page):
    unsure = [replace(line, confidence=0.3, words=()) for line in page.lines]
    assert codes(page, of_lines(unsure)) == {"low_confidence"}
    one = [replace(line, confidence=0.3 if at == 0 else 0.95, words=()) for at, line in enumerate(page.lines)]
    assert codes(page, of_lines(one)) == set()


def of_words(made, confidences):
    """A page's own lines with a confidence for each word, in turn."""
    turn = itertools.cycle(confidences)
    lines = (
        replace(line, words=tuple(replace(word, confidence=next(turn)) for word in line.words)) for line in made.lines
    )
    return Reading(lines=tuple(lines))


@pytest.mark.parametrize(("confidences", "refused"), [([0.999], False), ([0.999] * 19 + [0.8], True), ([0.985], True)])
def test_doubts_about_letters_add_up_to_words(page, confidences, refused):
    engine = replace(OCR, letter_confidence=True)
    found = judge(page.page(), of_words(page, confidences), engine=engine, task=Task())
    assert [finding.code for finding in found.findings] == ["unsure_words"] * refused
    assert all(finding.image for finding in found.findings)


def test_what_one_engine_is_unsure_of_another_must_confirm(page):
    unsure = replace(OCR, letter_confidence=True)
    other = [replace(line, words=tuple(replace(w, confidence=0.9) for w in line.words)) for line in page.lines]
    changed = [replace(line, words=(replace(line.words[0], text="northem"), *line.words[1:])) for line in other]
    for lines, refused in ((other, False), (changed, True)):
        seen = page.page()
        assert judge(seen, of_words(page, [0.985]), engine=unsure, task=Task()).status == "doubtful"
        found = judge(seen, Reading(lines=tuple(lines)), engine=OCR, task=Task())
        assert ("unsure_words" in {finding.code for finding in found.findings}) == refused


def test_foreign_script_read_as_signs_is_a_word_lost_and_dust_read_as_a_full_stop_is_not():
    made = sheet()
    made.write(100, 100, "habibi", vera(30))
    first = made.lines[0]
    word = replace(first.words[0], confidence=0.9)
    for text, width, refused in (("=>", 60, True), (".", 6, False)):
        sign = replace(word, text=text, box=Box(230, 100, 230 + width, 130), confidence=0.28)
        line = Line(f"habibi {text}", Box.around([first.box, sign.box]), None, (word, sign))
        assert ("unsure_words" in codes(made, Reading(lines=(line,)))) == refused


@pytest.mark.parametrize("own", [None, "left", "elsewhere"])
def test_a_few_letters_unread_are_missed_where_the_file_has_text_of_its_own(own):
    made = sheet()
    made.write(100, 100, "Total 7", vera(30))
    place = {"left": made.lines[0].box, "elsewhere": Box(700, 800, 800, 830)}.get(own)
    layer = None if place is None else (Line("broken", place),)
    found = judge(ArrayPage(made.image, layer), Reading(), engine=OCR, task=Task())
    assert ("empty" in {finding.code for finding in found.findings}) == (own == "left")


def test_a_layer_with_other_words_in_the_right_places_does_not_match(page):
    bank = LIGHTHOUSE.replace(".", "").split()
    words = iter(bank[7:] + bank[:7])
    other = [retold(line, lambda _: next(words)) for line in page.lines]
    assert "textlayer_mismatch" in codes(page, of_lines(other), kind="textlayer")
    assert "textlayer_mismatch" not in codes(page, of_lines(other), kind="ocr")


def test_a_mostly_good_refused_text_beats_garbage(page):
    partly = verdict(page, of_lines(page.lines[:-2])).score
    cipher = [retold(line, lambda text: text.translate(str.maketrans("etaoinshr", "qxzjkvwyp"))) for line in page.lines]
    assert partly > verdict(page, of_lines(cipher)).score > verdict(page, Reading()).score


INVENTED = (
    "Twelve merchants crossed the frozen valley with copper lamps and seven barrels of dried plums for the garrison. "
    "Nobody expected the drummer to arrive before supper, least of all his uncle. "
)


@pytest.mark.parametrize("kind", ["vlm", "remote"])
def test_a_models_fluent_invention_is_refused_with_boxes_and_without(page, kind):
    bank = itertools.cycle(INVENTED.split())
    other = [retold(line, lambda text: " ".join(next(bank) for _ in text.split())) for line in page.lines]
    block = Block(
        Category.TEXT, "\n".join(line.text for line in other), Box.around(line.box for line in other), markup="markdown"
    )
    for reading in (boxless(other), Reading(blocks=(block,))):
        found = verdict(page, reading, kind=kind)
        assert found.status == "doubtful"
        assert {finding.code for finding in found.findings if finding.refuses} == {"page_mismatch"}
        assert found.score < 0.4


def test_half_an_invention_is_refused(page):
    bank = itertools.cycle(INVENTED.split())
    other = [
        retold(line, lambda text: " ".join(next(bank) for _ in text.split())) if at % 2 else line
        for at, line in enumerate(page.lines)
    ]
    assert codes(page, boxless(other), kind="vlm") == {"page_mismatch"}


def test_numbers_of_another_page_are_refused():
    made = sheet()
    for at in range(14):
        made.write(100, 100 + 55 * at, f"Delivery {4211 + 37 * at}", vera(24))
        made.write(700, 100 + 55 * at, f"{1873.4 + 211.7 * at:.2f}", vera(24))
    assert codes(made, boxless(made.lines), kind="vlm") == set()
    turned = str.maketrans("0123456789", "8306914257")
    other = [retold(line, lambda text: text.translate(turned)) for line in made.lines]
    (finding,) = verdict(made, boxless(other), kind="vlm").findings
    assert "numbers" in finding.sentence


def test_a_right_answer_in_another_form_is_accepted(page):
    text = " ".join(line.text for line in page.lines)
    hyphens = text.replace("thermometer", "thermo-\nmeter").replace("weather", "wea-\nther")
    shouting = "# " + text.upper().replace("FI", "\ufb01")
    rows = "".join(f"<tr><td>{line.text}</td><td>{line.text[:4]}</td></tr>" for line in page.lines)
    for answer in (text, hyphens, shouting, f"<table>{rows}</table>", f"$\\text{{{text}}}$", text.replace(" ", "\n")):
        blocks = (Block(Category.TEXT, answer, markup="html" if "<" in answer else "markdown"),)
        found = [f for f in verdict(page, Reading(blocks=blocks), kind="vlm").findings if f.code == "page_mismatch"]
        assert found == [], answer


def test_what_the_witness_cannot_read_is_said_and_not_refused():
    path = faces.path("tune", "serif")
    if not faces.knows_cyrillic("tune"):
        pytest.skip("no Cyrillic vera here")
    made = sheet()
    made.paragraph((100, 100, 1140, 950), QUARRY_IN_RUSSIAN, faces.font(path, 26))
    found = verdict(made, boxless(made.lines), kind="vlm")
    assert found.status == "accepted"
    assert [finding.code for finding in found.findings] == ["page_mismatch"]
    assert "cannot read their script" in found.findings[0].sentence


def test_where_nothing_is_surely_legible_the_witness_keeps_silent(page):
    worn = np.asarray(page.image.convert("RGB").filter(ImageFilter.GaussianBlur(5)))
    found = judge(ArrayPage(worn), boxless(page.lines), engine=replace(OCR, kind="vlm"), task=Task())
    assert "page_mismatch" not in {finding.code for finding in found.findings}


def test_words_in_pictures_need_not_be_in_the_text(page):
    hidden = Box.around(line.box for line in page.lines[4:])
    kept = page.lines[:4]
    text = Block(Category.TEXT, "\n".join(line.text for line in kept), Box.around(line.box for line in kept))
    blocks = (text, Block(Category.PICTURE, "", hidden))
    assert "page_mismatch" not in codes(page, Reading(blocks=blocks), kind="vlm")


SAID = "Sure! Here is the text of the image:"
OFFER = "Let me know if you need anything else."


def answered(text):
    """A reading as the engines make one of a model's plain answer."""
    return Reading(blocks=from_plain(text), raw=text)


def test_what_was_cut_from_an_answer_is_written_down_and_refuses_nothing(page):
    text = "\n".join(line.text for line in page.lines)
    found = verdict(page, answered(f"{SAID}\n\n{text}\n\n{OFFER}"), kind="vlm")
    assert found.status == "accepted"
    (finding,) = found.findings
    assert finding.code == "chatter"
    assert SAID in finding.sentence
    assert OFFER in finding.sentence


@pytest.mark.parametrize("said", ["Here is the text:", "Certainly, I can do that."])
def test_words_that_may_be_the_models_own_are_looked_for_on_the_page(page, said):
    text = "\n".join(line.text for line in page.lines)
    assert codes(page, answered(f"{said}\n\n{text}"), kind="vlm") == {"chatter"}
    assert codes(page, answered(f"{text}\n\nPlease let me know if you have any questions."), kind="vlm") == {"chatter"}
    printed = sheet()
    printed.write(100, 60, said, vera(24))
    printed.paragraph((100, 120, 1140, 850), LIGHTHOUSE, vera(24))
    printed.write(100, 900, "Please let me know if you have any questions.", vera(24))
    whole = "\n\n".join(line.text for line in printed.lines)
    assert codes(printed, answered(whole), kind="vlm") == set()


def test_chatter_that_the_page_prints_should_not_have_been_cut():
    made = sheet()
    made.write(100, 60, SAID, vera(24))
    made.paragraph((100, 120, 1140, 850), LIGHTHOUSE, vera(24))
    found = verdict(made, answered("\n".join(line.text for line in made.lines)), kind="remote")
    (finding,) = [finding for finding in found.findings if finding.refuses]
    assert finding.code == "chatter"
    assert "printed on the page" in finding.sentence


DESCRIBED = Block(Category.TEXT, "A letter with a round seal at the foot.")


def test_an_answer_that_is_not_the_page_s_text_is_not_compared_with_it(page):
    boxes = tuple(Block(Category.TEXT, "", line.box) for line in page.lines)
    for blocks in (boxes, boxes[:1], (DESCRIBED,)):
        asked = Reading(blocks=blocks, transcribes=False)
        assert verdict(page, asked, kind="vlm").status == "accepted"
        assert verdict(page, replace(asked, transcribes=True), kind="vlm").status == "doubtful"


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        (Reading(), "empty"),
        (Reading(blocks=(DESCRIBED,), finish="loop"), "truncated"),
        (Reading(blocks=(DESCRIBED,), cut="its JSON is not closed"), "truncated"),
    ],
)
def test_an_answer_that_is_none_or_is_cut_stays_doubtful_whatever_was_asked(page, reading, code):
    assert code in codes(page, replace(reading, transcribes=False), kind="vlm")


def test_where_nobody_can_compare_a_text_with_the_page_it_says_so(page, monkeypatch, tmp_path):
    """As in a source checkout without the models."""
    monkeypatch.setattr(model_files, "find", _nothing)
    monkeypatch.setattr(line_models, "every", _nothing)
    for kind, reading in (("textlayer", of_lines(page.lines)), ("vlm", boxless(page.lines))):
        found = verdict(page, reading, kind=kind)
        assert found.status == "accepted"
        (remark,) = found.findings
        assert "not compared with the page" in remark.sentence
        assert remark.next_step.startswith("pip install")


def _nothing():
    raise EngineUnavailable("no models here")
