"""A tiny dots.ocr taught a typeface that it reads badly: do held-out pages get better, and does it forget others? On the CPU.

    python -m bench.finetune [--json evidence/finetune.json] [--pages 72] [--epochs 2]

The checkpoint is the one that the tests read with, trained once on upright typefaces. It is taught lines in a bold italic one,
with some ordinary ones among them, all by `ocroute.finetune`: exported, checked, trained on, judged on what was held out, and on
other typefaces.
After that it is asked what another computation of attention changes: the first step's gradients, and the answers of the adapted
model. That part says nothing of GPU kernels, for which there is ``bench.finetune_gpu``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import process_time
from typing import Any

import msgspec
import torch
from bench.drawn_examples import examples, family
from bench.tiny_models.fonts import Family
from bench.tiny_models.packed import unpack
from torch.nn.attention import SDPBackend, sdpa_kernel

from bench import harness
from ocroute.compare.measures import Errors, character_errors
from ocroute.engines.dots_ocr import MODES, DotsOcr
from ocroute.engines.neural import adapters, generate, loading, weights
from ocroute.finetune import Judged, Judgement, TrainSettings, check, judge, lora, merge, train, training_memory
from ocroute.finetune.answer_loss import answer_loss, embedded
from ocroute.finetune.example_files import manifest_of, pairs_of
from ocroute.finetune.lessons import Lessons
from ocroute.finetune.targets import FACTOR, input_size, said
from ocroute.finetune.training_memory import Largest
from ocroute.models.dots_ocr.load import Loaded, load, on_meta_device
from ocroute.runtime.single import Single
from ocroute.testing import published_files

KEPT = harness.ROOT / "tests" / "checkpoints" / "dots_ocr"
FONTS = Path("/usr/share/fonts/truetype")
TAUGHT = (
    "liberation/LiberationSerif-BoldItalic",
    "liberation/LiberationSerif-BoldItalic",
    "liberation/LiberationSans-Regular",
)
"""By turns: of three pages one is ordinary, so that ordinary ones are not forgotten."""

BEFORE = (
    "dejavu/DejaVuSans",
    "dejavu/DejaVuSerif",
    "liberation/LiberationSerif-Regular",
    "dejavu/DejaVuSans-ExtraLight",
)
"""Typefaces that it is not taught; it read them well before, the last two less so."""

ANSWER, PROMPT = 2_000, 300  # tokens
ATTENTIONS: dict[str, tuple[SDPBackend, ...]] = {
    "sdpa_flash": (SDPBackend.FLASH_ATTENTION,), "sdpa_math": (SDPBackend.MATH,), "eager": (),
}  # fmt: skip
"""Computations of attention that this machine has, the one that is trained with first; without a backend, transformers' eager."""


@contextmanager
def attention(model: Any, name: str) -> Iterator[None]:
    """Let all of the model compute attention that way."""
    for config in (model.config, model.vision_tower.config):
        config._attn_implementation = "sdpa" if ATTENTIONS[name] else "eager"
    with sdpa_kernel(list(ATTENTIONS[name])) if ATTENTIONS[name] else nullcontext():
        yield


def faces(names: Sequence[str]) -> list[Family]:
    return [family(str(FONTS / f"{name}.ttf")) for name in names]


def figures(found: Judged) -> dict[str, Any]:
    row = {name: msgspec.structs.asdict(getattr(found, name)) for name in ("base", "adapted")}
    for side in row.values():
        side["cer"] = round(side["cer"], 5)
    gained = [round(found.gained.low, 5), round(found.gained.high, 5)] if found.gained else None
    return {"pages": found.pages, "characters": found.characters, "difference": gained, **row}


def gradients(loaded: Loaded, lessons: Lessons, pages: int) -> torch.Tensor:
    """Of the adapters' second matrices, over some pages, in one line of float32."""
    loaded.model.zero_grad(set_to_none=True)
    for at in range(pages):
        lesson = lessons.lesson(at)
        embeddings = embedded(loaded.model, lesson)
        answer_loss(loaded.model, embeddings, lesson.inputs["input_ids"][0, -lesson.answer :]).backward()
    return torch.cat([
        weight.grad.float().flatten()
        for name, weight in lora.parameters(loaded.model).items()
        if ".lora_B." in name and weight.grad is not None
    ])  # fmt: skip


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """The length of the difference, as a part of the length of the second."""
    return float((one - other).norm() / other.norm())


def swapped_gradients(base: Path, data: Path, pages: int, device: str = "cpu") -> dict[str, Any]:
    """How far the first step's gradients lie apart: by attention, and beside that what bfloat16 alone changes."""
    rows: dict[str, Any] = {}
    reference: torch.Tensor | None = None
    for dtype in (torch.float32, torch.bfloat16):
        loaded = load(base, device=device, dtype=dtype)
        lora.put_in(loaded.model, 16, seed=0)
        loaded.model.train()
        manifest = manifest_of(data)
        lessons = Lessons(loaded, data, [pair for _, pair in pairs_of(data, "train", manifest, [])], manifest.task)
        here: torch.Tensor | None = None
        for name in ATTENTIONS:
            with attention(loaded.model, name):
                found = gradients(loaded, lessons, pages)
            here = found if here is None else here
            reference = found if reference is None else reference
            rows[f"{name} {str(dtype).removeprefix('torch.')}"] = {
                "from_first": round(apart(found, here), 8), "from_first_in_float32": round(apart(found, reference), 8),
            }  # fmt: skip
    return rows


