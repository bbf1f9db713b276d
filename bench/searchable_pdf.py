"""Searchable PDFs: what the text layer costs, whether every word of every script comes back, memory of long documents, OCRmyPDF.

Pages are drawn from known words, so it is known where each stands. ``--pages N`` also reads N scanned pages to a PDF with
``--engine tesseract`` and with OCRmyPDF, both with the same ``--jobs``, and looks at both files with Poppler's pdftotext. Ours
finds turned pages always, OCRmyPDF with ``--rotate-pages``; so it runs with that too. Both have their byte code, as pip makes it.

    python -m bench.searchable_pdf --pages 20 --json evidence/searchable-pdf.json
"""

from __future__ import annotations

import io
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from bench import harness
from ocroute import Block, Box, Document, Line, Page, Verdict, Word
from ocroute.document import Category, Provenance
from ocroute.document.formats import Origin
from ocroute.run.records import pack
from ocroute.run.results import InputResult
from ocroute.writers.pdf.searchable import SearchablePdf

OURS, PEER, TURNING, DEFAULT = "ocroute --engine tesseract", "OCRmyPDF", "OCRmyPDF --rotate-pages", "ocroute"
LEAST = 0.9  # share of the words without which a run has not done its work
WIDTH, HEIGHT, DPI = 1654, 2339, 200.0
SCRIPTS = {
    "Latin": "affine office Überflügel naïve co-op 3.50 (word) A4",
    "Cyrillic": "Привет мир слово ёжик щёлок",
    "Greek": "Ἀθήνη μῆνιν ἄειδε θεά",
    "Arabic": "مرحبا سلاح كتاب 123",
    "Hebrew": "שלום עולם (טוב) 45",
    "Chinese, Japanese, Korean": "日本 語 中文 한국어 カタカナ",
    "Devanagari": "क्षत्रिय हिन्दी भाषा",
    "emoji and signs": "🙂 👩‍🔬 ∑∫ 𝔸 €5",
}
LETTERS = "eeeeeeeeeeeettttttttaaaaaaaaooooooooiiiiiiinnnnnnnssssssrrrrrrhhhhhhllllddddcccuuummmffppggwwyybbvk"


def main() -> None:
    parser = harness.arguments(__doc__, record="searchable-pdf")
    parser.add_argument("--pages", type=int, default=0, help="read so many pages with ours and with OCRmyPDF")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="in which each reads them once")
    parser.add_argument(
        "--child", type=int, help="write a PDF of so many pages and print the peak of memory; for the bench itself"
    )
    given = parser.parse_args()
    if given.child:
        _write(given.child)
        return
    found: dict[str, Any] = {"layer": layer(20), "scripts": scripts(), "memory": memory()}
    harness.write(given.json, found)
    if given.pages:
        found["peers"] = peers(given.pages, given.jobs, given.rounds)
        harness.write(given.json, found)
    print(harness.as_text(found))


def vocabulary(seed: int = 0) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(LETTERS, k=chance.choice([2, 3, 3, 4, 5, 5, 6, 7, 8, 10]))) for _ in range(2500)]


def record(number: int, source: str, lines: int = 45) -> Page:
    """A page of running text: 45 lines of about ten words."""
    chance, known = random.Random(number), vocabulary()
    blocks = []
    for at in range(lines):
        x, y, words = 180.0, 150 + 45.0 * at, []
        while x < 1350:
            word = chance.choice(known)
            wide = len(word) * chance.uniform(12.5, 15.5)
            words.append(Word(word, Box(round(x), y, round(x + wide), y + 34), 0.9))
            x += wide + 12
        line = Line(" ".join(word.text for word in words), Box.around(word.box for word in words), words=tuple(words))
        blocks.append(Block(Category.TEXT, line.text, line.box, lines=(line,)))
    return Page(
        source,
        number,
        WIDTH,
        HEIGHT,
        Verdict("accepted", 1.0),
        tuple(blocks),
        dpi=DPI,
        provenance=Provenance(engine="drawn"),
    )


