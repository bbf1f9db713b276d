"""A tiny dots.ocr that reads is taught, stopped, gone on with, judged and merged: by the very steps of a published one."""

import pytest

pytest.importorskip("torch", reason="training needs the extra: pip install 'ocroute[finetune]'")
pytest.importorskip("transformers", reason="training needs the extra: pip install 'ocroute[finetune]'")

import json
import shutil
import signal

import torch
from bench.drawn_examples import LINE, examples, family
from safetensors.torch import load_file
from tests.support.checkpoints import trained
from tests.support.command import ocroute

from ocroute.compare.measures import Interval
from ocroute.engines.neural import adapters, weights
from ocroute.errors import EngineError, EngineUnavailable, InputError, Interrupted, OutputError, UsageError
from ocroute.finetune import Judged, Judgement, TrainSettings, answer_loss, lora, train, trainer, training_memory
from ocroute.finetune.adapter_folder import recorded
from ocroute.finetune.example_files import manifest_of, pairs_of
from ocroute.finetune.judging import Side, sentences
from ocroute.finetune.lessons import Lessons
from ocroute.finetune.trainer_formats import Pair
from ocroute.finetune.training_memory import Largest
from ocroute.finetune.training_plan import Course, parted
from ocroute.finetune.training_state import progress_in
from ocroute.models.dots_ocr.input_size import InputSize
from ocroute.models.dots_ocr.load import load, on_meta_device
from ocroute.process.interrupts import noted
from ocroute.runtime.single import Single

ITALIC = "/usr/share/fonts/truetype/liberation/LiberationSerif-BoldItalic.ttf"
UPRIGHT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
LEARNS = TrainSettings(rank=8, epochs=2, rate=2e-3, pages_per_step=4)
QUICK = TrainSettings(rank=2, epochs=2, rate=1e-3, pages_per_step=3)


@pytest.fixture(scope="module")
def base():
    return trained("dots_ocr")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Lines and small pages in a typeface that the model was not trained on; seven are held out, two try."""
    return examples(tmp_path_factory.mktemp("taught"), [family(ITALIC)], 28)


@pytest.fixture(scope="module")
def taught(base, data, tmp_path_factory):
    """An adapter, and how its training ended."""
    folder = tmp_path_factory.mktemp("adapters") / "adapter"
    return folder, train(data, folder, model=str(base), settings=LEARNS)


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Eight lines, of which two are held out and one tries."""
    return examples(tmp_path_factory.mktemp("few"), [family(ITALIC)], 8, sizes=[LINE])


@pytest.fixture
def lessons(base, data):
    """A model of its own with fresh adapters, and what it is to learn."""
    loaded = load(base)
    lora.put_in(loaded.model, 4, seed=1)
    loaded.model.train()
    pairs = [pair for _, pair in pairs_of(data, "train", manifest_of(data), [])]
    return loaded, Lessons(loaded, data, pairs, "layout")


def files(folder):
    return {file.name for file in folder.iterdir()} - {"lock"}


def test_it_reads_pages_that_it_was_not_taught_better_and_says_where_it_comes_from(taught, base):
    folder, found = taught
    assert found.better
    assert found.after.edits < found.before.edits
    assert files(folder) == {
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "ocroute.json",
        "training.safetensors",
    }
    record = recorded(folder)
    assert (record.engine, record.model_hash, record.dtype) == ("dots_ocr", weights.digest(base), "float32")
    assert record.trials[0] == found.before
    assert found.after in record.trials
    assert "Not judged yet" in (folder / "README.md").read_text(encoding="utf-8")


def test_stopped_or_killed_it_goes_on_to_the_same_adapter(base, few, tmp_path, monkeypatch):
    found = train(few, tmp_path / "whole", model=str(base), settings=QUICK)
    assert found.steps == 4
    asked, again = iter(range(10_000)), tmp_path / "again"
    with pytest.raises(Interrupted, match="stopped after 1 of 4 steps, which are saved in"):
        train(few, again, model=str(base), settings=QUICK, stop=lambda: next(asked) == 5)
    assert progress_in(again).step == 1
    monkeypatch.setattr(trainer, "_SAVE_EVERY", 0.0)  # so that there is something to go on from
    with monkeypatch.context() as patch:
        taken, learn = iter(range(10_000)), answer_loss.answer_loss
        patch.setattr(trainer, "answer_loss", lambda *given: learn(*given) if next(taken) < 4 else 1 / 0)
        with pytest.raises(ZeroDivisionError):  # in the middle of a step, as a kill would come
            train(few, again, model=str(base), settings=QUICK)
    done = train(few, again, model=str(base), settings=QUICK)
    assert (done.before, done.after, done.steps) == (found.before, found.after, found.steps)
    held, others = (load_file(folder / "training.safetensors") for folder in (tmp_path / "whole", again))
    assert held.keys() == others.keys()
    assert all(torch.equal(tensor, others[name]) for name, tensor in held.items())
    assert train(few, again, model=str(base), settings=QUICK) == done  # there is nothing left to do


