"""The documentation is up to date, its links lead somewhere, and its examples run."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ocroute.errors import ExitCode
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("samples/*.md")])
FENCE = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(*command: str | Path, folder: Path = ROOT, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "200", "OMP_THREAD_LIMIT": "1"}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def examples(page: str) -> dict[str, str]:
    """The code blocks of a page, by the file name or number after their fence."""
    found = FENCE.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    return {name or f"{language}-{number}": code for number, (language, name, code) in enumerate(found)}


def test_a_stale_part_is_noticed(tmp_path: Path) -> None:
    docs = shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copytree(ROOT / "evidence", tmp_path / "evidence")
    shutil.copy(ROOT / "README.md", tmp_path)
    page = docs / "exit-codes.md"
    page.write_text(page.read_text(encoding="utf-8").replace("| 3 |", "| 33 |"), encoding="utf-8")
    checked = run(docs / "generate.py", "--check")
    assert (checked.returncode, checked.stdout) == (1, "stale: docs/exit-codes.md\n")
    assert run(docs / "generate.py").stdout == "written: docs/exit-codes.md\n"
    assert page.read_bytes() == (ROOT / "docs" / "exit-codes.md").read_bytes()


def test_generated_parts_are_fresh_and_need_no_torch() -> None:
    code = "import runpy, sys; sys.modules['torch'] = None; runpy.run_path('docs/generate.py', run_name='__main__')"
    checked = run("-c", code, "--check", path=str(ROOT / "docs"))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_was_not_measured_is_said(tmp_path: Path) -> None:
    docs = shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copytree(ROOT / "evidence", tmp_path / "evidence")
    shutil.copy(ROOT / "README.md", tmp_path)
    for name in ("kernels", "vision-tower", "page-memory"):
        (tmp_path / "evidence" / f"{name}.json").unlink(missing_ok=True)
    written = run(docs / "generate.py")
    assert written.returncode == 0, written.stderr
    assert (docs / "kernels-measured.md").read_text(encoding="utf-8").count("Not measured yet.") >= 2
    assert "`python -m bench.page_memory" in (docs / "neural-engines.md").read_text(encoding="utf-8")
    cards = (docs / "cards.md").read_text(encoding="utf-8")
    assert "everything, proven" not in cards
    assert "RTX 5070 Ti" in cards


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_every_exit_code_is_explained() -> None:
    text = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    assert all(f"| {code.value} | `{code.name}` |" in text for code in ExitCode)


def test_options_in_the_quick_start_exist() -> None:
    helps = "".join(run("-m", "ocroute", *command, "--help").stdout for command in (["read"], ["doctor"], []))
    named = re.findall(
        r" (--[a-z-]+)", (ROOT / "docs" / "quick-start.md").read_text(encoding="utf-8").replace("`", " ")
    )
    assert len(named) > 8
    assert set(named) <= set(re.findall(r"--[a-z-]+", helps))


@pytest.mark.parametrize("example", examples("python-api.md"))
def test_python_examples_run_and_print_something(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if "to_dataframe" in examples("python-api.md")[example]:
        pytest.importorskip("pandas")
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    (tmp_path / "example.py").write_text(examples("python-api.md")[example], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("example.py")
    assert capsys.readouterr().out.strip() or "print(" not in examples("python-api.md")[example]


class TestPlugins:
    """The plug-in guide's examples, installed as an installer would leave them."""

    @pytest.fixture
    def installed(self, tmp_path: Path) -> Path:
        files = examples("plugins.md")
        info = tmp_path / "ocroute_sidecar-1.dist-info"
        info.mkdir()
        for name in ("sidecar.py", "shouting.py", "words.py"):
            (tmp_path / name).write_text(files[name], encoding="utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ocroute-sidecar\nVersion: 1\n", encoding="utf-8")
        registered = re.search(
            r"\[project\.entry-points\.\"(ocroute\.engines)\"\]\nsidecar = \"(.*)\"", files["pyproject.toml"]
        )
        assert registered
        (info / "entry_points.txt").write_text(
            f"[{registered[1]}]\nsidecar = {registered[2]}\n"
            "[ocroute.checks]\nshouting = shouting:Shouting\n[ocroute.exporters]\nwords = words:Words\n",
            encoding="utf-8",
        )
        shutil.copy(ROOT / "samples" / "letter-en.png", tmp_path / "scan.png")
        return tmp_path

    def read(self, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return run("-m", "ocroute", "read", "scan.png", "--jobs", "0", *options, folder=folder, path=str(folder))

    def test_the_engine_is_short(self) -> None:
        code = examples("plugins.md")["sidecar.py"]
        assert len([line for line in code.splitlines() if line.strip()]) <= 25

    def test_the_engine_is_listed(self, installed: Path) -> None:
        listed = run("-m", "ocroute", "engines", folder=installed, path=str(installed))
        assert "sidecar" in listed.stdout

    def test_the_engine_reads_and_the_format_writes(self, installed: Path) -> None:
        words = " ".join(" ".join(page["text"]) for page in truth("letter-en.png")["pages"]).split()
        (installed / "scan.png.txt").write_text(" ".join(words), encoding="utf-8")
        read = self.read(installed, "--engine", "sidecar", "--format", "words")
        assert (read.returncode, read.stdout.split()) == (ExitCode.OK, words), read.stderr

    def test_the_check_refuses(self, installed: Path) -> None:
        text = "\n\n".join(truth("letter-en.png")["pages"][0]["text"]).upper()
        (installed / "scan.png.txt").write_text(text, encoding="utf-8")
        read = self.read(installed, "--engine", "sidecar")
        assert read.returncode == ExitCode.DOUBTFUL, read.stderr
        assert "100% of the letters are capitals" in read.stdout

    def test_without_its_file_the_engine_declines_and_the_next_one_reads(self, installed: Path) -> None:
        read = self.read(installed, "--explain")
        assert read.returncode == ExitCode.OK, read.stderr
        assert "Dear Mrs Whitfield" in read.stdout
        assert "declined sidecar" in read.stderr


def truth(name: str) -> dict[str, list[dict[str, list[str]]]]:
    import json

    loaded: dict[str, list[dict[str, list[str]]]] = json.loads(
        (ROOT / "samples" / "truth" / f"{name}.json").read_text("utf-8")
    )
    return loaded
