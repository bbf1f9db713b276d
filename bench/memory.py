"""Peak memory of a long document against a short one, parent and workers together.

    python -m bench.memory [--kind digital|scanned] [--json FILE]

Makes PDFs of 30 and 300 pages, born-digital and scanned, reads each through the command line, and samples the resident memory of
the whole process tree twenty times a second. Every page says its own number; a run in which a page's sentence is missing from
the result does not count.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from bench.pages.prose import numbered_pdf, own_sentence

from bench import harness

LIMIT = 1.15
PERIOD = 0.05
KINDS = ("digital", "scanned")


def resident(process: psutil.Process) -> int:
    """Bytes that the process and all its descendants hold."""
    total = 0
    for each in [process, *process.children(recursive=True)]:
        try:
            total += each.memory_info().rss
        except psutil.Error:
            continue
    return total


def measure(pdf: Path, out: Path, jobs: int) -> tuple[int, int, float]:
    """Peak bytes of the tree, peak bytes of the parent alone, seconds."""
    command = [sys.executable, "-m", "ocroute", "read", str(pdf), "-o", str(out), "--jobs", str(jobs), "--quiet"]
    started = time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    process, tree, parent = psutil.Process(running.pid), 0, 0
    while running.poll() is None:
        try:
            tree, parent = max(tree, resident(process)), max(parent, process.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(PERIOD)
    return tree, parent, time.perf_counter() - started


def correct(out: Path, pages: int) -> bool:
    """Whether every page's own sentence stands in the result, in order."""
    text = " ".join((out / "pages.md").read_text().split())
    places = [text.find(own_sentence(number)) for number in range(1, pages + 1)]
    return places == sorted(places) and places[0] >= 0


def main() -> int:
    parser = harness.arguments(__doc__, record="memory")
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--pages", type=int, nargs=2, default=(30, 300), metavar=("SHORT", "LONG"))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    figures, good = [], True
    for kind in options.kind or KINDS:
        peaks = []
        for pages in options.pages:
            with tempfile.TemporaryDirectory() as folder:
                pdf, out = Path(folder, "pages.pdf"), Path(folder, "out")
                numbered_pdf(pdf, kind, pages)
                tree, parent, seconds = measure(pdf, out, options.jobs)
                right = correct(out, pages)
            peaks.append(tree)
            good &= right
            figures.append(
                {
                    "kind": kind,
                    "pages": pages,
                    "peak_mb": round(tree / 2**20),
                    "parent_mb": round(parent / 2**20),
                    "seconds": round(seconds, 1),
                    "correct": right,
                }
            )
            print(figures[-1], flush=True)
        ratio = peaks[1] / peaks[0]
        good &= ratio <= LIMIT
        print(f"{kind}: {options.pages[1]} pages take {ratio:.2f}x the memory of {options.pages[0]} (limit {LIMIT})")
    harness.write(options.json, {"jobs": options.jobs, "limit": LIMIT, "runs": figures})
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