def test_a_training_goes_on_only_with_what_it_began_with(taught, base, data, tmp_path):
    folder, _ = taught
    with pytest.raises(UsageError, match="other examples, weights or settings"):
        train(data, folder, model=str(base), settings=TrainSettings(rank=2))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something already"):
        train(data, tmp_path / "full", model=str(base), settings=LEARNS)
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "training.safetensors").write_bytes(b"no state")
    with pytest.raises(InputError, match="is damaged"):
        train(data, tmp_path / "copy", model=str(base), settings=LEARNS)


def test_only_the_adapters_learn_and_every_one_of_them(lessons):
    loaded, pages = lessons
    names = set(lora.parameters(loaded.model))
    assert len(names) == 2 * 7 * loaded.model.config.num_hidden_layers
    lesson = pages.lesson(0)
    answer_loss.answer_loss(
        loaded.model, answer_loss.embedded(loaded.model, lesson), lesson.inputs["input_ids"][0, -lesson.answer :]
    ).backward()
    moved = {name for name, weight in loaded.model.named_parameters() if weight.grad is not None}
    assert len(moved) == len(names)
    assert not any("vision_tower" in name for name in moved)
    assert all(bool(weight.grad.any()) for name, weight in lora.parameters(loaded.model).items() if ".lora_B." in name)


def test_the_loss_in_pieces_is_that_of_the_whole_over_the_answer_alone(lessons, monkeypatch):
    loaded, pages = lessons
    lesson = pages.lesson(1)
    ids = lesson.inputs["input_ids"]
    labels = torch.full_like(ids, -100)
    labels[0, -lesson.answer :] = ids[0, -lesson.answer :]
    assert ids[0, -1] == loaded.tokenizer.convert_tokens_to_ids("<|endofassistant|>")

    def gradients(loss):
        loaded.model.zero_grad()
        loss.backward()
        return torch.cat([weight.grad.flatten() for weight in lora.parameters(loaded.model).values()])

    whole = loaded.model(**lesson.inputs, labels=labels).loss * lesson.answer
    wanted = gradients(whole)
    monkeypatch.setattr(answer_loss, "PIECE", 7)
    found = answer_loss.answer_loss(loaded.model, answer_loss.embedded(loaded.model, lesson), ids[0, -lesson.answer :])
    torch.testing.assert_close(found, whole.detach(), rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(gradients(found), wanted, rtol=1e-3, atol=1e-4)


def test_after_a_trial_the_weights_are_what_they_were_bit_for_bit(lessons):
    loaded, _ = lessons
    before = {name: weight.detach().clone() for name, weight in loaded.model.state_dict().items()}
    for name, weight in lora.parameters(loaded.model).items():
        weight.data.normal_() if ".lora_B." in name else None
    with lora.merged(loaded.model):
        Single(loaded.model, loaded.stop_ids)  # lays weights side by side in memory
        changed = loaded.model.model.layers[0].mlp.up_proj.weight
        assert not torch.equal(changed, before["model.layers.0.mlp.up_proj.base_layer.weight"])
    after = loaded.model.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before if "lora_B" not in name)
    assert all(weight.requires_grad for weight in lora.parameters(loaded.model).values())


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # peft asks transformers by an old name
def test_peft_reads_the_folder_and_adds_the_same(taught, base):
    from peft import PeftModel  # seconds, which every process that collects the tests would take

    folder, _ = taught
    ours, theirs = load(base).model, load(base).model
    adapters.opened(str(folder), "dots_ocr", weights.digest(base)).merge_into(ours)
    theirs = PeftModel.from_pretrained(theirs, folder).merge_and_unload(safe_merge=True)
    changed = 0
    for (name, weight), (_, other) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        torch.testing.assert_close(weight, other, rtol=0, atol=1e-5, msg=name)
        changed += not torch.equal(weight, load_base(base)[name])
    assert changed == 7 * ours.config.num_hidden_layers


def load_base(base):
    return {name: tensor.float() for name, tensor in load_file(base / "model.safetensors").items()}


