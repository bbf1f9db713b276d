"""A page image and a prompt as tensors. Needs no torchvision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ocroute.errors import EngineError
from ocroute.models.dots_ocr.input_size import InputSize, fit
from ocroute.models.dots_ocr.load import Loaded, Preprocessing
from ocroute.models.dots_ocr.prompts import chat
from ocroute.pages.pixels import to_rgb


@dataclass(frozen=True, slots=True)
class Inputs:
    """What ``generate`` takes.

    Attributes:
        input_ids: ``(1, length)``.
        pixel_values: float32 ``(patches, channels * patch * patch)``.
        image_grid_thw: ``(1, 3)``: one image, rows and columns of patches; on the CPU, where it is read.
        input_size: the size at which the model sees the page.
    """

    input_ids: Tensor
    pixel_values: Tensor
    image_grid_thw: Tensor
    input_size: InputSize


def prepare(
    loaded: Loaded, image: Image.Image, prompt: str, *, max_pixels: int | None = None, device: str = ""
) -> Inputs:
    """Tensors for one page.

    Args:
        image: of any mode; transparency lies on white.
        prompt: one of ``prompts.PROMPTS``.
        max_pixels: a smaller bound of the input's area than the checkpoint's own, to save memory and time.
        device: where the tensors are to be; the model's when left out.

    Raises:
        Declined: the image is too long for its width.
        EngineError: the prompt contains the image placeholder itself.
    """
    how = loaded.preprocessing
    most = how.max_pixels if max_pixels is None else max(how.factor**2, min(max_pixels, how.max_pixels))
    least = min(how.min_pixels, most)
    input_size = fit(image.width, image.height, factor=how.factor, min_pixels=least, max_pixels=most)
    patches = patchify(image, input_size, how)
    tokens = len(patches) // how.merge_size**2
    ids: list[int] = loaded.tokenizer(chat(prompt, tokens), add_special_tokens=False)["input_ids"]
    placeholders = ids.count(loaded.model.config.image_token_id)
    if placeholders != tokens:
        raise EngineError(
            f"the prompt made {placeholders} image placeholders for {tokens} image embeddings",
            next_step="Leave the model's special tokens out of the prompt; with its own: ocroute read PAGE --engine dots_ocr",
        )
    return Inputs(
        input_ids=torch.tensor([ids], device=device or loaded.device),
        pixel_values=torch.from_numpy(patches).to(device or loaded.device),
        image_grid_thw=torch.tensor([[1, input_size.height // how.patch_size, input_size.width // how.patch_size]]),
        input_size=input_size,
    )


def patchify(image: Image.Image, input_size: InputSize, how: Preprocessing) -> NDArray[np.float32]:
    """``image`` brought to ``input_size`` and cut up: float32 ``(patches, 3 * patch * patch)``.

    Patches come in blocks of ``merge`` x ``merge``, blocks and patches within each row by row; the values of a patch are
    ordered channel, row, column.
    """
    rgb = Image.fromarray(to_rgb(image))
    if rgb.size != input_size:
        rgb = rgb.resize(input_size, Image.Resampling.BICUBIC)
    values = np.asarray(rgb, dtype=np.float32)
    scale = 1 / (255 * np.array(how.image_std))
    shift = np.array(how.image_mean) / np.array(how.image_std)
    values = values * scale.astype(np.float32) - shift.astype(np.float32)
    patch, merge, factor = how.patch_size, how.merge_size, how.factor
    blocks = values.reshape(input_size.height // factor, merge, patch, input_size.width // factor, merge, patch, 3)
    return np.ascontiguousarray(blocks.transpose(0, 3, 1, 4, 6, 2, 5)).reshape(-1, 3 * patch * patch)
