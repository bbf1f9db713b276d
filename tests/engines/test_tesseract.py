"""Tesseract: languages found and asked for, sizes, noise, and a program that is missing or broken."""

import io
import shutil

import numpy as np
import pytest
from PIL import Image
from tests.support.pages import ENGLISH, RUSSIAN, SANS

from ocroute.engines import tesseract
from ocroute.engines.base import Task
from ocroute.engines.tesseract import Tesseract, find_program
from ocroute.errors import EngineError, EngineUnavailable
from ocroute.languages import package

GREEK = (
    "Το βιβλίο του λιμανιού γράφει την ώρα της άφιξης",
    "Ο δάσκαλος άνοιξε το παράθυρο και κοίταξε τη θάλασσα",
)


@pytest.fixture
def forgotten():
    """The program is asked anew, before and after."""
    tesseract.find_program.cache_clear()
    yield
    tesseract.find_program.cache_clear()


def read(page, **wishes):
    task = Task(**wishes)
    return Tesseract(task).read_page(page, task)


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
@pytest.mark.tesseract
class TestReading:
    def test_english(self, typeset):
        reading = read(typeset(ENGLISH), languages=("en",))
        assert [line.text for line in reading.lines] == list(ENGLISH)

    def test_russian_without_being_told(self, typeset):
        reading = read(typeset(RUSSIAN * 3, font=SANS, width=1100))
        assert "rus" in reading.settings["languages"]
        assert "Карта глубин висит рядом с дверью" in reading.text

    def test_a_script_without_data_is_told(self, typeset):
        assert read(typeset(RUSSIAN * 3, font=SANS, width=1100)).foreign == ""
        if "ell" in find_program().languages or not find_program().detects_script:
            pytest.skip("Greek can be read here, or scripts cannot be told")
        assert read(typeset(GREEK * 3, font=SANS, width=1100)).foreign == "Grek"

    def test_tiny_print_is_enlarged_and_boxes_come_back_to_the_page(self, typeset):
        page = typeset(ENGLISH[:2], size=12, width=400)
        reading = read(page, languages=("en",))
        assert reading.settings["scale"] > 1
        first = next(word for line in reading.lines for word in line.words if word.text == "harbour")
        true = page.layer[0].words[1].box
        assert abs(first.box.x0 - true.x0) < 3
        assert abs(first.box.x1 - true.x1) < 3

    def test_grain_does_not_hide_the_text(self, typeset):
        page = typeset(ENGLISH * 3)
        grain = np.random.default_rng(3).normal(0, 28, page.pixels.shape[:2])[..., None]
        page.pixels = np.clip(page.pixels * 0.6 + 70 + grain, 0, 255).astype(np.uint8)
        assert "harbour office opens" in read(page, languages=("en",)).text

    def test_image_without_resolution(self, typeset):
        page = typeset(ENGLISH[:1])
        page.dpi = None
        assert "Sundays" in read(page, languages=("en",)).text

    def test_language_that_is_not_installed_names_its_package(self):
        missing = next(code for code in ("hy", "ka", "lo") if code not in Tesseract.probe().languages)
        with pytest.raises(EngineUnavailable, match="no data for") as caught:
            Tesseract(Task(languages=(missing,)))
        assert package(missing) in str(caught.value.next_step)


def fake(tmp_path, monkeypatch, script):
    """A program named tesseract, first on the path."""
    path = tmp_path / "tesseract"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_absent_program(tmp_path, monkeypatch, forgotten):
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = Tesseract.probe()
    assert (answer.state, "apt install tesseract-ocr" in answer.install) == ("absent", True)
    with pytest.raises(EngineUnavailable):
        Tesseract(Task())


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'libtiff.so.6: cannot open' >&2; exit 127", "libtiff"),
        ("[ $1 = --version ] && echo tesseract 5.3.0 || echo 'List of languages (0):'", "no language data"),
    ],
)
def test_broken_program_keeps_its_own_words(tmp_path, monkeypatch, forgotten, script, words):
    fake(tmp_path, monkeypatch, script)
    answer = Tesseract.probe()
    assert answer.state == "broken"
    assert words in answer.reason
    with pytest.raises(EngineUnavailable, match="broken"):
        Tesseract(Task())


def test_program_that_fails_on_a_page_is_an_engine_error(tmp_path, monkeypatch, forgotten, typeset):
    fake(
        tmp_path,
        monkeypatch,
        'case "$1" in --version) echo tesseract 5;; --list-langs) echo List; echo eng;; *) echo boom >&2; exit 3;; esac',
    )
    with pytest.raises(EngineError, match=r"code 3.*boom"):
        read(typeset(ENGLISH[:1]))


def test_the_program_runs_on_one_thread_whatever_is_set(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_THREAD_LIMIT", "8")
    fake(tmp_path, monkeypatch, 'printf %s "$OMP_THREAD_LIMIT"')
    assert tesseract.run_program(str(tmp_path / "tesseract"), []) == "1"


def test_tsv_groups_words_into_lines_and_keeps_odd_characters():
    rows = ["level\tpage\tblock\tpar\tline\tword\tleft\ttop\twidth\theight\tconf\ttext"]
    rows += ["4\t1\t1\t1\t1\t0\t10\t20\t90\t12\t-1\t"]
    rows += ['5\t1\t1\t1\t1\t1\t10\t20\t40\t12\t96.5\t"<b>&']
    rows += ["5\t1\t1\t1\t1\t2\t60\t20\t40\t12\t50\tfin"]
    rows += ["5\t1\t1\t1\t2\t1\t10\t40\t40\t12\t90\tnext", "5\t1\t1\t1\t2\t2\t60\t40\t40\t12\t95\t "]
    first, second = tesseract.lines_of_tsv("\n".join(rows), 0.5, 100, 100)
    assert (first.text, second.text) == ('"<b>& fin', "next")
    assert (first.box.x0, first.box.y0, first.box.x1, first.box.y1) == (5, 10, 50, 16)
    assert first.words[0].confidence == pytest.approx(0.965)


def test_scripts_bring_english_along():
    assert tesseract.codes_of_scripts(("Cyrl",), ["eng", "rus", "chi_sim"]) == ["rus", "eng"]
    assert tesseract.codes_of_scripts(("Latn",), ["chi_sim", "deu", "eng"]) == ["eng", "deu"]
    assert tesseract.codes_of_scripts(("Grek",), ["eng", "rus"]) == []


def test_both_chinese_data_files_serve_chinese():
    assert tesseract.chosen_languages(("zh",), ["chi_sim", "chi_tra", "eng"]) == (["chi_sim", "chi_tra"], [])
    assert tesseract.chosen_languages(("ru", "en"), ["eng"]) == (["eng"], ["ru"])


def test_pnm_is_what_pillow_reads():
    gray = np.arange(12, dtype=np.uint8).reshape(3, 4)
    with Image.open(io.BytesIO(tesseract.pnm(gray))) as image:
        np.testing.assert_array_equal(np.asarray(image), gray)
