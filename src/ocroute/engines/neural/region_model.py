"""The first stage of engines that read a page region by region: where its parts stand, what they are, and in which order.

The models are those of PP-DocLayout, in transformers' classes. Each is shown the whole page squeezed into one square, and names
boxes with a class, and for every two of them which is read first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ocroute.engines.neural import loading, memory_count, weights
from ocroute.engines.neural.model_facts import Facts
from ocroute.models.settings import settings
from ocroute.values import Box

if TYPE_CHECKING:
    import torch

    from ocroute.pages.page import Raster

THRESHOLD = 0.3
"""Score from which a box counts where the checkpoint has none for its class: what the model's authors read pages with."""

SIDE = 800  # pixels of the square, where the checkpoint does not say
_THIN = 4  # pixels: a box that is thinner holds no writing
_WITHIN = 0.7  # of the smaller of two boxes: it is taken for a part of the larger


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page: what the model calls it, where it stands in page pixels, and how sure the model is, 0 to 1."""

    label: str
    box: Box
    score: float


class RegionModel:
    """A layout model on its device, in float32.

    Args:
        facts: of the checkpoint.
        folder: that holds it.
        device: where it runs.

    Attributes:
        digest: SHA-256 that tells the checkpoint from others.

    Raises:
        EngineUnavailable: the checkpoint does not fit; the message names what.
    """

    def __init__(self, facts: Facts, folder: Path, device: str) -> None:
        import torch

        weights.check(facts, folder)
        with loading.telling(facts, folder):
            model_class, config = _described(facts, folder)
            model, report = model_class.from_pretrained(
                folder,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
            # What only training needs may be left out or left over; a box that is told by random weights may not.
            lacking = [name for name in report["missing_keys"] if "denoising" not in name]
            loading.arrived(facts, folder, {**report, "missing_keys": lacking, "unexpected_keys": ()})
            self._pixels = _pixels(folder)
        self._model = model.to(device).eval()
        self._device = device
        self.digest = weights.digest(folder)

    def find(self, raster: Raster) -> list[Region]:
        """The regions of a page in reading order.

        Args:
            raster: of the whole page, RGB.
        """
        import torch

        high, wide = raster.shape[:2]
        with torch.inference_mode(), loading.quiet():
            out = self._model(pixel_values=self._pixels.of(raster).to(self._device))
            scores, labels = out.logits[0].float().sigmoid().max(-1)
            turns = _turns(out.order_logits[0].float().sigmoid())
            told = torch.cat((out.pred_boxes[0].float(), scores[:, None], turns[:, None]), dim=1).cpu().numpy()
        least = getattr(self._model.config, "class_thresholds", None)
        found = []
        for (x, y, width, height, score, turn), label in zip(told.tolist(), labels.tolist(), strict=True):
            if not score >= (least[label] if least else THRESHOLD) or not np.isfinite((x, y, width, height)).all():
                continue
            box = Box(
                (x - abs(width) / 2) * wide,
                (y - abs(height) / 2) * high,
                (x + abs(width) / 2) * wide,
                (y + abs(height) / 2) * high,
            )
            found.append((turn, Region(self._model.config.id2label[label], box.clamped(wide, high), score)))
        return apart([region for _, region in sorted(found, key=lambda pair: pair[0])])


def apart(regions: list[Region]) -> list[Region]:
    """``regions`` without those that are too thin to hold writing, and those that lie within a larger one.

    A picture may lie in a text, and a text in a picture: neither is a part of the other.
    """
    kept = sorted(
        (region for region in regions if min(region.box.width, region.box.height) >= _THIN),
        key=lambda region: -region.box.area,
    )
    largest: list[Region] = []
    for region in kept:
        if not any(_within(region, larger) for larger in largest):
            largest.append(region)
    chosen = set(map(id, largest))
    return [region for region in regions if id(region) in chosen]


def _within(region: Region, larger: Region) -> bool:
    if (region.label == "image") != (larger.label == "image"):
        return False
    return region.box.intersection(larger.box) > _WITHIN * region.box.area


def _turns(before: torch.Tensor) -> torch.Tensor:
    """How many boxes stand before each, from ``(boxes, boxes)``: the chance that the row's comes before the column's.

    The model answers for pairs above the diagonal; those below are their opposites.
    """
    above = before.triu(1)
    return above.sum(0) + (1 - above.T).tril(-1).sum(0)


def need(facts: Facts, folder: Path) -> tuple[int, int]:
    """Bytes of the model's weights, and of what it takes besides while it looks at a page; counted on torch's meta device."""
    import torch

    with loading.telling(facts, folder):
        model_class, config = _described(facts, folder)
        model = memory_count.on_meta_device(lambda: model_class(config), torch.float32)
        high, wide = _pixels(folder).size
        pixels = torch.empty(1, 3, high, wide, device="meta")
        return memory_count.weights_bytes(model), memory_count.peak_bytes(lambda: model(pixel_values=pixels))


def _described(facts: Facts, folder: Path) -> tuple[Any, Any]:
    """The model's class and configuration, as its config.json says."""
    import transformers

    raw = weights.config(facts, folder)
    name = next((name for name in raw.get("architectures", ()) if name in facts.architectures), facts.model_class)
    model_class = getattr(transformers, name)
    return model_class, model_class.config_class.from_dict(raw)


@dataclass(frozen=True, slots=True)
class _Pixels:
    """How a page becomes the model's input: the size (height, width) of the square, mean and deviation of its colours."""

    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def of(self, raster: Raster) -> torch.Tensor:
        """float32 ``(1, 3, height, width)``. Cubic and without smoothing, as the model was trained."""
        import torch

        high, wide = self.size
        squeezed = cv2.resize(np.ascontiguousarray(raster), (wide, high), interpolation=cv2.INTER_CUBIC)
        values = (squeezed.astype(np.float32) / 255 - self.mean) / self.std
        return torch.from_numpy(values.astype(np.float32)).permute(2, 0, 1)[None].contiguous()


def _pixels(folder: Path) -> _Pixels:
    _, told = settings(lambda name: folder / name)
    size = told.get("size") or {}
    return _Pixels(
        (int(size.get("height", SIDE)), int(size.get("width", SIDE))),
        tuple(told.get("image_mean", (0.0, 0.0, 0.0))),
        tuple(told.get("image_std", (1.0, 1.0, 1.0))),
    )


def folder_of(facts: Facts, beside: Path) -> Path:
    """Where the checkpoint lies: in a folder within ``beside``, that of the second stage, or where weights are found.

    Raises:
        EngineUnavailable: it is not on this machine.
    """
    for config in sorted(beside.glob("*/config.json")):
        try:
            said = json.loads(config.read_text(encoding="utf-8")).get("architectures") or ()
        except (OSError, ValueError, AttributeError):
            continue
        if set(said) & set(facts.architectures):
            return config.parent
    return weights.find(facts)
