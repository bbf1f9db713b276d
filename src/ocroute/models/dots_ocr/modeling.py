"""dots.ocr: a Qwen2 decoder that reads image embeddings from its vision tower in place of placeholder tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import Qwen2ForCausalLM
from transformers.modeling_outputs import CausalLMOutputWithPast

from ocroute.errors import EngineError
from ocroute.models.dots_ocr.config import DotsOCRConfig
from ocroute.models.dots_ocr.rotary import TextRotary
from ocroute.models.dots_ocr.vision import DotsVisionTower

_LOOK = "To see whether the engine reads at all: ocroute doctor --engine dots_ocr"

_PARTS = {
    "input_ids": 1,
    "pixel_values": 0,
    "image_grid_thw": 0,
}  # of a prompt, and the dimension that grows with images


class NotFinite(EngineError, FloatingPointError):
    """Numbers left the format that the model computes in, as those of large activations do in float16."""


def not_finite(dtype: torch.dtype) -> NotFinite:
    """The error for image embeddings of this type that are NaN or Inf: it may be too narrow, or the weights are damaged."""
    numbers = str(dtype).removeprefix("torch.")
    wider = "Read it on the CPU, in float32: CUDA_VISIBLE_DEVICES=-1 ocroute read PAGE --engine dots_ocr"
    damaged = f"The weights themselves may be damaged: fetch or copy them again. {_LOOK}"
    return NotFinite(
        f"the vision tower of dots.ocr gave numbers that are not finite in {numbers}",
        next_step=damaged if dtype == torch.float32 else wider,
    )


class DotsOCRForCausalLM(Qwen2ForCausalLM):  # type: ignore[no-untyped-call]
    """Loads the published checkpoints of dots.ocr and dots.mocr as they are: names and shapes of all tensors agree.

    The inherited ``generate`` hands the pixels over with the prompt and drops them for every later step.
    """

    config: DotsOCRConfig
    config_class = DotsOCRConfig

    def __init__(self, config: DotsOCRConfig) -> None:
        super().__init__(config)
        self.model.rotary_emb = TextRotary(config)
        self.vision_tower = DotsVisionTower(config.vision)
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(
        self,
        input_ids: Tensor | None = None,
        pixel_values: Tensor | None = None,
        image_grid_thw: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        logits_to_keep: int | Tensor = 0,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """One step of the decoder, as ``Qwen2ForCausalLM.forward``, with images in the prompt.

        Args:
            input_ids: ``(batch, length)``.
            pixel_values: patches of all images, ``(patches, channels * patch * patch)``; given with the prompt only.
            image_grid_thw: integers ``(images, 3)``: frames, rows, columns of patches; ignored where there are no pixels.
            attention_mask, inputs_embeds, logits_to_keep, kwargs: as the base class has them.

        Raises:
            EngineError: placeholders and image embeddings do not match.
            NotFinite: the tower gave numbers that are not finite.
        """
        if input_ids is not None and inputs_embeds is None:
            inputs_embeds = self._embedded(input_ids, pixel_values, image_grid_thw)
        elif pixel_values is not None:
            raise EngineError(
                "pixels were given without token ids, so their places are unknown",
                next_step=f"Pass input_ids as well. {_LOOK}",
            )
        return super().forward(  # type: ignore[no-any-return]
            inputs_embeds=inputs_embeds, attention_mask=attention_mask, logits_to_keep=logits_to_keep, **kwargs
        )

    def embed(self, prompts: Sequence[Mapping[str, Tensor]]) -> tuple[Tensor, ...]:
        """The embeddings of several prompts, all their images in one pass of the vision tower.

        On a GPU nothing waits for the device, so what it computes is not looked at either: NaN or Inf among the image embeddings
        is found in the scores that come of them.

        Args:
            prompts: each as ``forward`` takes it: ``input_ids``, ``pixel_values``, ``image_grid_thw``; as
                ``model_inputs.prepare`` makes them, which has counted the placeholders.

        Returns:
            ``inputs_embeds`` for ``forward``, ``(1, length, hidden)`` each.

        Raises:
            EngineError, NotFinite: as ``forward``, off the GPU.
        """
        ids, pixels, grids = (torch.cat([prompt[name] for prompt in prompts], dim) for name, dim in _PARTS.items())
        lengths = [prompt["input_ids"].shape[1] for prompt in prompts]
        if not pixels.is_cuda:
            return torch.split(self._embedded(ids, pixels, grids), lengths, dim=1)
        return torch.split(self._with_images(ids, self.vision_tower(pixels, grids)), lengths, dim=1)

    def _with_images(self, input_ids: Tensor, images: Tensor) -> Tensor:
        """Embeddings of the tokens, with those of the images in their places, of which there are as many."""
        embeddings: Tensor = self.model.embed_tokens(input_ids)
        places = input_ids == self.config.image_token_id
        return embeddings.masked_scatter(places[..., None], images.to(embeddings.dtype))

    def _embedded(self, input_ids: Tensor, pixels: Tensor | None, grids: Tensor | None) -> Tensor:
        """Embeddings ``(batch, length, hidden)`` of the tokens, those of the images put in."""
        embeddings: Tensor = self.model.embed_tokens(input_ids)
        if pixels is None and input_ids.shape[1] == 1:
            return embeddings  # a later step: looking for placeholders would make the host wait for each token
        places = input_ids == self.config.image_token_id
        count = int(places.sum())
        if pixels is None:
            if count:
                raise EngineError(
                    f"the prompt has {count} image placeholders but no pixels came with it: the page would not be seen",
                    next_step=f"Pass pixel_values and image_grid_thw with the prompt. {_LOOK}",
                )
            return embeddings
        if grids is None:
            raise EngineError(
                "pixels were given without their grids", next_step=f"Pass image_grid_thw as well. {_LOOK}"
            )
        merged = pixels.shape[0] // self.config.vision.spatial_merge_size**2
        if count != merged:
            raise EngineError(
                f"{count} image placeholders stand in the prompt for {merged} image embeddings "
                f"({pixels.shape[0]} patches)",
                next_step=f"Make both with ocroute.models.dots_ocr.model_inputs.prepare. {_LOOK}",
            )
        images = self.vision_tower(pixels, grids)
        if not self.training and not bool(torch.isfinite(images).all()):
            raise not_finite(images.dtype)
        return self._with_images(input_ids, images)
