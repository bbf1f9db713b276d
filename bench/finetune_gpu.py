"""On a GPU: what another attention kernel changes in training, and what a step of the published geometry takes.

    python -m bench.finetune_gpu step [--json evidence/finetune-gpu.json] [--steps 3]
    python -m bench.finetune_gpu swap [--json evidence/finetune-swap.json]

``step`` fills the published geometry with random weights and takes time and peak memory of steps on A4 at 200 dpi, with what was
counted beforehand beside them: nothing else may run on the card then. ``swap`` takes no times that count; it is what
``bench.finetune`` does, in bfloat16 on the card: gradients of the first step by attention kernel, a whole training under each of
torch's kernels that has a backward pass here, and the answers of the adapted model under all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from bench.drawn_examples import examples
from bench.finetune import ANSWER, ATTENTIONS, KEPT, ORDINARY, PROMPT, TAUGHT, faces, swapped_gradients, swapped_reading
from bench.tiny_models.packed import unpack
from torch.nn.attention import SDPBackend, sdpa_kernel

from bench import harness
from ocroute.engines.dots_ocr import MODES, DotsOcr
from ocroute.finetune import TrainSettings, lora, train, training_memory
from ocroute.finetune.answer_loss import answer_loss
from ocroute.finetune.targets import FACTOR, input_size
from ocroute.finetune.training_memory import Largest
from ocroute.models.dots_ocr.load import on_meta_device
from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM
from ocroute.testing import published_files

TRIED = {
    "sdpa_flash": SDPBackend.FLASH_ATTENTION, "sdpa_cudnn": SDPBackend.CUDNN_ATTENTION,
    "sdpa_efficient": SDPBackend.EFFICIENT_ATTENTION, "sdpa_math": SDPBackend.MATH,
}  # fmt: skip


def swapped(place: Path) -> Iterator[dict[str, Any]]:
    """The first part; the same record again and again, with more in it each time."""
    base = unpack(KEPT, place / "base")
    data = examples(place / "taught", faces((TAUGHT, ORDINARY[0])), 240, held_out=0.1)
    ATTENTIONS.update({name: (backend,) for name, backend in TRIED.items()})
    trained: dict[str, Any] = {}
    result: dict[str, Any] = {"gradients": swapped_gradients(base, data, 4, "cuda"), "trained_with": trained}
    yield result
    settings = TrainSettings(epochs=3, rate=1.5e-3, pages_per_step=4)
    for name, backend in TRIED.items():
        # Where a kernel cannot compute it, as where masks are given, torch takes its plain one.
        with sdpa_kernel([backend, SDPBackend.MATH], set_priority=True):
            found = train(data, place / name, model=str(base), settings=settings)
        read = swapped_reading(base, place / name, data, "cuda", torch.bfloat16) if found.better else {}
        trained[name] = {"steps": found.steps, "seconds": found.seconds, "read_with": read}
        yield result


def geometry(place: Path, steps: int) -> dict[str, Any]:
    """The second part."""
    published_files(DotsOcr, place)
    size = input_size(1654, 2339)
    image = size.width * size.height // FACTOR**2
    tokens = image + PROMPT + ANSWER
    largest = Largest(size, tokens, ANSWER, MODES["layout"].max_new_tokens)
    counted = training_memory.need(on_meta_device(place, dtype=torch.bfloat16), 16, largest)
    config = on_meta_device(place, dtype=torch.bfloat16).model.config
    with torch.device("cuda"):
        model: Any = DotsOCRForCausalLM(config).to(torch.bfloat16).train()
    lora.put_in(model, 16, seed=0)
    optimizer = torch.optim.AdamW(lora.parameters(model).values(), lr=1e-4)
    side = 14
    pixels = torch.rand(size.width * size.height // side**2, 3 * side * side, device="cuda", dtype=torch.bfloat16)
    grid = torch.tensor([[1, size.height // side, size.width // side]])
    ids = torch.randint(1_000, 2_000, (1, tokens), device="cuda")  # none of them is the image's
    ids[0, 10 : 10 + image] = config.image_token_id
    torch.cuda.reset_peak_memory_stats()
    seconds = []
    for _ in range(steps + 1):
        began = perf_counter()
        with torch.no_grad():
            (embeddings,) = model.embed([{"input_ids": ids, "pixel_values": pixels, "image_grid_thw": grid}])
        (answer_loss(model, embeddings, ids[0, -ANSWER:]) / ANSWER).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        torch.cuda.synchronize()
        seconds.append(round(perf_counter() - began, 3))
    return {
        "page": "A4, 200 dpi", "image_tokens": image, "answer_tokens": ANSWER, "seconds_a_page": seconds[1:],
        "peak_mib": torch.cuda.max_memory_allocated() // 2**20,
        "counted_mib": {"step": (counted.weights + counted.adapters + counted.step) // 2**20, "needed": counted.peak // 2**20},
    }  # fmt: skip


def main() -> None:
    parser = harness.arguments(__doc__, record="finetune-gpu")
    parser.add_argument("part", choices=("step", "swap"))
    parser.add_argument("--steps", type=int, default=3, help="that are timed; one before them is not")
    given = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("needs a GPU; for the CPU there is: python -m bench.finetune")
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as made:
        if given.part == "step":
            result["geometry"] = geometry(Path(made) / "published", given.steps)
            harness.write(given.json, result)
        else:
            for result["swap"] in swapped(Path(made)):
                harness.write(given.json, result)
    print(harness.as_text(result))


if __name__ == "__main__":
    main()
