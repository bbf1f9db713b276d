"""Tiny models: the training path computes what the loaded model computes, and learns."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import torch
from bench.tiny_models import attention, lean, store, stream, train
from bench.tiny_models.evaluate import Reader
from bench.tiny_models.fonts import PILLOW, Family
from bench.tiny_models.layouts import boxes_apart, overlap
from bench.tiny_models.muon import Muon, orthogonal
from bench.tiny_models.nets import NETS, Teacher, normalised, patches
from bench.tiny_models.pages import Painter, short
from bench.tiny_models.pixels import worn
from bench.tiny_models.reading import Prompts, prefix, read
from bench.tiny_models.specs import SPECS
from PIL import Image
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast

CPU = torch.device("cpu")


@pytest.fixture(autouse=True, scope="module")
def drawn_in_pillows_own_face() -> Iterator[None]:
    """The gathered fonts are not in the repository."""

    def draw(kind: str, size: tuple[int, int], rng: Random, script: str, *, evaluation: bool):
        family = Family(PILLOW, (PILLOW,), (PILLOW,))
        return short(Painter(size, rng, script, evaluation=evaluation, family=family), 2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "draw", draw)
        yield


@pytest.fixture(params=sorted(SPECS), scope="module")
def trained(request: pytest.FixtureRequest, drawn_in_pillows_own_face: None, tmp_path_factory: pytest.TempPathFactory):
    """A model with random weights, ready for training, and its files: made once, and put back by whoever trains it."""
    torch.manual_seed(0)
    spec = SPECS[request.param]()
    model = store.fresh(spec).eval()
    teacher = Teacher(192, stream.SLOTS, len(stream.LABELS) + 1)
    folder = tmp_path_factory.mktemp("made") / spec.name
    store.write(folder, spec, model, teacher, {"steps": 3})
    reader = Reader(folder, torch.float32, "cpu")
    model.load_state_dict(reader.model.state_dict())  # rounded to bfloat16, as the files are
    attention.plug_into(model)
    lean.slim(model)
    size = (96, 128) if spec.square else (28, 112)
    batch = stream.Batcher(spec).make("word", size, next(iter(spec.tasks)), 2, Random(1), "latin", evaluation=False)
    return spec, NETS[spec.name](model), teacher, batch, reader, folder


def test_training_computes_what_the_loaded_model_does(trained) -> None:
    spec, net, _, batch, reader, _ = trained
    prompts = Prompts(spec, CPU)
    with torch.no_grad():
        embeddings = prefix(net, net.see(batch.images.float() / 255), prompts.of[batch.task])
        grid = spec.grid(*batch.images.shape[1:])
        positions = net.positions(len(prompts.of[batch.task][0]), grid, embeddings.shape[1])
        ours = net.head(net.decode(embeddings, None if positions is None else positions.expand(-1, 2, -1)))
        count = spec.embeddings(grid)
        ids = torch.tensor([reader.prompt(batch.task, count)] * 2)
        theirs = reader.model(**reader.inputs(batch.images, ids)).logits
    torch.testing.assert_close(ours, theirs, atol=2e-4, rtol=2e-4)


def test_both_ways_to_read_agree(trained) -> None:
    spec, net, _, batch, reader, _ = trained
    limit = batch.answers.shape[1] + 40
    assert read(net, Prompts(spec, CPU), batch, limit) == reader.read(batch.images, batch.task, limit)


def test_files_are_small_and_complete(trained) -> None:
    spec, _, _, _, _, folder = trained
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json",
        "model.safetensors", "training.json",
    }  # fmt: skip
    assert (folder / "model.safetensors").stat().st_size <= 8_000_000
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    template = next(iter(spec.tasks.values())).template
    assert tokenizer.encode(template, add_special_tokens=False) == spec.tokenizer().encode(template).ids


PUBLISHED = {
    "dots_ocr": ("vision_tower.blocks.4.attn.qkv.weight", "model.layers.4.mlp.up_proj.weight"),
    "qwen2_vl": ("visual.blocks.4.attn.qkv.weight", "visual.merger.mlp.0.weight", "model.layers.4.mlp.up_proj.weight"),
    "got_ocr2": ("vision_tower.layers.4.attn.qkv.weight", "language_model.model.layers.4.mlp.up_proj.weight"),
    "deepseek_ocr": (
        "model.sam_model.blocks.3.attn.rel_pos_h", "model.sam_model.net_3.weight", "model.vision_model.pre_layrnorm.weight",
        "model.vision_model.transformer.layers.1.self_attn.qkv_proj.bias", "model.projector.layers.bias",
        "model.image_newline", "model.view_seperator", "model.layers.0.mlp.gate_proj.weight", "model.layers.4.mlp.gate.weight",
        "model.layers.4.mlp.experts.3.up_proj.weight", "model.layers.4.mlp.shared_experts.up_proj.weight", "lm_head.weight",
    ),
}  # fmt: skip


def test_tensors_have_the_published_names(trained) -> None:
    spec, *_, folder = trained
    assert set(PUBLISHED[spec.name]) <= set(load_file(folder / "model.safetensors"))


def test_an_archive_resumes(trained, tmp_path: Path) -> None:
    spec, net, teacher, _, _, folder = trained
    (tmp_path / "kept").mkdir()
    store.pack(folder, tmp_path / "kept" / f"{spec.name}.tar")
    other, taught = store.fresh(spec), Teacher(192, stream.SLOTS, len(stream.LABELS) + 1)
    assert store.resume(tmp_path / "kept", spec, other, taught)["steps"] == 3
    for name, tensor in net.model.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], tensor)
    torch.testing.assert_close(taught.out.weight, teacher.out.weight, atol=1e-2, rtol=1e-2)


@pytest.fixture
def put_back(trained) -> Iterator[None]:
    """The weights as they were."""
    _, net, teacher, *_ = trained
    before = [{name: tensor.clone() for name, tensor in each.state_dict().items()} for each in (net.model, teacher)]
    yield
    for each, state in zip((net.model, teacher), before, strict=True):
        each.load_state_dict(state)


@pytest.mark.usefixtures("put_back")
def test_a_batch_is_learned(trained) -> None:
    spec, net, teacher, batch, _, _ = trained
    prompts = Prompts(spec, CPU)
    optimizer = torch.optim.AdamW([*net.model.parameters(), *teacher.parameters()], lr=2e-3)
    first: dict[str, float] = {}
    for _ in range(12):
        parts = train.step_loss(net, teacher, prompts, batch, 0.0)
        loss = parts["answer"] + parts["squares"] + parts["guide"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        first = first or {name: float(value.detach()) for name, value in parts.items()}
    last = {name: float(value.detach()) for name, value in parts.items()}
    assert all(last[name] < 0.7 * first[name] for name in ("answer", "squares", "guide")), (first, last)


def test_patches_are_those_of_the_processor() -> None:
    from transformers import Qwen2VLImageProcessorPil

    spec = SPECS["qwen2_vl"]()
    grey = (torch.rand(1, 56, 112, generator=torch.Generator().manual_seed(1)) * 255).byte()
    keys = {k: v for k, v in spec.preprocessor.items() if k not in ("image_processor_type", "processor_class")}
    made = Qwen2VLImageProcessorPil(**keys)(images=Image.fromarray(grey[0].numpy()).convert("RGB"), return_tensors="pt")
    torch.testing.assert_close(patches(normalised(grey / 255), 14, 2, 2), made["pixel_values"], atol=1e-4, rtol=1e-4)


def test_wear_keeps_what_it_is_told_to_keep() -> None:
    images = torch.randint(0, 256, (4, 28, 56), dtype=torch.uint8)
    torch.testing.assert_close(worn(images, 0.0), images / 255)
    torch.manual_seed(0)
    used = worn(images, 1.0)
    assert float((used - images / 255).abs().mean()) > 0.05
    assert float(used.min()) >= 0
    assert float(used.max()) <= 1


def test_masks_are_refused() -> None:
    q = torch.zeros(1, 1, 4, 8)
    with pytest.raises(ValueError, match="masks"):
        attention.flash(torch.nn.Module(), q, q, q, torch.ones(1), 1.0)


def test_overlap_of_boxes() -> None:
    assert overlap([0, 0, 10, 10], [5, 0, 15, 10]) == pytest.approx(1 / 3)
    assert overlap([0, 0, 10, 10], []) == 0


def test_the_guided_head_is_judged_by_where_it_looks() -> None:
    """One image of two embeddings before two tokens; the first query looks at the second embedding, the next one nowhere."""
    guide = attention.Guide()
    keys = torch.eye(4)[None, None] * 30
    queries = torch.stack([torch.zeros(4), torch.zeros(4), torch.eye(4)[1], torch.zeros(4)])[None, None]
    guide.seen = (queries, keys)
    right, wrong, nothing = (torch.tensor([[place, -1]]) for place in (1, 0, -1))
    assert float(guide.loss(2, right, 0, 1.0)) < 1e-6
    assert float(guide.loss(2, wrong, 0, 1.0)) == pytest.approx(30, abs=1e-3)
    assert float(guide.loss(2, nothing, 0, 1.0)) == 0


def test_an_answer_that_is_not_a_layout_counts_as_wrong() -> None:
    wanted = '[{"bbox": [0, 0, 10, 10], "category": "Text", "text": "ab"}]'
    for found in ("", "1", "[1]", '[{"bbox": 3}]', '[{"bbox": ["a", 0, 1, 2], "category": "Text"'):
        apart = boxes_apart(wanted, found)
        assert apart["overlap"] == 0
        assert apart["text"] == ["ab", ""]
    assert boxes_apart(wanted, wanted)["overlap"] == 1


def test_tagged_regions_compare_as_json_does() -> None:
    def region(box: str, text: str) -> str:
        return f"<|ref|>text<|/ref|><|det|>[[{box}]]<|/det|>\n{text}"

    wanted = region("0, 0, 10, 10", "ab") + "\n\n" + region("0, 20, 10, 30", "cd")
    assert boxes_apart(wanted, wanted) | {"text": 0} == {
        "valid": True, "elements": 2, "categories": 2, "overlap": 2, "text": 0,
    }  # fmt: skip
    apart = boxes_apart(wanted, region("5, 0, 15, 10", "ab"))
    assert apart["overlap"] == pytest.approx(1 / 3)
    assert apart["text"] == ["ab\ncd", "ab"]
    assert not boxes_apart(wanted, "ab cd")["valid"]


def test_orthogonal_steps_have_equal_singular_values() -> None:
    matrices = torch.randn(3, 24, 8, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonal(matrices))
    assert float(values.min()) > 0.5
    assert float(values.max()) < 1.5


def test_muon_goes_downhill_and_takes_matrices_only() -> None:
    torch.manual_seed(0)
    wanted, weight = torch.randn(8, 8), torch.nn.Parameter(torch.zeros(8, 8))
    optimizer = Muon([weight], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        (weight - wanted).square().sum().backward()
        optimizer.step()
    assert float((weight.detach() - wanted).norm() / wanted.norm()) < 0.3
    apart, stacked = torch.nn.Parameter(torch.zeros(4, 6)), torch.nn.Parameter(torch.zeros(2, 4, 6))
    apart.grad, stacked.grad = wanted[:4, :6].clone(), torch.stack([wanted[:4, :6], wanted[4:, 2:]])
    for parameter in (apart, stacked):
        Muon([parameter], lr=0.1).step()
    torch.testing.assert_close(stacked[0], apart)
    with pytest.raises(ValueError, match="matrices"):
        Muon([torch.nn.Parameter(torch.zeros(3))], lr=0.1)
