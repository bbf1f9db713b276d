"""PaddleOCR-VL as a user asks for it, both stages real: models that know two pages by heart, from the command to the blocks."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from huggingface_hub import constants
from tests.support import hub as hubs
from tests.support.checkpoints import trained
from tests.support.command import ocroute
from tests.support.overfit_regions import PARTS, SHEET, pages
from tests.support.waiting import PATIENCE

from ocroute.engines.base import Wanted
from ocroute.engines.neural import canary, weights
from ocroute.engines.neural.region_model import RegionModel
from ocroute.engines.paddleocr_vl import PaddleOcrVl
from ocroute.errors import ExitCode

BY_HEART = trained("two_pages_by_heart")
NEAR = 12  # pixels
FACTS, FIRST = PaddleOcrVl.facts, PaddleOcrVl.first_stage


def near(box, wanted):
    return all(abs(have - want) <= NEAR for have, want in zip(box, wanted, strict=True))


def test_the_layout_model_finds_what_it_knows_in_reading_order():
    model = RegionModel(FIRST, BY_HEART / FIRST.name, "cpu")
    for image, parts in pages():
        found = model.find(np.asarray(image))
        assert [region.label for region in found] == [part.label for part in parts]
        for region, part in zip(found, parts, strict=True):
            assert near((region.box.x0, region.box.y0, region.box.x1, region.box.y1), part.box)
            assert 0.3 <= region.score <= 1


def _told(done):
    assert done.returncode in (ExitCode.OK, ExitCode.DOUBTFUL), done.stderr
    (page,) = json.loads(done.stdout)["pages"]
    return page


def test_a_page_is_read_part_by_part():
    words = (
        "--engine",
        "paddleocr_vl",
        "--model",
        BY_HEART,
        "--format",
        "json",
        "--jobs",
        "0",
        "--keep-headers-footers",
    )
    page = _told(ocroute("read", SHEET, *words))
    assert page["provenance"]["engine"] == "paddleocr_vl"
    read = {block["category"]: block["text"] for block in page["blocks"]}
    assert read["Title"] == "Herons of the Lake"
    assert read["Caption"] == "Fig. 1: A heron"
    assert any(block["text"] == "Lake Report 1932" for block in page["blocks"]), "whatever a single page shows it to be"
    assert "4.1" in read["Table"]
    assert all(block["box"] for block in page["blocks"])
    assert page["provenance"]["settings"]["layout"]["regions"] == len(PARTS)


@pytest.mark.slow
def test_two_pages_are_read_by_workers_and_doctor_tells_of_both_models(tmp_path):
    """In processes, as a user's are: the command, a worker, and one that holds the models."""
    canary.page().save(tmp_path / "canary.png")
    shutil.copy(SHEET, tmp_path)
    words = (
        "read",
        tmp_path,
        "--engine",
        "paddleocr_vl",
        "--model",
        BY_HEART,
        "-o",
        tmp_path / "out",
        "--format",
        "json",
    )
    command = [sys.executable, "-m", "ocroute", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode in (ExitCode.OK, ExitCode.DOUBTFUL), done.stderr
    (written,) = (tmp_path / "out").glob("canary*.json")
    (page,) = json.loads(written.read_text(encoding="utf-8"))["pages"]
    assert "\n".join(block["text"] for block in page["blocks"]) == canary.TRUTH
    found = json.loads(ocroute("doctor", "--engine", "paddleocr_vl", "--model", BY_HEART, "--json").stdout)
    row = next(row for row in found["neural"] if row["engine"] == "paddleocr_vl")
    assert (row["state"], row["canary"]["read"], row["canary"]["seen"]) == ("usable", True, canary.TRUTH)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    for name in ("HF_HUB_OFFLINE", "HF_TOKEN", "HF_HUB_CACHE", weights.MODELS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with hubs.serving() as here:
        monkeypatch.setattr(constants, "ENDPOINT", here.url)
        template = here.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setenv("HF_ENDPOINT", here.url)
        second = shutil.copytree(BY_HEART, tmp_path / "second", ignore=shutil.ignore_patterns(FIRST.name))
        here.models |= {FACTS.hub: second, FIRST.hub: BY_HEART / FIRST.name}
        yield here


def test_both_models_are_fetched_and_only_what_is_missing(hub, tmp_path):
    wanted = Wanted(model=FACTS.hub)
    assert PaddleOcrVl.fetches(wanted)
    PaddleOcrVl.fetch(wanted)
    assert not PaddleOcrVl.fetches(wanted)
    assert PaddleOcrVl.probe_for(wanted).state == "usable"
    assert hub.sent["model.safetensors"] == 2
    shutil.rmtree(next((tmp_path / "hub").glob("models--PaddlePaddle--PP-DocLayout*")))
    assert PaddleOcrVl.fetches(wanted)
    PaddleOcrVl.fetch(wanted)
    assert hub.sent["model.safetensors"] == 3, "the layout model alone"
    assert PaddleOcrVl.probe_for(wanted).state == "usable"
