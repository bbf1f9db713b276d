"""ocroute as an engine of OCRmyPDF, and OCRmyPDF beside our own searchable PDF: words at the same places for Poppler."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html
from PIL import Image, ImageDraw, ImageFont
from tests.support.page_records import line, record

import ocroute
from ocroute import Box

LINES = ["The meadow below the mill", "stands under water every spring", "because of a road and a culvert"]


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> Path:
    """A scanned page; and where each of its words is."""
    sheet = Image.new("L", (1240, 900), 255)
    pen, font = ImageDraw.Draw(sheet), ImageFont.truetype("DejaVuSans.ttf", 34)
    for number, text in enumerate(LINES):
        pen.text((120, 150 + 120 * number), text, 0, font)
    path = tmp_path_factory.mktemp("scan") / "scan.pdf"
    sheet.save(path, resolution=150)
    return path


def words(pdf: Path) -> dict[str, Box]:
    """Words and their boxes in points, by Poppler."""
    said = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], check=True, capture_output=True).stdout
    found = html.fromstring(said).iter("word")
    return {one.text: Box(*(float(one.get(side)) for side in ("xmin", "ymin", "xmax", "ymax"))) for one in found}


def ocrmypdf(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ocrmypdf", "--output-type", "pdf", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def theirs(scan, tmp_path_factory) -> dict[str, Box]:
    made = tmp_path_factory.mktemp("theirs") / "out.pdf"
    ocrmypdf(str(scan), str(made))
    return words(made)


def alike(one: dict[str, Box], other: dict[str, Box]) -> None:
    """All words are there, and stand at the same place: both lie on the ink, each with margins of its own."""
    assert set(one) == set(other) == set(" ".join(LINES).split())
    for word, box in one.items():
        (x, y), there = box.center, other[word]
        assert there.x0 <= x <= there.x1
        assert there.y0 <= y <= there.y1
        assert abs(box.x0 - there.x0) < 3
        assert abs(box.x1 - there.x1) < 6


def test_our_pdf_has_its_words_where_ocrmypdf_has_them(scan, theirs, tmp_path) -> None:
    ocroute.read(scan, engine="tesseract").save(tmp_path / "ours.pdf")
    alike(words(tmp_path / "ours.pdf"), theirs)


def test_ocrmypdf_reads_with_ocroute_and_logs_its_verdict(scan, theirs, tmp_path) -> None:
    made = tmp_path / "out.pdf"
    plugin = ["--plugin", "ocroute.ocrmypdf_plugin", "--ocr-engine", "ocroute", "--ocroute-engine", "tesseract"]
    log = ocrmypdf(*plugin, "--jobs", "1", "-v", "1", str(scan), str(made))
    assert re.search(r"page 1: accepted, read by tesseract", log)
    alike(words(made), theirs)


def test_the_plug_in_answers_to_its_own_name_only(scan, theirs, tmp_path) -> None:
    made = tmp_path / "out.pdf"
    log = ocrmypdf("--plugin", "ocroute.ocrmypdf_plugin", "-v", "1", str(scan), str(made))
    assert "read by" not in log
    alike(words(made), theirs)


def test_our_hocr_is_understood_by_hocr_tools(scan, tmp_path) -> None:
    document = ocroute.read(scan, engine="tesseract")
    document.save(tmp_path / "x.hocr")
    tool = shutil.which("hocr-lines") or str(Path(sys.executable).with_name("hocr-lines"))
    said = subprocess.run(
        [sys.executable, tool, str(tmp_path / "x.hocr")], capture_output=True, text=True, check=True
    ).stdout
    assert [line.strip() for line in said.splitlines() if line.strip()] == LINES


@pytest.mark.parametrize("turned", [0, 180])
@pytest.mark.parametrize("skew", [-3.0, 1.0, 5.0])
def test_words_of_a_skewed_page_are_whole_for_poppler(skew: float, turned: int, tmp_path) -> None:
    image = tmp_path / "a.png"
    Image.new("L", (1000, 1500), 255).save(image)
    texts = ["several words along one line", "and a longer one below it"]
    lines = [line(text, x=200, y=500 + 60 * at, size=30, step=14) for at, text in enumerate(texts)]
    ocroute.Document(str(image), (record(*lines, width=1000, height=1500, skew=skew, turned=turned),)).save(
        tmp_path / "a.pdf"
    )
    assert set(words(tmp_path / "a.pdf")) == set(" ".join(texts).split())
