"""The DeepSeek models' own guard against running in circles: no run of tokens may come twice within a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Guard:
    """Forbids the token that would repeat ``run`` tokens which stand within the last ``window``.

    Attributes:
        exempt: tokens that may always come again, as strings: those of table cells.
    """

    run: int
    window: int
    exempt: tuple[str, ...] = ()

    def processor(self, tokenizer: Any, prompt_tokens: int) -> Any:
        """A logits processor for one answer."""
        free = {tokenizer.convert_tokens_to_ids(token) for token in self.exempt} - {None, tokenizer.unk_token_id}
        return _Forbid(self, prompt_tokens, free)


@dataclass(frozen=True)
class _Forbid:
    """An object, not a function: transformers takes a processor's signature at every token, and a function's takes long."""

    guard: Guard
    prompt_tokens: int
    free: set[int]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        written = input_ids[0, self.prompt_tokens :][-self.guard.window :].tolist()
        if forbidden := repeats(written, self.guard.run) - self.free:
            scores = scores.clone()
            scores[:, list(forbidden)] = -float("inf")
        return scores


def repeats(tokens: Sequence[int], run: int) -> set[int]:
    """Every token that would complete a run of ``run`` tokens that ``tokens`` hold already."""
    if len(tokens) < run:
        return set()
    last = tokens[len(tokens) - run + 1 :]
    return {
        tokens[start + run - 1] for start in range(len(tokens) - run + 1) if tokens[start : start + run - 1] == last
    }
