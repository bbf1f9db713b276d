"""Prompts with as many image tokens as the image has features, and the inputs of Qwen2-VL's kin, which merge its patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocroute.engines.neural.loading import Loaded
from ocroute.engines.neural.model_facts import Prepared
from ocroute.errors import Declined, EngineError

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

_AGAIN = "Fetch the checkpoint again: hf download OWNER/NAME --local-dir FOLDER"
WIDEST = 200  # times as long as wide: more than that the models refuse


def encode(tokenizer: Any, prompt: str, *, image_token: int, expected: int, first: int | None = None) -> Tensor:
    """int64 ``(1, tokens)`` of a prompt that is already whole: nothing is added but ``first``.

    Args:
        tokenizer: of the checkpoint.
        prompt: with one image token for each feature of the image.
        image_token: its id, as the checkpoint's config.json says.
        expected: image features.
        first: a token to begin with, for models that want one.

    Raises:
        EngineError: the prompt has another number of image tokens; the image would be cut, or the model not see it.
    """
    import torch

    ids: list[int] = tokenizer.encode(prompt, add_special_tokens=False)
    if first is not None:
        ids = [first, *ids]
    if ids.count(image_token) != expected:
        raise EngineError(
            f"the prompt holds {ids.count(image_token)} image tokens for {expected} image features: "
            "the tokenizer does not know the image token, or the checkpoint's processor settings are another model's",
            next_step=_AGAIN,
        )
    return torch.tensor([ids], dtype=torch.long)


def chat(tokenizer: Any, content: list[dict[str, str]]) -> str:
    """The checkpoint's own chat template around one user message, up to where the answer begins."""
    if not tokenizer.chat_template:
        raise EngineError("the checkpoint has no chat template", next_step=_AGAIN)
    text: str = tokenizer.apply_chat_template(
        [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
    )
    return text


def chat_around(loaded: Loaded, prompt: str, placeholder: str) -> tuple[str, str]:
    """What the checkpoint's chat template has before and after the ``placeholder`` of an image that ``prompt`` is about."""
    text = chat(loaded.tokenizer, [{"type": "image"}, {"type": "text", "text": prompt}])
    before, found, after = text.partition(placeholder)
    if not found:
        raise EngineError("the checkpoint's chat template leaves the image out", next_step=_AGAIN)
    return before, after


def patched(loaded: Loaded, image: Image, pixels: int, *, before: str, after: str, frames: int = 1) -> Prepared:
    """The prompt ``before`` + image tokens + ``after``, the patches, and their grid.

    Args:
        loaded: its processor gives ``pixel_values`` ``(patches, values)`` and ``image_grid_thw`` ``(1, 3)``.
        image: RGB.
        pixels: the most that the resized image may have.
        before, after: what stands around the image tokens.
        frames: how often the processor counts each pixel of an image: some count one frame for each that a patch spans.

    Raises:
        Declined: the image is too long and narrow.
    """
    decline_strips(image)
    processor, config = loaded.image_processor, loaded.model.config
    least, most = processor.size["shortest_edge"], processor.size["longest_edge"]
    size = {"shortest_edge": min(least, pixels * frames), "longest_edge": min(most, pixels * frames)}
    made = processor(images=image, size=size, return_tensors="pt")
    _, high, wide = made["image_grid_thw"][0].tolist()
    count = high * wide // processor.merge_size**2
    ids = encode(
        loaded.tokenizer,
        before + image_token(loaded) * count + after,
        image_token=config.image_token_id,
        expected=count,
    )
    inputs = {
        "input_ids": ids,
        "pixel_values": made["pixel_values"],
        "image_grid_thw": made["image_grid_thw"],
        "mm_token_type_ids": (ids == config.image_token_id).long(),  # which positions count in two dimensions
    }
    return Prepared(inputs, (wide * processor.patch_size, high * processor.patch_size))


def patched_chat(loaded: Loaded, image: Image, pixels: int, prompt: str, *, frames: int = 1) -> Prepared:
    """As `patched`, with the checkpoint's chat template around an image and a prompt."""
    before, after = chat_around(loaded, prompt, image_token(loaded))
    return patched(loaded, image, pixels, before=before, after=after, frames=frames)


def decline_strips(image: Image) -> None:
    """Raises:
    Declined: the image is so long and narrow that nothing would be left of it when it is made to fit.
    """
    if max(image.size) > WIDEST * min(image.size):
        raise Declined(
            f"the page is {image.width} x {image.height} pixels: more than {WIDEST} times as long as wide",
            next_step="Cut it",
        )


def image_token(loaded: Loaded) -> str:
    """The string of the token that stands for one image feature."""
    token: str = loaded.tokenizer.convert_ids_to_tokens(loaded.model.config.image_token_id)
    return token
