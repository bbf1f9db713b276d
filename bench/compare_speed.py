"""``ocroute compare`` on saved runs of 200 pages: time, size of the report, and how long Chromium takes to open it.

The pages are drawn: scans in PDFs of ten, and of each a known text of about 2,700 characters. Of the four runs two are ocroute's
JSON with places, one is Markdown and one ALTO; each has letters exchanged at a known rate, so that the figures that come out
are checked: the CER of a run is what was planted in it, counted by rapidfuzz.

    python -m bench.compare_speed --json evidence/compare-speed.json
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bench.searchable_pdf import vocabulary
from PIL import Image, ImageDraw, ImageFont
from rapidfuzz.distance import Levenshtein

from bench import harness
from ocroute import Block, Box, Document, Page, Verdict
from ocroute.document import Category
from ocroute.document.model import Attempt
from ocroute.values import Line

WIDTH, HEIGHT = 1240, 1754
PER_FILE = 10
RATES = {"ours": 0.005, "ours-before": 0.02, "markdown": 0.01, "alto": 0.05}
_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"


def main() -> None:
    parser = harness.arguments(__doc__, record="compare-speed")
    parser.add_argument("--pages", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        planted = written(folder, given.pages)
        runs = [str(folder / name) for name in RATES]
        result: dict[str, Any] = {"pages": given.pages, "characters": planted.pop("characters"), "runs": len(runs)}
        result["without truth"] = one(folder / "agreement", given.pages, runs)
        result["with truth"] = one(folder / "truth-out", given.pages, [*runs, "--truth", str(folder / "truth")])
        told = {row["name"]: row["truth"]["cer"]["value"] for row in result["with truth"].pop("runs")}
        result["without truth"].pop("runs")
        result["cer"] = {name: {"planted": planted[name], "said": told[name]} for name in RATES}
        if any(abs(both["planted"] - both["said"]) > 1e-9 for both in result["cer"].values()):
            raise SystemExit(f"the figures are wrong: {result['cer']}")
        harness.write(given.json, result)
        print(harness.as_text(result))


def one(out: Path, pages: int, arguments: list[str]) -> dict[str, Any]:
    """A comparison in a process of its own, and its report in Chromium."""
    command = [sys.executable, "-m", "ocroute", "compare", "--runs", *arguments, "-o", str(out), "--json"]
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - began, os.times()
    if done.returncode:
        raise SystemExit(done.stderr)
    report = out / "report.html"
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(after[2] + after[3] - before[2] - before[3], 2),
        "report_kb_a_page": round(report.stat().st_size / 1000 / pages, 1),
        "opens_seconds": [round(each, 2) for each in opened(report, pages)],
        "runs": json.loads(done.stdout)["runs"],
    }


def opened(report: Path, pages: int) -> Iterator[float]:
    """Seconds until the last page of the list can be clicked, three times in a new tab."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(3):
            tab = browser.new_page()
            began = time.perf_counter()
            tab.goto(report.as_uri())
            tab.wait_for_selector(f"[data-open='{pages - 1}']", state="attached")
            yield time.perf_counter() - began
            tab.close()
        browser.close()


def written(folder: Path, pages: int) -> dict[str, Any]:
    """Sources, known texts and runs; the CER that was planted in each run, and the characters of all pages."""
    draw, words = random.Random(0), vocabulary()
    edits, total = dict.fromkeys(RATES, 0), 0
    for name in (*RATES, "truth"):
        (folder / name).mkdir()
    for number in range(0, pages, PER_FILE):
        stem = f"scan-{number // PER_FILE:02}"
        count = min(PER_FILE, pages - number)
        texts = [paragraphs(draw, words) for _ in range(count)]
        images = [picture(lines) for lines in texts]
        images[0].save(folder / f"{stem}.pdf", save_all=True, append_images=images[1:], resolution=150)
        truth = ["\n".join(lines) for lines in texts]
        (folder / "truth" / f"{stem}.txt").write_text("\f".join(truth), encoding="utf-8")
        total += sum(len(" ".join(text.split())) for text in truth)
        for name, rate in RATES.items():
            read = [[worn(line, rate, draw) for line in lines] for lines in texts]
            save(folder, name, stem, read)
            edits[name] += sum(
                Levenshtein.distance(" ".join(one), " ".join(other)) for one, other in zip(texts, read, strict=True)
            )
    return {name: count / total for name, count in edits.items()} | {"characters": total}


def paragraphs(draw: random.Random, words: list[str]) -> list[str]:
    return [" ".join(draw.choices(words, k=9)) for _ in range(42)]


def picture(lines: list[str]) -> Image.Image:
    """A scan: dark grey on paper that has a grain."""
    image = Image.new("L", (WIDTH, HEIGHT), 246)
    pen, font = ImageDraw.Draw(image), ImageFont.truetype(_FONT, 20)
    for at, line in enumerate(lines):
        pen.text((110, 110 + 36 * at), line, fill=40, font=font)
    grain = np.random.default_rng(len(lines)).normal(0, 4, (HEIGHT, WIDTH))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def worn(line: str, rate: float, draw: random.Random) -> str:
    """With letters exchanged, at most one in a row, so that what was planted is what has to be found."""
    return re.sub(r"(?<=[a-z])[a-z](?=[a-z])", lambda found: "#" if draw.random() < rate else found[0], line)


def save(folder: Path, name: str, stem: str, pages: list[list[str]]) -> None:
    source = str(folder / f"{stem}.pdf")
    records = []
    for number, lines in enumerate(pages, 1):
        boxes = [Box(110, 110 + 36 * at, 1130, 140 + 36 * at) for at in range(len(lines))]
        blocks = tuple(
            Block(Category.TEXT, text, box, lines=(Line(text, box),)) for text, box in zip(lines, boxes, strict=True)
        )
        tried = (Attempt("drawn", "accepted", seconds={"read": 1.0}),)
        records.append(Page(source, number, WIDTH, HEIGHT, Verdict("accepted", 1.0), blocks, dpi=150, attempts=tried))
    suffix, format_ = {"markdown": ("md", "md"), "alto": ("alto.xml", "alto")}.get(name, ("json", "json"))
    (folder / name / f"{stem}.{suffix}").write_bytes(Document(source, tuple(records)).export(format_))


if __name__ == "__main__":
    main()
