"""Files on disk to judged Markdown on disk: how many pages a second a GPU reads with dots.ocr, everything included.

    python -m bench.gpu_files --json evidence/gpu-files.json [--pages 64,256] [--card 12] [--workers 8]
    python -m bench.gpu_files --tiny --pages 6                    # the script itself, on the processor

Letter pages at 200 dpi full of text, of eight sizes and texts; the published geometry, random bfloat16 weights; answers of about
1,000 tokens are dictated (see `bench.dictation`), so every step runs at its full cost. Read by one `ocroute.Reader`, as a user's
script would: page workers open, turn and judge, one process holds the model. Every page must be accepted with its own text.

Recorded: seconds from nothing to the first text (processes, imports, weights, canary page), for the first time on a machine and
again, with what was compiled on disk; then, with all page workers and the model warm, pages a second from the first file to the
last Markdown; the seconds of each step, and the share of the time in which the GPU ran nothing, as NVML tells it.
All GPUs read that ``CUDA_VISIBLE_DEVICES`` leaves; the idle share is the first one's.
``--card`` emulates a card of so many GiB. Of several numbers of pages each gets a record, the second named like the first with
its number behind.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from bench.dictated_dots import plugged_in
from bench.dictation import checkpoint, config_for, tokenizer
from bench.neural_overhead import dictated, own_home, proven, roomy
from bench.pages.full_letter import DPI, LETTER, SENTENCES, SMALL, Sheet, canary_sheet, drawn, slip

from bench import harness

SIZES = 8
GOAL = 2.2  # pages a second at 64 pages; 0.8 on a card of 12 GB
GOAL_SMALL = 0.8


def main() -> None:
    began = time.perf_counter()
    given = _arguments()
    scratch = Path(tempfile.mkdtemp(dir=roomy()))
    try:
        for place, result in enumerate(_measured(given, scratch)):
            result["script seconds"] = round(time.perf_counter() - began, 1)
            record = given.json
            if record and place:
                record = record.with_stem(f"{record.stem}-{result['pages']}")
            harness.write(record, result)
            print(json.dumps(result, indent=1), flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = harness.arguments(__doc__, record="gpu-files")
    parser.add_argument("--pages", type=_counts, default=[64], help="how many, or several numbers with commas")
    parser.add_argument("--workers", type=int, default=None, help="page workers; the machine decides if not said")
    parser.add_argument("--card", type=int, default=0, metavar="GIB", help="emulate a card of so much memory")
    parser.add_argument("--prove", default="", help="the attention kernel to prove first; 'no' for none")
    parser.add_argument("--once", action="store_true", help="start once only")
    parser.add_argument("--tiny", action="store_true", help="a tiny model and pages, on the processor")
    return parser.parse_args()


def _counts(text: str) -> list[int]:
    return [int(count) for count in text.split(",")]


def _measured(given: argparse.Namespace, scratch: Path) -> Iterator[dict[str, Any]]:
    device = "cpu" if given.tiny else "cuda"
    own_home(scratch / "home")
    sys.path.append(str(plugged_in(scratch / "plugins")))
    importlib.invalidate_caches()
    words = tokenizer(SENTENCES)
    config = config_for(words, tiny=given.tiny)
    kernel = given.prove or ("no" if given.tiny else "sdpa_cudnn")
    proofs = proven(kernel, config, device)
    folder = scratch / "models" / "dots_ocr"
    loaded = checkpoint(folder, words, config, device)
    sheets = _sheets(tiny=given.tiny)
    answers = dict(dictated(loaded, each) for each in (canary_sheet(), slip(), *sheets))
    if len(answers) != 2 + len(sheets):
        raise SystemExit("two pages have prompts of one length, so their answers cannot be told apart")
    del loaded
    if device == "cuda":
        torch.cuda.empty_cache()
    _prepare(scratch, answers, given.card)
    files = _files(scratch, sheets, max(given.pages))
    texts = {str(file): sheets[at % len(sheets)].text for at, file in enumerate(files)}
    known = {
        "where": {"device": device, "torch": torch.__version__, "cuda": torch.version.cuda or ""},
        "answer tokens": sorted(len(answer) for answer in answers.values())[2:],
        "card GiB": given.card,
        "proofs": proofs,
    }
    for result in _read(given, folder, files, texts, scratch):
        yield known | result


def _sheets(*, tiny: bool) -> list[Sheet]:
    width, height = SMALL if tiny else LETTER
    sizes = [(width, height - 28 * number) for number in range(SIZES if not tiny else 3)]
    letters, sentences = (20, 2) if tiny else (33, 5)
    return [drawn(size, letters=letters, sentences=sentences, seed=1 + number) for number, size in enumerate(sizes)]


def _prepare(scratch: Path, answers: dict[int, list[int]], card: int) -> None:
    """What the process that will hold the engine finds."""
    (scratch / "answers.json").write_text(json.dumps(answers))
    os.environ["OCROUTE_DICTATION"] = str(scratch / "answers.json")
    if card:
        os.environ["OCROUTE_CARD"] = str(card)


def _files(scratch: Path, sheets: list[Sheet], count: int) -> list[Path]:
    """So many page images; the first to be read lies apart."""
    folder = scratch / "pages"
    folder.mkdir()
    slip().image.save(scratch / "slip.png", dpi=(DPI, DPI))
    files = []
    for number in range(count):
        files.append(folder / f"{number:04}.png")
        if number < len(sheets):
            sheets[number].image.save(files[-1], dpi=(DPI, DPI))
        else:
            shutil.copyfile(files[number % len(sheets)], files[-1])
    return files


def _read(
    given: argparse.Namespace, folder: Path, files: list[Path], texts: dict[str, str], scratch: Path
) -> Iterator[dict[str, Any]]:
    import ocroute

    (scratch / "out").mkdir()
    options = {"engine": "dictated_dots", "model": str(folder), "jobs": given.workers}
    first = 0.0
    if not given.once:
        with ocroute.Reader(**options) as reader:
            first, _ = _first_text(reader, scratch)
    with ocroute.Reader(**options) as reader:
        again, page = _first_text(reader, scratch)
        warm = _slips(scratch, 16 if given.tiny else 64)
        if len(list(reader.pages(warm, ordered=False))) != len(warm):
            raise SystemExit("not every page worker could be warmed")
        for count in given.pages:
            yield {
                "pages": count,
                "GPUs": torch.cuda.device_count(),
                **(
                    {"start to first text s": first, "start again s": again}
                    if first
                    else {"start to first text s": again}
                ),
                "last start by steps": page.attempts[-1].seconds if page.attempts else {},
                **_timed(given, reader, files[:count], texts, scratch / "out"),
            }


def _slips(scratch: Path, count: int) -> list[Path]:
    return [Path(shutil.copyfile(scratch / "slip.png", scratch / f"slip-{number}.png")) for number in range(count)]


def _first_text(reader: Any, scratch: Path) -> tuple[float, Any]:
    began = time.perf_counter()
    page = reader.read(scratch / "slip.png").pages[0]
    start = round(time.perf_counter() - began, 2)
    print(f"first text after {start} s: {page.verdict.status}: {page.attempts}", flush=True)
    return start, page


def _timed(
    given: argparse.Namespace, reader: Any, files: list[Path], texts: dict[str, str], out: Path
) -> dict[str, Any]:
    import ocroute

    wrong, pages, ends = [], [], []
    with _watched(given.tiny) as gpu:
        began = time.perf_counter()
        for page in reader.pages(files, ordered=False):
            text = ocroute.Document(page.source, (page,)).to_markdown()
            (out / f"{Path(page.source).stem}.md").write_text(text, encoding="utf-8")
            ends.append(round(time.perf_counter() - began, 2))
            pages.append(page)
            found = "\n".join(block.text for block in page.blocks)
            if page.verdict.status != "accepted" or found != texts[page.source]:
                wrong.append(f"{page.source}: {page.verdict.status}: {page.error or page.attempts}"[:300])
        seconds = time.perf_counter() - began
    rate = len(pages) / seconds
    settings = pages[0].provenance.settings
    return {
        "seconds": round(seconds, 2),
        "pages/s": round(rate, 3),
        "first and last page s": [ends[0], ends[-1]],
        "steps, median s": _medians([page.provenance.seconds for page in pages]),
        "gpu": gpu,
        "kernels": settings.get("kernels"),
        "memory": settings.get("memory"),
        "out of memory": sum("out_of_memory" in page.provenance.settings for page in pages),
        "wrong": wrong[:5],
        "ok": not wrong and len(pages) == len(files) and rate >= (GOAL_SMALL if given.card else GOAL),
    }


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    names = sorted({name for row in rows for name in row})
    return {name: round(statistics.median(row.get(name, 0.0) for row in rows), 3) for name in names}


@contextmanager
def _watched(tiny: bool) -> Iterator[dict[str, Any]]:
    """What NVML says of the first GPU meanwhile."""
    found: dict[str, Any] = {}
    if tiny:
        yield found
        return
    import pynvml

    pynvml.nvmlInit()
    handle, over = pynvml.nvmlDeviceGetHandleByIndex(0), threading.Event()
    busy: list[int] = []
    used: list[int] = []

    def look() -> None:
        while not over.wait(0.1):
            busy.append(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu)
            used.append(pynvml.nvmlDeviceGetMemoryInfo(handle).used >> 20)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
        if busy:
            found |= {"idle share": round(1 - statistics.mean(busy) / 100, 3), "peak MiB": max(used)}


if __name__ == "__main__":
    main()
