"""Published weights, fetched from a hub on this machine by the hub's own client, as a user asks for it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict

import huggingface_hub
import pytest
from huggingface_hub import constants
from tests.support import command as commands
from tests.support import hub as hubs
from tests.support.checkpoints import trained
from tests.support.waiting import PATIENCE, until

import ocroute as package
from ocroute.engines.base import ENGINES, Task, Wanted
from ocroute.engines.neural import availability, canary, fetching, weights
from ocroute.errors import EngineUnavailable, ExitCode
from ocroute.events import listening
from ocroute.route.plan import Wish
from ocroute.run import read_documents

MODEL = "someone/tiny-dots"
TINY = trained("dots_ocr")
LIGHT = {file.name for file in TINY.glob("*.json")}
"""What comes beside the weights, several files at once."""
DOTS = ENGINES.load("dots_ocr").facts


@pytest.fixture
def hub():
    with hubs.serving() as here:
        here.models[MODEL] = TINY
        yield here


@pytest.fixture
def at(tmp_path, monkeypatch):
    """Names the hub's address: to processes, and to this one, in which the client has read its environment long ago."""
    for name in ("HF_HUB_OFFLINE", "HF_TOKEN", "HF_HUB_CACHE", weights.MODELS):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "hf"
    monkeypatch.setenv("HF_HOME", str(home))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HOME", str(home))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))

    def name(url):
        monkeypatch.setenv("HF_ENDPOINT", url)
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")

    return name


@pytest.fixture(autouse=True)
def at_the_hub(at, hub):
    at(hub.url)


@pytest.fixture
def page(tmp_path):
    canary.page().save(tmp_path / "page.png")
    return tmp_path / "page.png"


@pytest.fixture
def ocroute(page):
    """The command that a user gives; a process of its own reads where ``jobs`` says so."""

    def run(*more, model=MODEL, command="read", jobs=0):
        pages = [page, "--jobs", jobs] if command == "read" else []
        return commands.ocroute(command, *pages, "--engine", "dots_ocr", "--model", model, *more)

    return run


def content(hub) -> list[str]:
    """The weight files that were asked for, each time."""
    return [path.rpartition("/")[2] for method, path in hub.asked if method == "GET" and path.endswith(".safetensors")]


def cached(tmp_path):
    return {file.name for file in (tmp_path / "hf").rglob("snapshots/*/*")}


@pytest.mark.slow
def test_what_the_user_names_is_fetched_once_and_read_with(hub, ocroute, tmp_path):
    """With workers, as it is by default, the second time; what lies in folders beside the model is left there."""
    folder = hub.models[MODEL] = shutil.copytree(TINY, tmp_path / "model")
    shutil.copytree(TINY, folder / "original")
    done = ocroute("--format", "json")
    assert done.returncode == ExitCode.OK, done.stderr
    (read,) = json.loads(done.stdout)["pages"]
    assert read["provenance"]["model"] == MODEL
    assert done.stderr.startswith(f"ocroute: fetching {MODEL}, ")
    assert done.stderr.count("\n") == 2, "what is fetched, and the last line"
    assert "model.safetensors" in hub.sent
    assert not [name for name in hub.sent if name.startswith("original")]
    hub.asked.clear()
    again = ocroute("--format", "json", jobs=1)
    assert again.returncode == ExitCode.OK, again.stderr
    assert hub.asked == [], "what is here is not asked for again"
    assert again.stderr.startswith("ocroute: 1 file, 1 page, 0 doubtful, 0 failed, ")


def test_doctor_looks_and_fetches_nothing(hub, ocroute):
    done = ocroute("--json", command="doctor")
    row = next(row for row in json.loads(done.stdout)["neural"] if row["engine"] == "dots_ocr")
    assert (row["state"], row["weights"]) == ("usable", MODEL)
    assert hub.asked == []


@pytest.mark.slow
def test_a_download_is_no_part_of_loading_and_its_progress_is_told(hub, page, tmp_path):
    """The client counts pieces of ten megabytes, more than a tiny model has: a text beside it has them."""
    folder = hub.models[MODEL] = shutil.copytree(TINY, tmp_path / "model")
    (folder / "notes.txt").write_bytes(bytes(35_000_000))
    hub.slow = 0.005
    said = []
    with listening(lambda event: said.append((type(event).__name__, asdict(event)))):
        (result,) = read_documents([page], Wish("dots_ocr", Wanted(model=MODEL)), jobs=1)
    assert result.statuses == ("accepted",)
    steps = [data for kind, data in said if kind == "Fetching"]
    total = sum(file.stat().st_size for file in folder.iterdir())
    assert {step["total"] for step in steps} == {total}
    assert steps[-1]["done"] == total
    assert [step["done"] for step in steps] == sorted(step["done"] for step in steps)
    assert len({step["done"] for step in steps if step["file"] == "notes.txt"}) >= 3
    kinds = [kind for kind, _ in said]
    assert kinds.index("Fetching") < kinds.index("RunStarted") < kinds.index("EngineLoading")


