"""What a model of `ocroute.models.dots_ocr` answers when nothing of the engine stands around it: greedy, for comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList

from ocroute.models.dots_ocr.load import Loaded
from ocroute.models.dots_ocr.model_inputs import Inputs


class Generated(NamedTuple):
    """An answer.

    Attributes:
        text: without the token that ended it.
        finish: ``stop`` when it ended by itself, ``length`` when it was cut: by the limit, or from outside.
    """

    text: str
    finish: Literal["stop", "length"]


@torch.inference_mode()
def generate(
    loaded: Loaded, inputs: Inputs, max_new_tokens: int, *, criteria: Sequence[StoppingCriteria] = ()
) -> Generated:
    """Read one page.

    Args:
        max_new_tokens: tokens after which the answer is cut.
        criteria: further reasons to stop, e.g. a deadline.

    Raises:
        EngineError: the vision tower gave numbers that are not finite.
    """
    start = inputs.input_ids.shape[1]
    settings = GenerationConfig(  # type: ignore[no-untyped-call]
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=list(loaded.stop_ids),
        pad_token_id=loaded.stop_ids[0],
    )
    model: Any = loaded.model
    tokens = model.generate(
        input_ids=inputs.input_ids,
        attention_mask=torch.ones_like(inputs.input_ids),
        pixel_values=inputs.pixel_values,
        image_grid_thw=inputs.image_grid_thw,
        generation_config=settings,
        stopping_criteria=StoppingCriteriaList(criteria),
    )[0, start:].tolist()
    ended = bool(tokens) and tokens[-1] in loaded.stop_ids
    if ended:
        tokens.pop()
    text = loaded.tokenizer.decode(tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return Generated(str(text), "stop" if ended else "length")
