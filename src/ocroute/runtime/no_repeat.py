"""Forbids runs of tokens to come again, without asking the device for what was written."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ocroute.runtime.batch_state import Choose, State


def no_repeat(run: int, exempt: Sequence[int] = ()) -> Choose:
    """The likeliest token that does not complete a run of ``run`` tokens which `State.history` holds already.

    Args:
        run: at least two.
        exempt: tokens that may always come again.
    """

    def choose(scores: Tensor, likeliest: Tensor, state: State) -> Tensor:  # noqa: ARG001 - the form of a choice
        return scores.masked_fill(forbidden(state.history, run, exempt, scores.shape[-1]), -torch.inf).argmax(-1)

    return choose


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
