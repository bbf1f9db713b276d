"""Whether another attention kernel than the one it was trained with breaks a dots.ocr model.

The tiny dots.ocr was trained with FlashAttention and nothing else. Here it reads pages that it has never seen with every kernel
that runs on this machine, in bfloat16 and in float32.

    python -m bench.kernel_experiment --checkpoint DIR [--json FILE] [--device cpu --few] [--kernels A,B]

Writes FILE anew after each kernel. Each kernel runs in a process of its own, so that
one that crashes costs its row. The typefaces must lie in build/fonts (see `bench.tiny_models.fonts`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from bench import harness

TRAINED_WITH = "sdpa_flash"
"""FlashAttention 2 inside PyTorch, the only backend that training allowed."""
OWN = "sdpa"
"""The model without any kernel of ours: PyTorch chooses at every call."""
NUMBERS = ("bfloat16", "float32")
FEW = (TRAINED_WITH, OWN, "eager", "sdpa_math")

Logits = dict[str, np.ndarray]


def main() -> None:
    given = _arguments()
    with harness.bare_checkout() as scratch:
        if given.child:
            from bench.kernel_experiment_child import child

            kernel = None if given.child == OWN else given.child
            row = child(kernel, given.checkpoint, NUMBERS, given.device, given.keep, given.each, given.longest)
            print(json.dumps(row))
        else:
            run(given, scratch)


def _arguments() -> argparse.Namespace:
    parser = harness.arguments(__doc__, record="kernel-experiment")
    parser.add_argument("--checkpoint", type=Path, required=True, help="see python -m bench.tiny_models")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--few", action="store_true", help="four kernels, one line of print of each script")
    parser.add_argument("--kernels", default="", help="names, separated by commas; all when left out")
    parser.add_argument(
        "--each", type=int, default=4, help="pages of each of two kinds and four scripts; 0: one line of print a script"
    )
    parser.add_argument(
        "--longest", type=int, default=900, help="tokens after which an answer is cut: twice the longest true one"
    )
    parser.add_argument("--jobs", type=int, default=5, help="kernels at a time")
    parser.add_argument("--seconds", type=int, default=540, help="deadline of one kernel")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    parser.add_argument("--keep", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.each = 0 if given.few and not given.child else given.each
    given.jobs = 1 if given.device == "cpu" else given.jobs
    return given


def run(arguments: argparse.Namespace, scratch: Path) -> None:
    from bench.held_out import sheets

    from ocroute.kernels.base import KERNELS

    names = arguments.kernels.split(",") if arguments.kernels else FEW if arguments.few else [OWN, *KERNELS]
    names = list(dict.fromkeys([TRAINED_WITH, *names]))
    pages = sheets(arguments.each)
    found: dict[str, dict[str, Any]] = {}
    rows: dict[str, dict[str, Any]] = {}
    with ThreadPoolExecutor(arguments.jobs) as pool:
        asked = {pool.submit(in_a_process, name, arguments, scratch): name for name in names}
        for done in as_completed(asked):
            found[asked[done]] = done.result()
            print(f"{asked[done]}: done", flush=True)
            if TRAINED_WITH not in found:
                continue  # all others are held against it
            rows = {name: deepcopy(found[name]) for name in names if name in found}
            compare(rows, logits_of(rows, scratch))
            result = {
                "checkpoint": notes(arguments.checkpoint),
                "trained_with": TRAINED_WITH,
                "pages": rows[TRAINED_WITH].get("bfloat16", {}).get("pages", 0),
                "characters": [len(page.text) for page in pages],
                "unfinished": [name for name in names if name not in rows],
                "kernels": rows,
            }
            harness.write(arguments.json, result)  # what ends this process early loses only the rest
    training = rows[TRAINED_WITH].get("bfloat16", {})
    for name, row in rows.items():
        for numbers in NUMBERS:
            print(
                f"{name:16} {numbers:9}", json.dumps({k: v for k, v in row.get(numbers, row).items() if k != "answers"})
            )
    sys.exit(0 if "cer" in training else 1)


def in_a_process(name: str, arguments: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """What one kernel did, by number format; or why it did not run."""
    given = {"child": name, "checkpoint": arguments.checkpoint, "device": arguments.device}
    given |= {"keep": scratch, "each": arguments.each, "longest": arguments.longest}
    options = [part for option, value in given.items() for part in (f"--{option}", value)]
    row = harness.child_row("bench.kernel_experiment", *options, seconds=arguments.seconds)
    return {"not_run": row["reason"]} if "state" in row else row


def logits_of(names: Iterable[str], scratch: Path) -> dict[str, Logits]:
    """What the children of these kernels have left there; others may still be writing."""
    files = (scratch / f"{name}.{numbers}.npz" for name in names for numbers in NUMBERS)
    return {file.stem: dict(np.load(file)) for file in files if file.is_file()}


def compare(rows: dict[str, dict[str, Any]], logits: dict[str, Logits]) -> None:
    """Hold every kernel against the one of training in the same numbers, and against itself in the other numbers.

    The logits are those of one pass over prompt and true answer, so that every query went through the kernel and no early
    difference can grow. The distance between bfloat16 and float32 of one and the same kernel is what rounding alone makes.
    """
    training = rows[TRAINED_WITH]
    for name, row in rows.items():
        for numbers in NUMBERS:
            here = row.get(numbers, {})
            if "cer" not in here:
                continue
            reference = numbers if "cer" in training.get(numbers, {}) else NUMBERS[0]
            if "cer" in training.get(reference, {}):
                same = [
                    one == other for one, other in zip(here["answers"], training[reference]["answers"], strict=True)
                ]
                here["against_training"] = {
                    "numbers": reference,
                    "same_answers": sum(same),
                    **apart(logits[f"{name}.{numbers}"], logits[f"{TRAINED_WITH}.{reference}"]),
                }
        if all("cer" in row.get(numbers, {}) for numbers in NUMBERS):
            one, other = (logits[f"{name}.{numbers}"] for numbers in NUMBERS)
            row["rounding_alone"] = apart(one, other)
    for row in rows.values():
        for numbers in NUMBERS:
            row.get(numbers, {}).pop("answers", None)


def apart(one: Logits, other: Logits) -> dict[str, float]:
    """The largest and the mean difference of two sets of logits, and the share of positions whose likeliest token agrees."""
    differences = [np.abs(one[page] - other[page]) for page in one]
    agreed = [one[page].argmax(-1) == other[page].argmax(-1) for page in one]
    return {
        "largest": round(float(max(difference.max() for difference in differences)), 7),
        "mean": round(float(np.mean([difference.mean() for difference in differences])), 8),
        "tokens_agree": round(float(np.concatenate(agreed).mean()), 6),
    }


def notes(checkpoint: Path) -> dict[str, Any]:
    """How the checkpoint was trained, as it says itself."""
    file = checkpoint / "training.json"
    kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {"name": checkpoint.name, "runs": kept.get("runs", [])}


if __name__ == "__main__":
    main()
