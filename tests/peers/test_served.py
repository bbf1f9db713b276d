"""Against a real server of this kind: ``transformers serve`` with a tiny Qwen2-VL that has learnt the canary page by heart."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from tests.support.asking import HASTY
from tests.support.checkpoints import trained
from tests.support.pages import ArrayPage
from tests.support.waiting import until

from ocroute.engines.base import Task
from ocroute.engines.neural import canary
from ocroute.engines.openai import OpenAi
from ocroute.engines.openai.retry import Limits
from ocroute.errors import EngineUnavailable

BY_HEART = trained("by_heart")
_RUNNING = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:[1-9]\d*)")
TEMPLATE = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}"
    "{% if c.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ c.text }}{% endif %}{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """The tiny model, with what a server needs besides: a chat template, and a processor.

    Qwen2-VL's own processor wants torchvision for its videos; PaddleOCR-VL's, which has none, counts image tokens the same way.
    """
    folder = tmp_path_factory.mktemp("weights") / "Qwen2-VL-by-heart"
    shutil.copytree(BY_HEART, folder)
    for name, more in (
        ("preprocessor_config.json", {"processor_class": "PaddleOCRVLProcessor"}),
        (
            "tokenizer_config.json",
            {"extra_special_tokens": {"image_token": "<|image_pad|>"}, "pad_token": "<|endoftext|>"},
        ),
    ):
        file = folder / name
        file.write_text(json.dumps(json.loads(file.read_text()) | more))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return folder


@pytest.fixture(scope="session")
def served(checkpoint, tmp_path_factory):
    """The base URL of a running server, which takes a free port and says which."""
    home = tmp_path_factory.mktemp("hub")
    (home / "hub").mkdir()
    log = home / "log"
    command = [Path(sys.executable).with_name("transformers"), "serve", checkpoint, "--device", "cpu"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*map(str, command), "--host", "127.0.0.1", "--port", "0"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        )
    try:
        until(lambda: process.poll() is not None or _RUNNING.search(log.read_text()))
        assert process.poll() is None, log.read_text()
        yield f"{_RUNNING.search(log.read_text())[1]}/v1"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def engine(served, checkpoint):
    made = OpenAi(Task(base_url=served, model=str(checkpoint)), limits=Limits(page=60.0))
    yield made
    made.close()


@pytest.fixture
def page():
    return ArrayPage(canary.page())


def test_it_reads_pages_in_order(engine, page):
    strips = np.asarray(canary.page())
    other = strips.copy()  # the first line below the others, which the model has seen too
    other[20:158], other[158:204] = strips[66:204], strips[20:66]
    readings = [engine.read_page(each, Task()) for each in (page, ArrayPage(other), page)]
    assert [reading.text.split()[0] for reading in readings] == ["Grey", "by", "Grey"]
    assert readings[0].text == canary.TRUTH
    assert readings[0].finish == "stop"
    assert readings[0].model.partition("@")[0] == engine._model.id
    assert readings[0].settings["tokens"] > 60
    assert readings[0].versions["server"] == "uvicorn"


def test_an_answer_that_is_cut_says_so(engine, page):
    short = replace(engine._served.modes["text"], max_new_tokens=9)
    engine._served = replace(engine._served, modes={"text": short})
    reading = engine.read_page(page, Task())
    assert reading.finish == "length"
    assert reading.settings["tokens"] == 9
    assert canary.TRUTH.startswith(reading.text)


def test_a_model_that_it_does_not_serve(served, checkpoint):
    with pytest.raises(EngineUnavailable, match=r"400 Bad Request: Server is pinned to .*Qwen2-VL-by-heart"):
        OpenAi(Task(base_url=served, model="another"), limits=HASTY)
    only = OpenAi(Task(base_url=served), limits=Limits(page=60.0))  # of which its list names one
    assert only._model.id.partition("@")[0].endswith("Qwen2-VL-by-heart")
    only.close()


def test_the_command_reads_a_page_with_it(served, checkpoint, tmp_path):
    file = tmp_path / "page.png"
    canary.page().save(file)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ocroute", "read", file, "--engine", "openai", "--base-url", served),
            *("--model", checkpoint, "--format", "json", "-q"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    (record,) = json.loads(done.stdout)["pages"]
    assert record["verdict"]["status"] == "accepted"
    assert record["blocks"][0]["text"] == canary.TRUTH
    assert record["provenance"]["engine"] == "openai"
    assert record["provenance"]["settings"]["base_url"] == served


STARTS_IT = """
import os, sys
if sys.argv[1:] == ["--version"]:
    sys.exit(print("0.24.0"))
given = dict(zip(sys.argv[3::2], sys.argv[4::2]))
name, port = given["--served-model-name"], given["--port"]
os.chdir({folder!r})
os.symlink(sys.argv[2], name)  # this server calls a model by the folder that it was given
os.execv({program!r}, [{program!r}, "serve", name, "--device", "cpu", "--host", given["--host"], "--port", port])
"""


def test_a_server_that_we_start_ourselves(checkpoint, tmp_path):
    """As ``--runtime vllm`` does with vLLM: the same commands, another program behind them."""
    page, program = tmp_path / "page.png", tmp_path / "vllm"
    canary.page().save(page)
    (tmp_path / "hub").mkdir()
    transformers = str(Path(sys.executable).with_name("transformers"))
    program.write_text(f"#!{sys.executable}{STARTS_IT.format(folder=str(tmp_path), program=transformers)}")
    program.chmod(0o755)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ocroute", "read", page, "--engine", "qwen2_vl", "--runtime", "vllm"),
            *("--model", checkpoint, "--format", "json", "--task", "text"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OCROUTE_VLLM": str(program), "HF_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    (record,) = json.loads(done.stdout)["pages"]
    assert record["blocks"][0]["text"] == canary.TRUTH
    assert record["provenance"]["engine"] == "qwen2_vl"
    settings = record["provenance"]["settings"]
    assert settings["runtime"] == "vllm 0.24.0"
    with pytest.raises(httpx.ConnectError):  # it has ended with the command
        httpx.get(settings["base_url"], trust_env=False)
