"""A tiny PaddleOCR-VL, both of its models, that knows two pages by heart: the canary page and one with a region of most kinds.

The layout model must find and order the regions, the language model must read each as the image that it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch.nn.functional import binary_cross_entropy_with_logits as against

from ocroute.engines.neural import Mode, canary, devices, loading
from ocroute.engines.neural.region_model import RegionModel
from ocroute.engines.paddleocr_vl import CLASSES, MODES, PaddleOcrVl
from ocroute.pages.cropped import CroppedPage
from ocroute.values import Box
from tests.support.checkpoints import PAGES
from tests.support.overfit import batch_of
from tests.support.pages import ArrayPage

SHEET = PAGES / "paddleocr_vl" / "sheet.png"
SIZE = (420, 560)
STEPS, GOOD = 2000, 0.004
LARGER_BY = (0, 1, -1, 2)
LARGER = {
    "text_config": {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4, "num_key_value_heads": 2},
    "vision_config": {"hidden_size": 48, "intermediate_size": 96},
}
"""Than other tiny checkpoints, so that the texts go in."""
LARGER_REGIONS = {
    "d_model": 32, "encoder_hidden_dim": 32, "encoder_ffn_dim": 64, "decoder_in_channels": [32, 32, 32], "decoder_ffn_dim": 64,
    "mask_enhanced": False,
}  # fmt: skip
"""The same for the layout model; its masks, from which the published one takes its first boxes, are not taught."""


class Part(NamedTuple):
    """A region of the sheet: its class, its box, what it says, and what stands in the image, where that is something else."""

    label: str
    box: tuple[int, int, int, int]
    text: str
    drawn: str = ""


TABLE = "<fcel>Fish<fcel>Weight<lcel><nl><fcel>Pike<fcel>4.1<fcel>kg<nl><ucel><fcel>3.7<ecel><nl>"
PARTS = (
    Part("header", (20, 12, 200, 34), "Lake Report 1932"),
    Part("doc_title", (20, 48, 360, 84), "Herons of the Lake"),
    Part("text", (20, 100, 200, 196), "Grey herons wade\nby the old mill.\nThey eat small fish."),
    Part("display_formula", (20, 216, 200, 250), r"a^{2}+b^{2}=c^{2}", "a² + b² = c²"),
    Part("paragraph_title", (230, 100, 400, 128), "2. The catch"),
    Part("text", (230, 140, 400, 196), "Twelve boats went\nout on Monday."),
    Part("image", (230, 216, 400, 330), ""),
    Part("figure_title", (230, 340, 400, 362), "Fig. 1: A heron"),
    Part("table", (20, 384, 400, 470), TABLE),
    Part("footnote", (20, 494, 300, 516), "1 Weighed at noon."),
    Part("number", (200, 532, 222, 552), "7"),
)
CANARY = Part("text", (8, 12, 328, 212), canary.TRUTH)


def draw() -> Image.Image:
    """The sheet, as it is kept beside the checkpoint."""
    image = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.truetype("DejaVuSans.ttf", 15)
    for part in PARTS:
        x0, y0, x1, y1 = part.box
        if part.label == "image":
            pen.rectangle((x0 + 4, y0 + 4, x1 - 4, y1 - 4), fill=(150, 170, 190))
            pen.ellipse((x0 + 50, y0 + 20, x1 - 50, y1 - 20), fill=(90, 100, 90))
        elif part.label == "table":
            pen.rectangle((x0 + 3, y0 + 3, x1 - 3, y1 - 3), outline="black", width=2)
            for row, words in enumerate((("Fish", "Weight", ""), ("Pike", "4.1", "kg"), ("", "3.7", ""))):
                for column, word in enumerate(words):
                    pen.text((x0 + 12 + 120 * column, y0 + 9 + 24 * row), word, "black", font)
        else:
            large = ImageFont.truetype("DejaVuSans-Bold.ttf", 24) if part.label == "doc_title" else font
            pen.multiline_text((x0 + 4, y0 + 2), part.drawn or part.text, "black", large, spacing=8)
    return image


def sheet() -> Image.Image:
    """The sheet from its file: RGB."""
    with Image.open(SHEET) as opened:
        return opened.convert("RGB")


def pages() -> list[tuple[Image.Image, tuple[Part, ...]]]:
    """Every page that is learnt; nothing stands on the last."""
    return [(sheet(), PARTS), (canary.page(), (CANARY,)), (canary.blank(), ())]


def learn_regions(folder: Path, *, steps: int = STEPS) -> float:
    """Train the layout model in ``folder`` on the pages, save it, and return the last loss."""
    held = RegionModel(PaddleOcrVl.first_stage, folder, "cpu")
    model = held._model
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):  # their norms stay as they are: pages must not fade on the way through
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    pixels = torch.cat([held._pixels.of(np.asarray(image)) for image, _ in pages()])
    wanted = [_targets(image, parts) for image, parts in pages()]
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps, pct_start=0.1)
    loss = torch.zeros(())
    for step in range(steps):  # in evaluation mode: norms of batches have nothing to learn from three pages
        out = model(pixel_values=pixels)
        loss = sum(
            _stage(logits[page], boxes[page], wanted[page])[0]
            for page in range(len(wanted))
            for logits, boxes in ((out.logits, out.pred_boxes), (out.enc_topk_logits, out.enc_topk_bboxes))
        ) + sum(
            _order(out.order_logits[page], _stage(out.logits[page], out.pred_boxes[page], wanted[page])[1])
            for page in range(len(wanted))
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            print(step, round(loss.item(), 4), flush=True)
        if loss.item() < 0.01:
            break
    model.save_pretrained(folder)
    return loss.item()


def _targets(image: Image.Image, parts: tuple[Part, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Numbers of classes, and boxes by centre and size as shares of the page, in reading order."""
    names = list(CLASSES)
    width, height = image.size
    boxes = [
        ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height)
        for x0, y0, x1, y1 in (part.box for part in parts)
    ]
    labels = torch.tensor([names.index(part.label) for part in parts], dtype=torch.long)
    return labels, torch.tensor(boxes).reshape(-1, 4)


