"""Documents of any number of pages of our own prose: born digital, and printed and scanned. Their text is known."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
from bench.pages.canvas import wrap
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.pagesizes import A4 as A4_POINTS
from reportlab.lib.pagesizes import A5
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

DPI = 200
A4 = round(8.27 * DPI), round(11.69 * DPI)
MARGIN = round(0.9 * DPI)
FONTS = Path("/usr/share/fonts/truetype/liberation")
FACES = [("LiberationSerif-Regular", 11), ("LiberationSans-Regular", 10), ("LiberationSerif-Italic", 12)]
MARGIN_POINTS, POINTS, LEADING = 65, 11, 14.5
FILLER = "The committee heard the report of the treasurer and agreed that the fence be painted in spring."

WHO = [
    "the harbour master",
    "a retired surveyor",
    "our committee",
    "the night watchman",
    "Mrs. Ellery",
    "the county archive",
]
DID = [
    "has measured",
    "would not sell",
    "described in detail",
    "found again in 1987",
    "lent to the museum",
    "repaired twice",
]
WHAT = [
    "forty-three tide tables",
    "the eastern sea wall",
    "a brass theodolite (no. 217)",
    "every lobster pot on the quay",
    "nine letters to the ministry",
]
WHY = [
    "because nobody else had asked",
    "at a cost of 1,250.75 in all",
    "after the flood of 12 March",
    "with help from both schools",
    "so that ships of 30 to 45 metres could pass",
]
THEN = [
    "It took six weeks.",
    "Was it worth it?",
    "The report runs to 88 pages; see section 4.2.",
    '"Never again," she said.',
]


def sentences(seed: int) -> str:
    """A paragraph that reads like prose and differs with ``seed``."""
    choice = random.Random(seed)
    said = []
    for _ in range(choice.randint(3, 6)):
        who, did, what, why = (choice.choice(part) for part in (WHO, DID, WHAT, WHY))
        said.append(f"{who[0].upper()}{who[1:]} {did} {what}, {why}.")
        if choice.random() < 0.4:
            said.append(choice.choice(THEN))
    return " ".join(said)


def scanned_page(seed: int) -> tuple[Image.Image, str]:
    """A scanned page and its text."""
    name, points = FACES[seed % len(FACES)]
    face = ImageFont.truetype(str(FONTS / f"{name}.ttf"), round(points * DPI / 72))
    page = Image.new("L", A4, 255)
    pen = ImageDraw.Draw(page)
    lines: list[str] = []
    y, step, part = MARGIN, round(1.3 * points * DPI / 72), 0
    while y + 8 * step < A4[1] - MARGIN:
        for line in wrap(sentences(1000 * seed + part), face, A4[0] - 2 * MARGIN):
            pen.text((MARGIN, y), line, font=face, fill=25)
            lines.append(line)
            y += step
        y, part = y + step // 2, part + 1
    return _scanned(page, seed), "\n".join(lines)


def _scanned(page: Image.Image, seed: int) -> Image.Image:
    grain = np.random.default_rng(seed).normal(0, 8, (page.height, page.width))
    ink = np.asarray(page.filter(ImageFilter.GaussianBlur(0.6)), float) * 0.86 + 28
    scan = Image.fromarray(np.clip(ink + grain, 0, 255).astype(np.uint8))
    file = io.BytesIO()
    scan.save(file, "JPEG", quality=70)
    return Image.open(file)


def digital_pdf(path: Path, pages: int) -> list[str]:
    """A PDF of ``pages`` pages; returns their texts."""
    pdfmetrics.registerFont(TTFont("Body", str(FONTS / "LiberationSerif-Regular.ttf")))
    canvas = Canvas(str(path), pagesize=A4_POINTS)
    texts = []
    for page in range(pages):
        canvas.setFont("Body", POINTS)
        y, part, lines = A4_POINTS[1] - MARGIN_POINTS, 0, []
        while y > MARGIN_POINTS + 9 * LEADING:
            for line in simpleSplit(sentences(1000 * page + part), "Body", POINTS, A4_POINTS[0] - 2 * MARGIN_POINTS):
                canvas.drawString(MARGIN_POINTS, y, line)
                lines.append(line)
                y -= LEADING
            y, part = y - LEADING / 2, part + 1
        texts.append("\n".join(lines))
        canvas.showPage()
    canvas.save()
    return texts


def own_sentence(number: int) -> str:
    """What only page ``number`` says."""
    return f"These are the minutes of meeting {number}."


def numbered_pdf(path: Path, kind: str, pages: int) -> None:
    """A PDF of A5 pages: forty lines of text, or as scanned eight lines at 150 dpi, because a scan costs seconds a page."""
    canvas = Canvas(str(path), pagesize=A5)
    for number in range(1, pages + 1):
        lines = [FILLER] * (40 if kind == "digital" else 8)
        lines[len(lines) // 2] = own_sentence(number)  # at the top it would be a page header, as it is on every page
        if kind == "digital":
            canvas.setFont("Helvetica", 8)
            for place, line in enumerate(lines):
                canvas.drawString(20, A5[1] - 40 - 13 * place, line)
        else:
            canvas.drawImage(ImageReader(_scan(lines)), 0, 0, *A5)
        canvas.showPage()
    canvas.save()


def _scan(lines: list[str]) -> io.BytesIO:
    """A page as a scanner gives it."""
    image = Image.new("L", (874, 1240), 250)
    font = ImageFont.load_default(18)
    for place, line in enumerate(lines):
        ImageDraw.Draw(image).text((50, 80 + 40 * place), line, font=font, fill=20)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file
