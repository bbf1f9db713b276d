"""The examples of docs/kernels.md run, and the kernel in it is found, proven, and caught once it is wrong."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.command import ocroute

from ocroute import registry
from ocroute.kernels.base import KERNELS, Problem
from ocroute.kernels.probe import judged
from ocroute.kernels.probe.examine import Examiner
from ocroute.kernels.prove import prove

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(?:python|toml) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = dict(FENCE.findall((ROOT / "docs" / "kernels.md").read_text(encoding="utf-8")))
WRONG = {
    "top_left": (" + len(keys) - q.shape[2]", ""),
    "scale_ignored": (" * scale", " * 0.125"),
    "rows_that_see_nothing": (".nan_to_num()", ""),
}
"""What is replaced in the guide's kernel, and by what."""
PROBLEM = Problem(64, 4, 2, True, "float32", (200,))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
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
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        registry.look_again()
        yield
    registry.look_again()


@pytest.mark.parametrize("name", ["best.py", "plug.py"])
def test_python_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCROUTE_HOME", str(tmp_path))
    assert "\nassert " in FILES[name]  # the example itself says what comes out
    (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    runpy.run_path(str(tmp_path / name))


def test_the_kernel_is_short() -> None:
    assert len([line for line in FILES["blockwise.py"].splitlines() if line.strip()]) <= 25


@pytest.mark.usefixtures("installed")
def test_the_kernel_is_listed() -> None:
    rows = json.loads(ocroute("kernels", "--json").stdout)["kernels"]
    assert {row["name"]: row["state"] for row in rows}["blockwise"] == "usable"


@pytest.mark.usefixtures("installed")
def test_the_kernel_is_proven() -> None:
    [proof] = prove(["blockwise"], [PROBLEM], device="cpu")
    assert (proof.verdict, proof.case) == ("proven", "")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", WRONG)
def test_the_kernel_is_caught_once_it_is_wrong(name: str) -> None:
    """By the same cases, in no process of their own."""
    assert judged(list(Examiner(KERNELS.load(name)(), "cpu", quick=True).run(PROBLEM)))[0] == "wrong"


def test_limits_are_as_the_guide_says() -> None:
    from ocroute.kernels.probe.expected import QUANTIZED_COSINE, QUANTIZED_L1

    assert (QUANTIZED_L1, QUANTIZED_COSINE) == (0.10, 0.99)
    text = " ".join((ROOT / "docs" / "kernels.md").read_text(encoding="utf-8").split())
    assert "off by 10 % of the values" in text
    assert "cosine of 0.99" in text
