"""What came of the canary page is kept, and ``ocroute doctor`` can tell it."""

import shutil
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from tests.support.checkpoints import trained

from ocroute.cli.draw_models import canary_table
from ocroute.engines.base import ENGINES, Task, Wanted
from ocroute.engines.neural import weights
from ocroute.engines.neural.canary import history
from ocroute.engines.neural.model_status import model_rows
from ocroute.errors import EngineUnavailable
from ocroute.kernels.ledger import home
from ocroute.machine import Gpu, Machine
from ocroute.route import machine_survey
from ocroute.route.machine_survey import statuses
from ocroute.route.plan import Wish

BY_HEART = trained("by_heart")

RECORD = history.Canary(
    "dots_ocr", "/models/dots", "ab" * 32, "NVIDIA X", "bfloat16", {"torch": "2.11.0", "transformers": "5.23.0"},
    {"vision": {"kernel": "flash4", "proven": True, "reason": "the fastest"}}, True, "Grey herons", "2026-11-22T10:00:00Z",
)  # fmt: skip


def described(*gpus: Gpu) -> Machine:
    return Machine("Linux", "x86_64", "a processor", 4, 32_000, 20_000, "3.11", gpus, libraries={"torch": "2.11.0"})


def rows(machine=None, canaries=(), model=None):
    """Row by engine; ``model``: weights of qwen2_vl that are looked at."""
    seen = statuses(Wish("qwen2_vl", Wanted(model=str(model)))) if model else statuses()
    engines = {name: (status.info, status.availability) for name, status in seen.items()}
    return {row.engine: row for row in model_rows(engines, machine or described(), None, canaries)}


def of_by_heart(**changes):
    """The record that the model in BY_HEART leaves on a processor."""
    read = msgspec.structs.replace(
        RECORD, engine="qwen2_vl", model="/an/earlier/place", weights=weights.digest(BY_HEART), device="cpu"
    )
    return msgspec.structs.replace(read, **changes)


def test_a_model_that_reads_leaves_a_record(babbling):
    engine = babbling("qwen2_vl")
    record = history.newest(history.kept(), "qwen2_vl")
    assert record.read
    assert record.seen == "babble"
    assert record.weights == engine._digest
    assert record.versions["torch"]
    assert record.kernels["vision"]["kernel"] == "sdpa"
    assert not record.outdated(record.versions)


def test_a_model_that_does_not_read_leaves_the_sentence(random_checkpoint, monkeypatch):
    monkeypatch.setattr("ocroute.engines.neural.base.CANARY_TOKENS", 32)
    with pytest.raises(EngineUnavailable) as caught:
        ENGINES.load("qwen2_vl")(Task(model=str(random_checkpoint("qwen2_vl"))))
    record = history.newest(history.kept(), "qwen2_vl")
    assert not record.read
    assert record.seen == caught.value.message


def test_a_later_result_takes_the_place_of_an_earlier_one():
    history.keep(RECORD)
    history.keep(msgspec.structs.replace(RECORD, read=False, seen="it does not see", date="2026-11-23T10:00:00Z"))
    assert len(list((home() / "canary").iterdir())) == 1, "no draft is left behind"
    history.keep(msgspec.structs.replace(RECORD, device="NVIDIA Y", date="2026-11-21T10:00:00Z"))
    first, second = history.kept()
    assert (first.device, first.seen) == ("NVIDIA X", "it does not see")
    assert second.device == "NVIDIA Y", "another device has a result of its own"


def test_only_the_result_of_the_same_weights_on_the_same_device_is_shown():
    others = (
        of_by_heart(weights="cd" * 32, read=False, seen="another checkpoint is blind", date="2026-11-25T10:00:00Z"),
        of_by_heart(device="NVIDIA X", read=False, seen="a card overflows", date="2026-11-24T10:00:00Z"),
    )
    assert rows(canaries=others, model=BY_HEART)["qwen2_vl"].canary is None
    assert rows(canaries=(*others, of_by_heart()), model=BY_HEART)["qwen2_vl"].canary == of_by_heart()
    card = described(Gpu("NVIDIA X", 16_384, 15_000, (8, 6)))
    assert rows(card, others, BY_HEART)["qwen2_vl"].canary == others[1]


def test_weights_that_are_not_here_have_no_result():
    row = rows(canaries=(of_by_heart(),))["qwen2_vl"]
    assert row.canary is None
    assert row.named == "/an/earlier/place", "but where the last ones were is told"


