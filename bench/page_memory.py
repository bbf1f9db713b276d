"""Memory that dots.ocr takes for a page: counted before loading, and measured on the card.

The model has the published geometry and random weights in bfloat16: what memory it takes does not depend on their values. A page
goes through the whole model, prompt and ANSWER tokens of answer, on the kernel that the engine would use without any proof.

    python -m bench.page_memory --json evidence/page-memory.json
    python -m bench.page_memory --tiny          # the script itself, on the processor, which has no memory counter
"""

from __future__ import annotations

from typing import Any

import torch

from bench import harness
from ocroute.engines.neural import memory_count
from ocroute.models.dots_ocr.config import DotsOCRConfig
from ocroute.models.dots_ocr.input_size import fit
from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM

ANSWER = 64
PROMPT = 420  # tokens of the layout prompt
A4_INCHES = (8.27, 11.69)
BOUND = 0.15

GEOMETRY: dict[str, Any] = {
    "hidden_size": 1536,
    "intermediate_size": 8960,
    "num_hidden_layers": 28,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},
    "tie_word_embeddings": False,
}
TINY: dict[str, Any] = GEOMETRY | {
    "hidden_size": 96,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "vocab_size": 600,
    "image_token_id": 598,
    "video_token_id": 599,
    "vision_config": {"embed_dim": 96, "hidden_size": 96, "intermediate_size": 128, "num_hidden_layers": 2},
}


def main() -> None:
    parser = harness.arguments(__doc__, record="page-memory")
    parser.add_argument("--tiny", action="store_true")
    given = parser.parse_args()
    config = DotsOCRConfig(**(TINY if given.tiny else GEOMETRY))
    config._attn_implementation = "sdpa"
    device = "cpu" if given.tiny else "cuda"
    on_meta_device = memory_count.on_meta_device(lambda: DotsOCRForCausalLM(config), torch.bfloat16)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device(device):
        model = DotsOCRForCausalLM(config).eval()
    torch.set_default_dtype(torch.float32)
    pages = {f"A4 {dpi} dpi": _page(model, on_meta_device, dpi) for dpi in ((20,) if given.tiny else (150, 200, 300))}
    for name, page in pages.items():
        print(f"{name}: {page}")
    result = {
        "bound": BOUND,
        "pages": pages,
        "ok": all(abs(page.get("ratio", 1) - 1) <= BOUND for page in pages.values()),
    }
    print("within the bound" if result["ok"] else "NOT within the bound")
    harness.write(given.json, result)


@torch.inference_mode()
def _page(model: Any, on_meta_device: Any, dpi: int) -> dict[str, Any]:
    """Counted and measured bytes for one A4 page, MiB."""
    width, height = (round(inches * dpi) for inches in A4_INCHES)
    frame = fit(width, height, factor=28, min_pixels=3136, max_pixels=11289600)
    rows, columns = frame.height // 14, frame.width // 14
    patches, images = rows * columns, rows * columns // 4
    grid = torch.tensor([[1, rows, columns]])
    tokens = images + PROMPT
    need = memory_count.need(
        on_meta_device,
        lambda model: model.vision_tower(torch.empty(patches, 588, device="meta"), grid),
        tokens=tokens,
        answer=ANSWER,
    )
    found: dict[str, Any] = {
        "frame": list(frame),
        "patches": patches,
        "prompt_tokens": tokens,
        "counted_mb": need.counted // 2**20,
        "predicted_mb": need.peak // 2**20,
        "weights_mb": need.weights // 2**20,
    }
    device = model.device
    ids = torch.full((1, tokens), 7, device=device)
    ids[0, 4 : 4 + images] = model.config.image_token_id
    pixels = torch.randn(patches, 588, device=device)
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    out = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        pixel_values=pixels,
        image_grid_thw=grid,
        max_new_tokens=ANSWER,
        min_new_tokens=ANSWER,
        do_sample=False,
        pad_token_id=0,
    )
    if out.shape[1] != tokens + ANSWER:
        raise SystemExit(f"{out.shape[1] - tokens} tokens were written instead of {ANSWER}")
    if device.type == "cuda":
        allocated, reserved = torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
        found |= {
            "measured_mb": allocated // 2**20,
            "reserved_mb": reserved // 2**20,
            "ratio": round(need.peak / allocated, 4),
        }
    return found


if __name__ == "__main__":
    main()
