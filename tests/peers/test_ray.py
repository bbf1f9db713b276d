"""The examples for Ray, as they stand in the documentation, on a small cluster of this machine."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
START = """
import logging, os, sys
os.environ["RAY_AUTH_MODE"] = "disabled"
import ray
ray.init(num_cpus=2, include_dashboard=False, object_store_memory=150 * 2**20, log_to_driver=False, logging_level="error")
"""


@pytest.fixture(scope="module")
def examples():
    return dict(BLOCK.findall((ROOT / "docs" / "many-machines.md").read_text("utf-8")))


def run(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_ray_data_reads_each_document_and_survives_one_that_is_none(examples, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    paths = [str(ROOT / "samples" / "letter-en.png"), str(tmp_path / "broken.png")]
    run(
        f"{START}\n{examples['ray_data.py']}\nread_all({paths!r}, {str(tmp_path / 'out')!r}, actors=1, num_cpus=0.5)\n",
        tmp_path,
    )
    rows = [json.loads(line) for file in (tmp_path / "out").iterdir() for line in file.read_text("utf-8").splitlines()]
    assert {Path(row["path"]).name: row["ok"] for row in rows} == {"letter-en.png": True, "broken.png": False}
    assert all(row["markdown"] for row in rows)


def test_actors_read_each_document(examples, tmp_path):
    paths = [str(ROOT / "samples" / name) for name in ("letter-en.png", "invoice.png")]
    said = run(
        f"{START}\n{examples['ray_actors.py']}\nimport json\nprint(json.dumps(read_all({paths!r}, num_cpus=0.5)))\n",
        tmp_path,
    )
    assert [len(text.split()) > 20 for text in json.loads(said.splitlines()[-1])] == [True, True]
