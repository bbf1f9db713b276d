"""The examples of docs/kernels.md run, and the kernel in it is found, proven, and caught once it is wrong."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(?:python|toml) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = dict(FENCE.findall((ROOT / "docs" / "kernels.md").read_text(encoding="utf-8")))
WRONG = {
    "top_left": (" + len(keys) - q.shape[2]", ""),
    "scale_ignored": (" * scale", " * 0.125"),
    "rows_that_see_nothing": (".nan_to_num()", ""),
}
"""What is replaced in the guide's kernel, and by what."""
PROVE = f"""
from tests.support.waiting import PATIENCE
from ocroute.kernels.base import Problem
from ocroute.kernels.prove import prove
import msgspec
if __name__ == "__main__":
    problem = Problem(64, 4, 2, True, "float32", (200,))
    print(msgspec.json.encode(list(prove({["blockwise", *WRONG]!r}, [problem], device="cpu"))).decode())
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide's package, as an installer would leave it, and its kernel made wrong in known ways beside it."""
    folder = tmp_path_factory.mktemp("installed")
    text = FILES["blockwise.py"]
    (folder / "blockwise.py").write_text(text, encoding="utf-8")
    for name, (right, wrong) in WRONG.items():
        assert right in text
        (folder / f"{name}.py").write_text(text.replace(right, wrong), encoding="utf-8")
    info = folder / "ocroute_blockwise-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ocroute-blockwise\nVersion: 1\n", encoding="utf-8")
    row = re.search(r'\[project\.entry-points\."(ocroute\.kernels)"\]\nblockwise = "(.*)"', FILES["pyproject.toml"])
    assert row
    rows = [f"blockwise = {row[2]}", *(f"{name} = {name}:Blockwise" for name in WRONG)]
    (info / "entry_points.txt").write_text("\n".join([f"[{row[1]}]", *rows, ""]), encoding="utf-8")
    (folder / "prove.py").write_text(PROVE, encoding="utf-8")
    return folder


def run(folder: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "OCROUTE_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def proofs(installed: Path) -> dict[str, dict[str, str]]:
    """By kernel, all proven in one process."""
    return {proof["kernel"]: proof for proof in json.loads(run(installed, "prove.py"))}


@pytest.mark.parametrize("name", ["best.py", "plug.py"])
def test_python_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCROUTE_HOME", str(tmp_path))
    (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    runpy.run_path(str(tmp_path / name))


def test_the_kernel_is_short() -> None:
    assert len([line for line in FILES["blockwise.py"].splitlines() if line.strip()]) <= 25


def test_the_kernel_is_listed(installed: Path) -> None:
    rows = json.loads(run(installed, "-m", "ocroute", "kernels", "--json"))["kernels"]
    assert {row["name"]: row["state"] for row in rows}["blockwise"] == "usable"


def test_the_kernel_is_proven(proofs: dict[str, dict[str, str]]) -> None:
    assert (proofs["blockwise"]["verdict"], proofs["blockwise"]["case"]) == ("proven", "")


@pytest.mark.parametrize("name", WRONG)
def test_the_kernel_is_caught_once_it_is_wrong(name: str, proofs: dict[str, dict[str, str]]) -> None:
    assert proofs[name]["verdict"] == "wrong"


def test_limits_are_as_the_guide_says() -> None:
    from ocroute.kernels.probe.expected import QUANTIZED_COSINE, QUANTIZED_L1

    assert (QUANTIZED_L1, QUANTIZED_COSINE) == (0.10, 0.99)
    text = " ".join((ROOT / "docs" / "kernels.md").read_text(encoding="utf-8").split())
    assert "off by 10 % of the values" in text
    assert "cosine of 0.99" in text