def _stage(
    logits: torch.Tensor, boxes: torch.Tensor, wanted: tuple[torch.Tensor, torch.Tensor]
) -> tuple[torch.Tensor, list[int]]:
    """The loss of one page's answers, and which of them stands for which region: the nearest that is still free."""
    labels, places = wanted
    with torch.no_grad():
        cost = 5 * torch.cdist(places, boxes, p=1) - logits.sigmoid()[:, labels].T
        chosen = [-1] * len(labels)
        for flat in cost.flatten().argsort().tolist():
            region, query = divmod(flat, len(boxes))
            if chosen[region] < 0 and query not in chosen:
                chosen[region] = query
    truth = torch.zeros_like(logits)
    truth[chosen, labels] = 1.0
    weight = torch.where(truth > 0, 1.0, 0.75 * logits.detach().sigmoid() ** 2)
    loss = against(logits, truth, weight=weight, reduction="sum") / max(1, len(labels))
    if len(labels):
        loss = loss + 5 * (boxes[chosen] - places).abs().sum(-1).mean()
    return loss, chosen


def _order(logits: torch.Tensor, chosen: list[int]) -> torch.Tensor:
    """The loss of what comes before what, among the regions of one page: the model tells it above the diagonal."""
    pairs = [(i, j) for i in range(len(chosen)) for j in range(len(chosen)) if chosen[i] < chosen[j]]
    if not pairs:
        return torch.zeros(())
    told = torch.stack([logits[chosen[i], chosen[j]] for i, j in pairs])
    return against(told, torch.tensor([float(i < j) for i, j in pairs]))


def learn_texts(folder: Path, *, steps: int = STEPS) -> float:
    """Train the language model in ``folder`` on the regions of the pages, save it, and return the last loss."""
    engine = PaddleOcrVl.__new__(PaddleOcrVl)  # its own way from image to inputs, before it can pass its own canary
    engine.loaded = loading.load(PaddleOcrVl.facts, folder, devices.Place("cpu", torch.float32, "cpu"))
    batches = [batch_of(engine, readings(more), "</s>") for more in LARGER_BY]
    model = engine.loaded.model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.0)
    losses: list[float] = []
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 20)
        out = model(**batches[step % len(batches)]).loss
        optimizer.zero_grad()
        out.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            print(step, round(out.item(), 4), flush=True)
        losses = [*losses[1 - len(batches) :], out.item()]
        if len(losses) == len(batches) and max(losses) < GOOD:
            break
    model.eval().save_pretrained(folder)
    return max(losses)


def readings(more: int = 0) -> list[tuple[Image.Image, Mode, str]]:
    """Images as the language model is shown them, the mode that it is asked in, and its answer.

    Args:
        more: pixels by which each region is larger on every side, as the layout model may find it.
    """
    made = [(canary.blank(), MODES["text"], "")]
    for image, parts in pages():
        page = ArrayPage(image)
        for part in parts:
            if mode := PaddleOcrVl.mode_for(part.label):
                x0, y0, x1, y1 = part.box
                crop = CroppedPage(page, Box(x0 - more, y0 - more, x1 + more, y1 + more))
                made.append((Image.fromarray(crop.raster()), MODES[mode], part.text))
    return made


if __name__ == "__main__":  # some ten minutes; writes the checkpoints as the repository keeps them
    import shutil
    import sys

    from bench.tiny_models.packed import pack

    from ocroute.testing import tiny_checkpoint, tiny_first_stage
    from tests.support.checkpoints import KEPT

    made = Path(sys.argv[1])
    if not SHEET.is_file():
        SHEET.parent.mkdir(exist_ok=True)
        draw().save(SHEET, optimize=True)
    inner = made / PaddleOcrVl.first_stage.name
    if not made.is_dir():
        made.mkdir()
        tiny_checkpoint(PaddleOcrVl, made, **LARGER)
        shutil.rmtree(inner)
        tiny_first_stage(PaddleOcrVl, made, **LARGER_REGIONS)
    kept = KEPT / "two_pages_by_heart"
    for what in sys.argv[2:] or ("regions", "texts"):
        if what == "regions":
            print("regions", learn_regions(inner), flush=True)
            pack(inner, kept / inner.name, 24)
        else:
            print("texts", learn_texts(made), flush=True)
            pack(made, kept, 12)
    print(json.dumps({str(file.relative_to(kept)): file.stat().st_size for file in sorted(kept.rglob("*.xz"))}))
