"""From prompt strings to token ids, with as many image tokens as the image gives features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocroute.errors import EngineError

if TYPE_CHECKING:
    from torch import Tensor

_AGAIN = "Fetch the checkpoint again: hf download OWNER/NAME --local-dir FOLDER"


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
