"""What the two DeepSeek-OCR models share: prompts, the first token, and the way an answer becomes blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocroute.engines.neural import plain
from ocroute.engines.neural.grounded import from_regions
from ocroute.engines.neural.guard import Guard
from ocroute.engines.neural.loading import Loaded
from ocroute.engines.neural.prompts import encode
from ocroute.engines.neural.recipe import Answered, Mode
from ocroute.errors import EngineUnavailable
from ocroute.values import Block

if TYPE_CHECKING:
    from torch import Tensor

LONGEST = 8192
SCRIPTS = ("Latn", "Hans", "Hant", "Jpan", "Kore", "Cyrl", "Grek", "Arab", "Hebr", "Deva", "Thai")
GROUNDING = "<|grounding|>"
GUARD = Guard(run=30, window=90, exempt=("<td>", "</td>"))  # as the authors' own server sets it for images


def modes() -> dict[str, Mode]:
    """What either model can be asked."""

    def mode(prompt: str, *, text: bool = True, **options: Any) -> Mode:
        return Mode(prompt, text, prompt.startswith(GROUNDING), LONGEST, options, GUARD)

    return {
        "layout": mode(f"{GROUNDING}Convert the document to markdown."),
        "text": mode("Free OCR."),
        "lines": mode(f"{GROUNDING}OCR this image.", labels_are_text=True),
        "figure": mode("Parse the figure.", text=False),
        "describe": mode("Describe this image in detail.", text=False),
    }


def encoded(loaded: Loaded, mode: Mode, image_tokens: int) -> Tensor:
    """int64 ``(1, tokens)``: the first token, the image, a line break, the prompt; there is no chat template."""
    config = loaded.model.config
    token = loaded.tokenizer.convert_ids_to_tokens(config.image_token_id)
    first = config.text_config.bos_token_id
    if first is None:
        raise EngineUnavailable(
            "the checkpoint's config.json names no first token",
            next_step="Fetch it again: hf download OWNER/NAME --local-dir FOLDER",
        )
    return encode(
        loaded.tokenizer,
        token * image_tokens + "\n" + mode.prompt,
        image_token=config.image_token_id,
        expected=image_tokens,
        first=first,
    )


def blocks(answer: Answered) -> tuple[Block, ...]:
    """Regions with their boxes where the model was asked for them, else what its Markdown tells apart."""
    if not answer.mode.boxes:
        return plain.blocks(answer)
    return from_regions(answer.text, answer.size, labels_are_text=bool(answer.mode.options.get("labels_are_text")))
