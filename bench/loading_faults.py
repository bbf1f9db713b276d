"""What does break a dots.ocr model: faults of loading that the field has seen, done to one that reads.

Each fault is put into the engine's own way of loading and reading. The row says what the canary page gave, and with which error
rate the model would have read pages that it has never seen, had it been let near them.

    python -m bench.loading_faults --checkpoint DIR [--json FILE] [--device cpu --few]

The typefaces must lie in build/fonts (see `bench.tiny_models.fonts`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import harness


def main() -> None:
    parser = harness.arguments(__doc__, record="loading-faults")
    parser.add_argument("--checkpoint", type=Path, required=True, help="see python -m bench.tiny_models")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--few", action="store_true", help="one line of print of each script")
    parser.add_argument("--longest", type=int, default=600, help="tokens after which an answer is cut")
    given = parser.parse_args()
    with harness.bare_checkout() as folder:
        os.environ["OCROUTE_HOME"] = str(folder)  # broken models leave no record behind
        run(given)


def run(given: argparse.Namespace) -> None:
    from bench.faults import FAULTS
    from bench.held_out import sheets
    from bench.kernel_experiment import notes

    pages = sheets(0 if given.few else 1)
    rows = {}
    for name, fault in FAULTS.items():
        rows[name] = row(fault, given, pages)
        print(f"{name:28}", json.dumps(rows[name], ensure_ascii=False), flush=True)
    harness.write(
        given.json,
        {"checkpoint": notes(given.checkpoint), "pages": len(pages), "faults": rows},
    )
    wrong = [name for name, found in rows.items() if (found["canary"] == "read") != FAULTS[name].harmless]
    if wrong:
        sys.exit(f"the canary page told wrongly of: {', '.join(wrong)}")


def row(fault: Any, given: argparse.Namespace, pages: list[Any]) -> dict[str, Any]:
    """What the canary page gave with the fault, and how pages would have been read."""
    from bench.faults import engine_class
    from bench.held_out import error_rate

    from ocroute.engines.base import Task
    from ocroute.errors import OcrouteError

    kind = engine_class(fault, given.longest)
    task = Task(model=str(given.checkpoint), mode=fault.mode)
    found: dict[str, Any] = {"what": fault.what, "canary": "read"}
    with ExitStack() as stack:
        fault.enter(stack, given.device)
        try:
            kind(task)
        except OcrouteError as error:
            found["canary"] = error.message
        try:
            engine = kind.unasked(task)
            answers = [engine.raw(page.image, task) for page in pages]
        except OcrouteError as error:
            return found | {"cer": None, "instead": error.message}
    return found | {"cer": error_rate(pages, answers), "example": answers[0][:120]}


if __name__ == "__main__":
    main()
