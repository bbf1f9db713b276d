"""Notices that an answer has begun to repeat itself without end, while it is being written.

Known ways in which dots.ocr does so: dotted leaders, underscores, empty table cells, and one cell of the layout given again and
again. Penalties on repeated tokens are no cure: layout JSON and tables repeat by nature.
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast, StoppingCriteria

LONGEST_PERIOD: Final = 256  # tokens of a repeated unit: a paragraph
FEWEST_TOKENS: Final = 512  # more than the leaders of a table of contents or the empty rows of a printed form take
FEWEST_TIMES: Final = 8
SAME_CELLS: Final = 30  # cells of one text in a row, each with another box; a form may well have a dozen
EVERY: Final = 64  # tokens between two looks

_CELL_TEXT = re.compile(r'"text"\s*:\s*"((?:[^"\\]|\\.)*)"\s*}')


def period_of(tokens: NDArray[np.int64]) -> int:
    """Tokens of the unit that ``tokens`` ends in repeating for long enough to call it a loop; 0 when there is none."""
    for period in range(1, min(LONGEST_PERIOD, len(tokens) // FEWEST_TIMES) + 1):
        differs = np.flatnonzero(tokens[period:] != tokens[:-period])
        since = len(tokens) - (int(differs[-1]) + 1 if differs.size else 0)
        if since >= max(FEWEST_TOKENS, FEWEST_TIMES * period):
            return period
    return 0


def repeats_one_cell(text: str) -> bool:
    """Whether the last ``SAME_CELLS`` layout cells of ``text`` all say the same."""
    said = _CELL_TEXT.findall(text)[-SAME_CELLS:]
    return len(said) == SAME_CELLS and len(set(said)) == 1


class LoopStopper(StoppingCriteria):
    """Ends a generation of one sequence that goes round in circles; ``looped`` then says so.

    Args:
        tokenizer: turns tokens into text.
        start: tokens of the prompt, which are not looked at.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, start: int) -> None:
        self.tokenizer = tokenizer
        self.start = start
        self.looped = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:  # noqa: ARG002
        """Called after every token; looks at every ``EVERY``-th."""
        written = input_ids.shape[1] - self.start
        if not self.looped and written >= FEWEST_TOKENS and written % EVERY == 0:
            tail = input_ids[0, -min(written, FEWEST_TIMES * LONGEST_PERIOD) :].cpu().numpy()
            self.looped = bool(period_of(tail)) or repeats_one_cell(str(self.tokenizer.decode(tail)))
        return torch.full((input_ids.shape[0],), self.looped, device=input_ids.device)