def blank_scan(path: Path, count: int) -> None:
    """A PDF of ``count`` pages that each show an image of their own, as a scanner makes it."""
    pdf = pypdfium2.PdfDocument.new()
    held = io.BytesIO()
    Image.effect_noise((WIDTH, HEIGHT), 8).save(held, "JPEG", quality=30)
    for _ in range(count):
        image = pypdfium2.PdfImage.new(pdf)
        image.load_jpeg(io.BytesIO(held.getvalue()), inline=True)
        width, height = WIDTH * 72 / DPI, HEIGHT * 72 / DPI
        image.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
        page = pdf.new_page(width, height)
        page.insert_obj(image)
        page.gen_content()
        page.close()
    pdf.save(path)
    pdf.close()


def layer(count: int) -> dict[str, Any]:
    """Bytes of the layer: the size of a file with it over that of the same file written without."""
    import pikepdf

    with tempfile.TemporaryDirectory() as folder:
        scan, made, plain = (Path(folder) / name for name in ("scan.pdf", "made.pdf", "plain.pdf"))
        blank_scan(scan, count)
        pages = tuple(record(number + 1, str(scan)) for number in range(count))
        Document(str(scan), pages).save(made)
        with pikepdf.open(scan) as pdf:
            pdf.save(plain)
        words = sum(len(line.words) for page in pages for block in page.blocks for line in block.lines)
        more = made.stat().st_size - plain.stat().st_size
        back = words_in(made)
        meant = [word.text for page in pages for block in page.blocks for line in block.lines for word in line.words]
    return {
        "pages": count,
        "words": words,
        "bytes": more,
        "bytes_a_word_beyond_3_kb": round((more - 3000) / words, 2),
        "words_back_in_order": sum(one == other for one, other in zip(back, meant, strict=False)) / len(meant),
    }


def words_in(path: Path) -> list[str]:
    """All words of a PDF by PDFium, in its order."""
    with pypdfium2.PdfDocument(path) as pdf:
        return [word for page in pdf for word in page.get_textpage().get_text_range().split()]


