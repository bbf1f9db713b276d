"""How fast a scanned document is read, and how well: ocroute beside plain RapidOCR, and beside OCRmyPDF, on the same pages.

    python -m bench.ocr_speed [--pages 20] [--jobs 2] [--only rapidocr,tesseract] [--json FILE]

A document of our own text is drawn, printed and scanned: blur, grain, a dark margin of paper, JPEG. Its text is known, so each
speed stands beside a character error rate (edits to come to the truth, over the length of the truth; white space is one space).

Every side is one command, timed from its start to its end: start-up, loading models and rendering pages are in. Plain RapidOCR
is ``RapidOCR()`` as installed on the pages' rasters at the resolution of the scan. OCRmyPDF is given ``--output-type pdf``, so
that it need not convert colours, and its side text is taken. CPU seconds say what a busy machine's clock cannot.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np
from bench.pages.prose import DPI, scanned_page

from bench import harness
from ocroute.compare.measures import cer

OCROUTE = str(Path(sysconfig.get_path("scripts")) / "ocroute")
LIMITS = {"rapidocr": 2.0, "tesseract": 1.0}


def plain_rapidocr(pdf: Path, out: Path) -> None:
    """What ``--plain`` runs, in a process of its own: RapidOCR with its defaults."""
    import pypdfium2
    from rapidocr import RapidOCR

    engine = RapidOCR()
    texts = []
    for page in pypdfium2.PdfDocument(pdf):
        read = engine(np.ascontiguousarray(page.render(scale=DPI / 72).to_numpy()[..., :3]))
        texts.append("\n".join(read.txts or ()))
    out.write_text("\f".join(texts), encoding="utf-8")


def run_plain(pdf: Path, folder: Path, jobs: int) -> list[str]:  # noqa: ARG001 - it uses every core by itself
    out = folder / "plain.txt"
    call([sys.executable, "-m", "bench.ocr_speed", "--plain", str(pdf), str(out)])
    return out.read_text(encoding="utf-8").split("\f")


def run_ocrmypdf(pdf: Path, folder: Path, jobs: int) -> list[str]:
    side = folder / "side.txt"
    options = ["--jobs", str(jobs), "-l", "eng", "--force-ocr", "--output-type", "pdf", "--sidecar", str(side)]
    call(["ocrmypdf", *options, str(pdf), str(folder / "out.pdf")])
    return side.read_text(encoding="utf-8").split("\f")


def run_ocroute(engine: str) -> Callable[[Path, Path, int], list[str]]:
    def run(pdf: Path, folder: Path, jobs: int) -> list[str]:
        out = folder / f"ocroute-{engine}"
        options = f"-o {out} --format json --jobs {jobs} --engine {engine} --lang en --quiet".split()
        call([OCROUTE, "read", str(pdf), *options], accept=(0, 3))
        (result,) = out.rglob("*.json")
        pages = json.loads(result.read_text(encoding="utf-8"))["pages"]
        return ["\n".join(block.get("text", "") for block in page.get("blocks", ())) for page in pages]

    return run


def call(command: list[str], accept: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode not in accept:
        raise SystemExit(f"{command[0]} ended with code {done.returncode}:\n{done.stdout[-2000:]}")


PAIRS = {
    "rapidocr": {"ocroute --engine rapidocr": run_ocroute("rapidocr"), "RapidOCR() as installed": run_plain},
    "tesseract": {"ocroute --engine tesseract": run_ocroute("tesseract"), "OCRmyPDF --jobs": run_ocrmypdf},
}


def measured(name: str, pdf: Path, jobs: int, truths: list[str]) -> dict[str, dict[str, float]]:
    """Both sides of a pair."""
    with tempfile.TemporaryDirectory() as folder:
        sides = {title: partial(run, pdf, Path(folder), jobs) for title, run in PAIRS[name].items()}
        turns = harness.in_turns(sides, lambda _, texts: "" if texts else "no page was read", rounds=1)
    return {title: figures(turn, truths) for title, (turn,) in turns.items()}


def figures(turn: harness.Turn[list[str]], truths: list[str]) -> dict[str, float]:
    """A page that is missing was read to nothing."""
    texts = [*turn.answer, *[""] * len(truths)]
    return {
        "pages_per_minute": 60 * len(truths) / turn.seconds,
        "cpu_seconds_per_page": turn.cpu / len(truths),
        "cer": fmean(cer(truth, text) for truth, text in zip(truths, texts, strict=False)),
    }


def main() -> None:
    parser = harness.arguments(__doc__, record="ocr-speed")
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default=",".join(PAIRS), help="pairs to run, with commas: rapidocr, tesseract")
    parser.add_argument("--plain", nargs=2, type=Path, metavar=("PDF", "OUT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.plain:
        plain_rapidocr(*args.plain)
        return
    with tempfile.TemporaryDirectory() as folder:
        pages, truths = zip(*(scanned_page(seed) for seed in range(args.pages)), strict=True)
        pdf = Path(folder) / "scan.pdf"
        pages[0].save(pdf, "PDF", save_all=True, append_images=pages[1:], resolution=DPI)
        result: dict[str, object] = {"pages": args.pages, "jobs": args.jobs, "cpus": os.cpu_count(), "pairs": {}}
        for name in args.only.split(","):
            if name == "tesseract" and not (shutil.which("ocrmypdf") and shutil.which("tesseract")):
                print("tesseract: left out, ocrmypdf or tesseract is not installed")
                continue
            sides = measured(name, pdf, args.jobs, list(truths))
            ours, other = sides.values()
            ratio = ours["pages_per_minute"] / other["pages_per_minute"]
            result["pairs"][name] = {**sides, "ratio": ratio, "limit": LIMITS[name]}  # type: ignore[index]
            for title, figures in sides.items():
                print(
                    f"{title:28} {figures['pages_per_minute']:7.2f} pages/min {figures['cpu_seconds_per_page']:7.2f} CPU s/page"
                    f"   CER {figures['cer']:.4f}"
                )
            print(f"{'ratio':28} {ratio:7.2f} (limit {LIMITS[name]})\n", flush=True)
    harness.write(args.json, result)


if __name__ == "__main__":
    main()
