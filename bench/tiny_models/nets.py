"""The models in training: image embeddings and decoder called apart, on batches of images of one size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from math import isqrt
from typing import Any

import torch
from bench.adaptor_models import cached
from bench.tiny_models.specs.base import MEAN, STD, Spec
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel

HALF = (0.5, 0.5, 0.5)  # DeepSeek's mean and spread of pixels


class Net(ABC):
    """What training needs of a model.

    Args:
        model: the whole model, whose weights are saved.
        decoder: the part of it that makes hidden states of embeddings.
    """

    def __init__(self, model: Any, decoder: Any) -> None:
        self.model = model
        self.decoder = decoder
        self.width: int = decoder.config.hidden_size
        self.head_dim = self.width // decoder.config.num_attention_heads

    @abstractmethod
    def see(self, images: Tensor) -> Tensor:
        """Grey images ``(batch, height, width)`` in 0..1 to one embedding a square, ``(batch, squares, width)``."""

    def laid(self, seen: Tensor) -> Tensor:
        """The squares' embeddings as the decoder is given them: ``Spec.embeddings`` of them."""
        return seen

    def embed(self, ids: Tensor) -> Tensor:
        """Token embeddings."""
        embedded: Tensor = self.decoder.embed_tokens(ids)
        return embedded

    def decode(self, embeddings: Tensor, positions: Tensor | None, cache: DynamicCache | None = None) -> Tensor:
        """Hidden states ``(batch, length, width)`` after the last norm; ``positions`` None counts from the cache's end."""
        where = {} if positions is None else {"position_ids": positions}
        where |= cached(self.decoder, cache)
        hidden: Tensor = self.decoder(inputs_embeds=embeddings, use_cache=cache is not None, **where).last_hidden_state
        return hidden

    def head(self, hidden: Tensor) -> Tensor:
        """Scores of the next token."""
        scores: Tensor = self.model.lm_head(hidden)
        return scores

    def positions(self, before: int, grid: tuple[int, int], total: int) -> Tensor | None:  # noqa: ARG002 - most just count
        """Positions ``(3, 1, total)`` of a sequence with ``before`` tokens ahead of an image of ``grid`` rows and columns.

        None where tokens simply count up.
        """
        return None


def normalised(images: Tensor, mean: Sequence[float] = MEAN, std: Sequence[float] = STD) -> Tensor:
    """``(batch, height, width)`` grey in 0..1 to ``(batch, 3, height, width)`` as the processors normalise it."""
    return (images[:, None] - _channels(tuple(mean), images.device)) / _channels(tuple(std), images.device)


@lru_cache
def _channels(values: tuple[float, ...], device: torch.device) -> Tensor:
    """Made once: a copy to the device in every step would wait for all that is still running there."""
    return torch.tensor(values, device=device).view(1, 3, 1, 1)


def patches(images: Tensor, side: int, merge: int, frames: int) -> Tensor:
    """``(batch, 3, height, width)`` cut up block by block: ``(batch * patches, 3 * frames * side * side)``."""
    batch, channels, height, width = images.shape
    rows, columns = height // (side * merge), width // (side * merge)
    cut = images.reshape(batch, channels, rows, merge, side, columns, merge, side)
    cut = cut.permute(0, 2, 5, 3, 6, 1, 4, 7)[:, :, :, :, :, :, None].expand(*[-1] * 6, frames, -1, -1)
    return cut.reshape(-1, channels * frames * side * side)


