"""What judge, router and canary page add to the time that dots.ocr itself takes for a page.

    python -m bench.neural_overhead --json FILE [--seconds 75] [--prove KERNEL]
    python -m bench.neural_overhead --json FILE --tiny          # the script itself, on the processor

One Letter page at 200 dpi full of text, the published geometry, random bfloat16 weights. It is read in turn

- *alone*: opened, cut into patches and answered, by hand: the model's classes, an attention kernel and our decoder;
- *whole*: as `ocroute.read` does, from the file to the accepted document: looked at, turned upright, routed, read by the engine
  with its watch over the answer, judged.

Both have the same weights, kernels and dictated answer (see `bench.dictation`); both must give the page's own text, and agree in
the likeliest token of a step as often as two readings in one way do: random weights have many near ties, which rounding
decides. The canary page is read once after each loading, so its share depends on how many pages follow. It is timed as it comes,
with all that a process does for the first time, and once more at the end.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

import torch
from bench.dictation import Dictation, checkpoint, config_for, tokenizer
from bench.neural_readings import ADDED, Timed, Whole, alone
from bench.pages.full_letter import DPI, SENTENCES, Sheet, canary_sheet, full, slip, small

from bench import harness
from ocroute.engines.base import Wanted
from ocroute.engines.neural.attention_shapes import problems_by_sub_model
from ocroute.errors import EngineUnavailable
from ocroute.kernels.adaptor import plug_into
from ocroute.kernels.adaptor.layers import shape
from ocroute.kernels.ledger import Ledger, home
from ocroute.kernels.prove import prove
from ocroute.machine import inspect
from ocroute.models.dots_ocr.config import DotsOCRConfig
from ocroute.models.dots_ocr.input_size import fit
from ocroute.models.dots_ocr.load import Loaded
from ocroute.models.dots_ocr.prompts import END_OF_ASSISTANT, PROMPTS, chat
from ocroute.ppocr import inference, model_files
from ocroute.route.machine_survey import plan_here
from ocroute.route.plan import Wish
from ocroute.run import read_documents
from ocroute.runtime.single import Single

LIMIT = 0.03
MOST_PAIRS = 5
NEAR_TIES = 0.01  # of the steps may be decided by rounding more often than was seen within one way
GIGABYTES = 8  # the checkpoint, and some room
PAGES = (1, 10, 100)  # read after one loading


def main() -> None:
    started = time.perf_counter()
    given = _arguments()
    if given.tiny and hasattr(os, "sched_setaffinity"):  # for so small a model threads wait longer than they work
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    model_files.classifier()  # without it no page is turned upright, and that step would seem to cost nothing
    scratch = Path(tempfile.mkdtemp(dir=roomy()))
    try:
        result = _measured(given, scratch, started)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    result["script seconds"] = round(time.perf_counter() - started, 1)
    harness.write(given.json, result)
    print(
        f"by the clock {result['share']:+.2%}, by steps {result['share by steps']:+.2%}; canary {result['canary share']}"
    )
    print(f"{'within' if result['ok'] else 'NOT within'} {LIMIT:.0%}; {result['checks']}; {result['script seconds']} s")


def _arguments() -> argparse.Namespace:
    parser = harness.arguments(__doc__, record="neural-overhead")
    parser.add_argument(
        "--seconds", type=float, default=75.0, help="no further pair of readings begins that would end later"
    )
    parser.add_argument("--prove", default="", help="the attention kernel to prove first; 'no' for none")
    parser.add_argument("--tiny", action="store_true", help="a tiny model and page, on the processor")
    return parser.parse_args()


def roomy() -> str | None:
    """Memory where there is enough of it: the checkpoint is written and read once."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > GIGABYTES << 30 else None


