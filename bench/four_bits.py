"""Checkpoints in bitsandbytes' four bits, read by their engines: what they weigh, and whether they read.

    python -m bench.four_bits --json evidence/four-bits.json [--pages 12] [--device cpu]

The tiny trained checkpoints of qwen2_vl and dots_ocr, as they are and quantised by transformers, read the same drawn pages
through `ocroute.Reader`: so the canary page is asked, and the judge looks at each. Weights this small lose more by four bits than
large ones, so the errors say that the way works, not how well a large model reads. For the size that counts, the published
geometry of dots.ocr is filled with random weights, quantised, loaded, and shown a letter page at 200 dpi: the memory that takes.
"""

from __future__ import annotations

import gc
import json
import shutil
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import torch
from bench.dictation import checkpoint, config_for, tokenizer
from bench.drawn_examples import LINE
from bench.pages.full_letter import LETTER, SENTENCES, drawn
from bench.tiny_models.fonts import Family
from bench.tiny_models.packed import unpack
from bench.tiny_models.pages import Drawn, Painter, short
from PIL import Image
from transformers import BitsAndBytesConfig

import ocroute
from bench import harness
from ocroute.compare.measures import Errors, character_errors
from ocroute.engines.base import ENGINES
from ocroute.engines.dots_ocr import MODES
from ocroute.engines.neural import generate, loading
from ocroute.models.dots_ocr.load import load
from ocroute.models.dots_ocr.model_inputs import prepare

KEPT = harness.ROOT / "tests" / "checkpoints"
MODELS = ("qwen2_vl", "dots_ocr")
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
SHOWN = 32  # tokens of an answer to the letter page


def quantised(name: str, whole: Path, folder: Path, device: str) -> Path:
    """The checkpoint in ``whole``, in four bits."""
    settings = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    model: Any = ENGINES.load(name).model_class()  # type: ignore[attr-defined]
    model.from_pretrained(whole, quantization_config=settings, device_map={"": device}).save_pretrained(folder)
    for file in whole.iterdir():
        if ".safetensors" not in file.name and not (folder / file.name).exists():
            shutil.copy(file, folder)
    return folder


def stored(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def sheets(count: int) -> list[Drawn]:
    face = Family(FONT.stem, (str(FONT),), (str(FONT),))
    return [
        short(Painter(LINE, Random(f"four bits {at}"), "latin", evaluation=False, family=face), 9)
        for at in range(count)
    ]


def readings(name: str, folder: Path, pages: list[Drawn]) -> dict[str, Any]:
    """The pages, read with these weights through the whole of ocroute."""
    errors, verdicts, decoders = Errors(), [], set()
    with ocroute.Reader(engine=name, model=str(folder), jobs=0) as reader:
        for drawn_page in pages:
            found = reader.read(Image.fromarray(drawn_page.image))
            page = found.pages[0]
            read = " ".join(block.text for block in page.blocks) if page.provenance.engine == name else ""
            errors += character_errors(" ".join(block.chars for block in drawn_page.blocks), read)
            verdicts.append(f"{page.provenance.engine} {page.verdict.status}")
            decoders.add(str(page.provenance.settings.get("decoder", "")))
    return {
        "stored_bytes": stored(folder), "pages": len(pages), "cer": round(errors.rate, 4),
        "verdicts": {one: verdicts.count(one) for one in sorted(set(verdicts))}, "decoder": sorted(decoders),
    }  # fmt: skip


def published(place: Path) -> dict[str, Any]:
    """The published geometry of dots.ocr, whole and in four bits, on the GPU."""
    words = tokenizer(SENTENCES)
    whole = place / "dots_ocr"
    checkpoint(whole, words, config_for(words, tiny=False), "cuda")
    rows: dict[str, Any] = {}
    image = drawn(LETTER, letters=33, sentences=5, seed=1).image
    for form, folder in (("bfloat16", whole), ("four bits", place / "quantised")):
        gc.collect()
        torch.cuda.empty_cache()
        if form != "bfloat16":
            quantised("dots_ocr", whole, folder, "cuda")
            gc.collect()
            torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        loaded = load(folder, device="cuda", dtype=torch.bfloat16)
        weights = torch.cuda.memory_allocated()
        page = prepare(loaded, image, MODES["layout"].prompt, device="cuda")
        inputs = {
            "input_ids": page.input_ids, "pixel_values": page.pixel_values, "image_grid_thw": page.image_grid_thw,
        }  # fmt: skip
        here = loading.Loaded(loaded.model, loaded.tokenizer, None, loaded.stop_ids)
        written = generate.answer(here, inputs, max_new_tokens=SHOWN)
        rows[form] = {
            "stored_mib": stored(folder) >> 20, "weights_mib": weights >> 20, "prompt_tokens": page.input_ids.shape[1],
            "answer_tokens": written.tokens, "peak_mib": torch.cuda.max_memory_allocated() >> 20,
        }  # fmt: skip
        del loaded, here, inputs, page
    return rows


def main() -> None:
    parser = harness.arguments(__doc__, record="four-bits")
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    pages, result = sheets(given.pages), dict[str, Any](device=given.device)
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        for name in MODELS:
            whole = unpack(KEPT / name, place / name / "whole")
            packed = quantised(name, whole, place / name / "packed", given.device)
            result[name] = {
                "as it is": readings(name, whole, pages),
                "four bits": readings(name, packed, pages),
            }
            harness.write(given.json, result)
        if given.device != "cpu":
            result["published geometry of dots_ocr"] = published(place / "published")
            harness.write(given.json, result)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