def test_gradients_that_do_not_arrive_are_refused_at_the_first_step(base, few, tmp_path, monkeypatch):
    monkeypatch.setattr(
        trainer, "answer_loss", lambda model, *_: sum((w * 0).sum() for w in lora.parameters(model).values())
    )
    with pytest.raises(EngineError, match="no gradient arrives at 35 of 35 adapters"):
        train(few, tmp_path / "a", model=str(base), settings=QUICK)
    assert not (tmp_path / "a" / adapters.TENSORS).exists()


def test_numbers_that_are_not_finite_end_it(base, few, tmp_path, monkeypatch):
    learn = answer_loss.answer_loss
    monkeypatch.setattr(trainer, "answer_loss", lambda *given: learn(*given) * float("nan"))
    with pytest.raises(EngineError, match="step 1 gave NaN or Inf"):
        train(few, tmp_path / "a", model=str(base), settings=QUICK)


def test_too_little_memory_is_said_before_anything_is_loaded(base, few, tmp_path, monkeypatch):
    monkeypatch.setattr("ocroute.engines.neural.pixel_budget.free_bytes", lambda _: 10 << 20)
    monkeypatch.setattr("ocroute.models.dots_ocr.load.load", lambda *_, **__: pytest.fail("it was loaded"))
    with pytest.raises(EngineUnavailable, match=r"this training needs \d+ MiB of memory .* and 10 MiB are free on cpu"):
        train(few, tmp_path / "a", model=str(base), settings=QUICK)


