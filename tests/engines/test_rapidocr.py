"""PP-OCR: what it writes, where, and what it says when it cannot."""

import re
import textwrap
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from bench.pages.wear import WEARS, worn
from PIL import Image, ImageDraw
from tests.support.pages import ENGLISH, LIGHTHOUSE, RUSSIAN, SANS, SERIF, ArrayPage, face

import ocroute.models
from ocroute.engines.base import Task
from ocroute.engines.rapidocr import RapidOcr
from ocroute.errors import EngineUnavailable
from ocroute.judge import reference_recogniser
from ocroute.ppocr import accents, column_ink, inference, line_models, model_files, recogniser, word_boxes

EVERY = line_models.every()


@pytest.fixture(scope="module")
def engine():
    return RapidOcr(Task())


def read(engine, page):
    return engine.read_page(page, Task())


def lines_of(reading):
    return [line.text for line in sorted(reading.lines, key=lambda line: line.box.y0)]


def test_reads_english_letter_by_letter(engine, typeset):
    assert lines_of(read(engine, typeset(ENGLISH))) == list(ENGLISH)


@pytest.mark.parametrize("size", [12, 20, 60])
def test_reads_small_and_large_print(engine, typeset, size):
    texts = [line.split(",")[0] for line in ENGLISH[:3]]
    assert lines_of(read(engine, typeset(tuple(texts), size=size, width=50 * size))) == texts


def test_reads_a_tilted_page(engine, typeset):
    page = typeset(ENGLISH)
    image = Image.fromarray(page.pixels).rotate(1.5, Image.Resampling.BICUBIC, fillcolor="white")
    assert lines_of(read(engine, ArrayPage(image, dpi=200))) == list(ENGLISH)


@pytest.mark.parametrize("quarters", [1, 3])
def test_reads_a_line_that_runs_up_or_down_the_page(engine, typeset, quarters):
    page = typeset(ENGLISH[:1])
    turned = ArrayPage(np.rot90(page.pixels, quarters), dpi=200)
    reading = read(engine, turned)
    assert lines_of(reading) == [ENGLISH[0]]
    box = reading.lines[0].box
    assert box.height > 5 * box.width


@pytest.mark.parametrize("quarters", [1, 3])
def test_the_last_sign_of_a_line_on_its_side_is_no_line_of_its_own(engine, quarters):
    sheet = Image.new("L", (460, 120), 255)
    ImageDraw.Draw(sheet).text((24, 40), "Doc 40 page 4", fill=0, font=face(SANS, 26))
    pixels = np.rot90(np.asarray(sheet.resize((1500, 391))), quarters)
    page = ArrayPage(np.repeat(pixels[..., None], 3, axis=2))
    assert [line.text for line in engine.read_page(page, Task()).lines] == ["Doc 40 page 4"]


def test_dust_puts_no_accents_on_letters_and_takes_none_away(engine, typeset):
    texts = textwrap.wrap(LIGHTHOUSE, 58)
    page = typeset(texts)
    pixels = page.pixels.copy()
    chance = np.random.default_rng(5)
    for line in page.text_layer():
        for word in line.words[1::2]:  # above a letter, below it, or touching it
            x, y = chance.uniform(word.box.x0, word.box.x1), chance.choice([0.2, 0.27, 0.9, 0.95])
            cv2.circle(pixels, (int(x), int(word.box.y0 + y * word.box.height)), 2, (60, 60, 60), -1)
    found = lines_of(read(engine, ArrayPage(pixels, dpi=200)))
    words, wanted = " ".join(found).split(), LIGHTHOUSE.split()
    assert "".join(found).isascii()
    assert sum((Counter(wanted) & Counter(words)).values()) >= 0.9 * len(wanted)


def test_accents_that_a_language_has_stay(engine, typeset):
    texts = (
        "Le gardien notait chaque matin la météo, même pendant les tempêtes d’été.",
        "Ses cahiers furent retrouvés à côté de la fenêtre, très bien conservés.",
        "Le musée les prête aux élèves; où qu’ils aillent, ils les protègent.",
        "La société a décidé de réparer la tour après la dernière marée.",
    )
    assert lines_of(read(engine, typeset(texts, width=1300))) == list(texts)


