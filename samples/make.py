"""Draws the sample pages and writes what stands on them: ``python samples/make.py [--out DIR] [--fonts DIR]``.

Everything is made from ``content.py``; the same fonts and library versions give the same bytes.
Needs the ``test`` extra, and on Debian or Ubuntu ``apt install fonts-liberation fonts-dejavu-core``.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import content
import cv2
import numpy as np
import pypdfium2
from content import Part, Sheet
from drawing import PAGE, SOFT, Setter, register_fonts, write_pdf
from numpy.typing import NDArray
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import ttfonts
from reportlab.pdfgen.canvas import Canvas

Gray = NDArray[np.uint8]
FONT_FOLDER = Path("/usr/share/fonts/truetype")
PAGE_NUMBER = re.compile(r"(Page )?\d+")


def rasters(sheets: tuple[Sheet, ...], dpi: int) -> list[Gray]:
    """The sheets as gray pages."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        write_pdf(path, sheets)
        with pypdfium2.PdfDocument(path) as pdf:
            return [page.render(scale=dpi / 72, grayscale=True).to_numpy().copy() for page in pdf]


def save_png(path: Path, gray: Gray, dpi: int) -> None:
    """Sixteen shades are enough for print and make a small file."""
    shades = (np.round(gray / 17.0) * 17).astype(np.uint8)
    Image.fromarray(shades).quantize(16).save(path, optimize=True, dpi=(dpi, dpi))


