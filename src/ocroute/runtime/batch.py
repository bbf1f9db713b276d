"""Sequences that are written together: each enters as it comes and leaves as it ends, and the device is never waited for.

A step feeds the next one on the device: the token it chose, its place, whether its sequence goes on. So the host can ask for many
steps at once, and look at what they gave while the next ones run. On a GPU a step is captured once for each size of batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from math import inf
from time import perf_counter
from typing import Any, Literal

import torch
from torch import Tensor

from ocroute.runtime import batch_state
from ocroute.runtime.batch_state import NOTHING, STEPS, Choose, accept
from ocroute.runtime.cached_attention import Attend
from ocroute.runtime.decoder import Decoder, step
from ocroute.runtime.graphs import Graphs
from ocroute.runtime.slots import Slots

Ending = Literal["stop", "length", "loop", "late", "not finite"]
LOOK_EVERY = 64  # tokens between two looks at what a sequence is writing
SIZES = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128)  # of batches that steps are captured for
_ROOM = 1024  # tokens: slots' capacities are whole multiples


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that the model has seen.

    Attributes:
        layers: keys and values of each layer, ``(kv_heads, length, head_dim)``.
        scores: of the first token to write, ``(1, vocabulary)``.
        turn: what is to be added to later positions for their rotary angles: a number, or one on the device ``(1,)``.
    """

    layers: Sequence[tuple[Tensor, Tensor]]
    scores: Tensor
    turn: int | Tensor = 0

    @property
    def length(self) -> int:
        """Tokens."""
        return int(self.layers[0][0].shape[1])


@dataclass(frozen=True, slots=True)
class Ended:
    """A sequence that has left.

    Attributes:
        name: as it was given.
        tokens: what it wrote, the token that ended it included.
    """

    name: Hashable
    tokens: list[int]
    ending: Ending


@dataclass(slots=True)
class _Sequence:
    name: Hashable
    slot: int
    prompt: int
    limit: int
    deadline: float | None
    is_loop: Callable[[Sequence[int]], bool] | None
    asked: int = 1  # tokens asked of the device, the first included
    tokens: list[int] = field(default_factory=list)
    ended: bool = False


@dataclass(slots=True)
class _Report:
    """What the device is writing for the host: `State.out`, and the sequences that it is about."""

    out: Tensor
    rows: int
    sequences: list[_Sequence]
    done: Any


