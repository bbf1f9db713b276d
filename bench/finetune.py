"""A tiny dots.ocr taught a typeface that it reads badly: do held-out pages get better, and does it forget others?

    python -m bench.finetune [--json evidence/finetune-taught-NAME.json] [--taught FOLDER/TYPEFACE] [--place FOLDER]

The checkpoint is the one that the tests read with, trained once on upright typefaces. It is taught lines in a slanted one,
in turn with ordinary ones, all by `ocroute.finetune`: exported, checked, trained on, judged on what was held out, and on
other typefaces; on the GPU where there is one.
After that it is asked what another computation of attention changes: the first step's gradients, and the answers of the adapted
model. That part says nothing of GPU kernels, for which there is ``bench.finetune_gpu``.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import perf_counter, process_time
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
from ocroute.finetune import Judged, TrainSettings, check, judge, lora, merge, train, training_memory
from ocroute.finetune.adapter_folder import recorded
from ocroute.finetune.answer_loss import answer_loss, embedded
from ocroute.finetune.example_files import manifest_of, pairs_of
from ocroute.finetune.judging import WORSE
from ocroute.finetune.lessons import Lessons
from ocroute.finetune.targets import FACTOR, input_size, said
from ocroute.finetune.training_memory import Largest
from ocroute.models.dots_ocr.load import Loaded, load, on_meta_device
from ocroute.runtime.single import Single
from ocroute.testing import published_files

KEPT = harness.ROOT / "tests" / "checkpoints" / "dots_ocr"
FONTS = Path("/usr/share/fonts/truetype")
TAUGHT = "dejavu/DejaVuSans-Oblique"
"""The typeface that is taught when no other is named."""

ORDINARY = (
    "liberation/LiberationSans-Regular",
    "dejavu/DejaVuSerif",
    "liberation/LiberationMono-Regular",
    "dejavu/DejaVuSansCondensed",
)
"""Typefaces of which every other page is, by turns: a model that is shown only what it reads badly forgets the rest."""

BEFORE = (
    "dejavu/DejaVuSans",
    "dejavu/DejaVuSerifCondensed",
    "liberation/LiberationSerif-Regular",
    "liberation/LiberationSansNarrow-Regular",
)
"""Typefaces that it is not taught and read before: two of those that it was made with, two others that are narrower."""

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
            try:
                with attention(loaded.model, name):
                    found = gradients(loaded, lessons, pages)
            except RuntimeError as error:
                rows[f"{name} {str(dtype).removeprefix('torch.')}"] = {"refused": _refusal(error)}
                continue
            here = found if here is None else here
            reference = found if reference is None else reference
            rows[f"{name} {str(dtype).removeprefix('torch.')}"] = {
                "from_first": round(apart(found, here), 8), "from_first_in_float32": round(apart(found, reference), 8),
            }  # fmt: skip
    return rows


def _refusal(error: RuntimeError) -> str:
    """Why a kernel did not compute it; any other error is raised again."""
    if "No available kernel" not in str(error):
        raise error
    return "torch has no such kernel for these numbers and shapes"


def swapped_reading(
    base: Path, adapter: Path, data: Path, device: str = "cpu", dtype: torch.dtype = torch.float32
) -> dict[str, Any]:
    """The held-out pages, read by the adapted model with each attention: wrong characters, and answers that are the same."""
    loaded = load(base, device=device, dtype=dtype)
    adapters.opened(str(adapter), "dots_ocr", weights.digest(base)).merge_into(loaded.model)
    manifest = manifest_of(data)
    lessons = Lessons(loaded, data, [pair for _, pair in pairs_of(data, "test", manifest, [])], manifest.task)
    here = loading.Loaded(loaded.model, loaded.tokenizer, None, loaded.stop_ids)
    mode, rows, first = MODES[manifest.task], dict[str, dict[str, Any]](), list[str]()
    for name in ATTENTIONS:
        errors, answers = Errors(), []
        try:
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
                    answer = generate.answer(here, inputs, max_new_tokens=most, boxes=mode.boxes, single=single)
                    answers.append(answer.text)
                    wanted, read = (said(manifest.task, one, page.input_size) for one in (pair.target, answer.text))
                    errors += character_errors(wanted, read)
        except RuntimeError as error:
            rows[name] = {"refused": _refusal(error)}
            continue
        first = first or answers
        same = sum(one == other for one, other in zip(answers, first, strict=True))
        rows[name] = {"cer": round(errors.rate, 5), "pages": len(answers), "same_as_first": same}
    return rows


def taught(place: Path, given: Any) -> dict[str, Any]:
    """Export, check, train, merge."""
    base, wanted = unpack(KEPT, place / "base"), [name for other in ORDINARY for name in (given.taught, other)]
    for name, typefaces, count in (("taught", wanted, given.pages), ("before", BEFORE, given.others)):
        if not (place / name).exists() and (
            problems := check(examples(place / name, faces(typefaces), count, held_out=0.15)).problems
        ):
            raise SystemExit(f"the examples are not right: {problems[0]}")
    settings = TrainSettings(
        epochs=given.epochs, rate=given.rate, pages_per_step=given.pages_per_step, trial_pages=given.trial_pages
    )
    began, cpu = perf_counter(), process_time()
    found = train(place / "taught" / "data", place / "adapter", model=str(base), settings=settings)
    seconds, cpu = perf_counter() - began, process_time() - cpu
    if not found.better:
        raise SystemExit(f"nothing was learnt: {found.before} became {found.after} in {found.steps} steps")
    record = recorded(place / "adapter")
    merged = merge(place / "adapter", place / "merged")
    return {
        "taught": [face.name for face in faces(wanted)], "before": [face.name for face in faces(BEFORE)],
        "settings": msgspec.structs.asdict(settings), "merged_tensors": merged.changed,
        "training": {
            "device": record.device, "dtype": record.dtype, "pages": found.pages, "steps": found.steps, "best_step": record.step,
            "seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1),
            "trials": [
                {"step": one.step, "cer": round(one.cer, 5), "loops": one.loops, "canary_read": not one.fault}
                for one in record.trials
            ],
        },
    }  # fmt: skip


def judgement(place: Path) -> dict[str, Any]:
    """Held-out pages, and others, with the adapter and without it."""
    found = judge(place / "adapter", place / "taught" / "data", others=place / "before" / "data")
    assert found.others is not None
    return {"held_out": figures(found.held_out), "others": figures(found.others), "says": found.says}


def swapped(place: Path) -> dict[str, Any]:
    """What other computations of attention change."""
    base, data = place / "base", place / "taught" / "data"
    return {
        "swap": {
            "gradients": swapped_gradients(base, data, 4),
            "reading": swapped_reading(base, place / "adapter", data),
        }
    }


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
    parser = harness.arguments(__doc__, record="finetune-taught-NAME")
    parser.add_argument("--taught", default=TAUGHT, help="the typeface that it reads badly")
    parser.add_argument("--pages", type=int, default=120, help="that are taught; 15 in 100 are held out")
    parser.add_argument("--others", type=int, default=16, help="in typefaces that were read before")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument(
        "--rate", type=float, default=2e-3, help="of a model of three million weights, not of a large one"
    )
    parser.add_argument("--pages-per-step", type=int, default=4)
    parser.add_argument("--trial-pages", type=int, default=6)
    parser.add_argument(
        "--place", type=Path, help="a folder where all is kept; a part that was done there is not done again"
    )
    parser.add_argument("--until", choices=PARTS, default=PARTS[-1], help="the last part to do")
    parser.add_argument(
        "--memory", action="store_true", help="only count what a step takes; evidence/finetune-memory.json"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        place = given.place or Path(made)
        place.mkdir(parents=True, exist_ok=True)
        parts = {
            "teach": lambda: taught(place, given), "judge": lambda: judgement(place),
            "memory": lambda: {"memory": memory(place / "published")}, "swap": lambda: swapped(place),
        }  # fmt: skip
        result: dict[str, Any] = {}
        for name in ["memory"] if given.memory else PARTS[: PARTS.index(given.until) + 1]:
            done = place / f"{name}.json"
            if not done.exists():
                done.write_text(json.dumps(parts[name]()), encoding="utf-8")
            result |= json.loads(done.read_text(encoding="utf-8"))
            harness.write(given.json, result)
    print(harness.as_text(result))
    if "held_out" in result:
        require_shown(result)


PARTS = ("teach", "judge", "memory", "swap")


def require_shown(result: dict[str, Any]) -> None:
    """
    Raises:
        SystemExit: the errors do not halve, or what was read before is read worse.
    """
    halved = 2 * result["held_out"]["adapted"]["edits"] <= result["held_out"]["base"]["edits"]
    kept = result["others"]["adapted"]["edits"] <= WORSE * result["others"]["base"]["edits"]
    if not halved or not kept:
        raise SystemExit("NOT shown: the errors do not halve, or what was read before is read worse")


if __name__ == "__main__":
    main()