def scanned(gray: Gray, *, angle: float, noise: float, seed: int) -> Gray:
    """As if it had lain a little askew (degrees counter-clockwise) on an old scanner."""
    random = np.random.default_rng(seed)
    height, width = gray.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    page = cv2.warpAffine(gray, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    page = cv2.GaussianBlur(page, (0, 0), 0.7)
    shade = np.linspace(0.80, 0.97, width)[None, :]  # darker towards the spine
    return np.clip(page * shade + random.normal(0, noise, page.shape), 0, 255).astype(np.uint8)


def specks(dpi: int) -> Gray:
    """A page on which nothing is printed: paper, dust and one hair."""
    random = np.random.default_rng(5)
    width, height = (round(side * dpi / 72) for side in PAGE)
    page = np.full((height, width), 245, np.uint8)
    for x, y, radius in zip(
        *(random.integers(8, side - 8, 45) for side in (width, height)), random.integers(1, 3, 45), strict=True
    ):
        cv2.circle(page, (int(x), int(y)), int(radius) // 2, int(random.integers(60, 170)), -1)
    cv2.ellipse(page, (width // 3, height // 2), (60, 18), 20, 10, 130, 150, 1, cv2.LINE_AA)
    return page


def write_image_pdf(path: Path, pages: list[Gray], *, hidden: Sheet | None = None) -> None:
    """A PDF of black and white pictures, over ``hidden``, text that is there but not shown."""
    canvas = Canvas(str(path), pagesize=PAGE, invariant=1, pageCompression=1)
    for page in pages:
        black_and_white = BytesIO()
        Image.fromarray(page).point(lambda value: 255 * (value > 150)).convert("1").save(black_and_white, "PNG")
        canvas.drawImage(ImageReader(black_and_white), 0, 0, *PAGE)
        if hidden:
            Setter(canvas, hidden, visible=False).run()
        canvas.showPage()
    canvas.save()


@contextmanager
def shifted_unicode() -> Iterator[None]:
    """Fonts embedded meanwhile show the right letters and say that each is another one."""
    honest = ttfonts.makeToUnicodeCMap

    def shift(code: int) -> int:
        for first in (ord("a"), ord("A")):
            if first <= code < first + 26:
                return first + (code - first + 7) % 26
        return code

    ttfonts.makeToUnicodeCMap = lambda name, subset: honest(name, [shift(code) for code in subset])
    try:
        yield
    finally:
        ttfonts.makeToUnicodeCMap = honest


def garbled(sheet: Sheet) -> Sheet:
    """The words of another machine's failed reading: right shape, wrong letters."""
    random = np.random.default_rng(11)
    letters = "bcdfghjklmnpqrstvwxz;:|}~"
    parts = []
    for part in sheet.parts:
        words = ("".join(letters[i] for i in random.integers(0, len(letters), len(word))) for word in part.text.split())
        parts.append(Part(part.kind, " ".join(words)))
    return Sheet(tuple(parts), size=sheet.size)


def truth(sheet: Sheet, *, only: bool) -> dict[str, Any]:
    """What a reader should give: running text in order, headings, table cells; and what should stay out.

    Args:
        only: whether the document has no other page, so that only a page number is known to be furniture.
    """
    plain = [(part, part.text.replace(SOFT, "")) for part in sheet.parts]
    marginal = [words for part, words in plain if part.kind in ("header", "footer")]
    furniture = [words for words in marginal if not only or PAGE_NUMBER.fullmatch(words)]
    running = []
    for part, words in plain:
        if part.rows:
            running += [" ".join(cell for cell in row if cell) for row in part.rows]
        elif words not in furniture:
            running.append(f"{part.marker} {words}".strip())
    return {
        "status": "accepted" if sheet.parts else "blank",
        "text": running,
        "headings": [words for part, words in plain if part.kind in ("title", "heading")],
        "items": [[part.marker, words] for part, words in plain if part.kind == "item"],
        "tables": [part.rows for part in sheet.parts if part.rows],
        "furniture": furniture,
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description="Draw the sample pages.")
    arguments.add_argument("--out", type=Path, default=Path(__file__).parent)
    arguments.add_argument("--fonts", type=Path, default=FONT_FOLDER)
    options = arguments.parse_args()
    register_fonts(options.fonts)
    out: Path = options.out
    made: dict[str, tuple[Sheet, ...]] = {}

    def note(name: str, *sheets: Sheet) -> Path:
        made[name] = sheets
        return out / name

    for name, sheet in (
        ("letter-en", content.LETTER_EN),
        ("letter-ru", content.LETTER_RU),
        ("article-two-column", content.ARTICLE),
        ("invoice", content.INVOICE),
    ):
        save_png(note(f"{name}.png", sheet), rasters((sheet,), 200)[0], 200)
    write_pdf(note("article-two-column.pdf", content.ARTICLE), [content.ARTICLE])
    write_pdf(note("invoice.pdf", content.INVOICE), [content.INVOICE])
    write_pdf(note("report.pdf", *content.REPORT), content.REPORT)

    notice = scanned(rasters((content.NOTICE,), 150)[0], angle=2.4, noise=11, seed=3)
    Image.fromarray(notice).save(note("notice-skewed.jpg", content.NOTICE), quality=55, dpi=(150, 150))
    recipe = np.ascontiguousarray(np.rot90(rasters((content.RECIPE,), 150)[0]))
    save_png(note("recipe-rotated.png", content.RECIPE), recipe, 150)
    save_png(note("blank-specks.png", Sheet(())), specks(150), 150)

    angles = (0.5, -0.7, 0.3)
    minutes = zip(rasters(content.SCANNED, 200), angles, strict=True)
    pages = [scanned(gray, angle=angle, noise=4, seed=seed) for seed, (gray, angle) in enumerate(minutes)]
    write_image_pdf(note("minutes-scanned.pdf", *content.SCANNED), pages)
    hidden = [scanned(rasters((content.HIDDEN,), 200)[0], angle=0.0, noise=4, seed=9)]
    write_image_pdf(note("clock-garbage-layer.pdf", content.HIDDEN), hidden, hidden=garbled(content.HIDDEN))
    with shifted_unicode():
        write_pdf(note("train-wrong-unicode.pdf", content.CIPHER), [content.CIPHER])

    (out / "truth").mkdir(exist_ok=True)
    for name, sheets in made.items():
        pages_truth = {"file": name, "pages": [truth(sheet, only=len(sheets) == 1) for sheet in sheets]}
        text = json.dumps(pages_truth, ensure_ascii=False, indent=1) + "\n"
        (out / "truth" / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
