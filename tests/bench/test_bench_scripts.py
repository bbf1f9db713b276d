"""Every bench starts."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
    for path in (ROOT / "bench").rglob("*.py")
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
)
STARTER = """
import contextlib, io, runpy, sys
for name in sys.argv[1:]:
    printed = io.StringIO()
    sys.argv = [name, "--help"]
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        shown = ended.code == 0 and "usage:" in printed.getvalue() and name in printed.getvalue()
        print(name, "starts" if shown else f"ended with {ended.code!r}: {printed.getvalue()[:300]!r}")
"""


def test_every_bench_shows_its_help_and_says_how_it_is_called():
    """All in one process, as importing torch takes longer than the rest."""
    pytest.importorskip("torch", reason="needs the extra vlm: pip install 'ocroute[vlm]'")
    command = [sys.executable, "-W", "ignore", "-c", STARTER, *SCRIPTS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{name} starts" for name in SCRIPTS]
    assert len(SCRIPTS) > 20
