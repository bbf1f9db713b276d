"""Forbids runs of tokens to come again, without asking the device for what was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ocroute.runtime.batch_state import State


@dataclass(frozen=True, slots=True)
class NoRepeat:
    """The likeliest token that does not complete a run of tokens which stands in the answer's end already.

    Attributes:
        run: tokens, at least two.
        window: how many of the last tokens are looked at: the columns that `State.history` needs.
        exempt: tokens that may always come again.
    """

    run: int
    window: int
    exempt: tuple[int, ...] = ()

    def choose(self, scores: Tensor, likeliest: Tensor, state: State) -> Tensor:  # noqa: ARG002 - the form of a choice
        """As `batch_state.greedy`, of what is not forbidden."""
        barred = forbidden(state.history, self.run, self.exempt, scores.shape[-1])
        return scores.masked_fill(barred, -torch.inf).argmax(-1)


def forbidden(history: Tensor, run: int, exempt: Sequence[int], vocabulary: int) -> Tensor:
    """Tokens that would complete a run which stands in ``history`` ``(batch, tokens)``: bool ``(batch, vocabulary)``.

    Places before the beginning hold a negative number; nothing that holds one is a run.
    """
    runs = history.unfold(1, run, 1)
    same = (runs[..., :-1] == history[:, None, 1 - run :]).all(-1) & (runs[..., 0] >= 0)
    times = torch.zeros(len(history), vocabulary, dtype=torch.int32, device=history.device)
    times.scatter_add_(1, runs[..., -1].clamp(min=0), same.int())
    for token in exempt:
        times[:, token] = 0
    return times > 0