def scripts() -> dict[str, Any]:
    """The share of each script's words that come back, by PDFium and by Poppler."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        scan, made = Path(folder) / "scan.png", Path(folder) / "made.pdf"
        Image.new("L", (WIDTH, HEIGHT), 255).save(scan)
        for name, text in SCRIPTS.items():
            words, x, placed = text.split(), 200.0, []
            right = any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text)
            for word in reversed(words) if right else words:
                placed.append(Word(word, Box(x, 200, x + 20 * len(word), 240)))
                x += 20 * len(word) + 15
            line = Line(text, Box.around(word.box for word in placed), words=tuple(placed[::-1] if right else placed))
            block = Block(Category.TEXT, text, line.box, lines=(line,), direction="rtl" if right else "ltr")
            facts = Provenance(engine="drawn")
            page = Page(str(scan), 1, WIDTH, HEIGHT, Verdict("accepted", 1.0), (block,), dpi=DPI, provenance=facts)
            Document(str(scan), (page,)).save(made)
            by_poppler = subprocess.run(
                ["pdftotext", str(made), "-"], capture_output=True, text=True, check=True
            ).stdout
            found[name] = {"PDFium": _share(words, " ".join(words_in(made))), "Poppler": _share(words, by_poppler)}
    return found


def _share(words: list[str], text: str) -> float:
    text = re.sub("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", text)
    there = "".join(text.split()) if any(unicodedata.east_asian_width(sign) == "W" for sign in text) else text.split()
    return sum(word in there for word in words) / len(words)


def memory() -> dict[str, Any]:
    """Peak of a process that writes 30 and 300 pages, in MiB."""
    peaks = {}
    for count in (30, 300):
        done = subprocess.run(
            [sys.executable, "-m", "bench.searchable_pdf", "--child", str(count)],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks[count] = float(done.stdout)
    return {"mib": {str(count): peak for count, peak in peaks.items()}, "ratio": round(peaks[300] / peaks[30], 3)}


def _write(count: int) -> None:
    """As ``ocroute read`` writes: from records that are kept packed."""
    with tempfile.TemporaryDirectory() as folder:
        scan, made = Path(folder) / "scan.pdf", Path(folder) / "made.pdf"
        subprocess.run([sys.executable, "-c", _MAKE, str(scan), str(count)], check=True)
        records = tuple(pack(record(number + 1, str(scan))) for number in range(count))
        result = InputResult(str(scan), _records=records)
        with made.open("w+b") as file:
            SearchablePdf().write(result.page_by_page(), Origin(str(scan)), file, made)
    # Not getrusage: that peak begins with the memory of the process that started this one.
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    print(round(int(peak[1]) / 1024, 1))


_MAKE = """
import sys; from pathlib import Path; from bench.searchable_pdf import blank_scan; blank_scan(Path(sys.argv[1]), int(sys.argv[2]))
"""


def peers(count: int, jobs: int, rounds: int) -> dict[str, Any]:
    """Seconds, bytes and words found of ``count`` scanned pages, by ours and by OCRmyPDF, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        scan = Path(folder) / "scan.pdf"
        meant = drawn_scan(scan, count)
        read = [
            sys.executable,
            "-m",
            "ocroute",
            "read",
            str(scan),
            "-q",
            "--force",
            "--lang",
            "en",
            "--jobs",
            str(jobs),
        ]
        their = [sys.executable, "-m", "ocrmypdf", "-q", "--output-type", "pdf", "--optimize", "0", "--jobs", str(jobs)]
        made = {name: Path(folder) / f"{at}.pdf" for at, name in enumerate((OURS, PEER, TURNING, DEFAULT))}
        commands = {
            OURS: [*read, "--engine", "tesseract", "-o", str(made[OURS])],
            PEER: [*their, str(scan), str(made[PEER])],
            TURNING: [*their, "--rotate-pages", str(scan), str(made[TURNING])],
            DEFAULT: [*read, "-o", str(made[DEFAULT])],
        }

        byte_code = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(folder) / "byte-code")}
        env = {**os.environ, **byte_code}
        for command in commands.values():  # which writes it
            subprocess.run([*command, "--pages", "1"], env=env, capture_output=True, check=False)

        def run(name: str) -> float:
            """The share of the words that pdftotext finds in what was made."""
            subprocess.run(commands[name], env=env, capture_output=True, check=False)
            command = ["pdftotext", str(made[name]), "-"]
            there = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
            return sum(word in there for word in meant) / len(meant)

        def check(_: str, found: float) -> str:
            return "" if found >= LEAST else f"only {found:.1%} of the words are found"

        turns = harness.in_turns({name: partial(run, name) for name in commands}, check, rounds=rounds)
        runs = {
            name: {
                "seconds": round(median(turn.seconds for turn in every), 1),
                "cpu_seconds": round(median(turn.cpu for turn in every), 1),
                "of_ocrmypdf": _times(every, turns[PEER], "seconds"),
                "of_ocrmypdf_cpu": _times(every, turns[PEER], "cpu"),
                "bytes_beyond_the_scan": made[name].stat().st_size - scan.stat().st_size,
                "words_found": round(every[0].answer, 4),
            }
            for name, every in turns.items()
        }
        words_in_scan = len(meant)
    return {"pages": count, "words": words_in_scan, "jobs": jobs, "rounds": len(turns[PEER]), "runs": runs}


def _times(ours: list[harness.Turn[float]], theirs: list[harness.Turn[float]], what: str) -> float:
    """How many times as long ours took, in the middle of the rounds: a busy machine slows both sides of a round alike."""
    return round(median(getattr(one, what) / getattr(other, what) for one, other in zip(ours, theirs, strict=True)), 3)


def drawn_scan(path: Path, count: int) -> list[str]:
    """A scanned document of running text; its words."""
    known, sheets, meant = vocabulary(), [], []
    font = ImageFont.truetype("DejaVuSerif.ttf", 32)
    for number in range(count):
        chance = random.Random(number)
        sheet = Image.new("L", (WIDTH, HEIGHT), 250)
        pen = ImageDraw.Draw(sheet)
        for at in range(38):
            words = [chance.choice(known) for _ in range(9)]
            meant += words
            pen.text((170, 180 + 52 * at), " ".join(words), 20, font)
        sheets.append(sheet)
    sheets[0].save(path, save_all=True, append_images=sheets[1:], resolution=DPI)
    return meant


if __name__ == "__main__":
    main()