def test_raised_figures_are_told_from_those_on_the_line(engine):
    found = read_raised(engine, "About 10", "^6", " of them in 1995", "", " and 2", "^11", " more")
    assert found == ["About 10⁶ of them in 1995 and 2¹¹ more", "Cost 1,106.21 on 11.06.1996"]


def test_marks_of_notes_are_raised_behind_stops_and_before_a_line(engine):
    found = read_raised(engine, "^1", "Kept by the harbour. Sold,", "^2", " on page.", "^3", " At 3.5 more")
    assert found == ["¹Kept by the harbour. Sold,² on page.³ At 3.5 more", "Cost 1,106.21 on 11.06.1996"]


def test_raised_figures_are_read_among_cyrillic_letters_too(engine):
    found = read_raised(
        engine, "Около 10", "^6", " из них, 2", "^11", " м", "^3", " и", "^5", below="Цена 1106,21 руб. за 10 м"
    )
    assert found == ["Около 10⁶ из них, 2¹¹ м³ и⁵", "Цена 1106,21 руб. за 10 м"]


def read_raised(engine, *line, below="Cost 1,106.21 on 11.06.1996"):
    """What is read of two drawn lines, the parts of the first raised where they begin with ^."""
    font, small = face(SERIF, 40), face(SERIF, 26)
    image = Image.new("RGB", (1200, 300), "white")
    draw = ImageDraw.Draw(image)
    for top, parts in ((50, line), (170, (below,))):
        x = 60.0
        for part in parts:
            high = part.startswith("^")
            draw.text((x, top - 4 * high), part.lstrip("^"), font=small if high else font, fill="black")
            x += (small if high else font).getlength(part.lstrip("^"))
    return lines_of(read(engine, ArrayPage(image, dpi=200)))


