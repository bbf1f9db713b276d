"""How much faster a born-digital PDF's own text is than reading its pages, and whether it comes out as it was written.

    python bench/born_digital.py [--pages 4] [--engine rapidocr] [--json PATH]

A PDF of our own text is set with reportlab. Both engines read the same pages in this process, models loaded beforehand; the
text layer's time has opening the page in it, the other's has rendering it. ``--check`` compares whole runs of the command too:
the text that ``ocroute read`` gives must be the PDF's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sysconfig
import tempfile
import time
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ocr_speed import FONTS, error_rate, sentences
from ocroute.engines.base import ENGINES, Reading, Task
from ocroute.pages import open_input

OCROUTE = str(Path(sysconfig.get_path("scripts")) / "ocroute")
LIMIT = 20.0
MARGIN, POINTS, LEADING = 65, 11, 14.5


def typeset(path: Path, pages: int) -> list[str]:
    """A PDF of ``pages`` pages; returns their texts."""
    pdfmetrics.registerFont(TTFont("Body", str(FONTS / "LiberationSerif-Regular.ttf")))
    canvas = Canvas(str(path), pagesize=A4)
    texts = []
    for page in range(pages):
        canvas.setFont("Body", POINTS)
        y, part, lines = A4[1] - MARGIN, 0, []
        while y > MARGIN + 9 * LEADING:
            for line in simpleSplit(sentences(1000 * page + part), "Body", POINTS, A4[0] - 2 * MARGIN):
                canvas.drawString(MARGIN, y, line)
                lines.append(line)
                y -= LEADING
            y, part = y - LEADING / 2, part + 1
        texts.append("\n".join(lines))
        canvas.showPage()
    canvas.save()
    return texts


def read(name: str, pdf: Path) -> tuple[float, list[str]]:
    """Seconds, and the pages' texts with their lines from top to bottom."""
    task = Task(languages=("en",))
    engine = ENGINES.load(name)(task)
    texts, seconds = [], 0.0
    for page in open_input(str(pdf)):
        start = time.perf_counter()
        (reading,) = engine.read([page], task)
        seconds += time.perf_counter() - start
        texts.append(in_order(reading))
        page.release()
    return seconds, texts


def in_order(reading: Reading) -> str:
    return "\n".join(line.text for line in sorted(reading.lines, key=lambda line: (line.box.center[1], line.box.x0)))


def command_text(pdf: Path) -> str:
    """What the whole command makes of it, judge and all."""
    done = subprocess.run(
        [OCROUTE, "read", str(pdf), "--format", "txt", "-q"], capture_output=True, text=True, check=True
    )
    return done.stdout


def words(text: str) -> list[str]:
    return text.split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=4)
    parser.add_argument("--engine", default="rapidocr")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "report.pdf"
        truths = typeset(pdf, args.pages)
        layer_seconds, layer = read("textlayer", pdf)
        ocr_seconds, seen = read(args.engine, pdf)
        equal = [words(text) == words(truth) for text, truth in zip(layer, truths, strict=True)]
        result = {
            "pages": args.pages,
            "textlayer_ms_per_page": 1000 * layer_seconds / args.pages,
            f"{args.engine}_ms_per_page": 1000 * ocr_seconds / args.pages,
            "ratio": ocr_seconds / layer_seconds,
            "limit": LIMIT,
            "equal_pages": sum(equal),
            f"{args.engine}_cer": sum(map(error_rate, truths, seen)) / args.pages,
        }
        if args.check:
            result["command_equal"] = words(command_text(pdf)) == words("\n".join(truths))
    for name, value in result.items():
        print(f"{name:28} {value:.4f}" if isinstance(value, float) else f"{name:28} {value}")
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
