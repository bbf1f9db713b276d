"""What a queue costs beside a plain run over the same pages, and what becomes of them when half of the workers are killed.

    python -m bench.queue_overhead [--documents 20] [--pages 10] [--workers 8] [--json FILE]

Scans of our own text are drawn, the upper fifth of a page each: the less there is to read, the more a queue would show. In turn
they are read into a folder, and by one worker of a queue into another; the results must be equal byte for byte. Then
``--workers`` begin on a queue, half of them are killed in mid-run, and the rest must end with the same results: as many as there
are documents. CPU seconds say what a busy machine's clock cannot.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.harness import arguments, in_turns, write
from bench.pages.prose import DPI, scanned_page
from PIL import Image


def main() -> None:
    """Run it, and say what came out."""
    parser = arguments(__doc__, record="queue")
    parser.add_argument("--documents", type=int, default=20)
    parser.add_argument("--pages", type=int, default=10, help="of each document")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--engine", default="rapidocr")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "in").mkdir()
        for document in range(asked.documents):
            first, *more = (upper_part(document * asked.pages + page) for page in range(asked.pages))
            first.save(
                folder / "in" / f"{document}.tif",
                save_all=True,
                append_images=more,
                compression="jpeg",
                dpi=(DPI / 2, DPI / 2),
            )
        turn = iter(range(100))

        def plain() -> dict[str, bytes]:
            out = folder / f"plain{next(turn)}"
            read(folder / "in", "-o", out, "--engine", asked.engine, "--jobs", asked.jobs)
            return results(out)

        def queued() -> dict[str, bytes]:
            number = next(turn)
            ocroute("queue", "add", folder / f"queue{number}", folder / "in")
            read(
                "--queue",
                folder / f"queue{number}",
                "-o",
                folder / f"queued{number}",
                "--engine",
                asked.engine,
                "--jobs",
                asked.jobs,
            )
            return results(folder / f"queued{number}")

        truth: dict[str, bytes] = {}

        def check(_: str, answer: dict[str, bytes]) -> str:
            truth.update(truth or answer)
            return "" if answer == truth and len(truth) == asked.documents else "the results differ"

        turns = in_turns({"plain": plain, "queue": queued}, check, rounds=asked.rounds)
        seconds = {name: median(turn.seconds for turn in taken) for name, taken in turns.items()}
        cpu = {name: median(turn.cpu for turn in taken) for name, taken in turns.items()}
        killed = kill_half(folder, asked.workers, asked.engine, truth)
    found = {
        "documents": asked.documents,
        "pages": asked.documents * asked.pages,
        "engine": asked.engine,
        "jobs": asked.jobs,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "cpu_seconds": {name: round(value, 2) for name, value in cpu.items()},
        "overhead": round(seconds["queue"] / seconds["plain"] - 1, 4),
        "overhead_cpu": round(cpu["queue"] / cpu["plain"] - 1, 4),
        "killed": killed,
    }
    print(found)
    write(asked.json, found)


def upper_part(number: int) -> Image.Image:
    """The top of a drawn scan: some lines of text."""
    page = scanned_page(number)[0].reduce(2).convert("L")
    return page.crop((0, 0, page.width, page.height // 5))


def kill_half(folder: Path, workers: int, engine: str, truth: dict[str, bytes]) -> dict[str, object]:
    """Workers on one queue, half of which are killed when some documents are done."""
    queue, out = folder / "queue", folder / "killed"
    ocroute("queue", "add", "--patience", 5, queue, folder / "in")
    options = ["--queue", queue, "-o", out, "--engine", engine, "--jobs", 1, "-q"]
    running = [
        subprocess.Popen([sys.executable, "-m", "ocroute", "read", *map(str, options)], stdout=subprocess.DEVNULL)
        for _ in range(workers)
    ]
    while not (out.is_dir() and len(results(out)) >= len(truth) // 4):
        time.sleep(0.1)
    for one in running[: workers // 2]:
        os.kill(one.pid, signal.SIGKILL)
    codes = [one.wait() for one in running[workers // 2 :]]
    told = subprocess.run(
        [sys.executable, "-m", "ocroute", "queue", "status", str(queue)], check=True, capture_output=True, text=True
    ).stdout
    found = results(out)
    if found != truth:
        raise SystemExit(f"{len(found)} of {len(truth)} documents, or other texts: {told}")
    return {
        "workers": workers,
        "killed": workers // 2,
        "documents": len(found),
        "exit_codes": codes,
        "status": told.split("\n")[0],
    }


def results(out: Path) -> dict[str, bytes]:
    """The results in a folder by their names."""
    return {path.name: path.read_bytes() for path in out.glob("*.md")}


def read(*options: object) -> None:
    """Read pages; doubtful ones are no failure of the run."""
    ocroute("read", *options, "-q", codes=(0, 3))


def ocroute(*options: object, codes: tuple[int, ...] = (0,)) -> None:
    """The command, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "ocroute", *map(str, options)], capture_output=True, text=True, check=False
    )
    if done.returncode not in codes:
        raise SystemExit(f"ocroute {options[0]} ended with {done.returncode}: {done.stderr}")


if __name__ == "__main__":
    main()