class DotsNet(Net):
    """dots.ocr."""

    def __init__(self, model: Any) -> None:
        super().__init__(model, model.model)
        self._packs: dict[tuple[int, ...], Any] = {}

    def see(self, images: Tensor) -> Tensor:
        """As the tower itself does, but all images are known to be alike, so their positions are made once."""
        from ocroute.models.dots_ocr.vision import Pack

        tower = self.model.vision_tower
        config = tower.config
        batch, height, width = key = tuple(images.shape)
        side, merge = config.patch_size, config.spatial_merge_size
        if key not in self._packs:
            self._packs[key] = Pack([(1, height // side, width // side)] * batch, config, images.device)
        x = tower.patch_embed(patches(normalised(images), side, merge, 1))
        delta = None
        for block in tower.blocks:
            x, delta = block(x, delta, self._packs[key])
        if delta is not None:
            x = x + delta
        seen: Tensor = tower.merger(tower.post_trunk_norm(x))
        return seen.view(batch, -1, self.width)


class QwenNet(Net):
    """Qwen2-VL."""

    def __init__(self, model: Any) -> None:
        super().__init__(model, model.model.language_model)
        self._packs: dict[tuple[int, ...], tuple[Tensor, Tensor, Tensor]] = {}

    def see(self, images: Tensor) -> Tensor:
        """As the tower itself does, but all images are known to be alike, so their positions are made once."""
        tower = self.model.model.visual
        config = tower.config
        batch, height, width = key = tuple(images.shape)
        side, merge = config.patch_size, config.spatial_merge_size
        flat = patches(normalised(images), side, merge, config.temporal_patch_size)
        if key not in self._packs:
            self._packs[key] = _qwen_pack(tower, flat, height // side, width // side, merge)
        cos, sin, cu = self._packs[key]
        length = (height // side) * (width // side)
        x = tower.patch_embed(flat)
        for block in tower.blocks:
            x = block(x, cu_seqlens=cu, max_seqlen=length, position_embeddings=(cos, sin))
        seen: Tensor = tower.merger(x)
        return seen.view(batch, -1, self.width)

    def positions(self, before: int, grid: tuple[int, int], total: int) -> Tensor | None:
        """Image embeddings count rows and columns; what follows counts on from the longer side."""
        rows, columns = grid
        count = partial(torch.arange, device=self.model.device)
        row, column = torch.meshgrid(count(rows), count(columns), indexing="ij")
        image = torch.stack([torch.zeros_like(row), row, column]).flatten(1) + before
        ahead, behind = count(before).expand(3, -1), count(total - before - rows * columns) + before + max(grid)
        return torch.cat([ahead, image, behind.expand(3, -1)], dim=1)[:, None]


def _qwen_pack(tower: Any, flat: Tensor, rows: int, columns: int, merge: int) -> tuple[Tensor, Tensor, Tensor]:
    """Cosines and sines of all patches, in the order of ``patches``, and where each image begins."""
    count = flat.shape[0] // (rows * columns)
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    places = torch.stack([row, column], dim=-1).view(rows // merge, merge, columns // merge, merge, 2)
    places = places.permute(0, 2, 1, 3, 4).reshape(-1, 2).repeat(count, 1).to(flat.device)
    cos, sin = tower.rotary_pos_emb(flat, places)
    cu = torch.arange(0, flat.shape[0] + 1, rows * columns, dtype=torch.int32, device=flat.device)
    return cos, sin, cu


class GotNet(Net):
    """GOT-OCR 2.0."""

    def __init__(self, model: Any) -> None:
        super().__init__(model, model.model.language_model)

    def see(self, images: Tensor) -> Tensor:
        """Squares of the checkpoint's one size."""
        seen: Tensor = self.model.model.get_image_features(normalised(images), return_dict=True).pooler_output
        return seen


class DeepseekNet(Net):
    """DeepSeek-OCR, the first."""

    def __init__(self, model: Any) -> None:
        super().__init__(model, model.model.language_model)

    def see(self, images: Tensor) -> Tensor:
        """Squares of the checkpoint's one size, whole."""
        inner = self.model.model
        pixels = normalised(images, HALF, HALF)
        seen: Tensor = inner.multi_modal_projector(inner.vision_tower(pixels).last_hidden_state)
        return seen

    def laid(self, seen: Tensor) -> Tensor:
        """An embedding of its own after each row, another one after all."""
        inner, batch, side = self.model.model, len(seen), isqrt(seen.shape[1])
        rows = seen.view(batch, side, side, -1)
        ends = inner.image_newline.to(seen.dtype).expand(batch, side, 1, -1)
        last = inner.view_separator.to(seen.dtype).expand(batch, 1, -1)
        return torch.cat([torch.cat([rows, ends], dim=2).flatten(1, 2), last], dim=1)


NETS: dict[str, Callable[[Any], Net]] = {
    "dots_ocr": DotsNet,
    "qwen2_vl": QwenNet,
    "got_ocr2": GotNet,
    "deepseek_ocr": DeepseekNet,
}


def model_class(spec: Spec) -> tuple[type[PreTrainedModel], type[Any]]:
    """The classes of a spec's model and configuration."""
    if spec.name == "dots_ocr":
        from ocroute.models.dots_ocr.config import DotsOCRConfig
        from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM

        return DotsOCRForCausalLM, DotsOCRConfig
    import transformers

    # UnlimitedOcr is DeepSeek-OCR's twin: the same modules, and it knows the published names of the tensors
    stem = {"qwen2_vl": "Qwen2VL", "got_ocr2": "GotOcr2", "deepseek_ocr": "UnlimitedOcr"}[spec.name]
    return getattr(transformers, f"{stem}ForConditionalGeneration"), getattr(transformers, f"{stem}Config")


class Teacher(nn.Module):
    """The part that only trains: names the characters that begin in each embedding's square, in order.

    Args:
        width: of the embeddings.
        slots: characters a square.
        classes: kinds of characters, the empty slot among them.
    """

    def __init__(self, width: int, slots: int, classes: int) -> None:
        super().__init__()
        self.slots = slots
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, slots * classes)

    def forward(self, seen: Tensor, labels: Tensor) -> Tensor:
        """Cross entropy; ``labels`` ``(batch, embeddings, slots)``, 0 where a slot is empty."""
        scores = self.out(self.norm(seen)).view(*labels.shape, -1).float()
        # nearly all slots are empty: they count a tenth
        loss = nn.functional.cross_entropy(scores.flatten(0, 2), labels.flatten(), reduction="none")
        weight = torch.where(labels.flatten() > 0, 1.0, 0.1)
        return (loss * weight).sum() / weight.sum()
