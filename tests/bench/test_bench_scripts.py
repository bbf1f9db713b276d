"""Every bench starts."""

import ast
import importlib
import json
import runpy
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


def test_what_benches_take_from_ocroute_is_there():
    """In functions too: most benches run only where there is a GPU, and would be found broken there."""
    pytest.importorskip("torch", reason="needs the extra vlm: pip install 'ocroute[vlm]'")
    missing = []
    for path in sorted((ROOT / "bench").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("ocroute", "bench"):
                module = importlib.import_module(node.module)
                missing += [
                    f"{path.relative_to(ROOT)}:{node.lineno}: {name.name}"
                    for name in node.names
                    if not hasattr(module, name.name) and not importlib.util.find_spec(f"{node.module}.{name.name}")
                ]
    assert missing == []


@pytest.mark.parametrize(
    ("name", "options", "right"),
    [
        ("layout", ["--seeds", "1"], lambda found: found["media"]["lines"]["2 columns"]["tau"] > 0.99),
        (
            "tables",
            ["--quick", "--kind", "ruled", "--kind", "prose"],
            lambda found: found["media"]["vector"]["f1"] > 0.9,
        ),
        ("orientation", ["--seeds", "1", "--kind", "form"], lambda found: found["positions"]["turned"]["right"] == 3),
        (
            "photographs",
            ["--leaf", "unruled_table", "--tilt", "0.25"],
            lambda found: found["tilts"]["0.25"]["cer_after"] == 0 < found["tilts"]["0.25"]["cer_before"],
        ),
    ],
)
def test_benches_of_the_processor_run_and_leave_a_record(name, options, right, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, *options, "--json", str(tmp_path / "record.json")])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"bench.{name}", run_name="__main__", alter_sys=True)
    assert not ended.value.code
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert {"date", "machine", "versions"} <= set(record)
    assert right(record)
