"""``--runtime vllm`` with a program that stands in for vLLM: started, asked and ended; its faults end nobody's reading."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from tests.support.checkpoints import trained
from tests.support.pages import ArrayPage
from tests.support.scripted_vllm import put_into

from ocroute.engines.base import ENGINES, Request, Task, Wanted
from ocroute.engines.neural import canary
from ocroute.engines.vllm.installed_vllm import InstalledVllm, find, runtimes
from ocroute.engines.vllm.running_vllm import RunningVllm, arguments, share_of
from ocroute.engines.vllm.under_vllm import UnderVllm
from ocroute.errors import EngineUnavailable, UsageError
from ocroute.machine import Gpu
from ocroute.route.loaded_engines import LoadedEngines
from ocroute.route.wish import Wish, check_options

QWEN, DOTS = ENGINES.load("qwen2_vl"), ENGINES.load("dots_ocr")
BY_HEART = trained("by_heart")  # a tiny Qwen2-VL that reads the canary page and no other


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """One with a vLLM; what it was told, start by start."""
    monkeypatch.setenv("OCROUTE_VLLM", str(put_into(tmp_path / "env")))
    monkeypatch.setenv("VLLM_API_KEY", "for another server")
    return lambda: [json.loads(line) for line in (tmp_path / "env" / "told.jsonl").read_text().splitlines()]


@pytest.fixture
def behave(monkeypatch):
    return lambda how: monkeypatch.setenv("SCRIPTED_VLLM", how)


@pytest.fixture
def engine():
    made = []

    def build(kind=QWEN, model=BY_HEART):
        made.append(UnderVllm(kind, Task(model=str(model), runtime="vllm")))
        return made[-1]

    yield build
    for one in made:
        one.close()


@pytest.fixture
def running():
    made = []

    def start(kind=QWEN, **limits):
        facts = kind.facts
        made.append(RunningVllm(find(), Path("weights"), facts.name, facts.served.vllm, None, **limits))
        return made[-1]

    yield start
    for one in made:
        one.close()


def requests(count, page=None):
    return [Request(page or ArrayPage(np.full((64, 96, 3), level, np.uint8)), Task()) for level in range(count)]


def is_there(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_is_started_asked_and_ended(engine, environment):
    one = engine()
    pages = requests(5)
    answers = dict(one.read(pages))
    assert [answers[page].text for page in pages] == [f"grey {level}" for level in range(5)]
    assert answers[pages[0]].settings["runtime"] == "vllm 0.24.0"
    assert answers[pages[0]].versions["vllm"] == "0.24.0"
    assert one.info == QWEN.info
    (told,) = environment()
    assert told["arguments"][:2] == ["serve", str(BY_HEART)]
    assert told["plugins"] == []
    assert told["env"] == {"VLLM_API_KEY": "", "HF_HUB_OFFLINE": "1", "OCROUTE_VLLM_CONFIGURATION": None}
    assert is_there(told["pid"])
    one.close()
    assert not is_there(told["pid"])


def test_it_ends_when_another_model_is_loaded(environment):
    engines = LoadedEngines()
    engines.get("qwen2_vl", Task(model=str(BY_HEART), runtime="vllm"), lambda _: None)
    assert is_there(environment()[0]["pid"])
    engines.close()
    assert not is_there(environment()[0]["pid"])


def test_a_model_that_transformers_lacks_comes_with_a_plug_in_and_without_its_own_code(running, environment):
    running(DOTS)
    (told,) = environment()
    assert told["plugins"] == ["ocroute_registering"]
    assert told["env"]["OCROUTE_VLLM_CONFIGURATION"].startswith("dots_ocr=vllm.")
    assert not any("trust" in argument for argument in told["arguments"])


@pytest.mark.parametrize(
    ("total", "free", "share"), [(143_771, 141_757, "0.90"), (12_282, 11_000, "0.82"), (24_564, 300, "0.01")]
)
def test_it_takes_no_more_memory_than_is_free(total, free, share):
    gpu = Gpu("a card", total, free, (9, 0))
    assert share_of(gpu) == ["--gpu-memory-utilization", share]
    assert float(share) * total <= free
    assert share_of(gpu)[1] in arguments(Path("w"), "dots_ocr", DOTS.facts.served.vllm, 8000, gpu)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "the GPU's memory does not suffice"),
        ("ValueError: Free memory on device is less than desired GPU memory utilization (0.9)", "the GPU's memory"),
        ("ValueError: please pass the argument `trust_remote_code=True`", "own code only, which is never run.*Update"),
        ("ValueError: Model architectures ['X'] are not supported for now.", "too old for this model"),
        ("error: unrecognized arguments: --mm-processor-cache-gb 0", "too old for this model, or too new for us"),
        ("RuntimeError: a fault that nobody has seen", r"See .*\.log"),
    ],
)
def test_why_it_did_not_start(running, environment, behave, said, words):
    behave(said)
    with pytest.raises(EngineUnavailable, match=rf"vLLM 0\.24\.0 did not start: .*{words}"):
        running()
    assert not is_there(environment()[0]["pid"])


def test_one_that_never_becomes_ready_is_given_up(running, environment, behave):
    behave("silent")
    with pytest.raises(EngineUnavailable, match="not ready within 6 seconds"):
        running(seconds=6.0)
    assert not is_there(environment()[0]["pid"])


def test_a_port_that_was_taken_meanwhile_is_another_s(running, environment, behave):
    behave("port taken once")
    assert running().running
    first, second = [told["arguments"][5] for told in environment()]
    assert first != second


@pytest.mark.parametrize(
    ("how", "last_words"),
    [("dies after 3", "illegal memory access"), ("is killed after 3", r"killed \(SIGKILL[^:]*: it said nothing;")],
)
def test_the_pages_of_one_that_dies_are_read_here(engine, environment, behave, caplog, how, last_words):
    behave(how)
    one = engine()
    pages = [Request(ArrayPage(sheet), Task()) for sheet in np.repeat(np.asarray(canary.page())[None], 6, 0)]
    for number, page in enumerate(pages):
        page.page.pixels[0, 0] = number  # the stand-in knows the canary page by all its pixels, the model by its text
    texts = [answer.text for _, answer in one.read(iter(pages))]
    assert sorted(texts) == [canary.TRUTH] * 3 + ["read by vLLM"] * 3
    assert re.search(last_words, caplog.text)
    assert "reads without vLLM" in caplog.text
    assert not is_there(environment()[0]["pid"])
    ((_, later),) = one.read(requests(1, ArrayPage(canary.page())))
    assert later.text == canary.TRUTH
    assert "runtime" not in later.settings


def test_without_vllm_the_engine_reads_itself(engine, monkeypatch, tmp_path, caplog):
    monkeypatch.delenv("OCROUTE_VLLM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    ((_, reading),) = engine().read(requests(1, ArrayPage(canary.page())))
    assert reading.text == canary.TRUTH
    assert "there is no vLLM in this environment" in caplog.text


def test_a_name_that_is_no_program(tmp_path):
    with pytest.raises(EngineUnavailable, match="OCROUTE_VLLM names /nowhere/vllm, which is no program"):
        find({"OCROUTE_VLLM": "/nowhere/vllm"})


def test_its_version_is_read_from_its_environment_or_asked_for(tmp_path):
    listed, silent = put_into(tmp_path / "a", "0.30.1"), put_into(tmp_path / "b", "")
    assert find({"OCROUTE_VLLM": str(listed)}) == InstalledVllm(listed, "0.30.1")
    assert find({"OCROUTE_VLLM": str(silent)}).version == "0.24.0"


def test_doctor_names_what_is_there_and_starts_nothing(tmp_path):
    program = put_into(tmp_path / "env")
    (line,) = runtimes({"OCROUTE_VLLM": str(program)})
    assert line.startswith(f"vLLM 0.24.0 at {program}: --engine NAME --runtime vllm")
    assert not (tmp_path / "env" / "told.jsonl").exists()
    assert runtimes({"OCROUTE_VLLM": "/nowhere/vllm"}) == ["OCROUTE_VLLM=/nowhere/vllm is no program"]
    program.rename(program.with_name("sglang"))
    (line,) = runtimes({"PATH": str(program.parent)})
    assert line.startswith("SGLang at ")
    assert "name it with --base-url" in line
    assert runtimes({"PATH": str(tmp_path)}) == []


def test_one_that_is_too_old_is_not_started(monkeypatch, tmp_path, caplog):
    old = put_into(tmp_path / "old", "0.10.2")
    monkeypatch.setenv("OCROUTE_VLLM", str(old))
    with pytest.raises(EngineUnavailable):  # the engine itself has no weights either
        UnderVllm(DOTS, Task(model=str(tmp_path), runtime="vllm"))
    assert "vLLM 0.10.2 at" in caplog.text
    assert "does not know dots_ocr, which 0.11 does" in caplog.text
    assert not (tmp_path / "old" / "told.jsonl").exists()


def test_models_and_runtimes_that_are_not_known():
    with pytest.raises(UsageError, match=r"not known for got_ocr2.*--engine openai"):
        UnderVllm(ENGINES.load("got_ocr2"), Task(runtime="vllm"))
    with pytest.raises(UsageError, match=r"no runtime 'sglang'.*Choose vllm"):
        check_options(Wish("dots_ocr", Wanted(runtime="sglang")), DOTS.info)
    with pytest.raises(UsageError, match="goes with one engine"):
        check_options(Wish("", Wanted(runtime="vllm")), None)
    with pytest.raises(UsageError, match="knows nothing of --runtime"):
        check_options(Wish("rapidocr", Wanted(runtime="vllm")), ENGINES.load("rapidocr").info)