def _measured(given: argparse.Namespace, scratch: Path, started: float) -> dict[str, Any]:
    device, sheet = ("cpu", small()) if given.tiny else ("cuda", full())
    folder = scratch / "models" / "dots_ocr"
    own_home(scratch / "home")
    words = tokenizer(SENTENCES)
    config = config_for(words, tiny=given.tiny)
    with ThreadPoolExecutor(1) as beside:  # a child process proves while this one makes the weights
        kernel = given.prove or ("sdpa_flash" if given.tiny else "sdpa_cudnn")
        proving = beside.submit(proven, kernel, config, device)
        loaded = checkpoint(folder, words, config, device)
        proofs = proving.result()
    print(f"{time.perf_counter() - started:.1f} s: the checkpoint is made; {proofs}", flush=True)
    paths = _saved(scratch, slip(), sheet)
    dictation = Dictation(dict(dictated(loaded, each) for each in (canary_sheet(), slip(), sheet)))
    wish = _wish(folder)
    whole = Whole(read_documents(paths, wish, jobs=0))
    with dictation.given(), whole.timed():
        return {
            "tiny": given.tiny,
            "where": {"device": device, "torch": torch.__version__, "cuda": torch.version.cuda or ""},
            "chosen": "by name" if wish.engine else "by itself",
            "page": _page(loaded, sheet),
            "proofs": proofs,
            **_by_turns(loaded, whole, dictation, sheet, paths[-1], until=started + given.seconds),
        }


def own_home(folder: Path) -> None:
    """Proofs that hold here count; what comes of this run stays out of the user's folder."""
    proofs = home() / "proofs"
    if proofs.is_dir():
        shutil.copytree(proofs, folder / "proofs")
    os.environ["OCROUTE_HOME"] = str(folder)


def proven(kernel: str, config: DotsOCRConfig, device: str) -> list[str]:
    """Prove ``kernel`` at the lengths of this machine's pages, as ``ocroute prove`` does; verdicts in words."""
    machine = inspect()
    gpu = machine.gpus[0] if machine.gpus and device == "cuda" else None
    problems = [
        shape(config.vision_config if sub_model == "vision" else config, sub_model, problem.longest, problem.dtype)
        for sub_model, problems in problems_by_sub_model("dots_ocr", gpu).items()
        for problem in problems
    ]
    said = []
    for proof in prove([kernel], problems, device=device) if kernel != "no" else ():
        Ledger().record(proof)
        said.append(f"{kernel}, {proof.problem.lengths[-1]} tokens: {proof.verdict}")
    return said


def _wish(folder: Path) -> Wish:
    """That the page be read, and nothing else; where dots.ocr is not chosen by itself, as without a GPU, it is asked for."""
    os.environ["OCROUTE_MODELS"] = str(folder.parent)
    try:
        routes = plan_here(Wish()).routes
    except EngineUnavailable:
        routes = {}
    first = next((name for name in routes if name != "textlayer"), "")  # a picture has no text of its own
    return Wish() if first == "dots_ocr" else Wish("dots_ocr", Wanted(model=str(folder)))


def _saved(scratch: Path, first: Sheet, sheet: Sheet) -> list[Path]:
    """The page to begin with, and the page to read, once for every time that it may be read."""
    paths = [scratch / f"page-{number}.png" for number in range(MOST_PAIRS + 1)]
    for path, each in zip(paths, [first] + [sheet] * MOST_PAIRS, strict=True):
        each.image.save(path, dpi=(DPI, DPI))
    return paths