@pytest.mark.slow
def test_a_connection_that_breaks_off_is_one_line_and_goes_on_later(hub, ocroute, tmp_path):
    hub.breaks_at = 70_000
    broken = ocroute("--quiet")
    assert broken.returncode == ExitCode.UNAVAILABLE, broken.stderr
    assert f"{MODEL} cannot be fetched: " in broken.stderr
    assert (
        f"Run: ocroute read PAGE --engine dots_ocr --model {MODEL}, which keeps the files that have arrived"
        in broken.stderr
    )
    assert "Traceback" not in broken.stderr
    assert "tokenizer.json" in cached(tmp_path)
    hub.breaks_at, hub.sent = None, {}
    assert ocroute().returncode == ExitCode.OK
    assert hub.sent == {"model.safetensors": 1}, "what has arrived is kept"


@pytest.mark.slow
def test_interrupting_a_download_ends_it_at_once_and_keeps_what_is_there(hub, page, ocroute, tmp_path):
    hub.holds = True
    process = subprocess.Popen(
        [sys.executable, "-m", "ocroute", "read", str(page), "--engine", "dots_ocr", "--model", MODEL],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    until(lambda: content(hub) and cached(tmp_path) >= LIGHT)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, ""), err
    assert f"the files of {MODEL} that have arrived are kept; the same command fetches the others" in err
    assert "Traceback" not in err
    assert "tokenizer.json" in cached(tmp_path)
    hub.holds, hub.sent = False, {}
    assert ocroute().returncode == ExitCode.OK
    assert hub.sent == {"model.safetensors": 1}


def test_without_a_network_the_error_names_the_two_ways_on(ocroute, at, monkeypatch):
    at("http://127.0.0.1:9")
    done = ocroute()
    assert done.returncode == ExitCode.UNAVAILABLE
    assert f"{MODEL} cannot be fetched: ConnectError: " in done.stderr
    assert (
        f"hf download {MODEL} --local-dir FOLDER, and here: ocroute read PAGE --engine dots_ocr --model FOLDER"
        in done.stderr
    )
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    offline = ocroute()
    assert "HF_HUB_OFFLINE forbids it. Run: HF_HUB_OFFLINE=0 ocroute read PAGE" in offline.stderr
    assert done.stderr.count("\n") == offline.stderr.count("\n") == 1


def test_a_disk_without_room_is_said_before_the_first_byte(hub, ocroute, tmp_path):
    hub.sizes["model.safetensors"] = 10**15
    done = ocroute()
    assert done.returncode == ExitCode.UNAVAILABLE
    assert f"{MODEL} needs 1000000.0 GB in {tmp_path / 'hf' / 'hub'}, and " in done.stderr
    assert f"HF_HOME=FOLDER ocroute read PAGE --engine dots_ocr --model {MODEL}" in done.stderr
    assert hub.sent == {}


def test_a_model_that_there_is_not(ocroute):
    done = ocroute(model="someone/tiny-dosts")
    assert done.returncode == ExitCode.UNAVAILABLE
    assert "someone/tiny-dosts cannot be fetched: there is no folder of that name, and http://127.0.0.1" in done.stderr
    assert (
        "has no such model, or hides it. Run: ocroute read PAGE --engine dots_ocr --model rednote-hilab" in done.stderr
    )


def test_a_model_behind_terms(hub, ocroute):
    hub.gated.add(MODEL)
    done = ocroute()
    assert done.returncode == ExitCode.UNAVAILABLE
    assert "to those who have agreed to its terms. Run: hf auth login && ocroute read PAGE" in done.stderr


def test_another_kind_of_model_is_refused_before_its_weights_come(hub, ocroute):
    hub.models[MODEL] = trained("got_ocr2")
    done = ocroute()
    assert done.returncode == ExitCode.UNAVAILABLE
    assert "holds GotOcr2ForConditionalGeneration; dots_ocr reads DotsOCRForCausalLM" in done.stderr
    assert content(hub) == []


