"""Proofs are kept whole, found again as long as nothing has changed, and survive accidents."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.support.waiting import PATIENCE

from ocroute.errors import OutputError, UsageError
from ocroute.kernels.base import Problem
from ocroute.kernels.ledger import Ledger, home, staleness
from ocroute.kernels.probe import PROBE_VERSION, Measure, Outcome, Place, Proof
from ocroute.kernels.redaction import redacted

PLACE = Place("NVIDIA GeForce RTX 5070 Ti", (12, 0), "590.48", "2.13.0+cu130")
PROBLEM = Problem(128, 12, 12, False, "bfloat16", (19_824,))
VERSIONS = {"flash4": "4.0.0b36"}
PROOF = Proof(
    "flash4",
    "4.0.0b36",
    PROBLEM,
    PLACE,
    "proven",
    "right in 20 cases",
    outcomes=(Outcome("pack", "passed", 0.003, 0.01, own=True), Outcome("graph", "not_run", reason="none")),
    measure=Measure(3.3, 665.0, 60.5, 50),
    seconds=4.2,
    date="2026-11-22T12:00:00Z",
)


def changed(**changes):
    return msgspec.structs.replace(PROOF, **changes)


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "proofs")


def test_a_proof_comes_back_as_it_went_in(ledger):
    path = ledger.record(PROOF)
    assert ledger.proofs() == [PROOF]
    assert ledger.fresh(PLACE, VERSIONS) == [PROOF]
    assert ledger.stale(PLACE, VERSIONS) == []
    assert path.parent.name == "nvidia-geforce-rtx-5070-ti"
    assert json.loads(path.read_text())["measure"]["tflops"] == 665.0
    assert not list(path.parent.glob(".*"))


def test_a_later_proof_takes_the_place_of_an_earlier_one_under_the_same_key_only(ledger):
    ledger.record(PROOF)
    again = changed(verdict="wrong", reason="pack: off", case="pack")
    ledger.record(again)
    assert ledger.proofs() == [again]
    others = [
        changed(problem=Problem(128, 12, 12, False, "bfloat16", (57_600,))),
        changed(problem=Problem(128, 12, 2, True, "bfloat16", (19_824,))),
        changed(version="4.0.0b37"),
        changed(kernel="flash2"),
        changed(probe=PROBE_VERSION + 1),
        changed(place=msgspec.structs.replace(PLACE, driver="600.1")),
        changed(place=msgspec.structs.replace(PLACE, device="NVIDIA GeForce RTX 5090")),
    ]
    for other in others:
        ledger.record(other)
    assert len(ledger.proofs()) == 1 + len(others)


@pytest.mark.parametrize(
    ("place", "versions", "words"),
    [
        (msgspec.structs.replace(PLACE, driver="600.1"), VERSIONS, "the driver was 590.48 and is 600.1"),
        (msgspec.structs.replace(PLACE, torch="2.14.0"), VERSIONS, "torch was 2.13.0+cu130 and is 2.14.0"),
        (msgspec.structs.replace(PLACE, capability=(12, 1)), VERSIONS, "its compute capability was 12.0 and is 12.1"),
        (msgspec.structs.replace(PLACE, device="NVIDIA H200"), VERSIONS, "RTX 5070 Ti and is NVIDIA H200"),
        (PLACE, {"flash4": "4.0.0b37"}, "flash4 was 4.0.0b36 and is 4.0.0b37"),
        (PLACE, {}, "flash4 was 4.0.0b36 and is none"),
    ],
)
def test_whatever_changes_makes_a_proof_stale(ledger, place, versions, words):
    ledger.record(PROOF)
    assert ledger.fresh(place, versions) == []
    [stale] = ledger.stale(place, versions)
    assert stale.proof == PROOF
    assert words in stale.reason


def test_a_proof_by_another_probe_is_stale():
    assert staleness(changed(probe=PROBE_VERSION - 1), PLACE, VERSIONS).startswith("the probe was ")
    assert staleness(PROOF, PLACE, VERSIONS) == ""


@pytest.mark.parametrize("damage", [lambda body: body[:-40], lambda _: b"", lambda _: b"\xff\xfe", lambda _: b"{}"])
def test_a_file_that_cannot_be_read_is_set_aside_and_said(ledger, damage, caplog):
    kept = changed(kernel="flash2", version="2.8.3")
    ledger.record(kept)
    path = ledger.record(PROOF)
    path.write_bytes(damage(path.read_bytes()))
    assert ledger.proofs() == [kept]
    [aside] = ledger.set_aside
    assert aside.exists()
    assert not path.exists()
    assert aside.name in caplog.messages[0]
    assert ledger.proofs() == [kept]
    assert ledger.set_aside == []
    ledger.record(PROOF)
    assert len(ledger.proofs()) == 2


def test_a_folder_that_cannot_be_made_is_an_error_with_a_next_step(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="OCROUTE_HOME"):
        Ledger(tmp_path / "file" / "proofs").record(PROOF)


def test_no_proofs_are_no_error(ledger):
    assert ledger.proofs() == []


def test_the_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("OCROUTE_HOME", str(tmp_path / "here"))
    assert home() == tmp_path / "here"
    assert Ledger().folder == tmp_path / "here" / "proofs"
    monkeypatch.delenv("OCROUTE_HOME")
    assert home().name == "ocroute"


def test_an_export_holds_all_and_tells_no_card_from_another_of_its_kind(ledger):
    ledger.record(PROOF)
    whole = json.loads(ledger.export())
    assert msgspec.convert(whole["proofs"], list[Proof]) == [PROOF]
    assert whole["machine"]["cores"] >= 1
    assert all(gpu["uuid"] == "" for gpu in whole["machine"]["gpus"])


def test_an_export_does_not_tell_whose_machine_it_is(ledger, monkeypatch):
    monkeypatch.setattr("pathlib.Path.home", lambda: Path("/home/alice"))
    monkeypatch.setattr("getpass.getuser", lambda: "alice")
    monkeypatch.setattr("platform.node", lambda: "wonderland.example.org")
    said = (
        "the process exited with code 1; its last words: [wonderland:4242] alice: cannot open "
        "/home/alice/venv/lib/python3.11/site-packages/flash_attn/libflash.so: undefined symbol"
    )
    ledger.record(
        changed(
            verdict="crashed", reason=said, outcomes=(Outcome("pack", "raised", reason="in /srv/secret/job/x.py:3"),)
        )
    )
    whole = ledger.export().decode()
    assert not [word for word in ("alice", "wonderland", "secret", "venv") if word in whole]
    [proof] = json.loads(whole)["proofs"]
    assert proof["reason"] == (
        "the process exited with code 1; its last words: [HOST:4242] USER: cannot open "
        ".../flash_attn/libflash.so: undefined symbol"
    )
    assert proof["outcomes"][0]["reason"] == "in .../x.py:3"
    assert ledger.proofs()[0].reason == said, "what is kept is as it was"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("12 heads on 2, 3.5 GB/s and 1/2 of it", "12 heads on 2, 3.5 GB/s and 1/2 of it"),
        ("head_dim 96/128 at sm_90a", "head_dim 96/128 at sm_90a"),
        ("see ~/models/x.bin", "see .../x.bin"),
        (r"C:\Users\Alice\torch\lib\c10.dll was not found", ".../c10.dll was not found"),
        ("(/opt/a/b.so+0x12)", "(.../b.so+0x12)"),
        ("'/opt/a b/c/d.so': no such file", "'.../d.so': no such file"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("", ""),
    ],
)
def test_only_paths_are_cut(text, left):
    assert redacted(text) == left


def test_an_export_of_nothing_says_what_to_do(ledger, tmp_path):
    with pytest.raises(UsageError, match=r"there are no proofs in .*Run: ocroute prove"):
        ledger.export()
    ledger.record(PROOF)
    ledger.export_to(tmp_path / "proofs.json")
    assert len(json.loads((tmp_path / "proofs.json").read_bytes())["proofs"]) == 1
    with pytest.raises(OutputError, match="Name another file"):
        ledger.export_to(tmp_path / "none" / "proofs.json")


WRITER = """
import sys, msgspec
from pathlib import Path
from ocroute.kernels.redaction import redacted
from ocroute.kernels.ledger import Ledger
from ocroute.kernels.probe import Proof
ledger = Ledger(Path(sys.argv[1]))
proof = msgspec.json.decode(sys.argv[2], type=Proof)
for number in range(150):
    ledger.record(msgspec.structs.replace(proof, seconds=float(number), reason="x" * (number * 40)))
    assert len(ledger.proofs()) == 1 and not ledger.set_aside, ledger.set_aside
"""


def test_writers_and_readers_in_several_processes_see_whole_proofs(ledger):
    ledger.record(PROOF)
    command = [sys.executable, "-c", WRITER, str(ledger.folder), msgspec.json.encode(PROOF).decode()]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for writer in writers:
        assert writer.communicate(timeout=PATIENCE)[1] == ""
        assert writer.returncode == 0
    [last] = ledger.proofs()
    assert last.seconds == 149
    assert [path.name for path in Path(ledger.folder).glob("*/*") if path.suffix != ".json"] == []
