"""A neural engine as a user asks for it: the command, its exit code, and what makes a kept page stale."""

import json
import shutil
import subprocess
import sys

import pytest
from rapidfuzz.distance import Levenshtein
from safetensors.torch import load_file, save_file
from tests.support.checkpoints import PAGES, trained
from tests.support.command import ocroute
from tests.support.waiting import PATIENCE

from ocroute.engines.base import ENGINES, Wanted
from ocroute.engines.neural import canary
from ocroute.errors import ExitCode
from ocroute.route.plan import Wish
from ocroute.run.job_runner import JobRunner
from ocroute.run.jobs import Describe

BY_HEART = trained("by_heart")


@pytest.fixture
def page(tmp_path):
    canary.page().save(tmp_path / "page.png")
    return tmp_path / "page.png"


@pytest.mark.slow
def test_a_page_is_read_with_the_weights_that_the_user_names(page):
    """In processes, as a user's are: the command, a worker, and one that holds the model."""
    words = ("read", page, "--engine", "qwen2_vl", "--model", BY_HEART, "--format", "json")
    command = [sys.executable, "-m", "ocroute", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == ExitCode.OK, done.stderr
    (read,) = json.loads(done.stdout)["pages"]
    assert "\n".join(block["text"] for block in read["blocks"]) == canary.TRUTH
    assert read["provenance"]["model"] == str(BY_HEART)


@pytest.mark.parametrize(
    ("engine", "kept"),
    [
        ("dots_ocr", "text-page-cyrillic"),
        (
            "qwen2_vl",
            "markdown-page-cyrillic",
        ),  # its text page has too many invented words: it is taken for misread Latin
        ("got_ocr2", "plain-page-cyrillic"),
        ("deepseek_ocr", "text-page-cyrillic"),
    ],
)
def test_a_trained_model_reads_words_that_it_never_saw(engine, kept):
    """Weights, processor, kernels, canary, answer, judge: everything is real but the model's size."""
    picture = PAGES / engine / f"{kept}.png"
    words = ("--engine", engine, "--model", trained(engine), "--format", "json", "--jobs", "0")
    done = ocroute("read", picture, *words)
    assert done.returncode == ExitCode.OK, done.stderr
    (read,) = json.loads(done.stdout)["pages"]
    words = " ".join(block["text"] for block in read["blocks"]).split()
    written = picture.with_suffix(".txt").read_text(encoding="utf-8").split()
    wanted = [word for word in written if word.strip("#")]  # Markdown's marks of headings
    assert Levenshtein.normalized_distance(" ".join(wanted), " ".join(words)) <= 0.03
    assert read["provenance"]["engine"] == engine
    assert read["verdict"]["status"] == "accepted"


def test_weights_that_are_not_there_are_one_line(page, tmp_path):
    done = ocroute("read", page, "--engine", "qwen2_vl", "--model", tmp_path / "none")
    assert done.returncode == ExitCode.UNAVAILABLE
    assert f"there is no folder {tmp_path / 'none'}" in done.stderr
    assert "Traceback" not in done.stderr


def test_other_weights_in_the_same_folder_make_kept_pages_stale(tmp_path):
    folder = shutil.copytree(BY_HEART, tmp_path / "weights")
    wish = Wish("qwen2_vl", Wanted(model=str(folder)))

    def environment():
        return JobRunner(lambda _: None).do(Describe(wish)).environment

    before = environment()
    assert environment() == before
    tensors = load_file(folder / "model.safetensors")
    save_file({name: tensor + 0.001 for name, tensor in tensors.items()}, folder / "model.safetensors")
    assert environment() != before


@pytest.mark.slow
def test_doctor_tells_what_came_of_a_model(page):
    read = ocroute("read", page, "--engine", "qwen2_vl", "--model", BY_HEART, "--jobs", "0")
    assert read.returncode == ExitCode.OK, read.stderr

    def doctor(*of):
        return {row["engine"]: row for row in json.loads(ocroute("doctor", *of, "--json").stdout)["neural"]}

    unasked = doctor()["qwen2_vl"]
    assert unasked["canary"] is None, "those were not the weights that would be loaded now"
    assert unasked["named"] == str(BY_HEART)
    assert doctor("--engine", "qwen2_vl", "--model", trained("qwen2_vl"))["qwen2_vl"]["canary"] is None
    rows = doctor("--engine", "qwen2_vl", "--model", BY_HEART)
    assert set(rows) == {name for name, row in ENGINES.items() if row.builtin and ENGINES.load(name).info.kind == "vlm"}
    row = rows["qwen2_vl"]
    assert row["canary"]["read"]
    assert row["canary"]["model"] == str(BY_HEART)
    assert row["canary"]["seen"] == canary.TRUTH
    assert row["kernels"].keys() == {"vision", "text"}
    assert row["need_mb"] > 0 < row["free_mb"]
    assert rows["dots_ocr"]["canary"] is None
    drawn = ocroute("doctor", "--all", COLUMNS="220").stdout
    assert "Neural engines" in drawn
    assert "never loaded here" in drawn
    assert str(BY_HEART) in drawn


def test_doctor_looks_at_weights_that_the_user_names(tmp_path):
    found = json.loads(ocroute("doctor", "--engine", "qwen2_vl", "--model", BY_HEART, "--json").stdout)
    row = next(row for row in found["neural"] if row["engine"] == "qwen2_vl")
    assert (row["state"], row["weights"]) == ("usable", str(BY_HEART))
    done = ocroute("doctor", "--engine", "qwen2_vl", "--model", tmp_path / "none", COLUMNS="300")
    assert f"there is no folder {tmp_path / 'none'}" in done.stdout
    done = ocroute("doctor", "--model", BY_HEART)
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert "Add: --engine NAME" in done.stderr
