"""How long the user waits before anything happens: ``import ocroute`` and ``ocroute --help``, each beside its floor.

    python bench/startup.py [--json PATH]

Both sides of a ratio run alternately, so that a busy machine slows both. The best of many runs is taken: start-up has no
lucky runs, only disturbed ones.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import measured

EMPTY_APP = "import typer\napp = typer.Typer()\n@app.command()\ndef main() -> None: ...\napp()"
OCROUTE = str(Path(sysconfig.get_path("scripts")) / "ocroute")
PAIRS = {
    "import ocroute / python -c pass": (
        [sys.executable, "-c", "import ocroute"],
        [sys.executable, "-c", "pass"],
    ),
    "ocroute --help / empty typer app": (
        [OCROUTE, "--help"],
        [sys.executable, "-c", EMPTY_APP, "--help"],
    ),
}
LIMIT = 3.0


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    heavy = "import sys, ocroute; print([m for m in ('numpy', 'msgspec', 'cv2', 'PIL', 'typer', 'rich') if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", heavy], check=True, capture_output=True, text=True).stdout.strip()
    if loaded != "[]":
        raise SystemExit(f"import ocroute is not light: it imports {loaded}")
    result = {}
    for name, (ours, floor) in PAIRS.items():
        runs = [(seconds(ours), seconds(floor)) for _ in range(args.runs)]
        best = min(run[0] for run in runs), min(run[1] for run in runs)
        result[name] = {"ours_s": best[0], "floor_s": best[1], "ratio": best[0] / best[1], "limit": LIMIT}
        print(f"{name}: {best[0] * 1000:.0f} ms / {best[1] * 1000:.0f} ms = {best[0] / best[1]:.2f} (limit {LIMIT})")
    if args.json:
        measured.write(args.json, {"pairs": result})


if __name__ == "__main__":
    main()
