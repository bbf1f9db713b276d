"""The bench of what judging costs: its page is one that the judge accepts and could refuse, and its model really computes."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra vlm: pip install 'ocroute[vlm]'")
pytest.importorskip("transformers", reason="needs the extra vlm: pip install 'ocroute[vlm]'")

from bench.dictation import Dictation, checkpoint, config_for, tokenizer
from bench.dots_generate import generate
from bench.pages.full_letter import SENTENCES, full, small
from tests.support.waiting import PATIENCE

from ocroute.engines.base import Reading, Task
from ocroute.engines.dots_ocr import DotsOcr
from ocroute.judge import judge
from ocroute.models.dots_ocr.answer import parse
from ocroute.models.dots_ocr.input_size import InputSize
from ocroute.models.dots_ocr.model_inputs import prepare
from ocroute.pages import open_input

ROOT = Path(__file__).parents[2]


def verdict(page, sheet):
    answer = sheet.answer(InputSize(*sheet.image.size))
    blocks = parse(answer, InputSize(*sheet.image.size), sheet.image.size)
    return judge(page, Reading(blocks=blocks, raw=answer), engine=DotsOcr.info, task=Task()).status


@pytest.mark.parametrize("drawn", [full, small])
def test_the_judge_accepts_the_page_as_it_is_and_not_with_a_part_left_out(drawn, tmp_path):
    sheet = drawn()
    sheet.image.save(tmp_path / "page.png", dpi=(200, 200))
    with open_input(tmp_path / "page.png") as source:
        page = source.page(1)
        assert verdict(page, sheet) == "accepted"
        assert verdict(page, replace(sheet, cells=sheet.cells[: len(sheet.cells) // 2])) == "doubtful"


def test_a_model_writes_what_it_is_told_and_still_computes(tmp_path):
    words = tokenizer(SENTENCES)
    loaded = checkpoint(tmp_path / "model", words, config_for(words, tiny=True), "cpu")
    inputs = prepare(loaded, small().image, "Read.")
    answer = loaded.tokenizer.encode("Total due: 395.60<|endofassistant|>", add_special_tokens=False)
    dictation = Dictation({inputs.input_ids.shape[1]: answer})
    with dictation.given():
        assert generate(loaded, inputs, 100) == ("Total due: 395.60", "stop")
        inputs.pixel_values.neg_()
        assert generate(loaded, inputs, 100).text == "Total due: 395.60"
    dark, light = (each.tolist() for each in dictation.likeliest)
    assert dark != answer
    assert dark != light  # it looks at the page, although its answer does not depend on it
    assert generate(loaded, inputs, len(answer)).text != "Total due: 395.60"


def test_the_bench_itself(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.neural_overhead",
            "--tiny",
            "--prove",
            "no",
            "--seconds",
            "0",
            "--json",
            str(tmp_path / "neural-overhead.json"),
        ],
        cwd=ROOT,
        env=os.environ | {"OCROUTE_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "neural-overhead.json").read_text())
    assert record["checks"] == {
        "both give the page's text": True,
        "both agree in the likeliest tokens as one with itself": True,
        "on proven kernels": False,  # none was proven
    }
    assert record["agreement"] == {"alike": 1.0, "apart": 1.0}, (
        "on one thread of a processor nothing is decided by chance"
    )
    assert not record["ok"]
    assert all(seconds > 0 for seconds in record["steps"]["whole"].values())
    assert sum(record["steps"]["whole"].values()) == pytest.approx(record["seconds"]["whole"][0], rel=0.01)
    assert record["once"]["load"] > record["once"]["canary"] > 0
    assert not (tmp_path / "home" / "canary").exists()  # that these weights "read" is no news for doctor
