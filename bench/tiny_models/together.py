"""Trains several tiny models side by side on one device, and leaves one archive and one log for each.

python -m bench.tiny_models.together --out DIR --minutes 8 [--resume DIR] [--models dots_ocr qwen2_vl got_ocr2]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.tiny_models.specs import SPECS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=8.0, help="of the whole, start and end included")
    parser.add_argument("--resume", type=Path, help="a folder with the archives of an earlier run")
    parser.add_argument("--models", nargs="*", default=sorted(SPECS), choices=sorted(SPECS))
    options, rest = parser.parse_known_args()
    options.out.mkdir(parents=True, exist_ok=True)
    end = time.time() + options.minutes * 60
    workers = max(1, (len(os.sched_getaffinity(0)) - len(options.models)) // len(options.models))
    with tempfile.TemporaryDirectory() as place:
        running = {
            name: subprocess.Popen(
                _command(name, place, workers, end - 6, options, rest), stdout=log, stderr=subprocess.STDOUT
            )
            for name in options.models
            for log in [(options.out / f"{name}.log").open("w", encoding="utf-8")]
        }
        shown = 0.0
        while any(process.poll() is None for process in running.values()) and time.time() < end:
            time.sleep(1)
            if time.time() - shown > 20:
                shown = time.time()
                for name in running:
                    print((options.out / f"{name}.log").read_text(encoding="utf-8").splitlines()[-1:], flush=True)
        for process in running.values():
            process.kill()  # those that are late; what they saved last is whole
        codes = {name: process.wait() for name, process in running.items()}
        for archive in Path(place).glob("*.tar"):
            shutil.copyfile(archive, options.out / archive.name)
    print("exit codes", codes, flush=True)
    return max(map(abs, codes.values()))


def _command(
    name: str, place: str, workers: int, until: float, options: argparse.Namespace, rest: list[str]
) -> list[str]:
    command = [sys.executable, "-m", "bench.tiny_models.train", name, "--out", place, "--until", str(until)]
    command += ["--workers", str(workers), *rest]
    return command + (["--resume", str(options.resume)] if options.resume else [])


if __name__ == "__main__":
    sys.exit(main())