def test_more_of_everything_takes_more_memory(base):
    def counted(rank=4, side=280, answer=100):
        meta = on_meta_device(base, dtype=torch.float32)
        size = InputSize(side, side)
        return training_memory.need(meta, rank, Largest(size, (side // 28) ** 2 + 20 + answer, answer, 200))

    one = counted()
    assert counted(rank=8).adapters == 2 * one.adapters
    assert counted(answer=800).step > one.step
    assert counted(side=560).reading > one.reading
    assert one.peak > one.weights + one.adapters + one.step


def test_an_adapter_of_other_weights_is_refused(taught, base, tmp_path):
    folder, _ = taught
    with pytest.raises(EngineUnavailable, match="was made for dots_ocr with the weights"):
        adapters.opened(str(folder), "dots_ocr", "another hash")
    with pytest.raises(EngineUnavailable, match="not for qwen2_vl"):
        adapters.opened(str(folder), "qwen2_vl", weights.digest(base))


def test_a_full_disk_leaves_what_was_saved(base, few, tiny_disk):
    with pytest.raises(OutputError, match="needs room for"):
        train(few, tiny_disk / "adapter", model=str(base), settings=QUICK)
    assert not (tiny_disk / "adapter" / adapters.TENSORS).exists()


def test_a_page_is_read_with_the_adapter_and_with_the_merged_model(taught, base, data, tmp_path):
    folder, _ = taught
    pair = next(pair for _, pair in pairs_of(data, "train", manifest_of(data), []))
    read = ("read", data / pair.image, "--jobs", "0", "--engine", "dots_ocr", "--format", "json", "--model")

    def page(*how):
        done = ocroute(*read, *how)
        assert done.returncode in (0, 3), done.stderr
        return json.loads(done.stdout)["pages"][0]

    plain, adapted = page(base), page(base, "--adapter", folder)
    adapter = adapters.opened(str(folder), "dots_ocr", weights.digest(base))
    assert adapted["provenance"]["settings"]["adapter"]["sha256"] == adapter.digest
    assert adapted["provenance"]["model_hash"] == adapter.hash_with(plain["provenance"]["model_hash"])
    done = ocroute("finetune", "merge", folder, "-o", tmp_path / "merged")
    assert done.returncode == 0, done.stderr
    assert set(load_file(tmp_path / "merged" / "model.safetensors")) == set(load_base(base))
    merged = page(tmp_path / "merged")
    assert [block["text"] for block in merged["blocks"]] == [block["text"] for block in adapted["blocks"]]
    assert ocroute("finetune", "merge", folder, "-o", tmp_path / "merged").returncode == 2


@pytest.mark.slow
def test_both_are_judged_on_what_is_held_out_and_on_other_pages(taught, data, tmp_path):
    folder, _ = taught
    shutil.copytree(folder, tmp_path / "adapter")
    others = examples(tmp_path / "others", [family(UPRIGHT)], 5, sizes=[LINE], held_out=0.2)
    done = ocroute("finetune", "judge", tmp_path / "adapter", data, "--others", others, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == (0 if "Better" in found["says"][0] and "not forgotten" in found["says"][1] else 3)
    assert found["held_out"]["pages"] == 7
    assert (found["others"]["pages"], found["others"]["adapted"]["failed"]) == (5, 0)
    assert found["others"]["gained"]["low"] <= found["others"]["gained"]["high"]
    assert found["held_out"]["adapted"]["edits"] < found["held_out"]["base"]["edits"]
    assert recorded(tmp_path / "adapter").judged["says"] == found["says"]
    assert "Judged on held-out pages" in (tmp_path / "adapter" / "README.md").read_text(encoding="utf-8")


def side(edits, loops=0):
    return Side(edits / 1000, edits, 10, 0, loops, 0, 1.0)


@pytest.mark.parametrize(
    ("held", "others", "fine", "says"),
    [
        (Judged("d", 10, 1000, side(90), side(30), Interval(-0.08, -0.01)), None, True, "Better on held-out pages"),
        (Judged("d", 10, 1000, side(90), side(80), Interval(-0.03, 0.01)), None, False, "Not better for certain"),
        (Judged("d", 4, 1000, side(90), side(0), None), None, False, "4 held-out pages are too few to tell"),
        (
            Judged("d", 9, 1000, side(9), side(3, loops=2), Interval(-0.08, -0.01)),
            None,
            True,
            "loops more often: 2 pages",
        ),
        (
            Judged("d", 10, 1000, side(90), side(30), Interval(-0.08, -0.01)),
            Judged("o", 10, 1000, side(10), side(13), Interval(0.0, 0.01)),
            False,
            "It reads other pages worse: 1.00% of the characters were wrong, 1.30% are",
        ),
        (
            Judged("d", 10, 1000, side(90), side(30), Interval(-0.08, -0.01)),
            Judged("o", 10, 1000, side(10), side(12), Interval(0.0, 0.01)),
            True,
            "It has not forgotten what it read before",
        ),
    ],
)
def test_better_is_only_said_where_it_is_certain_and_nothing_is_forgotten(held, others, fine, says):
    told = tuple(sentences([held, *([others] if others else [])]))
    assert says in " ".join(told)
    assert Judgement(held, others, told).fine == fine


def test_the_commands_say_what_is_wrong(base, data, tmp_path):
    for arguments, code, said in (
        (("train", tmp_path, "-o", tmp_path / "a"), 5, "has no manifest.json"),
        (("train", data, "-o", tmp_path / "a", "--model", tmp_path / "no"), 7, "no"),
        (("train", data, "-o", tmp_path / "a", "--model", base, "--rank", "0"), 2, "1 is the least"),
        (("train", data, "-o", tmp_path / "a", "--model", base, "--rate", "2"), 2, "makes no sense"),
        (("judge", tmp_path, data), 5, "has no ocroute.json"),
        (("merge", tmp_path, "-o", tmp_path / "m"), 5, "has no ocroute.json"),
    ):
        done = ocroute("finetune", *arguments)
        assert done.returncode == code, done.stderr
        assert said in done.stderr


def test_pages_that_try_it_are_of_other_documents():
    pairs = [Pair(f"{document}-{page}", "ask", "told") for document in range(30) for page in range(4)]
    documents = {pair.image: pair.image.partition("-")[0] for pair in pairs}
    teach, tried = parted(pairs, documents, 5)
    assert len(tried) == 5
    assert not {documents[one.image] for one in teach} & {documents[one.image] for one in tried}
    assert len(teach) == 27 * 4
    alone, none = parted(pairs[:4], documents, 5)
    assert (len(alone), none) == (4, [])


@pytest.mark.parametrize("pages", [1, 7, 8, 9])
def test_every_page_teaches_once_an_epoch_in_an_order_of_its_own(pages):
    course = Course(pages, TrainSettings(pages_per_step=4, epochs=3))
    epochs = [
        [
            page
            for step in range(course.steps_an_epoch)
            for page in course.pages_of(epoch * course.steps_an_epoch + step)
        ]
        for epoch in range(3)
    ]
    assert all(sorted(epoch) == list(range(pages)) for epoch in epochs)
    assert pages < 7 or len({tuple(epoch) for epoch in epochs}) == 3
    assert [step for step in range(1, course.steps + 1) if course.ends_epoch(step)][-1] == course.steps
    rates = [course.rate_of(step) for step in range(course.steps)]
    assert 0 < min(rates) <= max(rates) <= course.settings.rate


def test_the_first_signal_is_noted_and_the_second_stops_at_once():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        with noted() as came:
            assert not came()
            signal.raise_signal(signal.SIGINT)
            assert came()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