class Batch:
    """Writes up to ``slots`` sequences at once.

    Args:
        decoder: of the model.
        attend: see `ocroute.runtime.cached_attention`.
        slots: sequences that fit.
        capacity: tokens a slot has room for at the beginning, prompt and answer; it grows where a sequence needs more.
        stop_ids: tokens that end an answer.
        choose: which token is written, the likeliest if not said; captured with the step.
        remember: tokens of ``history`` that ``choose`` needs.
    """

    def __init__(
        self,
        decoder: Decoder,
        attend: Attend,
        *,
        slots: int,
        capacity: int,
        stop_ids: Sequence[int],
        choose: Choose | None = None,
        remember: int = 0,
    ) -> None:
        self.decoder = decoder
        self.slots: Slots = decoder.slots(slots, _rounded(capacity))
        self._attend, self._choose = attend, choose or batch_state.greedy
        device = decoder.embedding.device
        self._cuda = device.type == "cuda"
        self._stops = frozenset(stop_ids)
        self._stop = torch.tensor(list(stop_ids), device=device)
        self.state = batch_state.empty(slots, remember, device)
        self._sequences: dict[int, _Sequence] = {}
        self._reports: deque[_Report] = deque()
        self._graphs = Graphs()
        self._pinned: list[Tensor] = []

    @property
    def free(self) -> int:
        """Sequences that could enter now."""
        return self.slots.count - len(self._sequences)

    @property
    def running(self) -> int:
        """Sequences that have entered and not left."""
        return len(self._sequences)

    @torch.inference_mode()
    def enter(
        self,
        name: Hashable,
        prompt: Prompt,
        *,
        limit: int,
        deadline: float | None = None,
        is_loop: Callable[[Sequence[int]], bool] | None = None,
    ) -> None:
        """Take a sequence in and choose its first token. Waits for nothing.

        Args:
            name: by which it will be known when it leaves.
            limit: tokens to write at most.
            deadline: by ``time.perf_counter``.
            is_loop: is given the answer so far, every `LOOK_EVERY` tokens.
        """
        slot = next(free for free in range(self.slots.count) if free not in self._sequences)
        self._make_room(prompt.length + STEPS)
        self.slots.put(slot, prompt.layers)
        state = self.state.part(slot, slot + 1)
        state.positions.fill_(prompt.length)
        if isinstance(prompt.turn, Tensor):
            state.turn.copy_(prompt.turn.view(1))
        else:
            state.turn.fill_(prompt.turn)
        state.written.zero_()
        state.limit.fill_(limit)
        state.active.fill_(True)
        state.odd.fill_(False)
        state.history.fill_(NOTHING)
        state.out[STEPS] = accept(prompt.scores, state, self._choose, self._stop)
        self._sequences[slot] = _Sequence(name, slot, prompt.length, limit, deadline, is_loop)

    @torch.inference_mode()
    def advance(self) -> list[Ended]:
        """Ask for the next steps of all sequences, and give those that the steps before have ended."""
        if self._sequences:
            self._ask()
        keep = 1 if self._cuda and self._sequences else 0  # one report is left to arrive while the next steps run
        ended: list[Ended] = []
        while len(self._reports) > keep:
            ended += self._look(self._reports.popleft())
        return ended

    def leave(self, name: Hashable) -> None:
        """Drop a sequence."""
        for sequence in list(self._sequences.values()):
            if sequence.name == name:
                self._free(sequence)

    def _ask(self) -> None:
        """Have the device take steps, and report."""
        longest = max(self._sequences.values(), key=lambda each: each.limit - each.asked)
        count = max(0, min(STEPS, longest.limit - longest.asked))
        need = max(each.prompt + each.asked for each in self._sequences.values()) + count
        self._make_room(need)
        self.state.row.zero_()
        size, span = self._size(), min(self.slots.capacity, _rounded(need) if self._cuda else need)
        taken = 0
        while taken < count and (self._cuda or self._goes_on()):
            self._step(size, span)
            taken += 1
        for sequence in self._sequences.values():
            sequence.asked += taken
        self._reports.append(self._report(taken))

    def _goes_on(self) -> bool:
        """Whether to take one more step now. Off CUDA looking costs nothing, and a step may take a second."""
        deadlines = [each.deadline for each in self._sequences.values() if each.deadline is not None]
        return bool(self.state.active.any()) and perf_counter() <= min(deadlines, default=inf)

    def _size(self) -> int:
        """Slots that a step computes: all up to the last that is taken, rounded up."""
        taken = max(self._sequences) + 1
        return min(next((size for size in SIZES if size >= taken), taken), self.slots.count)

    def _step(self, size: int, span: int) -> None:
        if self._cuda:
            self._graphs.run((size, span), lambda: self._compute(size, span))
        else:
            self._compute(size, span)

    def _compute(self, size: int, span: int) -> None:
        """One step of the first ``size`` slots. Slots without a sequence write to their beginning, where nothing is kept."""
        state = self.state.part(0, size)
        scores = step(
            self.decoder, self.slots, state.tokens, state.positions, state.positions + state.turn, self._attend, span
        )
        chosen = accept(scores, state, self._choose, self._stop)
        state.positions.copy_(torch.where(state.active, state.positions + 1, 0))
        state.turn.mul_(state.active)
        state.out.index_copy_(0, state.row, chosen[None])
        state.row.add_(1)

    def _report(self, rows: int) -> _Report:
        """Begin to copy what the device found."""
        self.state.out[STEPS + 1] = self.state.odd
        sequences = list(self._sequences.values())
        if not self._cuda:
            return _Report(self.state.out.clone(), rows, sequences, None)
        out = (
            self._pinned.pop()
            if self._pinned
            else torch.empty(self.state.out.shape, dtype=torch.int64, pin_memory=True)
        )
        out.copy_(self.state.out, non_blocking=True)
        done = torch.cuda.Event()  # type: ignore[no-untyped-call]
        done.record()
        return _Report(out, rows, sequences, done)

    def _look(self, report: _Report) -> list[Ended]:
        """What a report says of each sequence that has not left since."""
        if report.done is not None:
            report.done.synchronize()
        rows = report.out.tolist()
        if report.done is not None:
            self._pinned.append(report.out)
        now = perf_counter()
        found = []
        for sequence in report.sequences:
            if not sequence.ended:
                first = [] if sequence.tokens else [rows[STEPS][sequence.slot]]
                new = first + [rows[row][sequence.slot] for row in range(report.rows)]
                ending = self._ending(sequence, [token for token in new if token != NOTHING], now)
                if rows[STEPS + 1][sequence.slot]:
                    ending = "not finite"
                    self.slots.clear(sequence.slot)
                if ending is not None:
                    self._free(sequence)
                    found.append(Ended(sequence.name, sequence.tokens, ending))
        return found

    def _ending(self, sequence: _Sequence, new: list[int], now: float) -> Ending | None:
        """Take new tokens in, and say whether they are the last."""
        before = len(sequence.tokens) // LOOK_EVERY
        sequence.tokens += new
        if sequence.is_loop is not None:
            for end in range((before + 1) * LOOK_EVERY, len(sequence.tokens) + 1, LOOK_EVERY):
                if sequence.is_loop(sequence.tokens[:end]):
                    del sequence.tokens[end:]
                    return "loop"
        if sequence.tokens and sequence.tokens[-1] in self._stops:
            return "stop"
        if len(sequence.tokens) >= sequence.limit:
            return "length"
        if sequence.deadline is not None and now > sequence.deadline:
            return "late"
        return None

    def _free(self, sequence: _Sequence) -> None:
        sequence.ended = True
        del self._sequences[sequence.slot]
        for value in (self.state.active, self.state.positions, self.state.turn, self.state.tokens):
            value[sequence.slot].zero_()  # a number assigned would come from the host, for which the host waits

    def _make_room(self, need: int) -> None:
        """Let every slot hold ``need`` tokens: half as many again, since all that was captured is captured anew."""
        if need <= self.slots.capacity:
            return
        longest = max((each.prompt + each.limit for each in self._sequences.values()), default=need)
        capacity = _rounded(max(need, min(longest, self.slots.capacity * 3 // 2)))
        self._graphs.forget()
        self.slots = self.slots.grown(capacity, *self.decoder.angles(capacity))


def _rounded(tokens: int) -> int:
    return -(-tokens // _ROOM) * _ROOM