def swapped_reading(
    base: Path, adapter: Path, data: Path, device: str = "cpu", dtype: torch.dtype = torch.float32
) -> dict[str, Any]:
    """The held-out pages, read by the adapted model with each attention: wrong characters, and answers that are the same."""
    loaded = load(base, device=device, dtype=dtype)
    adapters.opened(str(adapter), "dots_ocr", weights.digest(base)).merge_into(loaded.model)
    manifest = manifest_of(data)
    lessons = Lessons(loaded, data, [pair for _, pair in pairs_of(data, "test", manifest, [])], manifest.task)
    here = loading.Loaded(loaded.model, loaded.tokenizer, None, loaded.stop_ids)
    mode, rows, first = MODES[manifest.task], {}, list[str]()
    for name in ATTENTIONS:
        errors, answers = Errors(), []
        with attention(loaded.model, name):
            single = Single(loaded.model, loaded.stop_ids)
            for at, pair in enumerate(lessons.pairs):
                page = lessons.page(at)
                inputs = {
                    "input_ids": page.input_ids,
                    "pixel_values": page.pixel_values,
                    "image_grid_thw": page.image_grid_thw,
                }
                most = mode.max_new_tokens
                answers.append(generate.answer(here, inputs, max_new_tokens=most, boxes=mode.boxes, single=single).text)
                wanted, read = (said(manifest.task, one, page.input_size) for one in (pair.target, answers[-1]))
                errors += character_errors(wanted, read)
        first = first or answers
        same = sum(one == other for one, other in zip(answers, first, strict=True))
        rows[name] = {"cer": round(errors.rate, 5), "pages": len(answers), "same_as_first": same}
    return rows


def proof(place: Path, given: Any) -> tuple[dict[str, Any], Judgement, Path]:
    """Export, check, train, judge, merge."""
    base = unpack(KEPT, place / "base")
    data = examples(place / "taught", faces(TAUGHT), given.pages)
    others = examples(place / "before", faces(BEFORE), given.others)
    if problems := (*check(data).problems, *check(others).problems):
        raise SystemExit(f"the examples are not right: {problems[0]}")
    settings = TrainSettings(epochs=given.epochs, rate=given.rate, pages_per_step=given.pages_per_step)
    began = process_time()
    trained = train(data, place / "adapter", model=str(base), settings=settings)
    seconds = process_time() - began
    found = judge(place / "adapter", data, others=others)
    merged = merge(place / "adapter", place / "merged")
    row = {
        "taught": [face.name for face in faces(TAUGHT)], "before": [face.name for face in faces(BEFORE)],
        "settings": msgspec.structs.asdict(settings),
        "training": {
            "pages": trained.pages, "steps": trained.steps, "cpu_seconds": round(seconds, 1),
            "trials": [{"step": one.step, "cer": round(one.cer, 5), "loops": one.loops} for one in trials(place / "adapter")],
        },
        "held_out": figures(found.held_out), "others": figures(found.others) if found.others else None,
        "says": found.says, "merged_tensors": merged.changed,
    }  # fmt: skip
    return row, found, data


def trials(adapter: Path) -> Any:
    from ocroute.finetune.adapter_folder import recorded

    return recorded(adapter).trials


def memory(folder: Path) -> list[dict[str, Any]]:
    """What a step of the published geometry takes in bfloat16: counted on torch's meta device, measured on no card."""
    published_files(DotsOcr, folder)
    rows = []
    for dpi in (100, 150, 200):
        loaded = on_meta_device(folder, dtype=torch.bfloat16)
        size = input_size(round(8.27 * dpi), round(11.69 * dpi))
        image = size.width * size.height // FACTOR**2
        found = training_memory.need(
            loaded, 16, Largest(size, image + PROMPT + ANSWER, ANSWER, MODES["layout"].max_new_tokens)
        )
        rows.append({
            "page": f"A4, {dpi} dpi", "image_tokens": image, "answer_tokens": ANSWER,
            "mib": {
                name: getattr(found, name) // 2**20 for name in ("weights", "adapters", "step", "reading", "peak")
            },
        })  # fmt: skip
    return rows


def main() -> None:
    parser = harness.arguments(__doc__, record="finetune")
    parser.add_argument("--pages", type=int, default=72, help="that are taught; a quarter is held out")
    parser.add_argument("--others", type=int, default=24, help="in typefaces that were read before")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument(
        "--rate", type=float, default=1.5e-3, help="for a model of three million weights, not for a large one"
    )
    parser.add_argument("--pages-per-step", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        result, found, data = proof(place, given)
        harness.write(given.json, result)
        base, adapted, others = found.held_out.base, found.held_out.adapted, found.others
        assert others is not None
        print("\n".join(found.says))
        result["swap"] = {
            "gradients": swapped_gradients(place / "base", data, 4),
            "reading": swapped_reading(place / "base", place / "adapter", data),
        }
        result["memory"] = memory(place / "published")
        harness.write(given.json, result)
        print(harness.as_text({name: result[name] for name in ("swap", "memory")}))
    if adapted.edits * 2 > base.edits or others.forgets:
        raise SystemExit("NOT shown: the errors do not halve, or what was read before is read worse")


if __name__ == "__main__":
    main()