def test_no_plan_is_decided_by_what_a_canary_page_once_gave(monkeypatch):
    """Each process that loads a model has it read anew: the result of other weights, or of these yesterday, refuses nothing."""
    for asked in (history, machine_survey):
        monkeypatch.setattr(asked, "kept", lambda: pytest.fail("a plan asked for results"))
    assert machine_survey.plan_here(Wish()).routes
    assert "qwen2_vl" in machine_survey.plan_here(Wish("qwen2_vl", Wanted(model=str(BY_HEART)))).routes


def test_a_home_that_cannot_be_written_costs_no_page(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OCROUTE_HOME", str(tmp_path / "file"))
    history.keep(RECORD)
    assert history.kept() == ()


def test_a_file_that_is_no_record_is_passed_over():
    history.keep(RECORD)
    (home() / "canary" / "odd.json").write_text("{")
    assert history.kept() == (RECORD,)


def test_every_neural_engine_has_a_row_in_the_order_of_trying():
    found = rows()
    assert list(found)[:3] == ["dots_ocr", "deepseek_ocr2", "deepseek_ocr"]
    assert {name for name, status in statuses().items() if status.info.kind == "vlm"} == set(found)
    assert all(row.need_mb > 2000 for row in found.values())
    dots = found["dots_ocr"]
    assert (dots.state, dots.device, dots.free_mb) == ("absent", "the CPU", 20_000)
    assert "--model rednote-hilab/dots.ocr" in dots.get
    assert dots.need_mb == 2 * ENGINES.load("dots_ocr").info.gpu_mb


def test_a_small_card_is_told_apart_from_a_large_one():
    small, large = (rows(described(Gpu("card", mb, mb - 500, (8, 6))))["dots_ocr"] for mb in (6_144, 16_384))
    assert not small.fits
    assert large.fits


def test_a_result_of_other_versions_is_called_so():
    later = of_by_heart(versions={"torch": "2.9.0", "transformers": "5.23.0"})
    assert rows(canaries=[later], model=BY_HEART)["qwen2_vl"].outdated == "torch was 2.9.0 and is 2.11.0"
    assert not rows(canaries=[of_by_heart()], model=BY_HEART)["qwen2_vl"].outdated


def test_the_table_shows_weights_memory_and_the_last_result():
    out = Console(width=200, record=True, file=StringIO())
    failed = of_by_heart(read=False, seen="qwen2_vl does not see the image")
    out.print(canary_table(list(rows(canaries=[RECORD, failed], model=BY_HEART).values())))
    text = out.export_text()
    assert text.count("To fetch them: ocroute read PAGE") == 1, "said once, not in every row"
    for wanted in (
        "not here: rednote-hilab/dots.ocr, 6.1 GB",
        "as last time: --model /models/dots",
        "14,100 MiB of 20,000 free",
        "does not see the image",
        "/an/earlier/place, cpu, bfloat16, vision flash4",
        "of other weights only",
        "never loaded here",
    ):
        assert wanted in text


def test_weights_in_a_folder_of_the_user_s_are_shown_where_they_are(monkeypatch, tmp_path):
    shutil.copytree(BY_HEART, tmp_path / "models" / "qwen2_vl")
    monkeypatch.setenv("OCROUTE_MODELS", str(tmp_path / "models"))
    found = rows()
    assert (found["qwen2_vl"].state, found["qwen2_vl"].weights) == ("usable", str(tmp_path / "models" / "qwen2_vl"))
    assert found["dots_ocr"].weights == (
        "not here: rednote-hilab/dots.ocr, 6.1 GB; "
        f"there is no folder {tmp_path / 'models' / 'dots_ocr'}, in which OCROUTE_MODELS would have them"
    )


@pytest.mark.parametrize(
    ("folder", "state", "words"),
    [
        (BY_HEART, "usable", str(BY_HEART)),
        (BY_HEART.parent, "absent", "holds no model, but a folder in it does"),
        (Path(__file__).parent, "absent", "holds no readable config.json"),
    ],
    ids=[
        "a checkpoint",
        "a folder of checkpoints",
        "no checkpoint",
    ],  # the folder's name differs from process to process
)
def test_weights_that_the_user_names_are_looked_at(folder, state, words):
    engines = statuses(Wish("qwen2_vl", Wanted(model=str(folder))))
    both = {name: (status.info, status.availability) for name, status in engines.items()}
    row = next(row for row in model_rows(both, described()) if row.engine == "qwen2_vl")
    assert (row.state, row.lacking) == (state, False)
    assert words in row.weights
