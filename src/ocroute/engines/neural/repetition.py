"""Repetition: answers that end in a loop are found and cut, and a model that wants it is kept from repeating n-grams.

Loops are dots without end, one empty table cell after another, one cell again and again with other boxes. Penalties on repeated
tokens are no cure: layout JSON and tables repeat by nature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import torch

    from ocroute.runtime.no_repeat import NoRepeat

LONGEST: Final = 256  # tokens of the longest loop looked for: a paragraph
COVERED: Final = (
    512  # tokens that a loop must cover: more than the leaders of a list of contents or a form's empty rows take
)
COVERED_BUT_BOXES: Final = (
    1024  # where its rounds differ in their boxes: more than a sheet of pictures without captions takes
)
ROUNDS: Final = 8
KEPT: Final = 2  # rounds left in the answer, so that a reader sees what was repeated
TAIL: Final = 3 * ROUNDS * LONGEST  # tokens to look at: of a cell, two thirds may be its box

_NUMBERS: Final = frozenset("0123456789.,- \n")


class LoopDetector:
    """Sees when a model's answer falls into a repetition loop.

    Args:
        tokenizer: of the model.
        boxes: whether rounds that differ in nothing but numbers in brackets are the same, as they are in answers that tell
            where each text stands.
    """

    def __init__(self, tokenizer: Any, *, boxes: bool = False) -> None:
        self._tokenizer = tokenizer
        self._boxes = boxes
        self._strings: dict[int, str] = {}

    def found(self, tokens: Sequence[int]) -> bool:
        """Whether ``tokens`` end in a loop; the last `TAIL` of an answer will do."""
        return len(self.cut(tokens)) < len(tokens)

    def cut(self, tokens: Sequence[int]) -> list[int]:
        """``tokens`` with the loop that they end in gone round twice only."""
        end = _end(tokens, COVERED)
        if end == len(tokens) and self._boxes:
            places = self._outside_boxes(tokens)
            last = _end([tokens[place] for place in places], COVERED_BUT_BOXES)
            end = places[last] if last < len(places) else end
        return list(tokens[:end])

    def _outside_boxes(self, tokens: Sequence[int]) -> list[int]:
        """The places of all tokens but those of numbers between brackets."""
        places: list[int] = []
        numbers: list[int] | None = None  # since the last opening bracket
        for place, token in enumerate(tokens):
            text = self._string(token)
            if numbers is not None and text and _NUMBERS.issuperset(text):
                numbers.append(place)
                continue
            if numbers and not text.startswith("]"):
                places += numbers
            places.append(place)
            numbers = [] if text.endswith("[") else None
        return places + (numbers or [])

    def _string(self, token: int) -> str:
        if token not in self._strings:
            self._strings[token] = str(self._tokenizer.decode([token], clean_up_tokenization_spaces=False)).strip(" ")
        return self._strings[token] or " "


def loop_length(tokens: Sequence[int], covered: int = COVERED) -> int:
    """Tokens of the loop in which ``tokens`` end; 0 where they do not.

    Args:
        covered: tokens that all its rounds must have together.
    """
    for length in range(1, LONGEST + 1):
        span = max(covered, ROUNDS * length)
        if len(tokens) < span:
            return 0
        if tokens[-1] != tokens[-1 - length]:
            continue
        tail = tokens[-span:]
        if tail[length:] == tail[:-length]:
            return length
    return 0


def _end(tokens: Sequence[int], covered: int) -> int:
    """How many of ``tokens`` to keep."""
    length = loop_length(tokens, covered)
    if not length:
        return len(tokens)
    start = len(tokens) - length
    while start and tokens[start - 1] == tokens[start - 1 + length]:
        start -= 1
    return start + KEPT * length


@dataclass(frozen=True, slots=True)
class NoRepeatNgram:
    """Forbids the token that would repeat ``run`` tokens which stand within the last ``window``.

    Attributes:
        exempt: tokens that may always come again, as strings: those of table cells.
    """

    run: int
    window: int
    exempt: tuple[str, ...] = ()

    def processor(self, tokenizer: Any, prompt_tokens: int) -> Any:
        """A logits processor for one answer."""
        return _NoRepeatNgramProcessor(self, prompt_tokens, self._free(tokenizer))

    def rule(self, tokenizer: Any) -> NoRepeat:
        """The same for our own decoder."""
        from ocroute.runtime.no_repeat import NoRepeat

        return NoRepeat(self.run, self.window, tuple(sorted(self._free(tokenizer))))

    def _free(self, tokenizer: Any) -> set[int]:
        return {tokenizer.convert_tokens_to_ids(token) for token in self.exempt} - {None, tokenizer.unk_token_id}


@dataclass(frozen=True)
class _NoRepeatNgramProcessor:
    """An object, not a function: transformers takes a processor's signature at every token, and a function's takes long."""

    rule: NoRepeatNgram
    prompt_tokens: int
    free: set[int]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        written = input_ids[0, self.prompt_tokens :][-self.rule.window :].tolist()
        if forbidden := banned_tokens(written, self.rule.run) - self.free:
            scores = scores.clone()
            scores[:, list(forbidden)] = -float("inf")
        return scores


def banned_tokens(tokens: Sequence[int], run: int) -> set[int]:
    """Every token that would complete a run of ``run`` tokens that ``tokens`` hold already."""
    if len(tokens) < run:
        return set()
    last = tokens[len(tokens) - run + 1 :]
    return {
        tokens[start + run - 1] for start in range(len(tokens) - run + 1) if tokens[start : start + run - 1] == last
    }
