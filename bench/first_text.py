"""From the command to the first text of a neural engine: what a start takes besides reading the weights.

    python -m bench.first_text --json evidence/first-text.json [--starts 4]

`ocroute read` in a process of its own reads a small page with the tiny trained checkpoint of dots.ocr, 8 MB: so nearly all of the
time is processes, imports, the canary page and, on a GPU, the kernels that are prepared. The first start finds no compiled
kernels on disk, the later ones do. Every start must give the page's text, by that engine. Beside them what the imports alone take
in one process, with torch's distributed code in transformers and without.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter
from typing import IO, Any

from bench.tiny_models.packed import unpack

from bench import harness

PAGE = harness.ROOT / "tests" / "checkpoints" / "pages" / "dots_ocr" / "layout-line-latin.png"
GOAL = 8.0

IMPORTS = """
import json, sys, time
began, took = time.perf_counter(), {}
def done(name):
    global began
    took[name], began = round(time.perf_counter() - began, 2), time.perf_counter()
import torch; done("torch")
if sys.argv[1] == "without":
    from ocroute.engines.neural.loading import without_distributed
    without_distributed()
from ocroute.engines.dots_ocr import DotsOcr
DotsOcr.model_class(); done("model class")
from ocroute.engines.neural import together; done("decoder")
took["modules of torch.distributed"] = sum(name.startswith("torch.distributed") for name in sys.modules)
print(json.dumps(took))
"""


def started(model: Path, environment: dict[str, str]) -> dict[str, Any]:
    """One start: seconds to the first byte of the text, and when each line was logged before it."""
    command = ["read", str(PAGE), "--engine", "dots_ocr", "--model", str(model), "--format", "jsonl", "--verbose"]
    began = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ocroute", *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[str] = []

    def listen(stream: IO[bytes]) -> None:
        for line in stream:
            said = line.decode(errors="replace").rstrip().replace(str(PAGE), PAGE.name)  # no folder of this machine
            lines.append(f"{perf_counter() - began:.2f} {said}"[:200])

    listening = threading.Thread(target=listen, args=(process.stderr,))
    listening.start()
    first = process.stdout.read(1)
    seconds = perf_counter() - began
    rest = process.stdout.read()
    process.wait()
    listening.join()
    if process.returncode or not first:
        raise SystemExit(f"it ended with {process.returncode}:\n" + "\n".join(lines))
    page = json.loads((first + rest).splitlines()[0])
    text = " ".join(block["text"] for block in page["blocks"])
    truth = " ".join(cell["text"] for cell in json.loads(PAGE.with_suffix(".txt").read_text(encoding="utf-8")))
    if (page["provenance"]["engine"], text) != ("dots_ocr", truth):
        raise SystemExit(f"it did not read the page: {page['provenance']['engine']}: {text}")
    return {
        "first text s": round(seconds, 2),
        "ended s": round(perf_counter() - began, 2),
        "steps": page["provenance"]["seconds"],
        "log": lines,
    }


def imports(way: str) -> dict[str, Any]:
    """Seconds of the imports in a fresh process."""
    done = subprocess.run([sys.executable, "-c", IMPORTS, way], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = harness.arguments(__doc__, record="first-text")
    parser.add_argument("--starts", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        model = unpack(harness.ROOT / "tests" / "checkpoints" / "dots_ocr", place / "model")
        caches = {name: str(place / name) for name in ("TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR", "OCROUTE_HOME")}
        environment = {**os.environ, **caches}
        result: dict[str, Any] = {"byte code kept": not sys.dont_write_bytecode, "goal s": GOAL, "starts": []}
        for number in range(given.starts):
            result["starts"].append(started(model, environment))
            print(f"start {number + 1}: {result['starts'][-1]['first text s']} s", flush=True)
            harness.write(given.json, result)
        if number:
            for start in result["starts"][1:-1]:
                del start["log"]  # those of the first and the last are enough
        for way in ("with", "without"):
            result[f"imports s, {way} distributed code"] = imports(way)
        result["best start s"] = min(start["first text s"] for start in result["starts"])
        harness.write(given.json, result)
    print(harness.as_text(result))


if __name__ == "__main__":
    main()
