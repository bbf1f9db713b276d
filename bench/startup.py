"""How long the user waits before anything happens: ``import ocroute`` and ``ocroute --help``, each beside its floor.

    python -m bench.startup [--json FILE]

Both sides of a ratio run alternately, so that a busy machine slows both. The best of many runs is taken: start-up has no
lucky runs, only disturbed ones.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from functools import partial
from pathlib import Path

from bench import harness

EMPTY_APP = "import typer\napp = typer.Typer()\n@app.command()\ndef main() -> None: ...\napp()"
OCROUTE = str(Path(sysconfig.get_path("scripts")) / "ocroute")
NAMES = ("numpy", "msgspec", "cv2", "PIL", "typer", "rich", "typing")
HEAVY = f"import sys, ocroute; print([name for name in {NAMES} if name in sys.modules])"
PAIRS = {
    "import ocroute / python -c pass": ([sys.executable, "-c", "import ocroute"], [sys.executable, "-c", "pass"], 2.0),
    "ocroute --help / empty typer app": ([OCROUTE, "--help"], [sys.executable, "-c", EMPTY_APP, "--help"], 0.55),
}
"""Our command, the floor, and how many times the floor ours may take."""


def main() -> None:
    parser = harness.arguments(__doc__, record="startup")
    parser.add_argument("--runs", type=int, default=30)
    args = parser.parse_args()
    run = partial(subprocess.run, check=False, stdout=subprocess.PIPE, text=True)
    loaded = run([sys.executable, "-c", HEAVY]).stdout.strip()
    if loaded != "[]":
        raise SystemExit(f"import ocroute is not light: it imports {loaded}")
    result = {}
    for name, (*commands, limit) in PAIRS.items():
        sides = {side: partial(run, command) for side, command in zip(("ours", "floor"), commands, strict=True)}
        turns = harness.in_turns(
            sides, lambda _, done: f"exit code {done.returncode}" * bool(done.returncode), rounds=args.runs
        )
        ours, floor = (min(turn.seconds for turn in turns[side]) for side in sides)
        result[name] = {"ours_s": ours, "floor_s": floor, "ratio": ours / floor, "limit": limit}
        print(f"{name}: {ours * 1000:.0f} ms / {floor * 1000:.0f} ms = {ours / floor:.2f} (limit {limit})")
    harness.write(args.json, {"pairs": result})


if __name__ == "__main__":
    main()