@pytest.mark.parametrize("medium", ["faded", "fax"])
def test_figures_whose_foot_has_faded_are_not_raised(engine, medium):
    """A 2 that breaks above its foot looks as high above the line as a raised one."""
    image = Image.new("L", (900, 700), 255)
    draw, font = ImageDraw.Draw(image), face(SERIF, 29)
    numbers = [str((at * 7_919_231 + 21_212) % 90_000 + 10_000).replace("8", "2") for at in range(40)]
    for at, number in enumerate(numbers):
        draw.text((60 + 200 * (at % 4), 40 + 60 * (at // 4)), number, font=font, fill=0)
    page = ArrayPage(worn(np.asarray(image), WEARS[medium], 3).convert("RGB"), dpi=200)
    found = " ".join(lines_of(read(engine, page)))
    assert sum(found.count(number) for number in numbers) >= 36
    assert not set(found) & set("⁰¹²³⁴⁵⁶⁷⁸⁹")


@pytest.mark.parametrize(("medium", "seed"), [("faded", 3), ("old", 4), ("office", 5)])
def test_figures_alone_in_their_cells_are_read_and_pieces_of_rules_are_none(engine, medium, seed):
    image = Image.new("L", (1200, 1300), 255)
    draw, font = ImageDraw.Draw(image), face(SERIF, 29)
    numbers = [1, 1, 7, 11, 1, 4, 1, 1, 9, 1, 10, 1]
    for at, number in enumerate(numbers):
        x, y = 60 + 270 * (at % 4), 80 + 380 * (at // 4)
        draw.rectangle((x, y, x + 270, y + 380), outline=0, width=2)
        draw.text((x + 14, y + 10), str(number), font=font, fill=0)
        draw.text((x + 14, y + 80), ("Slate and anchor", "quarry")[at % 2], font=font, fill=0)
    page = ArrayPage(worn(np.asarray(image), WEARS[medium], seed).convert("RGB"), dpi=200)
    found = [word for line in lines_of(read(engine, page)) for word in line.split() if word.isdigit()]
    assert sorted(found) == sorted(map(str, numbers))


@pytest.mark.parametrize(("likely", "parted"), [(0.69, [1, 2, 3]), (0.97, [1, 2, 3, 4])])
def test_a_space_in_a_gap_that_is_none_is_believed_only_where_it_is_certain(likely, parted):
    gaps = np.array([(10, 21), (31, 42), (52, 63), (73, 77)])  # the last is as wide as those between letters
    centers = np.array([5.0, 26, 47, 68, 82])
    places = np.searchsorted([0, 2, 4, 6, 8], range(9))
    spaces = np.array([0, 0, 1, 0, 1, 0, 1, 0, likely], np.float32)
    traced = recogniser.Traced("a b c d e", np.ones(9, np.float32), centers[places], spaces)
    seen = column_ink.ColumnInk(0, 87, gaps, np.array([(0, 10), (21, 31), (42, 52), (63, 73), (77, 87)]))
    found = word_boxes._breaks(traced, np.array([0, 2, 4, 6, 8]), seen, 31)
    assert sorted({each.at for each in found}) == parted


@pytest.mark.parametrize(("sure", "written"), [(False, "tat"), (True, "ţat")])
def test_an_accent_from_afar_is_dust_where_none_like_it_is_sure(sure, written):
    letters = ("", "a", "t", "ţ", "é", " ")
    family = accents.kin(letters)

    def line(first, likely):
        output = np.full((6, 6), 0.001, np.float32)
        output[np.arange(6), [first, 0, 1, 0, 2, 0]] = likely, 0.99, 0.99, 0.99, 0.99, 0.99
        return recogniser._Peaks(*recogniser._peaks(output, family), columns=48, space=5)

    unsure = line(3, 0.7)
    lines = [unsure, line(4, 0.7), *([line(3, 0.99)] if sure else [])]
    doubted = family.doubted((each.classes, each.probabilities) for each in lines)
    said = [recogniser._decode(recogniser._without_accents(each, doubted), letters, 48, family).text for each in lines]
    assert said[:2] == [written, "éat"]


def test_a_letter_that_the_blank_holds_back_is_written_where_there_is_room():
    letters = ("", "a", "s", "t", "ş", " ")
    family = accents.kin(letters)
    output = np.full((9, 6), 0.001, np.float32)
    output[np.arange(9), [1, 0, 0, 5, 3, 0, 0, 0, 3]] = 0.99  # "a", a doubt at step 2, " ", "t", nothing, "t"
    output[2, [0, 2, 4]] = 0.6, 0.2, 0.15
    output[5, [0, 2]] = 0.6, 0.35  # beside a letter: its own rim
    line = recogniser._Peaks(*recogniser._peaks(output, family), columns=72, space=5)
    traced = recogniser._decode(line, letters, 72, family)
    assert traced.text == "as tt"
    assert traced.probabilities[1] == pytest.approx(0.35, abs=0.01)


def test_reads_russian_letter_by_letter(engine, typeset):
    reading = read(engine, typeset(RUSSIAN, font=SANS, width=1100))
    assert lines_of(reading) == list(RUSSIAN)
    assert "European lines" in reading.model


def test_reads_each_line_of_a_page_in_two_alphabets(engine, typeset):
    both = (ENGLISH[0], RUSSIAN[0], ENGLISH[1], RUSSIAN[1])
    assert lines_of(read(engine, typeset(both, font=SANS, width=1100))) == list(both)


def test_the_judge_can_have_words_in_cyrillic_read(typeset):
    page = typeset(RUSSIAN, font=SANS, width=1100)
    boxes = reference_recogniser.text_boxes(page)
    read = reference_recogniser.recognise(page, boxes, script="Cyrl")
    assert sorted(text for text, _ in read) == sorted(RUSSIAN)
    assert min(sure for _, sure in read) > 0.9


def test_a_script_it_cannot_write_comes_out_as_blanks(engine, typeset, monkeypatch):
    monkeypatch.setattr(line_models, "every", lambda: line_models.useful(EVERY, ["en"]))
    reading = read(RapidOcr(Task()), typeset(RUSSIAN, font=SANS))
    assert len(reading.blanks) == len(RUSSIAN)
    assert not any(letter.isalpha() for letter in reading.text)


def test_declares_scripts_from_its_dictionary():
    scripts = RapidOcr.probe().scripts
    assert {"Latn", "Hans", "Hant", "Jpan", "Cyrl", "Grek"} <= set(scripts)
    assert not {"Kore", "Arab"} & set(scripts)


def test_dictionary_is_the_one_the_model_was_built_with():
    onnxruntime = pytest.importorskip("onnxruntime")
    path = model_files.find().recogniser
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    listed = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    assert model_files.characters(path) == ("", *listed, " ")


@pytest.mark.parametrize(
    ("model", "shape"),
    [(model_files.DETECTOR, (320, 416)), (model_files.RECOGNISER, (48, 320)), (model_files.CLASSIFIER, (48, 192))],
)
def test_both_runtimes_see_the_same(model, shape):
    pytest.importorskip("openvino")
    pytest.importorskip("onnxruntime")
    path = model_files.find().detector.with_name(model)
    tensor = np.random.default_rng(7).uniform(-1, 1, (1, 3, *shape)).astype(np.float32)
    ours = inference.OpenVino(path, 1, parallel=False).map([tensor], np.copy)[0]
    other = inference.OnnxRuntime(path, 1).map([tensor], np.copy)[0]
    np.testing.assert_allclose(ours, other, atol=2e-3)


def test_the_models_are_those_of_the_notice():
    notice = (Path(ocroute.models.__file__).parent / "NOTICE.md").read_text()
    rows = dict(re.findall(r"^\| `([^`]+\.onnx)`.*`([0-9a-f]{64})`", notice, re.MULTILINE))
    own = re.search(r"^`european_rec_small.onnx` \(([\d,]+) bytes, SHA-256 `([0-9a-f]{64})`", notice, re.MULTILINE)
    assert own is not None
    assert int(own[1].replace(",", "")) == model_files.european().stat().st_size
    assert own[2] == model_files.EUROPEAN_SHA256
    assert set(rows) == {model_files.DETECTOR, model_files.RECOGNISER, model_files.CLASSIFIER}
    folder = model_files.find().detector.parent
    assert {name: model_files.digest(folder / name) for name in rows} == rows


def test_parallel_streams_keep_the_order():
    pytest.importorskip("openvino")
    path = model_files.find().recogniser
    tensors = [np.full((1, 3, 48, 32 * count), 1.0, np.float32) for count in (9, 1, 5, 2, 7)]
    widths = inference.OpenVino(path, 2, parallel=True).map(tensors, lambda output: output.shape[1])
    assert widths == [4 * count for count in (9, 1, 5, 2, 7)]


def test_provenance_names_the_models(engine, typeset):
    reading = read(engine, typeset(ENGLISH[:1]))
    assert len(reading.model_hash) == 64
    assert reading.versions["rapidocr"].startswith("3.10")


def test_missing_models_are_named(monkeypatch):
    monkeypatch.setattr(model_files, "RECOGNISER", "gone.onnx")
    with pytest.raises(EngineUnavailable, match=r"gone\.onnx"):
        RapidOcr(Task())
    assert RapidOcr.probe().state == "absent"


def two_columns(gutter, lines=8):
    letters = face(SERIF, 28)
    image = Image.new("RGB", (1000, 60 + 40 * lines), "white")
    draw = ImageDraw.Draw(image)
    for index in range(lines):
        left, right = ENGLISH[index % 4].split()[:5], ENGLISH[(index + 1) % 4].split()[-5:]
        for words, start in ((left, 40), (right, 40 + 400 + gutter)):
            slack = (400 - sum(letters.getlength(word) for word in words)) / (len(words) - 1)
            x = start
            for word in words:
                draw.text((x, 20 + 40 * index), word, font=letters, fill="black")
                x += letters.getlength(word) + slack
    return ArrayPage(image, dpi=200), 440 + gutter / 2


@pytest.mark.parametrize("gutter", [60, 90])
def test_no_line_runs_across_a_gutter(engine, gutter):
    page, middle = two_columns(gutter)
    reading = read(engine, page)
    assert len(reading.lines) >= 16
    assert not [line.text for line in reading.lines if line.box.x0 < middle - 50 and line.box.x1 > middle + 50]


def test_the_reference_recogniser_shares_what_the_engine_found(engine, typeset):
    page = typeset(ENGLISH)
    reading = read(engine, page)
    memo = dict(page._memo)
    boxes = reference_recogniser.text_boxes(page)
    assert page._memo == memo
    assert len(boxes) == len(reading.lines)


def test_the_reference_recogniser_reads_crops_of_words(typeset):
    page = typeset(ENGLISH)
    words = [word for line in page.layer for word in line.words if len(word.text) > 4][:6]
    seen = reference_recogniser.recognise(page, [word.box for word in words])
    right = [said.strip(".,;") == word.text.strip(".,;") for (said, _), word in zip(seen, words, strict=True)]
    assert sum(right) >= 5, seen
