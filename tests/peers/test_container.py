"""The Dockerfile, read by a linter, and held against what it copies."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_linter_finds_nothing():
    linter = shutil.which("hadolint") or Path(sys.executable).parent / "hadolint"
    done = subprocess.run([str(linter), str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_what_it_copies_is_there_and_not_ignored():
    copied = [
        name
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    ]
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert sorted(copied) == sorted(kept)
    assert all((ROOT / name).exists() for name in copied)


def test_it_runs_without_root_and_asks_for_keys():
    text = (ROOT / "Dockerfile").read_text()
    users = re.findall(r"^USER (.+)$", text, re.MULTILINE)
    assert users
    assert all(user.partition(":")[0] not in ("root", "0") for user in users)
    assert re.search(r"^HEALTHCHECK ", text, re.MULTILINE)
    assert '"--keys"' in text