def test_a_model_without_safetensors_is_refused_before_anything_comes(hub, ocroute, tmp_path):
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "config.json").write_bytes((TINY / "config.json").read_bytes())
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    hub.models[MODEL] = tmp_path / "pickled"
    done = ocroute()
    assert done.returncode == ExitCode.UNAVAILABLE
    assert "has no safetensors files on the hub, and ocroute opens no others" in done.stderr
    assert hub.sent == {}


def test_a_revision_is_fetched_and_found_as_such(hub):
    model = f"{MODEL}@v2"
    assert weights.to_fetch(DOTS, model)
    folder = fetching.fetch(DOTS, model)
    assert weights.find(DOTS, model) == folder == weights.find(DOTS, MODEL)
    assert not weights.to_fetch(DOTS, model)
    assert any(path.endswith("/revision/v2") for _, path in hub.asked)


def test_gguf_files_on_the_hub_are_named_and_not_fetched(hub, tmp_path):
    folder = tmp_path / "gguf"
    folder.mkdir()
    (folder / "model-Q8_0.gguf").write_bytes(b"GGUF")
    hub.models["someone/model-GGUF"] = folder
    with pytest.raises(
        EngineUnavailable, match=r"someone/model-GGUF holds GGUF weights, which llama\.cpp and ollama"
    ) as said:
        fetching.fetch(DOTS, "someone/model-GGUF")
    assert "llama-server -hf someone/model-GGUF" in str(said.value)
    assert hub.sent == {}


@pytest.mark.slow
def test_damaged_files_in_the_cache_are_fetched_anew(hub, ocroute, tmp_path):
    huggingface_hub.snapshot_download(MODEL)
    for name in ("model.safetensors", "config.json"):
        (file,) = (tmp_path / "hf").rglob(f"snapshots/*/{name}")
        os.truncate(file, 500)
    hub.sent = {}
    assert ocroute().returncode == ExitCode.OK
    assert hub.sent == {"model.safetensors": 1, "config.json": 1}


def test_nothing_is_fetched_by_loading(hub):
    """An engine that is built by itself, without the run around it, does not reach for the network."""
    with pytest.raises(EngineUnavailable, match=f"^{MODEL} is not on this machine yet"):
        ENGINES.load("dots_ocr")(Task(model=MODEL))
    assert hub.asked == []


def test_an_engine_that_cannot_run_is_said_before_gigabytes_come(hub, page, monkeypatch):
    """Here the package that is missing is described; the run around it is real."""
    monkeypatch.setattr(availability, "installed", lambda name: "" if name == "torch" else "99")
    with pytest.raises(EngineUnavailable, match="torch is not installed"):
        package.read(page, engine="dots_ocr", model=MODEL)
    assert hub.asked == []


@pytest.mark.parametrize(
    "model", ["rednote-hilab/dots.ocr", "Qwen/Qwen2-VL-2B-Instruct", "a/b", "0x/_y", "stepfun-ai/GOT-OCR-2.0-hf"]
)
def test_what_is_a_hub_id(model):
    assert weights.is_hub_id(model)


@pytest.mark.parametrize(
    "model",
    [
        "",
        "dots",
        "./x",
        "../x/y",
        "/x/y",
        "~/x",
        "~nobody-here/x",
        "C:\\x",
        "C:/x/y",
        "a/b/c",
        "a//b",
        "a/",
        "/a",
        "a/.b",
        "a b/c",
    ],
)
def test_what_is_none_is_taken_for_a_folder_that_is_not_there(model):
    assert not weights.is_hub_id(model)
    facts = ENGINES.load("dots_ocr").facts
    if model:
        with pytest.raises(weights.EngineUnavailable) as caught:
            weights.find(facts, model)
        assert caught.value.message.startswith(f"there is no folder {model}, and it is no model on the hub either")
        assert "ocroute read PAGE --engine dots_ocr --model rednote-hilab/dots.ocr" in str(caught.value.next_step)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(weights.EngineUnavailable, match="is a file, and weights are named by their folder") as caught:
        weights.find(ENGINES.load("dots_ocr").facts, str(tmp_path / "model.safetensors"))
    assert str(caught.value.next_step) == f"Run: ocroute read PAGE --engine dots_ocr --model {tmp_path}"


def test_a_path_from_here_that_looks_like_a_hub_id_is_a_path(tmp_path, monkeypatch):
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    assert not weights.is_hub_id("some/file")
    assert weights.is_hub_id("some/other")
