"""What the device knows of the sequences of a batch, and how it chooses their tokens without asking the host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

STEPS = 16  # asked for at once; a sequence that has ended costs the next so many at most, where it takes almost no time
NOTHING = -1  # in the place of a token


@dataclass(slots=True)
class State:
    """What the device knows of each slot, one value a slot.

    Attributes:
        tokens: fed to the next step.
        positions: of these tokens in their slots.
        turn: what is added to a position for its rotary angle.
        written, limit: tokens of the answer so far, and where it is cut.
        active: whether the sequence goes on.
        odd: whether any scores of the answer were not finite.
        history: the last tokens of the answer, the newest last, `NOTHING` before its beginning; no columns where nobody asks.
        out: rows of the tokens chosen since the host last asked, then one of first tokens and one of ``odd``.
        row: of ``out``, to be written next; a single value.
    """

    tokens: Tensor
    positions: Tensor
    turn: Tensor
    written: Tensor
    limit: Tensor
    active: Tensor
    odd: Tensor
    history: Tensor
    out: Tensor
    row: Tensor

    def part(self, start: int, end: int) -> State:
        """The same of some slots; written through."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        cut = {name: value[start:end] for name, value in own.items()}
        return State(**cut | {"out": self.out[:, start:end], "row": self.row})


# (scores (batch, vocabulary), the likeliest tokens (batch,), state of these slots) -> the tokens to write (batch,)
Choose = Callable[[Tensor, Tensor, State], Tensor]


def greedy(scores: Tensor, likeliest: Tensor, state: State) -> Tensor:  # noqa: ARG001 - the form of a choice
    """Always the likeliest token."""
    return likeliest


def accept(scores: Tensor, state: State, choose: Choose, stop: Tensor) -> Tensor:
    """Choose the next tokens, and see which sequences go on.

    Args:
        scores: ``(batch, vocabulary)``.
        stop: tokens that end an answer, ``(any,)``.

    Returns:
        What the host is to see: the tokens, and `NOTHING` for sequences that had ended before.
    """
    peak, likeliest = scores.max(-1)
    state.odd.logical_or_(state.active & ~peak.isfinite())
    chosen = choose(scores, likeliest, state)
    seen = torch.where(state.active, chosen, NOTHING)
    state.written.add_(state.active)
    going = (chosen[:, None] != stop).all(-1) & (state.written < state.limit) & ~state.odd
    state.active.logical_and_(going)
    state.tokens.copy_(torch.where(state.active, chosen, 0))
    if state.history.shape[1]:
        state.history.copy_(torch.cat([state.history[:, 1:], chosen[:, None]], dim=1))
    return seen


def empty(slots: int, remember: int, device: torch.device) -> State:
    """No sequences.

    Args:
        remember: columns of ``history``.
    """

    def numbers(*shape: int) -> Tensor:
        return torch.zeros(*shape, dtype=torch.int64, device=device)

    flags = [torch.zeros(slots, dtype=torch.bool, device=device) for _ in range(2)]
    return State(
        tokens=numbers(slots),
        positions=numbers(slots),
        turn=numbers(slots),
        written=numbers(slots),
        limit=numbers(slots),
        active=flags[0],
        odd=flags[1],
        history=numbers(slots, remember),
        out=numbers(STEPS + 2, slots),
        row=numbers(1),
    )