def _prompt_and_answer(loaded: Loaded, sheet: Sheet) -> tuple[list[int], list[int]]:
    how = loaded.preprocessing
    frame = fit(*sheet.image.size, factor=how.factor, min_pixels=how.min_pixels, max_pixels=how.max_pixels)
    prompt = chat(PROMPTS["layout"], frame.width * frame.height // how.factor**2)
    texts = (prompt, sheet.answer(frame) + END_OF_ASSISTANT)
    prompt_ids, answer_ids = (loaded.tokenizer.encode(text, add_special_tokens=False) for text in texts)
    return prompt_ids, answer_ids


def dictated(loaded: Loaded, sheet: Sheet) -> tuple[int, list[int]]:
    """The length of a page's prompt, and its answer."""
    prompt, answer = _prompt_and_answer(loaded, sheet)
    return len(prompt), answer


def _page(loaded: Loaded, sheet: Sheet) -> dict[str, Any]:
    """How large the task is."""
    prompt, answer = _prompt_and_answer(loaded, sheet)
    size = {"pixels": list(sheet.image.size), "words": len(sheet.text.split())}
    return size | {"prompt tokens": len(prompt), "answer tokens": len(answer)}


def _by_turns(
    loaded: Loaded, whole: Whole, dictation: Dictation, sheet: Sheet, path: Path, until: float
) -> dict[str, Any]:
    """As many pairs of readings as there is time for, at least one; which of the two comes first changes."""
    page, once = whole.first()
    kernels = {part: said["kernel"] for part, said in page.provenance.settings["kernels"].items() if said["proven"]}
    if kernels:
        plug_into(loaded.model, kernels)
    single = Single(loaded.model, loaded.stop_ids)
    alone(loaded, single, path, most=8)  # warms up what only a large page needs
    dictation.likeliest.clear()
    sides: dict[str, list[Timed]] = {"alone": [], "whole": []}
    sequence: list[str] = []
    seconds = 0.0
    while not sides["whole"] or (len(sides["whole"]) < MOST_PAIRS and time.perf_counter() + seconds < until):
        began = time.perf_counter()
        order = ("alone", "whole") if len(sides["whole"]) % 2 == 0 else ("whole", "alone")
        for side in order:
            read = alone(loaded, single, path) if side == "alone" else whole.read()
            sides[side].append(read)
            sequence.append(side)
            print(f"{side}: {read.wall:.2f} s: {_rounded(read.steps)}", flush=True)
        seconds = time.perf_counter() - began
    agreement = _agreement(sequence, [each.tolist() for each in dictation.likeliest])
    once["canary again"] = whole.canary_again()
    checks = {
        "both give the page's text": all(read.text == sheet.text for reads in sides.values() for read in reads),
        "both agree in the likeliest tokens as one with itself": agreement["apart"] >= agreement["alike"] - NEAR_TIES,
        "on proven kernels": bool(kernels),
    }
    found = {"kernels": kernels, "turned upright by": inference.name(), "agreement": agreement, "checks": checks}
    return found | _shares(sides, once, checks)


def _agreement(sequence: Sequence[str], likeliest: Sequence[Sequence[int]]) -> dict[str, float]:
    """The least share of steps in which two readings agree: of one way (``alike``), and of different ways (``apart``)."""
    shares: dict[str, list[float]] = {"alike": [1.0], "apart": [1.0]}
    for (way, tokens), (other_way, others) in combinations(zip(sequence, likeliest, strict=True), 2):
        same = sum(one == other for one, other in zip(tokens, others, strict=True)) / len(tokens)
        shares["alike" if way == other_way else "apart"].append(same)
    return {name: round(min(found), 5) for name, found in shares.items()}


def _shares(sides: dict[str, list[Timed]], once: dict[str, float], checks: dict[str, bool]) -> dict[str, Any]:
    """What is added, over what the model alone takes."""
    walls = {side: [read.wall for read in reads] for side, reads in sides.items()}
    steps = {side: _medians([read.steps for read in reads]) for side, reads in sides.items()}
    model = statistics.median(walls["alone"])
    share = statistics.median(walls["whole"]) / model - 1
    return {
        "seconds": {side: [round(wall, 4) for wall in every] for side, every in walls.items()},
        "steps": {side: _rounded(taken) for side, taken in steps.items()},
        "share": round(share, 5),
        "share by steps": round(sum(steps["whole"][step] for step in ADDED) / model, 5),
        "once": _rounded(once),
        "canary share": {pages: round(once["canary again"] / pages / model, 5) for pages in PAGES},
        "limit": LIMIT,
        "ok": share <= LIMIT and all(checks.values()),
    }


def _medians(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in seconds.items()}


if __name__ == "__main__":
    main()
